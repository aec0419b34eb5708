"""Which records hold erased words, and how far a relay is with forgetting them (protocol 6.5).

    whole --a body in it is wiped--> held erased words --the relay lists it as erased--> gone
          --the relay lists it as erased--> gone, and for no act known here
    gone --the relay lists it as whole again--> held erased words

The blob of a record that held erased words is forgotten here at once. Whoever can make its
erase token puts one without those words in its place first, then has the old one nulled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from inglenook_client.core.sync import Mailbox
from inglenook_client.stores import boxes, marks
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.erasing import Erased
from inglenook_client.stores.marks import GONE, HELD_WORDS, TAKEN, WHOLE
from inglenook_schema import batch, canonical, header, record
from inglenook_schema.errors import PeerError
from inglenook_schema.limits import MAX_BATCH_EVENTS
from inglenook_schema.mailbox import is_folder
from inglenook_schema.record import RecordKind

AGAIN_DAYS: Final = 1
"""A list is read again so soon while something is not confirmed …"""
LATER_DAYS: Final = 7
"""… and so soon when all is: a relay may be put back to an older copy."""
_LAST: Final = 2**62


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
        _look(db, box, today)
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
    secrets = [target.secret]
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
        parts: Numbers of its records in one mailbox, part 1 first.
        bodies: [chain number, first seq, last seq] without a gap.
        today: Day number.
    """
    pack = parts[0]
    db.executemany("UPDATE record SET pack = ? WHERE number = ?", ((pack, n) for n in parts))
    db.execute("DELETE FROM holds WHERE pack = ?", (pack,))
    db.executemany(
        "INSERT OR REPLACE INTO holds VALUES(?, ?, ?, ?)", ((pack, *span) for span in bodies)
    )
    rows = db.execute(
        "SELECT x.event, c.log, e.chain, e.seq FROM mailbox m JOIN chain c ON c.log = m.log"
        " JOIN event e ON e.chain = c.number JOIN erased x ON x.event = e.id"
        " WHERE m.number = (SELECT mailbox FROM record WHERE number = ?)"
        " AND e.body IS NULL AND x.due = 0",
        (pack,),
    ).fetchall()
    for row in rows:
        forget_packs(db, Erased(*row), today)


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
        _look(db, box, today)


# --- what to ask of a relay -----------------------------------------------------------


def plan(db: Db, planned: Sequence[Mailbox], today: int, *, asked: bool) -> None:
    """Add to each mailbox what is to be nulled there and whether its list is to be read.

    Args:
        db: Inside a read.
        planned: Of one relay.
        today: Day number.
        asked: Whether a person asked for this sync: then whatever is not confirmed is looked at.
    """
    marked = dict(
        db.execute(
            "SELECT mailbox, min(n) FROM record WHERE wiped = ? GROUP BY mailbox", (HELD_WORDS,)
        ).fetchall()
    )
    due = db.execute("SELECT number FROM mailbox WHERE look > 0 AND look <= ?", (today,))
    looks = {row[0] for row in due}
    for box in planned:
        if box.number in marked:
            erases = _erases(db, box.number)
            box.erase += erases
            first = marked[box.number]
            if first is not None and (erases or asked):
                box.look = first - 1
        if box.number in looks:
            box.look = 0


def _erases(db: Db, number: int) -> list[tuple[int, bytes]]:
    """[position, token] of what a mailbox may lose now, since its better is kept there."""
    log, relay = db.execute("SELECT log, relay FROM mailbox WHERE number = ?", (number,)).fetchone()
    targets = write_boxes(db, log, relay)
    rows = db.execute(
        "SELECT n, token, chain, first, last FROM record WHERE mailbox = ? AND wiped = ?"
        " AND n IS NOT NULL AND token IS NOT NULL AND chain IS NOT NULL ORDER BY n",
        (number, HELD_WORDS),
    ).fetchall()
    batches = [
        (n, token)
        for n, token, chain, first, last in rows
        if all(_lies_whole(db, chain, seq, targets) for seq in range(first, last + 1))
    ]
    packs = db.execute(
        "SELECT n, token, pack FROM record WHERE mailbox = ? AND wiped = ? AND kind = ?"
        " AND n IS NOT NULL AND token IS NOT NULL AND pack IS NOT NULL ORDER BY n",
        (number, HELD_WORDS, RecordKind.PACK),
    ).fetchall()
    if packs:
        newest = _kept_pack(db, number)
        batches += [(n, token) for n, token, pack in packs if newest > pack]
    return batches + _older_acks(db, number, targets)


