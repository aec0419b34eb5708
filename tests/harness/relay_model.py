"""What a relay should answer, told as simply as it can be: one list a mailbox."""

from __future__ import annotations

from dataclasses import dataclass, field

from inglenook_schema import mailbox, record
from inglenook_schema.wire import (
    Box,
    Done,
    Erase,
    Ids,
    Item,
    Make,
    Put,
    Shape,
    Status,
    ToClient,
    ToRelay,
    Want,
)


@dataclass
class _Box:
    make: Make
    records: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    """(blob as it was put, blob as it is now)"""
    closed: bool = False

    def head(self, n: int) -> bytes:
        head = mailbox.EMPTY_HEAD
        for blob, _ in self.records[:n]:
            head = mailbox.next_head(head, record.rid(blob))
        return head


class Model:
    """A relay in ``open`` mode without paging and with a quota of records."""

    def __init__(self, max_records: int) -> None:
        """Begin without mailboxes."""
        self.boxes: dict[bytes, _Box] = {}
        self.max_records = max_records

    def answer(self, frame: ToRelay) -> ToClient:
        """What the relay should say."""
        made = tuple(self._make(make) for make in frame.make)
        acks = tuple(self._put(put) for put in frame.put)
        erased = tuple(self._erase(erase) for erase in frame.erase)
        own = {(put.address, record.rid(put.blob)) for put in frame.put}
        boxes = tuple(self._want(want, own) for want in frame.want)
        ids = tuple(self._ids(ids) for ids in frame.ids)
        return ToClient(made=made, boxes=boxes, acks=acks, ids=ids, erased=erased)

    def _make(self, make: Make) -> Done:
        if mailbox.address(make.read, make.write, make.owner) != make.address:
            return Done(Status.UNKNOWN, 0)
        box = self.boxes.setdefault(make.address, _Box(make))
        return Done(Status.CLOSED if box.closed else Status.OK, 0)

    def _put(self, put: Put) -> Done:
        box = self.boxes.get(put.address)
        if box is None or mailbox.token_hash(put.write) != box.make.write:
            return Done(Status.UNKNOWN, 0)
        if box.closed:
            return Done(Status.CLOSED, 0)
        for n, (blob, _) in enumerate(box.records, start=1):
            if blob == put.blob:
                return Done(Status.OK, n)
        if len(box.records) >= self.max_records:
            return Done(Status.FULL, 0)
        box.records.append((put.blob, put.blob))
        return Done(Status.OK, len(box.records))

    def _erase(self, erase: Erase) -> Done:
        box = self.boxes.get(erase.address)
        if box is None:
            return Done(Status.UNKNOWN, 0)
        owner = mailbox.token_hash(erase.token) == box.make.owner
        if owner and erase.n == 0:
            box.closed = True
            box.records = [(blob, None) for blob, _ in box.records]
            return Done(Status.OK, 0)
        if not 0 < erase.n <= len(box.records):
            return Done(Status.UNKNOWN, 0)
        blob, _ = box.records[erase.n - 1]
        if not owner and not record.may_erase(blob, erase.token):
            return Done(Status.UNKNOWN, 0)
        box.records[erase.n - 1] = (blob, None)
        return Done(Status.OK, 0)

    def _want(self, want: Want, own: set[tuple[bytes, bytes]]) -> Box:
        box = self.boxes.get(want.address)
        if box is None or mailbox.token_hash(want.read) != box.make.read:
            return Box(Status.UNKNOWN, 0, b"", (), more=False)
        n = len(box.records)
        if want.n > n or box.head(want.n) != want.head:
            return Box(Status.FORK, n, box.head(n), (), more=False)
        items: list[Item] = []
        for blob, now in box.records[want.n :]:
            rid = record.rid(blob)
            if now is None:
                items.append((Shape.ERASED, rid))
            elif (want.address, rid) in own:
                items.append((Shape.OWN, rid))
            else:
                items.append((Shape.BLOB, now))
        return Box(Status.OK, n, box.head(n) if items else b"", tuple(items), more=False)

    def _ids(self, ids: Ids) -> Box:
        box = self.boxes.get(ids.address)
        if box is None or mailbox.token_hash(ids.read) != box.make.read:
            return Box(Status.UNKNOWN, 0, b"", (), more=False)
        n = len(box.records)
        if ids.n > n:
            return Box(Status.FORK, n, box.head(n), (), more=False)
        items: list[Item] = [
            (Shape.ERASED if now is None else Shape.RID, record.rid(blob))
            for blob, now in box.records[ids.n :]
        ]
        return Box(Status.OK, n, box.head(n) if items else b"", tuple(items), more=False)
