"""Which records hold erased words: their blobs are forgotten here at once (protocol 6.5).

    a body is wiped -> a batch that holds it  -> the same without it waits to be put
                    -> a pack that holds it   -> marked; a new pack is put once a sync

Whoever can make the erase token of such a record has it nulled, once its better is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from inglenook_client.stores import boxes
from inglenook_client.stores import parts as waiting_parts
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.erasing import Erased
from inglenook_client.stores.marks import GONE, HELD_WORDS, TAKEN, WHOLE
from inglenook_schema import batch, canonical, header, record
from inglenook_schema.errors import PeerError
from inglenook_schema.limits import MAX_BATCH_EVENTS
from inglenook_schema.record import RecordKind


class Author(NamedTuple):
    """What this device's person can null."""

    person: bytes
    secret: bytes | None
    """The person's erase secret; None while it is not here."""


# --- forgetting blobs -----------------------------------------------------------------


def forget(db: Db, author: Author, wiped: Sequence[Erased], today: int) -> None:
    """Forget every blob here that holds one of these bodies; call inside a write.

    Where this device can make the erase token, a record without them waits to be put.
    """
    numbers = set[int]()
    for gone in wiped:
        rows = db.execute(
            "SELECT number FROM record WHERE chain = ? AND first BETWEEN ? AND ? AND last >= ?"
            " AND blob IS NOT NULL",
            (gone.chain, gone.seq - MAX_BATCH_EVENTS + 1, gone.seq, gone.seq),
        )
        numbers.update(row[0] for row in rows)
        forget_packs(db, gone, today)
    for log in {gone.log for gone in wiped}:
        rows = db.execute(
            "SELECT r.number FROM record r JOIN mailbox m ON m.number = r.mailbox"
            " WHERE r.state = ? AND m.log = ? AND r.blob IS NOT NULL",
            (boxes.REFUSED, log),
        )
        numbers.update(row[0] for row in rows)
    forget_batches(db, author, numbers, today)


def forget_batches(db: Db, author: Author, numbers: Iterable[int], today: int) -> None:
    """Of these records, forget the blobs of those batches that hold an erased body."""
    for number in sorted(numbers):
        box, blob, chain, first, last = db.execute(
            "SELECT mailbox, blob, chain, first, last FROM record WHERE number = ?", (number,)
        ).fetchone()
        target = boxes.box(db, box)
        lighter = _lighter(db, target, blob) if blob is not None else None
        if lighter is None:
            continue
        old, new = lighter
        found = _fitting(db, author, target, chain, blob, old)
        token = found[1] if found else None
        db.execute(
            "UPDATE record SET blob = NULL, wiped = ?, token = ifnull(token, ?) WHERE number = ?",
            (HELD_WORDS, token, number),
        )
        look_at(db, box, today)
        if found and chain is not None and _is_newest(db, target):
            place = (chain, first, last)
            boxes.enqueue(db, target, RecordKind.BATCH, new, found[0], place=place)


def _lighter(db: Db, target: BoxRow, blob: bytes) -> tuple[bytes, bytes] | None:
    """The inner bytes of a batch that holds an erased body, with and without all such."""
    try:
        opened = record.open_record(blob, target.place)
        if opened.kind is not RecordKind.BATCH:
            return None
        found = batch.decode_batch(opened.inner)
    except PeerError:
        return None
    events = tuple(
        (raw, None if body is not None and _is_erased(db, raw) else body)
        for raw, body in found.events
    )
    if events == found.events:
        return None
    return opened.inner, canonical.encode(msgspec.structs.replace(found, events=events))


def _is_erased(db: Db, raw: bytes) -> bool:
    sql = "SELECT 1 FROM erased WHERE event = ?"
    return db.execute(sql, (header.event_id(raw),)).fetchone() is not None


def _fitting(
    db: Db, author: Author, target: BoxRow, chain: int | None, blob: bytes, inner: bytes
) -> tuple[bytes, bytes] | None:
    """The key a batch was sealed with and its token, where this device can make them.

    Whoever puts somebody else's batch again takes the key of the epoch (protocol 4.3).
    """
    (log,) = db.execute("SELECT id FROM log WHERE number = ?", (target.log,)).fetchone()
    secrets = [target.keys]
    row = db.execute("SELECT person FROM chain WHERE number = ?", (chain,)).fetchone()
    if author.secret is not None and row is not None and row[0] == author.person:
        secrets.insert(0, author.secret)
    for secret in secrets:
        key = record.erase_key(secret, log)
        token = record.erase_token(RecordKind.BATCH, inner, target.box, key)
        if record.may_erase(blob, token):
            return key, token
    return None


def _is_newest(db: Db, target: BoxRow) -> bool:
    """Whether something may still be put there: nothing new goes where a rotate led away."""
    row = db.execute("SELECT epoch FROM log WHERE number = ?", (target.log,)).fetchone()
    return row is not None and row[0] == target.epoch


# --- packs ----------------------------------------------------------------------------


