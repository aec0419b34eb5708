"""Each start checks that every removal of an own device stands in every log (protocol 8.3).

A power cut between two logs, a log that was joined on another device meanwhile, a device
that removed itself: whatever the reason, the next device that may do so makes up for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from inglenook_client.core.acts import Act
from inglenook_client.core.clocks import covers
from inglenook_client.core.members import Roster
from inglenook_client.journal import belonging, labels, removing, sending
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Device
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db, Store
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema import canonical
from inglenook_schema.control import RemoveDevice
from inglenook_schema.header import Kind

_DONE = "standing"


async def revoke(store: Store, me: Me, device: Device) -> None:
    """Remove one of this person's devices from every log.

    The journal first, then each log in a write of its own: whatever a power cut leaves
    undone, the next start makes up for. A device that removes itself takes the journal last,
    since it may write nowhere afterwards.

    Raises:
        CallerError: The removal would not count; nothing was changed.
    """
    await store.read(lambda db: removing.check(db, me, device))
    numbers = await store.read(lambda db: [log.number for log in logs.all_logs(db)])
    journal = await store.read(belonging.journal_of)
    assert journal is not None  # noqa: S101 - checked above
    rest = [number for number in numbers if number != journal.number]
    for number in [*rest, journal.number] if device.this else [journal.number, *rest]:
        await store.write(partial(_revoke_in, me=me, number=number, device=device.id))


def _revoke_in(db: Db, *, me: Me, number: int, device: bytes) -> None:
    log = logs.log_by_number(db, number)
    if belonging.may_write(db, log) and device not in belonging.removed(db, log):
        removing.remove(db, me, log, [device])


def uphold(db: Db, me: Me) -> None:
    """Bring every removal that stands in the journal to every log; call inside a write.

    A log that took nothing new since the last time is not looked at again. One whose newest
    mailbox was not read to its end yet waits: the cut would leave out what lies there, for
    everybody. Nothing is put there meanwhile either.
    """
    journal = belonging.journal_of(db)
    if journal is None or not _anything_removed(db, journal):
        return
    if not belonging.may_write(db, journal) or logs.meta(db, _DONE) == _mark(db):
        return
    lost = _lost(db, me, journal)
    mine = [log for log in logs.all_logs(db) if belonging.may_write(db, log)]
    unread = [log for log in mine if _is_unread(db, log)]
    for log in mine:
        if log not in unread:
            _uphold_in(db, me, log, lost)
    if not unread:
        logs.set_meta(db, _DONE, _mark(db))


def _is_unread(db: Db, log: LogRow) -> bool:
    """Whether the epoch to write to has mailboxes, and none of them was read to its end."""
    newest = [box for box in boxes.boxes_of(db, log.number) if box.epoch == log.epoch]
    return bool(newest) and not any(box.current for box in newest)


def _anything_removed(db: Db, journal: LogRow) -> bool:
    """Whether the journal holds any member act, as a removal is one; quick where it does not."""
    row = db.execute(
        "SELECT 1 FROM chain c CROSS JOIN event e INDEXED BY event_control ON e.chain = c.number"
        " WHERE e.kind > 0 AND e.kind = ? AND c.log = ?",
        (Kind.MEMBER, journal.number),
    ).fetchone()
    return row is not None


def _lost(db: Db, me: Me, journal: LogRow) -> dict[bytes, int]:
    """Rank by device, of those that the journal has removed."""
    return {d: removing.rank_of(db, me, journal, d) for d in belonging.removed(db, journal)}


def _mark(db: Db) -> bytes:
    """Changes whenever there may be something to do."""
    acts = db.execute("SELECT count(*), max(rowid) FROM event WHERE kind > 0").fetchone()
    joined = db.execute("SELECT count(*), sum(stalled) FROM log").fetchone()
    checked = db.execute("SELECT count(*) FROM person WHERE checked = 1").fetchone()
    sql = "SELECT count(*) FROM event WHERE linked = 1 AND type = 'words.confirmed'"
    confirmed = db.execute(sql).fetchone()
    return canonical.encode([int(n or 0) for n in (*acts, *joined, *checked, *confirmed)])


def _uphold_in(db: Db, me: Me, log: LogRow, lost: dict[bytes, int]) -> None:
    todo = [d for d in _lacking(db, log, lost) if removing.outranks(me, lost[d])]
    if todo:
        removing.remove(db, me, log, todo)
    elif not sending.waits_for_words(db, me, log) and _reads_on(db, log, lost):
        removing.shut_out(db, me, log)


def _lacking(db: Db, log: LogRow, lost: dict[bytes, int]) -> list[bytes]:
    """Devices among ``lost`` that nobody has removed from this log.

    One that never wrote there is no less dangerous: it was given the secrets.
    """
    return sorted(lost.keys() - belonging.removed(db, log).keys())


def _reads_on(db: Db, log: LogRow, lost: dict[bytes, int]) -> bool:
    """Whether the epoch to write to was begun by somebody who had not seen a removal."""
    roster, acts = logs.roster_of(db, log), logs.acts_of(db, log.number)
    return not all(
        _had_seen(roster, acts, act)
        for act in acts
        if isinstance(act.payload, RemoveDevice)
        and act.payload.device in lost
        and _by_a_member(roster, act)
    )


def _by_a_member(roster: Roster, act: Act) -> bool:
    seat = roster.seats.get(act.chain)
    return seat is not None and seat.counts(act.seq)


def _had_seen(roster: Roster, acts: Sequence[Act], removal: Act) -> bool:
    best = {roster.epochs[tip].act for tip in roster.tips[:1]}
    began = next((act for act in acts if act.id in best), None)
    return began is not None and (
        covers(began.past, removal.chain, removal.seq)
        or (began.chain == removal.chain and began.seq > removal.seq)
    )


def problems(db: Db, me: Me, names: dict[int, str]) -> list[str]:
    """Removals that this device cannot bring to a log, as sentences for ``status``."""
    journal = belonging.journal_of(db)
    if journal is None or not _anything_removed(db, journal):
        return []
    if not belonging.may_write(db, journal):
        return []
    lost = _lost(db, me, journal)
    called = labels.known(db, journal, me.person_id)
    return [
        _(
            "“{device}” was removed, but not from “{space}” yet. Sync an older device, or use your"
            " recovery words."
        ).format(device=called.get(device) or device.hex()[:8], space=names[log.number])
        for log in logs.all_logs(db)
        if belonging.may_write(db, log) and names.get(log.number)
        for device in _lacking(db, log, lost)
        if not removing.outranks(me, lost[device])
    ]
