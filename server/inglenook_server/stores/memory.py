"""Mailboxes in memory, for tests and simulations; nothing is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.ledger import Ledger, Loaded, Mailbox, Stub
from inglenook_server.core.store import ENTRY_COST, RID_COST, Cursor, Entry, Look, Page
from inglenook_server.stores.memory_sums import MemorySums


@dataclass(slots=True)
class _Row:
    rid: bytes
    head: bytes
    blob: bytes
    """Empty once erased."""
    salt: bytes


class MemoryStore:
    """The port over dictionaries; never suspends, so a coroutine over it runs to its end."""

    def __init__(self) -> None:
        self._mailboxes: dict[bytes, Mailbox] = {}
        self._records: dict[bytes, list[_Row]] = {}
        self._places: dict[tuple[bytes, bytes], int] = {}
        self._vouchers: dict[bytes, int] = {}
        self.sums = MemorySums()

    async def write(self, changes: Changes) -> Outcome:
        """Settle the changes and keep what they come to."""
        ledger = Ledger(self._load(changes))
        outcome = changes.settle(ledger)
        self._save(ledger)
        return outcome

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        """Each cursor's view of its mailbox."""
        return [self._look(cursor) for cursor in cursors]

    async def page(self, address: bytes, after: int, room: int, *, blobs: bool) -> Page | None:
        """Records after a position, as many as there is room for."""
        box = self._mailboxes.get(address)
        if box is None:
            return None
        entries: list[Entry] = []
        for row in self._records[address][after:]:
            entry = Entry(row.rid, row.blob if blobs else b"", not row.blob)
            room -= max(len(entry.blob) + ENTRY_COST, RID_COST)
            if room < 0:
                break
            entries.append(entry)
        return Page(box.n, box.head, tuple(entries)) if entries else None

    async def lengths(self, addresses: Collection[bytes]) -> dict[bytes, int]:
        """How long these mailboxes are."""
        return {a: self._mailboxes[a].n for a in addresses if a in self._mailboxes}

    async def add_voucher(self, code_hash: bytes, uses: int) -> None:
        """Add uses to a voucher, new or not."""
        self._vouchers[code_hash] = self._vouchers.get(code_hash, 0) + uses

    async def check(self) -> None:
        """Memory is there."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def _look(self, cursor: Cursor) -> Look | None:
        box = self._mailboxes.get(cursor.address)
        if box is None or box.read_hash != cursor.read_hash:
            return None
        rows = self._records[cursor.address]
        there = rows[cursor.n - 1].head if 0 < cursor.n <= len(rows) else b""
        return Look(box.n, box.head, there, box.used_day)

    def _load(self, changes: Changes) -> Loaded:
        found = Loaded()
        for address in changes.addresses & self._mailboxes.keys():
            found.mailboxes[address] = replace(self._mailboxes[address])
        for put, rid in zip(changes.put, changes.rids, strict=True):
            place = self._places.get((put.address, rid))
            if place:
                found.places[put.address, rid] = place
        for erase in changes.erase:
            rows = self._records.get(erase.address, [])
            if 0 < erase.n <= len(rows):
                row = rows[erase.n - 1]
                found.stubs[erase.address, erase.n] = Stub(row.salt, len(row.blob))
        for voucher in changes.vouchers:
            if voucher in self._vouchers:
                found.vouchers[voucher] = self._vouchers[voucher]
        return found

    def _save(self, ledger: Ledger) -> None:
        for address, box in ledger.made.items():
            self._mailboxes[address] = box
            self._records[address] = []
        self._mailboxes.update(ledger.changed)
        for record in ledger.records:
            row = _Row(record.rid, record.head, record.blob, record.blob[1:33])
            self._records[record.address].append(row)
            self._places[record.address, record.rid] = record.n
        for address, n in ledger.erased:
            self._records[address][n - 1].blob = b""
        for address in ledger.closed:
            for row in self._records[address]:
                row.blob = b""
        self._vouchers.update(ledger.spent)
