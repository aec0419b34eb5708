"""How far relays are with forgetting records that held erased words (protocol 6.5).

What is to be nulled, what takes its place first, and what a relay's list says afterwards.
The marks are those of :mod:`inglenook_client.stores.marks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from inglenook_client.core.sync import Mailbox
from inglenook_client.stores import files, marks, parts
from inglenook_client.stores.connection import Db
from inglenook_client.stores.forgetting import look_at
from inglenook_client.stores.marks import GONE, HELD_WORDS, TAKEN, WHOLE
from inglenook_schema.mailbox import is_folder
from inglenook_schema.record import BoxType, RecordKind

AGAIN_DAYS: Final = 1
"""A list is read again so soon while something is not confirmed …"""
LATER_DAYS: Final = 7
"""… and so soon when all is: a relay may be put back to an older copy, and a member may null
what others need."""
_LAST: Final = 2**62

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
            "SELECT mailbox, min(nullif(n, 0)) FROM record WHERE wiped = ? GROUP BY mailbox",
            (HELD_WORDS,),
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
    parts.drop_nulled(db, number)
    if done:
        _look_later(db, number, today)
    return taken


def note_unsent(db: Db, numbers: Iterable[int]) -> set[int]:
    """These mailboxes were read to their ends: what never arrived there is nowhere.

    Returns:
        Numbers of the logs that want a pack: theirs was to be put into the newest mailbox and
        held erased words, and nothing took its place yet.
    """
    wanted = set[int]()
    for number in numbers:
        unsent = db.execute(
            "UPDATE record SET wiped = ? WHERE wiped = ? AND mailbox = ? AND ifnull(n, 0) = 0"
            " RETURNING pack",
            (GONE, HELD_WORDS, number),
        ).fetchall()
        packs = [pack for (pack,) in unsent if pack is not None]
        if packs and _clean_pack(db, number) <= max(packs) and _is_newest(db, number):
            (log,) = db.execute("SELECT log FROM mailbox WHERE number = ?", (number,)).fetchone()
            wanted.add(log)
    return wanted


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


def look_at_all(db: Db, log: int, today: int) -> None:
    """Have every list of a log read at the next sync: something may have been taken."""
    for row in db.execute("SELECT number FROM mailbox WHERE log = ?", (log,)).fetchall():
        look_at(db, row[0], today)


def look_some_day(db: Db, numbers: Iterable[int], today: int) -> None:
    """Have the lists of these mailboxes read in a week, where no earlier day is set."""
    db.executemany(
        "UPDATE mailbox SET look = ? WHERE number = ? AND look = 0 AND type = ?",
        ((today + LATER_DAYS, number, BoxType.EPOCH) for number in numbers),
    )


def _look_later(db: Db, number: int, today: int) -> None:
    rows = db.execute("SELECT DISTINCT wiped FROM record WHERE mailbox = ?", (number,))
    found = {row[0] for row in rows}
    pause = AGAIN_DAYS if HELD_WORDS in found else LATER_DAYS
    wanted = GONE in found or HELD_WORDS in found or _is_newest(db, number)
    look_at(db, number, today + pause if wanted else 0)


def _is_newest(db: Db, number: int) -> bool:
    """Whether a mailbox is of its log's newest epoch: what is nulled there would be nowhere."""
    row = db.execute(
        "SELECT 1 FROM mailbox m JOIN log l ON l.number = m.log AND l.epoch = m.epoch"
        " WHERE m.number = ?",
        (number,),
    ).fetchone()
    return row is not None


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
    """How many of a person's erased events, or their files, some relay may still hold."""
    lying = files.unconfirmed(db)
    rows = db.execute(
        "SELECT x.event, e.chain, e.seq FROM erased x CROSS JOIN event e ON e.id = x.event"
        " CROSS JOIN chain c ON c.number = e.chain WHERE c.person = ?1"
        " AND (EXISTS (SELECT 1 FROM record WHERE wiped = ?2)"
        "  OR EXISTS (SELECT 1 FROM filebox WHERE state = ?3))",
        (person, HELD_WORDS, files.CLOSING),
    ).fetchall()
    return sum(event in lying or confirmed(db, chain, seq) is False for event, chain, seq in rows)