def _older_acks(db: Db, number: int, targets: Sequence[int]) -> list[tuple[int, bytes]]:
    """[position, token] of this device's acks that a newer one replaced, once that is kept."""
    places = ",".join("?" * len(targets))
    newer = db.execute(
        f"SELECT 1 FROM record WHERE mailbox IN ({places}) AND kind = ? AND wiped = ?"  # noqa: S608
        " AND token IS NOT NULL AND n IS NOT NULL",
        (*targets, RecordKind.ACK, WHOLE),
    ).fetchone()
    rows = db.execute(
        "SELECT n, token FROM record WHERE mailbox = ? AND kind = ? AND wiped = ?"
        " AND token IS NOT NULL AND n IS NOT NULL ORDER BY n",
        (number, RecordKind.ACK, HELD_WORDS),
    ).fetchall()
    return rows if newer is not None or number not in targets else []


def _kept_pack(db: Db, number: int) -> int:
    """The newest whole pack that a relay keeps for a log's newest epoch; 0 where there is none.

    For an older epoch's mailbox any will do: whoever finds the old one is led to the newest.
    """
    log, relay = db.execute("SELECT log, relay FROM mailbox WHERE number = ?", (number,)).fetchone()
    targets = write_boxes(db, log, relay)
    places = ",".join("?" * len(targets))
    (newest,) = db.execute(
        f"SELECT ifnull(max(pack), 0) FROM record r WHERE mailbox IN ({places})"  # noqa: S608
        " AND pack IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM record p WHERE p.pack = r.pack AND (p.n IS NULL OR p.wiped > 0))",
        targets,
    ).fetchone()
    return int(newest) if number in targets or not newest else _LAST


def write_boxes(db: Db, log: int, relay: str) -> list[int]:
    """Numbers of the mailboxes of a log's newest epoch: at this relay, else at any relay."""
    rows = db.execute(
        "SELECT m.number, m.relay FROM mailbox m JOIN log l ON l.number = m.log"
        " WHERE m.log = ? AND m.epoch = l.epoch AND m.closed = 0",
        (log,),
    ).fetchall()
    here = [n for n, origin in rows if origin == relay]
    return here or [n for n, origin in rows if not is_folder(origin)]


def to_repack(db: Db, relay: str) -> dict[int, list[int]]:
    """Numbers of the mailboxes that want a new pack, by log: a pack at a relay held words.

    One that does not, and is newer where both lie in one mailbox, is enough.
    """
    rows = db.execute(
        "SELECT m.log, m.number, max(r.pack) FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE r.wiped = ? AND r.pack IS NOT NULL AND m.relay = ? AND m.log IS NOT NULL"
        " GROUP BY m.number",
        (HELD_WORDS, relay),
    ).fetchall()
    wanted = dict[int, list[int]]()
    for log, number, pack in rows:
        targets = write_boxes(db, log, relay)
        lacking = [n for n in targets if _clean_pack(db, n) <= (pack if n == number else 0)]
        if lacking:
            wanted[log] = sorted({*lacking, *wanted.get(log, [])})
    return wanted


def _clean_pack(db: Db, number: int) -> int:
    """The newest pack of a mailbox without erased words, kept or not; 0 where it has none."""
    (newest,) = db.execute(
        "SELECT ifnull(max(pack), 0) FROM record WHERE mailbox = ? AND kind = ? AND wiped = ?",
        (number, RecordKind.PACK, WHOLE),
    ).fetchone()
    return int(newest)


# --- what a relay answers -------------------------------------------------------------


def note_list(
    db: Db, number: int, items: Sequence[tuple[bytes, bool]], today: int, *, done: bool
) -> int:
    """A mailbox's list was read, or part of it; returns how many records somebody took.

    Args:
        db: Inside a write.
        number: The mailbox.
        items: [rid, whether it is listed as erased].
        today: Day number.
        done: Nothing more of the list comes in this conversation.
    """
    taken = 0
    for rid, erased in items:
        row = db.execute(
            "SELECT number, kind, wiped, blob IS NOT NULL FROM record WHERE mailbox = ?"
            " AND rid = ?",
            (number, rid),
        ).fetchone()
        if row is None:
            continue
        after = marks.after(row[2], row[1], erased=erased, here=bool(row[3]))
        if after != row[2]:
            db.execute("UPDATE record SET wiped = ? WHERE number = ?", (after, row[0]))
            taken += after == TAKEN
    if done:
        _look_later(db, number, today)
    return taken


def note_unsent(db: Db, numbers: Iterable[int]) -> None:
    """These mailboxes were read to their ends: what never arrived there is nowhere."""
    db.executemany(
        "UPDATE record SET wiped = ? WHERE wiped = ? AND mailbox = ? AND n IS NULL",
        ((GONE, HELD_WORDS, number) for number in numbers),
    )


