"""A relay of a world: the real core over a store whose disk and process fail on demand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.devices import PowerCutError
from inglenook_client.transports.errors import OfflineError
from inglenook_schema import mailbox, wire
from inglenook_server.core.changes import Changes, Now, Outcome
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.relay import Relay
from inglenook_server.core.rules import Rules
from inglenook_server.core.store import Cursor, Look, Page
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.stores.memory import MemoryStore


class Mishap(StrEnum):
    """What happens to one of a relay's durable steps."""

    KILLED_BEFORE = "relay killed before the commit"
    KILLED_AFTER = "relay killed after the commit"
    FULL = "relay's disk full"


@dataclass
class RelayNode:
    """One relay: what it holds stays when its process ends."""

    origin: str
    store: MemoryStore
    rules: Rules
    steps: int = 0
    mishap: Mishap | None = None
    at: int = 0
    up: bool = True
    skew_days: int = 0

    @classmethod
    def new(cls, origin: str) -> RelayNode:
        """Empty, and reachable."""
        return cls(origin, MemoryStore(), Rules())

    def plan(self, mishap: Mishap, after: int) -> None:
        """Let it strike after so many durable steps more; a full disk stays so."""
        self.mishap, self.at = mishap, self.steps + after

    async def ask(self, data: bytes, now: Now) -> bytes:
        """Answer the bytes of one frame.

        Raises:
            OfflineError: Its process ended over it.
        """
        relay = Relay(_Troubled(self), LocalFanout(), self.rules)
        try:
            return wire.encode(
                await relay.receive(data, now._replace(day=now.day + self.skew_days))
            )
        except PowerCutError:
            raise OfflineError from None

    # --- what it holds ---

    def records(self) -> int:
        """How many, erased ones too."""
        return sum(map(len, self.store._records.values()))

    def blobs(self) -> list[bytes]:
        """Every blob, for searching."""
        return [row.blob for rows in self.store._records.values() for row in rows if row.blob]

    def holds(self, address: bytes) -> bool:
        """Whether something lies in a mailbox."""
        return any(row.blob for row in self.store._records.get(address, []))

    def snapshot(self) -> MemoryStore:
        """A copy of all of it."""
        return _copied(self.store)

    def roll_back(self, older: MemoryStore) -> None:
        """An older copy is put back."""
        self.store = _copied(older)

    def wipe(self) -> None:
        """Everything is lost."""
        self.store = MemoryStore()

    def expire(self, today: int) -> int:
        """Drop what nobody used for as long as it was to be kept; returns how many."""
        day = today + self.skew_days
        idle = [a for a, box in self.store._mailboxes.items() if day - box.used_day > box.keep_days]
        for address in idle:
            del self.store._mailboxes[address]
            for row in self.store._records.pop(address):
                del self.store._places[address, row.rid]
        return len(idle)

    def lose_one(self, choice: int) -> None:
        """One record is lost, wherever it lies, as if it had never been there."""
        places = sorted(self.store._places)
        if not places:
            return
        address, rid = places[choice % len(places)]
        rows = self.store._records[address]
        rows[:] = [row for row in rows if row.rid != rid]
        head = mailbox.EMPTY_HEAD
        for n, row in enumerate(rows, start=1):
            head = row.head = mailbox.next_head(head, row.rid)
            self.store._places[address, row.rid] = n
        del self.store._places[address, rid]
        box = self.store._mailboxes[address]
        box.n, box.head = len(rows), head


def _copied(store: MemoryStore) -> MemoryStore:
    made = MemoryStore()
    made._mailboxes = {address: replace(box) for address, box in store._mailboxes.items()}
    made._records = {a: [replace(row) for row in rows] for a, rows in store._records.items()}
    made._places = dict(store._places)
    made._vouchers = dict(store._vouchers)
    return made


class _Troubled:
    """The port of a relay's store, as its mishap lets it be."""

    def __init__(self, node: RelayNode) -> None:
        self._node = node

    async def write(self, changes: Changes) -> Outcome:
        node = self._node
        node.steps += 1
        mishap = node.mishap if node.steps > node.at else None
        if mishap is Mishap.FULL:
            raise StoreUnavailableError("full")
        if mishap is not None:
            node.mishap = None
        if mishap is Mishap.KILLED_BEFORE:
            raise PowerCutError
        outcome = await node.store.write(changes)
        if mishap is Mishap.KILLED_AFTER:
            raise PowerCutError
        return outcome

    async def lengths(self, addresses: Collection[bytes]) -> dict[bytes, int]:
        return await self._node.store.lengths(addresses)

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        return await self._node.store.look(cursors)

    async def page(self, address: bytes, after: int, room: int, *, blobs: bool) -> Page | None:
        return await self._node.store.page(address, after, room, blobs=blobs)

    async def add_voucher(self, code_hash: bytes, uses: int) -> None:
        await self._node.store.add_voucher(code_hash, uses)

    async def check(self) -> None:
        await self._node.store.check()

    async def close(self) -> None:
        await self._node.store.close()
