"""Mailboxes of epochs that were left: emptied, then forgotten with their secret (protocol 5.6).

left --patience is over, the newest epoch's pack was read back--> own records are nulled there
     --every device of the roster was seen in a newer one, or 400 days--> no longer asked for

What stays at the relay is the rotate record, the forwarding address, with the acts that lead
up to it and the openings of chains, each in a record of its own: whoever comes late finds the
way by them for as long as the relay keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass

from inglenook_client.core.clocks import covers
from inglenook_client.core.members import Epoch, Roster
from inglenook_client.journal import identity, newcomers
from inglenook_client.stores import ancestry, boxes, forgetting, logs, nulling
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.stores.marks import HELD_WORDS, WHOLE
from inglenook_schema import canonical, record
from inglenook_schema.batch import Ack
from inglenook_schema.control import LogType, Reason
from inglenook_schema.mailbox import is_folder
from inglenook_schema.record import RecordKind

FORWARD_DAYS = 400
LONG_DAYS = 60
"""A device that was away for longer, or whose clock leapt, begins to count ``FORWARD_DAYS`` anew:
it has asked no mailbox all the while, and others may have gone on in one that it left."""
_LOOKED = "retiring looked"
"""The last day on which mailboxes were looked at, 4 bytes."""
_SINCE = "retiring since"
"""The first day of those that followed each other, 4 bytes."""
PATIENCE = {Reason.ERASE: 0, Reason.REMOVAL: 30, Reason.LOST: 30}
"""Days for which records stay in an old mailbox after it was left for one of these reasons:
who was removed is to learn of it, also if it was some events behind."""
BEHIND_DAYS = 7
"""After any other; none, where everybody was seen in the next."""
NEWCOMER_DAYS = boxes.INVITE_DAYS
"""After any, while somebody who was let in has written nothing yet: they can verify the rotate
only by what lies before it, and so long they may come by their welcome (protocol 7.1)."""


def retire(db: Db) -> None:
    """Empty and leave what nobody writes to any more; call inside a write."""
    rows = db.execute(
        "SELECT DISTINCT m.log FROM mailbox m JOIN log l ON l.number = m.log"
        " WHERE m.epoch <> l.epoch AND m.closed = 0"
    ).fetchall()
    here = _days_here(db, identity.today())
    for (number,) in rows:
        log = logs.log_by_number(db, number)
        roster = logs.roster_of(db, log)
        awaited = bool(newcomers.awaited(db, log, roster))
        everybody = not awaited and all_have_moved(db, log, roster)
        left = _left(db, log, roster)
        for box in boxes.boxes_of(db, number):
            end = left.get(box.epoch or 0)
            if end and end.is_over(everybody=everybody, awaited=awaited):
                _empty(db, box)
        for epoch, end in left.items():
            # protocol 12.5: members stand in no roster, and may ask by the inbox of an old epoch
            seen = everybody and log.type is not LogType.PROGRAMME
            if min(end.days, here) > FORWARD_DAYS or (seen and _is_empty(db, epoch)):
                _forget(db, log, epoch)


def _days_here(db: Db, today: int) -> int:
    """For how many days this device looked again and again, never after a long silence."""
    looked, since = (_day(db, key) for key in (_LOOKED, _SINCE))
    if since is None or looked is None or not 0 <= today - looked <= LONG_DAYS:
        since = today
        logs.set_meta(db, _SINCE, since.to_bytes(4, "big"))
    if looked != today:
        logs.set_meta(db, _LOOKED, today.to_bytes(4, "big"))
    return today - since


def _day(db: Db, key: str) -> int | None:
    kept = logs.meta(db, key)
    return None if kept is None else int.from_bytes(kept, "big")


_SPENT = "(kind <> ? OR chain IS NOT NULL) AND NOT (chain IS NOT NULL AND last = 0)"
"""Of records of the kinds that are nulled, those that lead nobody on; takes the kind BATCH.

