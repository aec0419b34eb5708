"""What a device does with a log it no longer belongs to, or that has ended.

It keeps everything and stays readable. It says once what happened, puts what it still has
to say where the end was its own doing, and then asks for the log's mailboxes no longer.
"""

from __future__ import annotations

from typing import Final

from inglenook_client.journal import belonging
from inglenook_client.journal.belonging import End
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.stores.marks import HELD_WORDS
from inglenook_client.words import _, later
from inglenook_schema.control import LogType

_KEPT: Final = later("What is here stays readable.")

# --- saying it ------------------------------------------------------------------------


def removal_sentence(db: Db, me: Me, log: LogRow) -> str:
    """That this device was removed from a log, and when; empty where it was not."""
    if not belonging.is_removed(db, me, log):
        return ""
    when = belonging.day(belonging.removed(db, log)[me.device])
    if log.type is not LogType.JOURNAL:
        said = _("This device was removed from “{space}”. What is here stays readable.")
        return said.format(space=log.label)
    if not when:
        return _("This device was removed. What is here stays readable.")
    said = _("This device was removed on {day}. What is here stays readable.")
    return said.format(day=when)


def end_sentence(db: Db, me: Me, log: LogRow, name: str) -> str:
    """Who left or closed a space, and when; empty while it is open.

    Args:
        name: What the other of the pair is called.
    """
    end = belonging.ended(db, log)
    if end is None:
        return ""
    mine, left = end.person == me.person_id, end.how is End.LEFT
    when = belonging.day(end.at) or _("an unknown day")
    if log.type in (LogType.PROGRAMME, LogType.COORDINATORS) and not (left and mine):
        return _("“{space}” ended on {day}.").format(space=log.label, day=when)
    if mine:
        said = _("You left on {day}.") if left else _("You closed this space on {day}.")
    else:
        said = _("{name} left on {day}.") if left else _("{name} closed this space on {day}.")
    return said.format(name=name, day=when)


def problems(db: Db, me: Me) -> list[str]:
    """That this device was removed, as one sentence for ``status``, from wherever it was."""
    found = [log for log in logs.all_logs(db) if belonging.is_removed(db, me, log)]
    journal = [log for log in found if log.type is LogType.JOURNAL]
    return [removal_sentence(db, me, log) for log in journal or found]


def notice(db: Db, me: Me, before: LogRow) -> list[str]:
    """Sentences to say once after new events of a log were folded; call inside a write.

    Args:
        before: The log's row as it was then.
    """
    now = logs.log_by_number(db, before.number)
    if boxes.boxes_of(db, now.number) and belonging.is_removed(db, me, now):
        _close(db, boxes.boxes_of(db, now.number))
        journal = belonging.journal_of(db)
        told = now.type is not LogType.JOURNAL and journal is not None
        if told and journal is not None and belonging.is_removed(db, me, journal):
            return []  # one sentence for all spaces
        return [removal_sentence(db, me, now)]
    if now.stalled and not before.stalled:
        said, kept = end_sentence(db, me, now, now.label or _("Your partner")), _KEPT
        return [f"{said} {_(kept)}"] if said else []
    return []


# --- stopping -------------------------------------------------------------------------


def stop(db: Db, me: Me) -> None:
    """Ask no longer for what this person left, or this device, once all of it was put.

    That is when it was read back, too.

    Call inside a write, between two conversations with a relay.
    """
    for log in logs.all_logs(db):
        if is_over(db, me, log):
            _close(db, [box for box in boxes.boxes_of(db, log.number) if _is_done(db, box)])


def is_over(db: Db, me: Me, log: LogRow) -> bool:
    """Whether this device was removed from a log, or its person left it."""
    return belonging.is_removed(db, me, log) or _is_left(db, me, log)


def _is_left(db: Db, me: Me, log: LogRow) -> bool:
    """Whether this person left a log; a closed one is still asked for what crossed the end."""
    if log.ended is None:
        return False
    member = logs.roster_of(db, log).people.get(me.person_id)
    return log.id in belonging.left(db) or (member is not None and member.gone)


def _is_done(db: Db, box: BoxRow) -> bool:
    """Whether a mailbox was read, everything for it put and read back, the erased confirmed."""
    (waiting,) = db.execute(
        "SELECT count(*) FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE r.mailbox = ?1 AND ((r.blob IS NOT NULL AND (r.n IS NULL OR r.n > m.n))"
        " OR (r.n IS NOT NULL AND r.wiped = ?2 AND r.token IS NOT NULL))",
        (box.number, HELD_WORDS),
    ).fetchone()
    (lagging,) = db.execute("SELECT lagging FROM log WHERE number = ?", (box.log,)).fetchone()
    return box.current and not (waiting or lagging)


def _close(db: Db, found: list[BoxRow]) -> None:
    for box in found:
        boxes.close_box(db, box.number)
