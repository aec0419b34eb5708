"""New epochs that nobody asks for: by age and by size (protocol 5.4).

A long tail makes a new device read much; an old key, once stolen, reads much. Whoever put the
record that crossed the line has the duty at once, the others after one to seven days, so that
one pack is made and not one by each.

    put or read --note--> mailbox.due --prepare, from that day on--> rotate
"""

from __future__ import annotations

from collections.abc import Iterable

from inglenook_client.journal import covering, erasing, identity, retiring, rotating, sending
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, doubles, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import suite
from inglenook_schema.control import LogType, Reason
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.mailbox import FOLDER_RANGE
from inglenook_schema.record import RecordKind

OLD_DAYS = 90
PROGRAMME_DAYS = 365
TAIL = 500
"""Records, at least."""
SHARE = 4
"""And at least one part in so many of the pack's bytes."""
_PATIENCE_DAYS = 7


def is_long(packed: int, records: int, size: int) -> bool:
    """Whether a tail of so many records wants a new pack.

    What a pack holds grows by a quarter at least, so that all packs together stay under six
    times the last one's bytes, however many events come one by one. A record takes more
    than its events take in a pack, so bodies are compared with bodies.

    Args:
        packed: Bytes of the bodies in the mailbox's pack; 0 where it has none.
        records: How many there are beside the pack.
        size: Bytes of the bodies in them.
    """
    return records >= TAIL and size * SHARE >= packed


def note(db: Db, me: Me, numbers: Iterable[int]) -> None:
    """Look at mailboxes that grew, and note from which day on they want a new pack."""
    for number in numbers:
        row = db.execute(
            "SELECT packed, log FROM mailbox WHERE number = ? AND n >= ? AND due IS NULL"
            " AND NOT (relay >= ? AND relay < ?)",
            (number, TAIL, *FOLDER_RANGE),
        ).fetchone()
        crossing = _crossing(db, number, row[0]) if row is not None else None
        if crossing is not None:
            wait = 0 if crossing else _patience(me, boxes.box(db, number).address)
            due = (identity.today() + wait, number)
            db.execute("UPDATE mailbox SET due = ? WHERE number = ?", due)


def _crossing(db: Db, number: int, packed: int) -> bool | None:
    """Whether this device put the record that made a tail long; None while it is not."""
    rows = db.execute(
        "SELECT r.token IS NOT NULL, (SELECT sum(length(body)) FROM event e"
        " WHERE e.chain = r.chain AND e.seq BETWEEN r.first AND r.last)"
        " FROM record r WHERE r.mailbox = ? AND r.n IS NOT NULL AND r.kind <> ? ORDER BY r.n",
        (number, RecordKind.PACK),
    )
    total = 0
    for records, (own, size) in enumerate(rows, start=1):
        total += size or 0
        if is_long(packed, records, total):
            return bool(own)
    return None


def fulfil(db: Db, me: Me) -> int:
    """Begin the epochs that are due; call inside a write. Returns how many.

    What was erased goes here too where another device had taken in the same (protocol 2.8).
    """
    if left := doubles.left_over(db):
        erasing.erase(db, me, left, deep=False)
    today = identity.today()
    wanted = dict.fromkeys(_long(db, today), Reason.SIZE)
    wanted |= dict.fromkeys([*_old(db, me, today), *_split(db, me, today)], Reason.AGE)
    return sum(_begin(db, me, logs.log_by_number(db, n), why) for n, why in wanted.items())


def _long(db: Db, today: int) -> list[int]:
    rows = db.execute(
        "SELECT DISTINCT l.number FROM log l JOIN mailbox m ON m.log = l.number"
        " AND m.epoch = l.epoch WHERE m.due <= ? AND m.closed = 0 AND l.type <> ?",
        # protocol 12.5: each epoch of a programme is a letter to everybody enrolled
        (today, LogType.PROGRAMME),
    )
    return [row[0] for row in rows]


def _old(db: Db, me: Me, today: int) -> list[int]:
    rows = db.execute(
        "SELECT l.number, e.commitment, e.entered, iif(l.type = ?, ?, ?)"
        " FROM log l JOIN epoch e ON e.number = l.epoch"
        " WHERE e.entered <= ? AND l.stalled = 0 AND EXISTS (SELECT 1 FROM mailbox m"
        " WHERE m.log = l.number AND m.epoch = e.number AND m.made = 1 AND m.closed = 0)",
        (LogType.PROGRAMME, PROGRAMME_DAYS, OLD_DAYS, today - OLD_DAYS),
    ).fetchall()
    return [
        number
        for number, commitment, entered, lasts in rows
        if entered + lasts + _grace(db, me, number, commitment) <= today
    ]


def _split(db: Db, me: Me, today: int) -> list[int]:
    """Logs with several newest epochs, where somebody was not seen in the one that is written to.

    They may be left out of it, and know of no mailbox that leads there; the next rotate puts its
    record into each (protocol 5.4), and is not waited for.
    """
    rows = db.execute(
        "SELECT l.number, e.commitment, e.entered FROM log l JOIN epoch e ON e.number = l.epoch"
        " WHERE l.stalled = 0 AND l.type <> ? AND e.entered < ? AND (SELECT count(DISTINCT"
        " m.epoch) FROM mailbox m WHERE m.log = l.number AND m.closed = 0) > 1",
        (LogType.PROGRAMME, today),
    ).fetchall()
    found = list[int]()
    for number, commitment, entered in rows:
        log = logs.log_by_number(db, number)
        roster = logs.roster_of(db, log)
        held = {each for _, each, _ in logs.epochs_of(db, number)}
        if (
            len(held.intersection(roster.tips)) > 1
            and entered + _patience(me, commitment) <= today
            and not retiring.all_have_moved(db, log, roster)
        ):
            found.append(number)
    return found


def _grace(db: Db, me: Me, number: int, commitment: bytes) -> int:
    """Days that this device leaves to whoever began the epoch."""
    log = logs.log_by_number(db, number)
    found = logs.roster_of(db, log).epochs.get(commitment)
    mine = logs.my_chain(db, number)
    author = db.execute(
        "SELECT c.number FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?",
        (found.act if found else b"",),
    ).fetchone()
    own = author is not None and mine is not None and author[0] == mine.number
    return 0 if own else _patience(me, commitment)


def _patience(me: Me, what: bytes) -> int:
    """One to seven days, drawn once for this device and thing."""
    return 1 + suite.sha256(suite.domain("epoch") + me.device + what)[0] % _PATIENCE_DAYS


def _begin(db: Db, me: Me, log: LogRow, why: Reason) -> int:
    """Nothing is begun before the newest mailbox answered today.

    Where a relay lost it while everybody was away, each would go on in an epoch of their own,
    and no mailbox would lead from one to the other.
    """
    today = identity.today()
    ready = [b for b in covering.write_boxes(db, log) if b.current and b.seen == today]
    if not ready or log.stalled or sending.waits_for_words(db, me, log):
        return 0
    try:
        rotating.rotate(db, me, log, why)
    except NotAllowedError:
        return 0  # removed meanwhile, or its own chain is not open yet
    return 1