The opening of a chain does: without it nobody can tell whose a rotate in it is.
"""


@dataclass(frozen=True)
class _Left:
    """That an epoch was left."""

    days: int
    """How long ago this device entered the next."""
    reason: int

    def is_over(self, *, everybody: bool, awaited: bool) -> bool:
        """Whether its mailbox may be emptied.

        Args:
            everybody: Every device that belongs was seen in the newest epoch.
            awaited: Somebody was let in and is not here yet.
        """
        if awaited and self.days < NEWCOMER_DAYS:
            return False
        patience = PATIENCE.get(Reason(self.reason)) if self.reason in set(Reason) else None
        return self.days >= (patience if patience is not None else 0 if everybody else BEHIND_DAYS)


# --- emptying -------------------------------------------------------------------------


def _empty(db: Db, box: BoxRow) -> None:
    """Mark own records and packs in an old mailbox; they are nulled in this or a later talk."""
    assert box.log is not None  # noqa: S101 - an epoch's mailbox
    if is_folder(box.relay) or not _settled(db, box):
        return
    kinds = (RecordKind.BATCH, RecordKind.PACK, RecordKind.ACK)
    marked = db.execute(
        "UPDATE record SET wiped = ?, blob = NULL WHERE mailbox = ? AND wiped = ?"  # noqa: S608
        f" AND token IS NOT NULL AND n IS NOT NULL AND kind IN (?, ?, ?) AND {_SPENT}",
        (HELD_WORDS, box.number, WHOLE, *kinds, RecordKind.BATCH),
    )
    if marked.rowcount:
        forgetting.look_at(db, box.number, identity.today())


def _settled(db: Db, box: BoxRow) -> bool:
    """Whether the newest epoch's mailbox, at this relay or else at any, holds a whole pack."""
    assert box.log is not None  # noqa: S101 - an epoch's mailbox
    newest = nulling.write_boxes(db, box.log, box.relay)
    return bool(newest) and all(_has_all(db, number) for number in newest)


def _has_all(db: Db, number: int) -> bool:
    (waiting, packs) = db.execute(
        "SELECT sum((r.n IS NULL OR r.n > m.n) AND r.blob IS NOT NULL),"
        " sum(r.kind = ? AND r.n <= m.n AND r.wiped = ?)"
        " FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE m.number = ? AND m.current = 1",
        (RecordKind.PACK, WHOLE, number),
    ).fetchone()
    return not waiting and bool(packs)


# --- leaving --------------------------------------------------------------------------


def _left(db: Db, log: LogRow, roster: Roster) -> dict[int, _Left]:
    """Epochs that this device knows a later one of, by row number."""
    rows = db.execute(
        "SELECT number, commitment, entered FROM epoch WHERE log = ?", (log.number,)
    ).fetchall()
    entered = {commitment: day for _, commitment, day in rows}
    newest = max((day for number, _, day in rows if number == log.epoch), default=0)
    left = dict[int, _Left]()
    for number, commitment, _ in rows:
        after = [e for e in roster.epochs.values() if commitment in e.rotate.parents]
        if after and number != log.epoch and commitment in roster.epochs:
            day = min(entered.get(each.rotate.commitment, newest) for each in after)
            left[number] = _Left(identity.today() - day, min(after, key=_order).rotate.reason)
    return left


def _order(epoch: Epoch) -> tuple[int, bytes]:
    return epoch.order


def _is_empty(db: Db, epoch: int) -> bool:
    """Whether nothing that this device put there, or can null, is left at a relay."""
    row = db.execute(
        "SELECT 1 FROM record r JOIN mailbox m ON m.number = r.mailbox WHERE m.epoch = ?"  # noqa: S608
        " AND r.n IS NOT NULL AND (r.wiped = ? OR (r.wiped = ? AND r.token IS NOT NULL"
        f" AND r.kind <> ? AND {_SPENT}))",
        (epoch, HELD_WORDS, WHOLE, RecordKind.ROTATE, RecordKind.BATCH),
    ).fetchone()
    waiting = db.execute(
        "SELECT 1 FROM record r JOIN mailbox m ON m.number = r.mailbox WHERE m.epoch = ?"
        " AND r.n IS NULL AND r.blob IS NOT NULL AND NOT (m.relay GLOB 'folder:*')",
        (epoch,),
    ).fetchone()
    return row is None and waiting is None


def all_have_moved(db: Db, log: LogRow, roster: Roster) -> bool:
    """Whether each device that belongs was seen in the newest epoch: by a record or an ack."""
    me, current = identity.load(db), log.epoch or 0
    gone = {name for name, member in roster.people.items() if member.gone}
    there = (
        _writers(db, log, roster, current)
        | _readers(db, log, current)
        | _makers(db, log, roster, current)
    )
    return all(
        seat.device in there or seat.device == me.device
        for seat in roster.seats.values()
        if seat.last is None and seat.person not in gone
    )


