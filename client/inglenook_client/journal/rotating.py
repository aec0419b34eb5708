"""A new epoch: a new secret for those who still belong, and so a new mailbox (protocol 5.3).

seal what is new -> rotate event -> its record, with wraps, into the old mailboxes
                 -> everything known, as a pack, into the new one
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.core.events import Event
from inglenook_client.journal import composing, founding, identity, sending
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, events, logs, packing
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import batch, canonical, control, epoch, record
from inglenook_schema.control import AddPerson, Reason, Rotate, Wraps
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.header import Kind
from inglenook_schema.limits import SUITE, VERSION
from inglenook_schema.record import RecordKind


def rotate(db: Db, me: Me, log: LogRow, reason: Reason) -> LogRow:
    """Begin a new epoch of a log; call inside a write.

    Every device that counts and every person's root gets the new secret; nobody else does.

    Raises:
        NotAllowedError: This device may not write there, or cannot read its own journal yet.
    """
    person_secret = identity.person_secret(db)
    old = _tip_boxes(db, log)
    if person_secret is None or log.epoch is None:
        raise NotAllowedError
    key = record.erase_key(person_secret, log.id)
    _seal_rest(db, me, log, key)
    secret = ambient.random_bytes(32)
    wraps = epoch.wrap(secret, log.id, recipients(db, log))
    payload = _payload(db, log, secret, wraps, reason)
    (event,) = events.append(db, log, [composing.act(Kind.ROTATE, payload)])
    _leave_address(db, me, log, event, wraps, old, key)
    logs.add_epoch(db, log, secret, identity.today())
    boxes.ensure_epoch_boxes(db, log, log.relays, identity.today())
    log = founding.refresh(db, log)
    put_pack(db, log)
    return log


def recipients(db: Db, log: LogRow) -> list[bytes]:
    """KEM public keys of every device and root that still belongs to a log."""
    roster = logs.roster_of(db, log)
    staying = {name for name, member in roster.people.items() if not member.gone}
    devices = [s.kem for s in roster.seats.values() if s.person in staying and s.last is None]
    devices += _let_in_and_not_here_yet(db, log, {s.person for s in roster.seats.values()})
    return devices + [roster.people[name].person.kem for name in sorted(staying)]


def _let_in_and_not_here_yet(db: Db, log: LogRow, seated: set[bytes]) -> list[bytes]:
    """Keys of devices whose person was let in and has written nothing yet."""
    added = [act.payload for act in logs.acts_of(db, log.number)]
    return [
        add.knock.device.kem
        for add in added
        if isinstance(add, AddPerson) and add.knock.person and add.knock.person.id not in seated
    ]


def put_pack(db: Db, log: LogRow) -> int:
    """Put everything this device holds of a log into its newest mailboxes; how many parts."""
    parts = packing.parts_of(db, log)
    for target in sending.write_boxes(db, log):
        key = record.erase_key(target.secret, log.id)
        for part in parts:
            boxes.enqueue(db, target, RecordKind.PACK, part, key)
    return len(parts)


def _tip_boxes(db: Db, log: LogRow) -> list[BoxRow]:
    roster = logs.roster_of(db, log)
    tips = set(roster.tips)
    numbers = [n for n, commitment, _ in logs.epochs_of(db, log.number) if commitment in tips]
    rows = db.execute(
        "SELECT number, epoch FROM mailbox WHERE log = ? AND closed = 0", (log.number,)
    ).fetchall()
    return [boxes.box(db, number) for number, of in rows if of in numbers]


def _seal_rest(db: Db, me: Me, log: LogRow, key: bytes) -> None:
    runs = events.unsealed_runs(db, log, me.seal)
    boxes.enqueue_runs(db, sending.write_boxes(db, log), runs, key)


def _payload(db: Db, log: LogRow, secret: bytes, wraps: Wraps, reason: Reason) -> Rotate:
    return Rotate(
        VERSION,
        SUITE,
        tuple(sorted(logs.roster_of(db, log).tips)),
        epoch.commitment(log.id, secret),
        log.relays,
        control.wraps_hash(wraps),
        reason,
    )


def _leave_address(
    db: Db, me: Me, log: LogRow, event: Event, wraps: Wraps, old: list[BoxRow], key: bytes
) -> None:
    """Put the rotate record into the old mailboxes; it is the forwarding address."""
    ((chain, run),) = events.unsealed_runs(db, log, me.seal)
    assert event.body is not None  # noqa: S101 - composed a moment ago
    inner = canonical.encode(batch.RotateRecord(event.raw, event.body, run.seal, wraps))
    for target in old:
        place = (chain.number, event.seq, event.seq)
        boxes.enqueue(db, target, RecordKind.ROTATE, inner, key, place=place)