def note_pack(
    db: Db, parts: Sequence[int], bodies: Iterable[tuple[int, int, int]], today: int
) -> None:
    """Note whose bodies a pack holds; a wiped one among them makes it one to be replaced.

    Args:
        db: Inside a write.
        parts: Numbers of its records, part 1 first; of several relays' where each brought
            some, so that the same blobs in other mailboxes are noted too.
        bodies: [chain number, first seq, last seq] without a gap.
        today: Day number.
    """
    pack = parts[0]
    spans = list(bodies)
    for group in _by_mailbox(db, parts).values():
        db.executemany(
            "UPDATE record SET pack = ? WHERE number = ?", ((group[0], n) for n in group)
        )
        db.execute("DELETE FROM holds WHERE pack = ?", (group[0],))
        db.executemany(
            "INSERT OR REPLACE INTO holds VALUES(?, ?, ?, ?)",
            ((group[0], *span) for span in spans),
        )
    rows = db.execute(
        "SELECT x.event, c.log, e.chain, e.seq FROM erased x CROSS JOIN event e ON e.id = x.event"
        " CROSS JOIN chain c ON c.number = e.chain CROSS JOIN mailbox m ON m.log = c.log"
        " WHERE m.number = (SELECT mailbox FROM record WHERE number = ?)"
        " AND e.body IS NULL AND x.due = 0",
        (pack,),
    ).fetchall()
    for row in rows:
        forget_packs(db, Erased(*row), today)


def packs_of(db: Db, number: int) -> int:
    """How many packs a mailbox has had, nulled ones too."""
    (count,) = db.execute(
        "SELECT count(DISTINCT pack) FROM record WHERE mailbox = ? AND pack IS NOT NULL", (number,)
    ).fetchone()
    return int(count)


def _by_mailbox(db: Db, parts: Sequence[int]) -> dict[int, list[int]]:
    """Numbers of a pack's records by mailbox; one blob serves all relays (protocol 5.2)."""
    found = dict[int, list[int]]()
    for number in parts:
        rows = db.execute(
            "SELECT m.number, t.number FROM record r JOIN mailbox b ON b.number = r.mailbox"
            " JOIN mailbox m ON m.log = b.log AND m.epoch = b.epoch"
            " JOIN record t ON t.mailbox = m.number AND t.rid = r.rid WHERE r.number = ?",
            (number,),
        )
        for box, twin in rows.fetchall():
            found.setdefault(box, []).append(twin)
    return found


def join_pack(db: Db, number: int, today: int) -> bool:
    """Whether a part belongs to a pack of its mailbox that was taken in by another relay's."""
    row = db.execute(
        "SELECT s.pack, max(s.wiped IN (?1, ?2)) FROM record r JOIN mailbox b ON b.number ="
        " r.mailbox JOIN mailbox m ON m.log = b.log AND m.epoch = b.epoch AND m.number <> b.number"
        " JOIN record t ON t.mailbox = m.number AND t.rid = r.rid AND t.pack IS NOT NULL"
        " JOIN record u ON u.pack = t.pack JOIN record s ON s.mailbox = r.mailbox"
        " AND s.rid = u.rid AND s.pack IS NOT NULL WHERE r.number = ?3 AND r.pack IS NULL"
        " GROUP BY s.pack",
        (HELD_WORDS, GONE, number),
    ).fetchone()
    if row is None:
        return False
    mark = HELD_WORDS if row[1] else WHOLE
    db.execute(
        "UPDATE record SET pack = ?, wiped = ?, blob = NULL WHERE number = ?",
        (row[0], mark, number),
    )
    if row[1]:
        (box,) = db.execute("SELECT mailbox FROM record WHERE number = ?", (number,)).fetchone()
        look_at(db, box, today)
    return True


def bodies_of(db: Db, log: int) -> list[tuple[int, int, int]]:
    """The bodies of a log that are here: [chain number, first seq, last seq]."""
    found = list[tuple[int, int, int]]()
    rows = db.execute(
        "SELECT c.number, max(e.seq) FROM chain c JOIN event e ON e.chain = c.number"
        " WHERE c.log = ? GROUP BY c.number",
        (log,),
    ).fetchall()
    for chain, last in rows:
        gone = db.execute(
            "SELECT DISTINCT seq FROM event INDEXED BY event_gone WHERE chain = ?"
            " AND body IS NULL ORDER BY seq",
            (chain,),
        )
        found += [(chain, *span) for span in between([row[0] for row in gone], 0, last)]
    return found


def between(gone: Iterable[int], first: int, last: int) -> list[tuple[int, int]]:
    """What is left of the numbers from ``first`` to ``last`` without those, ascending."""
    spans = list[tuple[int, int]]()
    for number in (*gone, last + 1):
        if number > first:
            spans.append((first, number - 1))
        first = number + 1
    return spans


def forget_packs(db: Db, gone: Erased, today: int) -> None:
    """Mark the packs that hold a body; one that waits to be put is never put."""
    rows = db.execute(
        "SELECT DISTINCT r.number, r.mailbox FROM holds h JOIN record r ON r.pack = h.pack"
        " WHERE h.chain = ? AND h.first <= ? AND h.last >= ? AND r.wiped IN (?, ?)",
        (gone.chain, gone.seq, gone.seq, WHOLE, TAKEN),
    ).fetchall()
    for number, box in rows:
        db.execute(
            "UPDATE record SET blob = NULL, wiped = iif(wiped = ?, ?, ?) WHERE number = ?",
            (TAKEN, GONE, HELD_WORDS, number),
        )
        look_at(db, box, today)
    look_for_parts(db, gone.log, today)


def look_for_parts(db: Db, log: int, today: int) -> None:
    """Have the lists read of mailboxes whose parts wait: a pack that was replaced never comes."""
    for box in waiting_parts.mailboxes(db, log):
        look_at(db, box, today)


def look_at(db: Db, number: int, day: int) -> None:
    """Have a mailbox's list read on this day, for what is erased there; 0 for never."""
    db.execute("UPDATE mailbox SET look = ? WHERE number = ?", (day, number))
