"""Who was removed from a log, who left it, who closed it, and when, as they claim it.

All of it is read from the fold; the instants are for people, and no rule reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from inglenook_client import ambient
from inglenook_client.core.acts import Act
from inglenook_client.core.members import Roster
from inglenook_client.journal import identity
from inglenook_client.journal.identity import Me
from inglenook_client.stores import logs, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_schema.control import Close, LogType, Open, RemoveDevice, RemovePerson
from inglenook_schema.events.enrolling import ProgrammeKnocked
from inglenook_schema.events.spaces import SpaceLeft


class End(Enum):
    """Why nothing new is written to a log."""

    CLOSED = auto()
    LEFT = auto()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a log ended."""

    how: End
    person: bytes
    """Who closed it, or left."""
    at: int
    """Claimed instant, milliseconds UTC; 0 where it is not said."""


def ended(db: Db, log: LogRow) -> Ended | None:
    """How a log ended, the earliest where both people ended it; None while it is open."""
    roster = logs.roster_of(db, log)
    if log.ended is None and not roster.closed:
        return None
    if not roster.closed:  # another device of this person left, and that act is not here
        return Ended(End.LEFT, _mine(db), log.ended or 0)
    found = [
        Ended(End.LEFT if isinstance(act.payload, RemovePerson) else End.CLOSED, by, act.payload.at)
        for act in logs.acts_of(db, log.number)
        if isinstance(act.payload, Close | RemovePerson)
        and act.id not in roster.void
        and (by := _author(roster, act))
    ]
    return min(found, key=lambda end: (end.at, end.person), default=None)


def _mine(db: Db) -> bytes:
    return identity.load(db).person_id


def _author(roster: Roster, act: Act) -> bytes:
    seat = roster.seats.get(act.chain)
    return seat.person if seat else b""


def left_on(db: Db, log: LogRow, person: bytes) -> str:
    """The local date on which somebody left a log; ``?`` where it is not said."""
    roster = logs.roster_of(db, log)
    found = [
        act.payload.at
        for act in logs.acts_of(db, log.number)
        if isinstance(act.payload, RemovePerson)
        and act.payload.person == person
        and act.id not in roster.void
    ]
    return day(min(found, default=0)) or "?"


def removed(db: Db, log: LogRow) -> dict[bytes, int]:
    """Devices that the fold has removed, with the claimed instant; 0 where it is not said.

    Also those that fell with the device that certified them, and those that have not
    written anything yet (protocol 8.3).
    """
    roster, acts = logs.roster_of(db, log), logs.acts_of(db, log.number)
    named = {
        act.payload.device: act.payload.at
        for act in acts
        if isinstance(act.payload, RemoveDevice)
        and act.id not in roster.void
        and act.payload.device in roster.removed  # protocol 8.3: one may stand and take nothing
    }
    found = dict(named)
    for act in acts:
        seat = roster.seats.get(act.id[:16])
        if isinstance(act.payload, Open) and seat is not None and seat.last == logs.NEVER:
            for issuer in act.payload.certificates[:-1]:
                if issuer.device in named:
                    found.setdefault(seat.device, named[issuer.device])
    return found


def is_removed(db: Db, me: Me, log: LogRow) -> bool:
    """Whether this device was removed from a log; quick where a chain of it counts."""
    row = db.execute(
        "SELECT 1 FROM chain WHERE log = ? AND device = ? AND last = ?",
        (log.number, me.device, logs.NO_END),
    ).fetchone()
    return row is None and log.given is None and me.device in removed(db, log)


def journal_of(db: Db) -> LogRow | None:
    """The log of this person's journal, once this device was let in."""
    return next((log for log in logs.all_logs(db) if log.type is LogType.JOURNAL), None)


def left(db: Db) -> dict[bytes, int]:
    """Logs that this person left, by the journal; with the claimed instant.

    Whoever asked again to be enrolled in a programme has not left it.
    """
    journal = journal_of(db)
    rows = views.linked(db, {"space.left", "programme.knocked"}, journal.number) if journal else []
    said = [content_of(row.body) for row in rows if row.body is not None]
    again = {each.log: each.at for each in said if isinstance(each, ProgrammeKnocked)}
    return {
        each.log: each.at
        for each in said
        if isinstance(each, SpaceLeft) and again.get(each.log, each.at) <= each.at
    }


def may_write(db: Db, log: LogRow) -> bool:
    """Whether this device may still append to a log, and holds its secret."""
    chain = logs.my_chain(db, log.number)
    open_ = chain is not None and chain.last == logs.NO_END
    return open_ and not log.stalled and log.epoch is not None


def day(at: int) -> str:
    """The local date of a claimed instant; empty where it is not said or beyond the calendar."""
    try:
        return ambient.local_date(at, ambient.local_zone()).isoformat() if at else ""
    except (ValueError, OverflowError, OSError):
        return ""
