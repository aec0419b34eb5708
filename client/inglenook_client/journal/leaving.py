"""Ending a pair: closing it for both, or leaving it; both sides keep it readable.

close: the act, and nothing new is written; what crossed it is still fetched
leave: what waits, then the act, put and read back; then its mailboxes are asked no longer,
       and ``space.left`` in the journal lets this person's other devices follow
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.journal import belonging, composing, founding
from inglenook_client.journal.identity import Me
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema.control import Close, LogType, RemovePerson
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events.spaces import SpaceLeft
from inglenook_schema.header import Kind


def check(db: Db, number: int) -> LogRow:
    """The row of a pair that can be ended from here.

    Raises:
        NotAllowedError: It is none, has ended already, or this device may not write there.
    """
    log = logs.log_by_number(db, number)
    if log.type in (LogType.PROGRAMME, LogType.COORDINATORS):
        raise NotAllowedError(_("That is a programme. To leave it: inglenook programme leave"))
    if log.type is not LogType.PAIR:
        raise NotAllowedError(_("Your journal is only yours: there is nobody to leave."))
    if log.ended is not None:
        raise NotAllowedError(_("This space is closed already; nothing was changed."))
    if not belonging.may_write(db, log):
        raise NotAllowedError(_("This device cannot do that now. Sync first; nothing was changed."))
    return log


def close(db: Db, number: int) -> None:
    """Close a pair for both people; call inside a write.

    Raises:
        NotAllowedError: As :func:`check`.
    """
    log = check(db, number)
    events.append(db, log, [composing.act(Kind.MEMBER, Close(ambient.now_ms()))])
    founding.refresh(db, log)


def leave(db: Db, me: Me, number: int) -> None:
    """Leave a pair, and tell this person's other devices; call inside a write.

    Raises:
        NotAllowedError: As :func:`check`.
    """
    log = check(db, number)
    act = RemovePerson(me.person_id, ambient.now_ms())
    events.append(db, log, [composing.act(Kind.MEMBER, act)])
    founding.refresh(db, log)
    journal = belonging.journal_of(db)
    if journal is not None and belonging.may_write(db, journal):
        at, zone, date = composing.moment()
        left = SpaceLeft(at=at, zone=zone, date=date, log=log.id)
        events.append(db, journal, [composing.draft(left)])


def follow(db: Db) -> None:
    """End here what another device of this person says was left; call inside a write.

    The act itself may never come: a relay can lose it, and this device then still stops.
    """
    for log, at in belonging.left(db).items():
        row = logs.log_by_id(db, log)
        if row is not None and row.ended is None:
            logs.set_ended(db, row.number, at)
