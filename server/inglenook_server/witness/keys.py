"""What a Witness is, in its one file: a name, keys, one Relay, token keys for surveys to come."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from inglenook_schema import suite
from inglenook_schema.errors import CallerError
from inglenook_schema.suite.rsa import RsaPrivateKey, rsa_generate, rsa_private, rsa_spki
from inglenook_schema.sums import terms
from inglenook_schema.sums.terms import TOKEN_KEYS_AHEAD, Card, Operator
from inglenook_server import ambient
from inglenook_server.core.sums.checking import OperatorKeys
from inglenook_server.core.sums.helper import Helper
from inglenook_server.core.sums.rows import IssuingKey, read, write
from inglenook_server.core.sums.store import SELF, Change, Kind, Wanted
from inglenook_server.shells.sums import make_identity, read_identity
from inglenook_server.stores.sqlite_sums import WitnessFile

issuer: Final = lru_cache(maxsize=16)(rsa_private)
"""Reading a key tests its primes, which takes a second: once a process and key."""


@dataclass(frozen=True)
class Witness:
    """One that may run."""

    store: WitnessFile
    operator: Operator
    keys: OperatorKeys
    relay: Operator

    @property
    def helper(self) -> Helper:
        """Does its errands."""
        return Helper(
            *(self.store, self.operator, self.keys, self.relay.sign),
            *(ambient.random_bytes, _issuer),
        )


def _issuer(private: bytes) -> RsaPrivateKey:
    return issuer(private)


async def begin(store: WitnessFile, name: str, relay: Card) -> Card:
    """Give a Witness its name and keys, once; gives its card."""
    terms.check_card(relay)
    operator, keys = await make_identity(store, name, "")
    terms.check_operators(relay.operator, operator)
    rows = await store.load(SELF, (Wanted(Kind.PEER, None),))
    known = [read(value, Card).operator for _, value in rows.all(Kind.PEER)]
    if known and known != [relay.operator]:
        raise CallerError("This Witness works with another relay already.")
    change = Change(rows.version)
    change.set(Kind.PEER, write(relay), relay.operator.sign)
    await store.save(SELF, change)
    await top_up(store)
    return await card(store, operator, keys)


async def load(store: WitnessFile) -> Witness:
    """A Witness that was begun.

    Raises:
        CallerError: It was not.
    """
    found = await read_identity(store)
    rows = await store.load(SELF, (Wanted(Kind.PEER, None),))
    relays = [read(value, Card).operator for _, value in rows.all(Kind.PEER)]
    if found is None or len(relays) != 1:
        raise CallerError("That file holds no Witness yet; inglenook-witness init makes one.")
    return Witness(store, *found, relays[0])


async def card(store: WitnessFile, operator: Operator, keys: OperatorKeys) -> Card:
    """Its card: the token keys that no survey has yet, in their order."""
    free = [key.public for key in await token_keys(store) if not key.survey]
    return terms.sign_card(keys.sign, operator, tuple(free))


async def token_keys(store: WitnessFile) -> list[IssuingKey]:
    """All of them, by number."""
    rows = await store.load(SELF, (Wanted(Kind.TOKEN_KEY, None),))
    keys = [read(value, IssuingKey) for _, value in rows.all(Kind.TOKEN_KEY)]
    return sorted(keys, key=lambda key: key.number)


async def top_up(store: WitnessFile) -> int:
    """Make token keys until so many wait for surveys; gives how many were made."""
    known = await token_keys(store)
    number = max((key.number for key in known), default=0)
    missing = TOKEN_KEYS_AHEAD - sum(not key.survey for key in known)
    for made in range(missing):
        private = rsa_generate()
        public = rsa_spki(rsa_private(private))
        key = IssuingKey(number + made + 1, private, public)
        rows = await store.load(SELF, (Wanted(Kind.IDENTITY),))
        change = Change(rows.version)
        change.set(Kind.TOKEN_KEY, write(key), suite.sha256(public))
        await store.save(SELF, change)
    return max(missing, 0)