def _makers(db: Db, log: LogRow, roster: Roster, current: int) -> set[bytes]:
    """Who drew the newest epoch's secret."""
    commitment = next(c for n, c, _ in logs.epochs_of(db, log.number) if n == current)
    began = roster.epochs.get(commitment)
    rows = db.execute(
        "SELECT c.device FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?",
        (began.act if began else b"",),
    )
    return {row[0] for row in rows}


def _writers(db: Db, log: LogRow, roster: Roster, current: int) -> set[bytes]:
    """Who put something of their own there, knowing of the epoch.

    What a device wrote late is put again by others (protocol 5.5), which says nothing of it.
    """
    commitment = next(c for n, c, _ in logs.epochs_of(db, log.number) if n == current)
    began = roster.epochs.get(commitment)
    act = db.execute(
        "SELECT c.id, e.seq FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?",
        (began.act if began else b"",),
    ).fetchone()
    rows = db.execute(
        "SELECT c.device, c.number, r.last, r.mailbox, r.blob FROM mailbox m JOIN record r"
        " ON r.mailbox = m.number JOIN chain c ON c.number = r.chain WHERE m.epoch = ?"
        " AND r.n IS NOT NULL AND r.token IS NULL AND r.blob IS NOT NULL AND r.kind = ?"
        " ORDER BY r.number DESC",
        (current, RecordKind.BATCH),
    )
    found = set[bytes]()
    for device, chain, last, number, blob in rows:
        if device in found or act is None:
            continue
        if covers(ancestry.past_at(db, chain, last), *act) and _is_authors(db, log, number, blob):
            found.add(device)
    return found


def _is_authors(db: Db, log: LogRow, number: int, blob: bytes) -> bool:
    """Whether a batch was not put again by somebody: then it has k of the epoch (4.3)."""
    box = boxes.box(db, number)
    inner = record.open_record(blob, box.place).inner
    key = record.erase_key(box.keys, log.id)
    token = record.erase_token(RecordKind.BATCH, inner, box.box, key)
    return not record.may_erase(blob, token)


def _readers(db: Db, log: LogRow, current: int) -> set[bytes]:
    rows = db.execute("SELECT address FROM mailbox WHERE epoch = ?", (current,))
    addresses = {row[0] for row in rows}
    signed = db.execute("SELECT signed FROM ack WHERE log = ?", (log.number,)).fetchall()
    acks = [canonical.decode(raw, Ack) for (raw,) in signed]
    return {a.device for a in acks if addresses & {cursor.address for cursor in a.cursors}}


def _forget(db: Db, log: LogRow, epoch: int) -> None:
    """Drop an epoch's secret, and all that this device kept of its mailboxes."""
    numbers = db.execute("SELECT number FROM mailbox WHERE epoch = ?", (epoch,)).fetchall()
    for (number,) in numbers:
        db.execute(
            "DELETE FROM holds WHERE pack IN (SELECT number FROM record WHERE mailbox = ?)",
            (number,),
        )
        db.execute(
            "DELETE FROM part WHERE record IN (SELECT number FROM record WHERE mailbox = ?)",
            (number,),
        )
        db.execute("DELETE FROM record WHERE mailbox = ?", (number,))
        db.execute("DELETE FROM cover WHERE mailbox = ?", (number,))
        db.execute("DELETE FROM mailbox WHERE number = ?", (number,))
    db.execute("DELETE FROM epoch WHERE number = ? AND log = ?", (epoch, log.number))


def replace_acks(db: Db, log: LogRow) -> None:
    """This device's older acks of a log are worth nothing once a newer one was made."""
    rows = db.execute(
        "SELECT r.number, r.n FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE m.log = ? AND r.kind = ? AND r.token IS NOT NULL AND r.wiped = ?",
        (log.number, RecordKind.ACK, WHOLE),
    ).fetchall()
    for number, n in rows:
        if n is None:
            db.execute("DELETE FROM record WHERE number = ?", (number,))
        else:
            db.execute(
                "UPDATE record SET wiped = ?, blob = NULL WHERE number = ?", (HELD_WORDS, number)
            )
