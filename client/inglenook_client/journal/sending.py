"""What this device has to say, made ready to be put: chains, seals, records, acks."""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.journal import (
    belonging,
    calling,
    composing,
    covering,
    founding,
    identity,
    kit,
    knocking,
    restoring,
    retiring,
    wiping,
    wrapping,
)
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, events, logs, reaching, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_schema import canonical, record
from inglenook_schema.batch import Ack, Cursor, sign_ack
from inglenook_schema.control import LogType
from inglenook_schema.events.spaces import SpaceJoined, WordsConfirmed
from inglenook_schema.ids import ZERO_SHORT
from inglenook_schema.record import RecordKind

_MAX_HEADS = 1_000


def prepare(db: Db) -> int:
    """Open chains, announce spaces, seal what is new; returns how many records that made.

    Call inside a write: what is put afterwards is durable here first.
    """
    me = identity.load(db)
    if me.person is None or restoring.is_reading(db):
        return 0
    wiping.wipe_due(db)
    knocking.tidy(db, ambient.now_ms())
    for number in sorted(logs.without_chain(db) - restoring.waiting(db)):
        open_if_member(db, me, logs.log_by_number(db, number))
    _announce(db)
    kit.prepare(db, me)
    if identity.person_secret(db) is None:
        return 0
    for number in sorted(logs.unsealed(db)):
        log = logs.log_by_number(db, number)
        if covering.write_boxes(db, log) and not waits_for_words(db, me, log):
            events.seal_new(db, log, me.seal)
            db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (number,))
    return covering.catch_up(db, me, lambda log: waits_for_words(db, me, log))


def waits_for_words(db: Db, me: Me, log: LogRow) -> bool:
    """Whether a pair that met through a forwarded invite still has to compare the words."""
    if not log.forwarded:
        return False
    people = logs.roster_of(db, log).people  # who was let in, even if nothing came from them yet
    return not any(is_checked(db, person) for person in people if person != me.person_id)


def is_checked(db: Db, person: bytes) -> bool:
    """Whether the safety words of a person were compared, on this device or by the journal."""
    row = db.execute("SELECT checked FROM person WHERE id = ?", (person,)).fetchone()
    return bool(row and row[0]) or person in _confirmed(db)


def _confirmed(db: Db) -> set[bytes]:
    journal = belonging.journal_of(db)
    rows = views.linked(db, {"words.confirmed"}, journal.number) if journal else []
    said = [content_of(row.body) for row in rows if row.body is not None]
    return {each.person for each in said if isinstance(each, WordsConfirmed)}


def open_if_member(db: Db, me: Me, log: LogRow) -> None:
    """Open this device's chain where its person belongs to the log by now."""
    if log.given is not None:
        return  # protocol 7.5: it is only read
    roster = logs.roster_of(db, log)
    member = roster.people.get(me.person_id)
    if member is None or member.gone or roster.closed or roster.stalled:
        return
    removed = any(s.device == me.device and s.last is not None for s in roster.seats.values())
    if removed or me.device in roster.removed:
        return
    opened_before = any(chain.mine for chain in logs.chains_of(db, log.number))
    founding.open_chain(db, me, log)
    log = founding.refresh(db, log)
    first = not any(
        chain.person == me.person_id and chain.device != me.device
        for chain in logs.chains_of(db, log.number)
    )
    if first and not opened_before:
        events.append(db, log, [composing.draft(calling.profile(db, me))])


def _announce(db: Db) -> None:
    """Write every log that this device joined into the journal, for the other devices."""
    all_logs = logs.all_logs(db)
    journal = next((log for log in all_logs if log.type is LogType.JOURNAL), None)
    chain = logs.my_chain(db, journal.number) if journal else None
    if journal is None or chain is None or chain.last != logs.NO_END:
        return
    for log in all_logs:
        hidden = log.type is LogType.JOURNAL or log.epoch is None or not log.label
        if log.announced or hidden or log.is_enrolled:
            continue
        secret = next(s for n, _, s in logs.epochs_of(db, log.number) if n == log.epoch)
        at, zone, date = composing.moment()
        joined = SpaceJoined(
            at=at,
            zone=zone,
            date=date,
            log=log.id,
            type=log.type.name.lower(),
            role=log.role or None,
            relays=log.relays,
            label=log.label,
            secret=secret,
            forwarded=log.forwarded,
        )
        events.append(db, journal, [composing.draft(joined)])
        db.execute("UPDATE log SET announced = 1 WHERE number = ?", (log.number,))


def acknowledge(db: Db, numbers: set[int], origin: str = "") -> int:
    """Sign what this device holds of logs that got something, at most once a day each.

    Args:
        db: Inside a write.
        numbers: Of the logs.
        origin: Of the folder that is synced with, if it is one: it gets the ack too.
    """
    me = identity.load(db)
    if restoring.is_reading(db):
        return 0
    made = 0
    for number in sorted(numbers):
        log = logs.log_by_number(db, number)
        if log.is_enrolled:
            continue  # protocol 12.1: who only reads says nothing there
        targets = covering.write_boxes(db, log)
        left_out = not targets and bool(log.epoch is None or wrapping.left_out_of(db, log))
        if left_out:  # the others learn of it by this ack, and make a new wrap
            targets = covering.last_boxes(db, log)
        targets += covering.folder_boxes(db, log, origin)
        old = db.execute(
            "SELECT counter, day FROM ack WHERE log = ? AND device = ?", (number, me.device)
        ).fetchone()
        if not targets:
            continue
        if old is not None and old[1] >= identity.today() and not left_out:
            reaching.owe(db, number)
            continue
        ack = sign_ack(me.sign, _ack(db, me, log, old[0] + 1 if old else 1))
        inner = canonical.encode(ack)
        retiring.replace_acks(db, log)
        for target in targets:
            key = record.erase_key(target.keys, log.id)
            boxes.enqueue(db, target, RecordKind.ACK, inner, key)
        db.execute(
            "INSERT OR REPLACE INTO ack VALUES(?, ?, ?, ?, ?)",
            (number, me.device, ack.counter, inner, identity.today()),
        )
        reaching.paid(db, number)
        made += 1
    return made


def _ack(db: Db, me: Me, log: LogRow, counter: int) -> Ack:
    heads = list[tuple[bytes, int, bytes]]()
    for chain in logs.chains_of(db, log.number):
        at = logs.tip(db, chain.number)
        if at is not None and chain.id != ZERO_SHORT:
            heads.append((chain.id, at[0], at[1]))
    missing = [
        row[0]
        for row in db.execute(
            "SELECT DISTINCT event FROM awaited WHERE log = ? ORDER BY event LIMIT ?",
            (log.number, _MAX_HEADS),
        )
    ]
    missing = sorted({*missing, *filter(None, [wrapping.left_out_of(db, log)])})
    cursors = tuple(
        Cursor(box.relay, box.address, *_cursor(db, box.number))
        for box in covering.write_boxes(db, log)
    )
    return Ack(
        log.id,
        me.device,
        counter,
        tuple(sorted(heads)[:_MAX_HEADS]),
        tuple(missing),
        cursors,
        bytes(64),
    )


def _cursor(db: Db, number: int) -> tuple[int, bytes]:
    row = db.execute("SELECT n, head FROM mailbox WHERE number = ?", (number,)).fetchone()
    return int(row[0]), row[1]
