"""Where a world takes the place of the machine: clock, dice, store, wire, wraps.

Everything between these seams is the product itself. The wrap is the one call that draws
randomness of its own, so that a seeded one stands in for it:

    SeededWraps     AES-GCM under a key that anybody could compute: fast, the same every time
    RealWraps       HPKE itself; keeps what it sealed
    RecordedWraps   seals what RealWraps sealed in the same run before; opens by HPKE
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from inglenook_client import ambient
from inglenook_client.journal import beginning, home, turn
from inglenook_client.journal.model import Report
from inglenook_client.stores.connection import Store
from inglenook_client.transports import http
from inglenook_client.transports.address import check_relay
from inglenook_schema import suite
from inglenook_schema.errors import WrongKeyError
from inglenook_schema.limits import KEM_PRIVATE
from inglenook_schema.wire import ToClient, ToRelay

T = TypeVar("T")
_NONCE = 1120
_real_seal, _real_open = suite.hpke_seal, suite.hpke_open
_public = lru_cache(maxsize=4096)(suite.kem_public)


class Wraps(Protocol):
    """What stands where HPKE stands."""

    def seal(self, public: bytes, plaintext: bytes, info: bytes) -> bytes:
        """As ``suite.hpke_seal``."""
        ...

    def open(self, private: bytes, ciphertext: bytes, info: bytes) -> bytes:
        """As ``suite.hpke_open``."""
        ...


class SeededWraps:
    """Sealed bytes of the right length that follow from the seed, what is sealed, how often."""

    def __init__(self, seed: str) -> None:
        """Nothing was sealed yet."""
        self._seed = seed.encode()
        self._often = Counter[bytes]()

    def seal(self, public: bytes, plaintext: bytes, info: bytes) -> bytes:
        """See :class:`Wraps`."""
        asked = suite.sha256(public + plaintext + info)
        self._often[asked] += 1
        start = suite.sha256(self._seed + asked + self._often[asked].to_bytes(8, "big"))
        nonce = b"".join(suite.sha256(start + bytes((i,))) for i in range(_NONCE // 32))
        return nonce + suite.aead_seal(_key(public, info, nonce), plaintext, b"")

    def open(self, private: bytes, ciphertext: bytes, info: bytes) -> bytes:
        """See :class:`Wraps`."""
        if len(private) != KEM_PRIVATE:
            raise WrongKeyError
        nonce, rest = ciphertext[:_NONCE], ciphertext[_NONCE:]
        return suite.aead_open(_key(_public(private), info, nonce), rest, b"")


def _key(public: bytes, info: bytes, nonce: bytes) -> bytes:
    return suite.sha256(suite.sha256(public) + suite.sha256(info) + nonce)


class RealWraps:
    """HPKE; what it sealed can be played back."""

    def __init__(self) -> None:
        """Nothing was sealed yet."""
        self.sealed = list[tuple[bytes, bytes]]()
        """[hash of what was asked for, the answer], in order."""

    def seal(self, public: bytes, plaintext: bytes, info: bytes) -> bytes:
        """See :class:`Wraps`."""
        found = _real_seal(public, plaintext, info)
        self.sealed.append((suite.sha256(public + plaintext + info), found))
        return found

    def open(self, private: bytes, ciphertext: bytes, info: bytes) -> bytes:
        """See :class:`Wraps`."""
        return _real_open(private, ciphertext, info)


class RecordedWraps:
    """Plays back what HPKE sealed when the same run was made for real."""

    def __init__(self, real: RealWraps) -> None:
        """Begin at its first."""
        self._left = dict[bytes, list[bytes]]()
        for asked, found in reversed(real.sealed):
            self._left.setdefault(asked, []).append(found)

    def seal(self, public: bytes, plaintext: bytes, info: bytes) -> bytes:
        """See :class:`Wraps`."""
        return self._left[suite.sha256(public + plaintext + info)].pop()

    def open(self, private: bytes, ciphertext: bytes, info: bytes) -> bytes:
        """See :class:`Wraps`."""
        return _real_open(private, ciphertext, info)


def _spelt(secret: bytes, salt: bytes, *, length: int, **_cost: int) -> bytes:
    """Stands where Argon2id stands, which is slow on purpose: nobody compares words in a world."""
    return suite.sha256(secret + salt)[:length]


class Machine(Protocol):
    """What the product finds around it."""

    wraps: Wraps
    in_one_thread: bool

    def now_ms(self) -> int:
        """The clock of the device that runs."""
        ...

    def random_bytes(self, n: int) -> bytes:
        """Its dice."""
        ...

    def store(self, path: Path, key: bytes) -> Store:
        """Its database."""
        ...

    async def exchange(self, origin: str, frame: ToRelay) -> ToClient:
        """Its way to a relay."""
        ...


@contextmanager
def seams(machine: Machine, state: Path) -> Iterator[None]:
    """Let the product run in a world.

    Args:
        machine: The world.
        state: Where what journals leave outside their folders goes.
    """

    class Wire:
        """Stands where HttpRelay stands."""

        def __init__(self, origin: str) -> None:
            check_relay(origin)
            self._origin = origin

        async def __aenter__(self) -> Wire:
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

        async def exchange(self, frame: ToRelay) -> ToClient:
            return await machine.exchange(self._origin, frame)

    async def in_turn(_home: Path, work: Callable[[], Awaitable[Report]]) -> Report:
        return await work()

    async def at_once(work: Callable[..., T], /, *args: Any, **named: Any) -> T:
        return work(*args, **named)

    places = [
        (ambient, "now_ms", machine.now_ms),
        (ambient, "random_bytes", machine.random_bytes),
        (ambient, "local_zone", lambda: "Europe/Berlin"),
        (ambient, "machine", lambda: "a machine"),
        (home, "Store", machine.store),
        (beginning, "Store", machine.store),
        (http, "HttpRelay", Wire),
        (suite, "hpke_seal", machine.wraps.seal),
        (suite, "hpke_open", machine.wraps.open),
        (suite, "argon2id", _spelt),
    ]
    if machine.in_one_thread:
        places += [
            (turn, "in_turn", in_turn),
            (turn, "poke", lambda _home: None),
            (asyncio, "to_thread", at_once),
        ]
    with _replaced(places), _environment(XDG_STATE_HOME=str(state), XDG_RUNTIME_DIR=str(state)):
        yield


@contextmanager
def _replaced(places: list[tuple[Any, str, Any]]) -> Iterator[None]:
    before = [(module, name, getattr(module, name)) for module, name, _ in places]
    try:
        for module, name, value in places:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


@contextmanager
def _environment(**names: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