def waiting(db: Db) -> set[int]:
    """Numbers of records with erased words that were to be put; they may not be any more."""
    sql = "SELECT number FROM record WHERE wiped = ? AND n IS NULL"
    return {row[0] for row in db.execute(sql, (HELD_WORDS,))}


def is_elsewhere(db: Db, number: int) -> bool:
    """Whether all that somebody took from a mailbox lies whole in the newest epoch's too.

    Authors empty old mailboxes; only what would be nowhere is worth a pack.
    """
    log, relay = db.execute("SELECT log, relay FROM mailbox WHERE number = ?", (number,)).fetchone()
    if log is None:
        return True
    targets = write_boxes(db, log, relay)
    taken = db.execute(
        "SELECT chain, first, last, pack FROM record WHERE mailbox = ? AND wiped = ?",
        (number, TAKEN),
    ).fetchall()
    return all(
        _kept_pack(db, number) > pack
        if chain is None
        else all(_lies_whole(db, chain, seq, targets) for seq in range(first, last + 1))
        for chain, first, last, pack in taken
        if chain is not None or pack is not None
    )


def _lies_whole(db: Db, chain: int, seq: int, targets: Sequence[int]) -> bool:
    """Whether a body lies in one of these mailboxes; of one that is erased, what stays of it."""
    places = ",".join("?" * len(targets))
    row = db.execute(
        "SELECT 1 FROM record WHERE chain = ?1 AND first BETWEEN ?2 - 63 AND ?2 AND last >= ?2"  # noqa: S608
        f" AND n IS NOT NULL AND wiped = 0 AND mailbox IN ({places})"
        " UNION ALL SELECT 1 FROM holds h JOIN record r ON r.number = h.pack"
        " WHERE h.chain = ?1 AND h.first <= ?2 AND h.last >= ?2"
        f" AND r.n IS NOT NULL AND r.wiped = 0 AND r.mailbox IN ({places})"
        " UNION ALL SELECT 1 FROM event e JOIN erased x ON x.event = e.id"
        " JOIN cover v ON v.chain = e.chain AND v.seq >= e.seq"
        f" WHERE e.chain = ?1 AND e.seq = ?2 AND v.mailbox IN ({places}) AND NOT EXISTS"
        " (SELECT 1 FROM record w WHERE w.mailbox = v.mailbox AND w.n IS NULL"
        "  AND w.blob IS NOT NULL)",
        (chain, seq, *targets, *targets, *targets),
    ).fetchone()
    return row is not None


def look_at(db: Db, number: int, today: int) -> None:
    """Have a mailbox's list read at the next sync."""
    _look(db, number, today)


def look_at_all(db: Db, log: int, today: int) -> None:
    """Have every list of a log read at the next sync: something may have been taken."""
    for row in db.execute("SELECT number FROM mailbox WHERE log = ?", (log,)).fetchall():
        _look(db, row[0], today)


def _look(db: Db, number: int, today: int) -> None:
    db.execute("UPDATE mailbox SET look = ? WHERE number = ?", (today, number))


def _look_later(db: Db, number: int, today: int) -> None:
    rows = db.execute("SELECT DISTINCT wiped FROM record WHERE mailbox = ?", (number,))
    found = {row[0] for row in rows}
    pause = AGAIN_DAYS if HELD_WORDS in found else LATER_DAYS if GONE in found else 0
    _look(db, number, today + pause if pause else 0)


# --- what is not confirmed ------------------------------------------------------------

_MARKS: Final = """
SELECT r.wiped FROM record r WHERE r.chain = ?1 AND r.first BETWEEN ?2 - 63 AND ?2
  AND r.last >= ?2 AND r.wiped IN (1, 2)
UNION SELECT r.wiped FROM holds h JOIN record r ON r.pack = h.pack
  WHERE h.chain = ?1 AND h.first <= ?2 AND h.last >= ?2 AND r.wiped IN (1, 2)
"""


def confirmed(db: Db, chain: int, seq: int) -> bool | None:
    """Whether each record known here that held a body is gone at its relay; None without one."""
    found = {row[0] for row in db.execute(_MARKS, (chain, seq))}
    return HELD_WORDS not in found if found else None


def unconfirmed(db: Db, person: bytes) -> int:
    """How many of a person's erased events some relay may still hold."""
    rows = db.execute(
        "SELECT e.chain, e.seq FROM erased x JOIN event e ON e.id = x.event"
        " JOIN chain c ON c.number = e.chain WHERE c.person = ?"
        " AND EXISTS (SELECT 1 FROM record WHERE wiped = ?)",
        (person, HELD_WORDS),
    ).fetchall()
    return sum(confirmed(db, chain, seq) is False for chain, seq in rows)
