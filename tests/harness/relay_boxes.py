"""Mailboxes as a client holds them: tokens, real records, and the frames about them."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from inglenook_schema import mailbox, record, suite
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Erase, Ids, Make, Put, ToClient, ToRelay, Want
from inglenook_server.core.changes import Now
from inglenook_server.core.relay import Relay
from inglenook_server.core.rules import Rules
from inglenook_server.core.store import Store
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.stores.memory import MemoryStore

T = TypeVar("T")
TODAY = Now(day=20_600, minute=7)
ERASE_KEY = suite.sha256(b"erase")


def token(*words: object) -> bytes:
    """32 bytes that nobody else in a test has."""
    return suite.sha256(repr(words).encode())


@dataclass(frozen=True)
class Sealed:
    """A record and what erases it."""

    blob: bytes
    erase_token: bytes

    @property
    def rid(self) -> bytes:
        """What it is called at every relay."""
        return record.rid(self.blob)


def sealed(*words: object, size: int = 100) -> Sealed:
    """A real record; the same words give the same one."""
    inner = repr(words).encode().ljust(size, b".")
    place = Place(BoxType.EPOCH, bytes(16), token("secret"))
    blob = record.seal(RecordKind.BATCH, inner, place, ERASE_KEY)
    return Sealed(blob, record.erase_token(RecordKind.BATCH, inner, place.box, ERASE_KEY))


@dataclass(frozen=True)
class HeldBox:
    """A mailbox's tokens, with the words of the frames about it."""

    name: str = "box"
    owned: bool = False
    tokens: mailbox.Tokens = field(init=False)

    def __post_init__(self) -> None:
        """Derive the tokens from the name."""
        tokens = mailbox.Tokens(
            token(self.name, "read"),
            token(self.name, "write"),
            token(self.name, "owner") if self.owned else b"",
        )
        object.__setattr__(self, "tokens", tokens)

    @property
    def address(self) -> bytes:
        """Where it is."""
        return self.tokens.address

    def make(self, pass_: bytes = b"", days: int = 400) -> Make:
        """Create it."""
        read, write, owner = self.tokens
        owner_hash = mailbox.token_hash(owner) if owner else b""
        return Make(
            self.address,
            mailbox.token_hash(read),
            mailbox.token_hash(write),
            owner_hash,
            days,
            pass_,
        )

    def put(self, blob: bytes) -> Put:
        """Put with the right token."""
        return Put(self.address, self.tokens.write, blob, b"")

    def want(self, n: int = 0, head: bytes = mailbox.EMPTY_HEAD) -> Want:
        """Ask with the right token."""
        return Want(self.address, self.tokens.read, n, head)

    def ids(self, n: int = 0) -> Ids:
        """Ask for rids with the right token."""
        return Ids(self.address, self.tokens.read, n)

    def erase(self, n: int, erase_token: bytes) -> Erase:
        """Erase one record."""
        return Erase(self.address, n, erase_token)


def heads(*rids: bytes) -> list[bytes]:
    """Running heads from position 0 on."""
    running = [mailbox.EMPTY_HEAD]
    for rid in rids:
        running.append(mailbox.next_head(running[-1], rid))
    return running


def done(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits, as over the memory store."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise AssertionError("it waited")


class MemoryRelay:
    """The real relay core over memory, asked without an event loop."""

    def __init__(self, rules: Rules | None = None, store: Store | None = None) -> None:
        """Begin without mailboxes."""
        self.store = store or MemoryStore()
        self.fanout = LocalFanout()
        self.reports: list[str] = []
        self.relay = Relay(self.store, self.fanout, rules, self.reports.append)

    def ask(self, now: Now = TODAY, **parts: Any) -> ToClient:
        """Answer one frame made of these parts."""
        return done(self.relay.answer(ToRelay(**parts), now))
