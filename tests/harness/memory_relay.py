"""The real relay core over a store in memory, with the mishaps that a real one has."""

from __future__ import annotations

import copy
from collections.abc import Coroutine
from typing import Any, TypeVar

from inglenook_client.transports.errors import OfflineError
from inglenook_client.transports.http import read_answer
from inglenook_schema import mailbox, wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import ToClient, ToRelay
from inglenook_server.core.changes import Now
from inglenook_server.core.relay import Relay
from inglenook_server.core.rules import Rules
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.stores.memory import MemoryStore

T = TypeVar("T")


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits for anything."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    raise AssertionError("it waited")


class MemoryRelay:
    """One relay; every frame passes through its bytes, as over a wire."""

    def __init__(self, rules: Rules | None = None) -> None:
        """Empty, and reachable."""
        self.store = MemoryStore()
        self._rules = rules or Rules()
        self.now = Now(20_000, 0)
        self.frames: list[ToRelay] = []
        """Every question that arrived, in order."""
        self.answers_to_lose = 0
        """So many answers more get lost on the way back, after the relay did its part."""
        self.reachable = True

    def ask(self, frame: ToRelay) -> ToClient:
        """Answer one frame.

        Raises:
            OfflineError: The relay cannot be reached, or its answer got lost.
        """
        if not self.reachable:
            raise OfflineError
        data = wire.encode(frame)
        assert len(data) <= MAX_FRAME
        self.frames.append(frame)
        relay = Relay(self.store, LocalFanout(), self._rules)
        answer = wire.encode(at_once(relay.receive(data, self.now)))
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise OfflineError
        return read_answer(answer)

    async def exchange(self, frame: ToRelay) -> ToClient:
        """See :meth:`ask`; what a transport offers."""
        return self.ask(frame)

    def snapshot(self) -> MemoryStore:
        """A copy of all it holds."""
        return copy.deepcopy(self.store)

    def roll_back(self, snapshot: MemoryStore) -> None:
        """Put an older copy back."""
        self.store = copy.deepcopy(snapshot)

    def wipe(self) -> None:
        """Lose everything."""
        self.store = MemoryStore()

    def forget(self, rid: bytes) -> None:
        """Lose one record, wherever it lies, and look as if it had never been there."""
        for address, rows in self.store._records.items():
            if all(row.rid != rid for row in rows):
                continue
            box = self.store._mailboxes[address]
            head = mailbox.EMPTY_HEAD
            rows[:] = [row for row in rows if row.rid != rid]
            for n, row in enumerate(rows, start=1):
                head = row.head = mailbox.next_head(head, row.rid)
                self.store._places[address, row.rid] = n
            del self.store._places[address, rid]
            box.n, box.head = len(rows), head

    def newest(self) -> dict[bytes, bytes]:
        """The rid of each mailbox's last record, by address."""
        return {address: rows[-1].rid for address, rows in self.store._records.items() if rows}

    def blobs(self) -> list[bytes]:
        """Every blob it holds, for searching."""
        return [row.blob for rows in self.store._records.values() for row in rows if row.blob]

    def rids(self, address: bytes) -> list[bytes]:
        """What one mailbox holds, in order."""
        return [row.rid for row in self.store._records.get(address, [])]
