"""One transaction's view of the mailboxes it touches: what was loaded, what to save.

A store loads the rows that some changes need, lets the changes settle on a ledger, one
after the other, and saves what the ledger then says, all or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from inglenook_schema import mailbox


@dataclass(slots=True)
class Mailbox:
    """One mailbox's row; only the ledger that loaded it changes it."""

    address: bytes
    read_hash: bytes
    write_hash: bytes
    owner_hash: bytes
    """32 bytes, or none."""
    keep_days: int
    """Idle days after which the relay may drop it."""
    used_day: int
    """Day of its last use, counted from 1970-01-01; no finer time is kept."""
    n: int = 0
    """Records, erased ones included; positions run from 1 to ``n`` without a gap."""
    head: bytes = mailbox.EMPTY_HEAD
    """Running head at ``n``."""
    size: int = 0
    """Bytes of all blobs not erased."""
    closed: bool = False
    """Everything in it was nulled, and it takes no more."""


class Record(NamedTuple):
    """One record to add."""

    address: bytes
    n: int
    rid: bytes
    head: bytes
    blob: bytes


class Stub(NamedTuple):
    """What erasing needs to know of a stored record."""

    salt: bytes
    """The blob's 32-byte salt, kept when the blob is gone."""
    size: int
    """Bytes of the blob, 0 once erased."""


@dataclass(slots=True)
class Loaded:
    """What a store found of the rows that some changes need; absent rows are left out."""

    mailboxes: dict[bytes, Mailbox] = field(default_factory=dict)
    places: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    """(address, rid) → n"""
    stubs: dict[tuple[bytes, int], Stub] = field(default_factory=dict)
    """(address, n) → stub"""
    vouchers: dict[bytes, int] = field(default_factory=dict)
    """voucher hash → uses left"""


class Ledger:
    """Loaded rows and what became of them.

    Attributes:
        made: New mailboxes.
        changed: Mailboxes to update, new ones not included.
        records: Records to insert, in order.
        erased: (address, n) of records to null, after the inserts.
        closed: Mailboxes whose every record is to be nulled, after the inserts.
        spent: Vouchers with the uses they have left now.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._added: dict[tuple[bytes, int], Record] = {}
        self.made: dict[bytes, Mailbox] = {}
        self.changed: dict[bytes, Mailbox] = {}
        self.records: list[Record] = []
        self.erased: dict[tuple[bytes, int], Stub] = {}
        self.closed: set[bytes] = set()
        self.spent: dict[bytes, int] = {}

    def find(self, address: bytes) -> Mailbox | None:
        """The mailbox as it stands now in this transaction."""
        return self._loaded.mailboxes.get(address)

    def place(self, address: bytes, rid: bytes) -> int:
        """Where the mailbox has a record already; 0 if it has not."""
        return self._loaded.places.get((address, rid), 0)

    def stub(self, address: bytes, n: int) -> Stub | None:
        """What is known of one record, whether stored before or added just now."""
        key = (address, n)
        stub = self.erased.get(key) or self._loaded.stubs.get(key)
        if stub is None and (added := self._added.get(key)) is not None:
            stub = Stub(added.blob[1:33], len(added.blob))
        if stub is not None and address in self.closed:
            return Stub(stub.salt, 0)
        return stub

    def uses(self, voucher: bytes) -> int:
        """How often a voucher may still be used, by its hash."""
        return self._loaded.vouchers.get(voucher, 0)

    def spend(self, voucher: bytes) -> None:
        """Take one use of a voucher that has some."""
        self._loaded.vouchers[voucher] -= 1
        self.spent[voucher] = self._loaded.vouchers[voucher]

    def make(self, box: Mailbox) -> None:
        """Add a mailbox that does not exist."""
        self._loaded.mailboxes[box.address] = box
        self.made[box.address] = box

    def append(self, box: Mailbox, rid: bytes, blob: bytes) -> int:
        """Add a record that the mailbox does not hold; gives its position."""
        box.n += 1
        box.head = mailbox.next_head(box.head, rid)
        box.size += len(blob)
        record = Record(box.address, box.n, rid, box.head, blob)
        self.records.append(record)
        self._added[box.address, box.n] = record
        self._loaded.places[box.address, rid] = box.n
        self.touch(box)
        return box.n

    def erase(self, box: Mailbox, n: int, stub: Stub) -> None:
        """Null the blob of one record that is not erased yet."""
        box.size -= stub.size
        self.erased[box.address, n] = Stub(stub.salt, 0)
        self.touch(box)

    def close(self, box: Mailbox) -> None:
        """Null every record and take no more; for good."""
        box.closed = True
        box.size = 0
        self.closed.add(box.address)
        self.touch(box)

    def touch(self, box: Mailbox) -> None:
        """Note that the mailbox's row changed."""
        if box.address not in self.made:
            self.changed[box.address] = box
