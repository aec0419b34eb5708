"""What programmes ask of a device at each sync, unasked (protocol 12.5).

boxes asked for -> letters looked at again -> stories taken down -> epochs that are owed
"""

from __future__ import annotations

from inglenook_client.core.clocks import covers
from inglenook_client.journal import (
    belonging,
    covering,
    enrolled,
    identity,
    memberships,
    rotating,
    sealed,
)
from inglenook_client.journal.identity import Me
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema.control import LogType, Reason, RemovePerson
from inglenook_schema.errors import NotAllowedError

GATHER_DAYS = 7
"""So long the epoch of a programme lasts at least: who goes meanwhile goes with the next."""


def fulfil(db: Db, me: Me) -> list[str]:
    """Do what is due; call inside a write. Returns sentences to say once."""
    if not _concerns(db):
        return []
    memberships.ensure_boxes(db)
    enrolled.ensure_boxes(db)
    news = sealed.look_again(db, me)
    memberships.ask_for_keys(db)
    sealed.take_down(db, me)
    for log, own in enrolled.coordinated(db):
        _renew(db, me, log, own)
        enrolled.share_keys(db, me, logs.log_by_number(db, log.number), own)
    return news


def _concerns(db: Db) -> bool:
    """Whether this person has to do with any programme; quick where not."""
    row = db.execute(
        "SELECT EXISTS(SELECT 1 FROM log WHERE type = ?) OR EXISTS"
        " (SELECT 1 FROM event WHERE linked = 1 AND type = 'programme.knocked')",
        (LogType.PROGRAMME,),
    ).fetchone()
    return bool(row[0])


def _renew(db: Db, me: Me, log: LogRow, own: LogRow) -> None:
    """Shut out who went, in the programme at most once a week."""
    if is_young(db, log) or log.ended is not None:
        return
    if enrolled.owes_an_epoch(db, log, own) or _coordinator_went(db, log):
        rotate(db, me, log)
    if _coordinator_went(db, own):
        rotate(db, me, own)


def is_young(db: Db, log: LogRow) -> bool:
    """Whether a log's epoch began less than a week ago, as this device knows it."""
    row = db.execute("SELECT entered FROM epoch WHERE number = ?", (log.epoch,)).fetchone()
    first = len(logs.epochs_of(db, log.number)) == 1
    return row is None or (not first and identity.today() - row[0] < GATHER_DAYS)


def rotate(db: Db, me: Me, log: LogRow) -> bool:
    """Begin an epoch without those who went, where this device may."""
    ready = [box for box in covering.write_boxes(db, log) if box.current]
    if not ready or not belonging.may_write(db, log):
        return False
    try:
        rotating.rotate(db, me, log, Reason.REMOVAL)
    except NotAllowedError:
        return False
    return True


def _coordinator_went(db: Db, log: LogRow) -> bool:
    """Whether the epoch that is written to began without knowing of somebody who went."""
    roster, acts = logs.roster_of(db, log), logs.acts_of(db, log.number)
    began = {roster.epochs[tip].act for tip in roster.tips[:1]}
    rotation = next((act for act in acts if act.id in began), None)
    if rotation is None:
        return False
    went = [
        act for act in acts if isinstance(act.payload, RemovePerson) and act.id not in roster.void
    ]
    return any(
        (not covers(rotation.past, act.chain, act.seq) and act.chain != rotation.chain)
        or (act.chain == rotation.chain and act.seq > rotation.seq)
        for act in went
    )
