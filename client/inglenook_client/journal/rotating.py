"""A new epoch: a new secret for those who still belong, and so a new mailbox (protocol 5.3).

seal what is new -> rotate event -> its record, with wraps, into the old mailboxes
                 -> everything known, as a pack, into the new one
"""

from __future__ import annotations

import msgspec

from inglenook_client import ambient
from inglenook_client.core.events import Event, Run, batch_of
from inglenook_client.journal import (
    composing,
    covering,
    founding,
    identity,
    sending,
    wrapping,
)
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, cover, events, logs
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import batch, canonical, control, epoch, record
from inglenook_schema.control import Reason, Rotate, Wraps
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.header import Kind
from inglenook_schema.limits import SUITE, VERSION
from inglenook_schema.record import RecordKind


def rotate(
    db: Db, me: Me, log: LogRow, reason: Reason, relays: tuple[str, ...] | None = None
) -> LogRow:
    """Begin a new epoch of a log; call inside a write.

    Every device that counts and every person's root gets the new secret; nobody else does.

    Args:
        relays: Where the log lies from now on; None for where it lies.

    Raises:
        NotAllowedError: This device may not write there, cannot read its own journal yet, or
            the space waits for its safety words and so shares nothing.
    """
    person_secret = identity.person_secret(db)
    old = _tip_boxes(db, log)
    if person_secret is None or log.epoch is None or sending.waits_for_words(db, me, log):
        raise NotAllowedError
    key = record.erase_key(person_secret, log.id)
    if relays is not None:
        logs.set_relays(db, log.number, relays)
        log = logs.log_by_number(db, log.number)
    secret = ambient.random_bytes(32)
    # with the key that it had until now, as a rotation by anybody else would be: so a copy of
    # this folder from before finds the way as well
    before = wrapping.recipients(db, log)
    wrapping.refresh(db, me, log)
    after = wrapping.recipients(db, log)
    wraps = epoch.wrap(secret, log.id, list(dict.fromkeys((*after, *before))))
    payload = _payload(db, log, secret, wraps, reason)
    (event,) = events.append(db, log, [composing.act(Kind.ROTATE, payload)])
    events.seal_new(db, log, me.seal)
    _lead_up(db, log, event, old, key)
    _leave_address(db, log, event, wraps, old, key)
    number = logs.add_epoch(db, log, secret, identity.today())
    boxes.ensure_epoch_boxes(db, log, number, log.relays, identity.today(), current=True)
    log = founding.refresh(db, log)
    covering.leave_old(db, log)
    covering.put_pack(db, log, covering.write_boxes(db, log))
    return log


def _tip_boxes(db: Db, log: LogRow) -> list[BoxRow]:
    roster = logs.roster_of(db, log)
    tips = set(roster.tips)
    numbers = [n for n, commitment, _ in logs.epochs_of(db, log.number) if commitment in tips]
    rows = db.execute(
        "SELECT number, epoch FROM mailbox WHERE log = ? AND closed = 0", (log.number,)
    ).fetchall()
    return [boxes.box(db, number) for number, of in rows if of in numbers]


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


def _lead_up(db: Db, log: LogRow, event: Event, old: list[BoxRow], key: bytes) -> None:
    """Let the old mailboxes know what stands between them and the rotate, content left out.

    So whoever was removed, or left out, can verify that; and gets no word that is new.
    """
    mine = [c for c in logs.chains_of(db, log.number) if c.mine and c.forked is None]
    for target in old:
        held = cover.of(db, target.number)
        for chain in mine if target.current else ():
            last = event.seq - 1 if chain.id == event.chain else logs.NO_END
            runs = events.sealed_runs(db, chain.number, held.get(chain.number, -1), last)
            for run in runs or ():
                bare = tuple(_without_words(e) for e in run.events)
                boxes.enqueue(db, target, RecordKind.BATCH, batch_of(Run(bare, run.seal)), key)


def _without_words(event: Event) -> Event:
    """The same event, its words left out; an act keeps what it does."""
    return msgspec.structs.replace(event, body=None) if event.kind == Kind.CONTENT else event


def _leave_address(
    db: Db, log: LogRow, event: Event, wraps: Wraps, old: list[BoxRow], key: bytes
) -> None:
    """Put the rotate record into the old mailboxes; it is the forwarding address."""
    assert event.body is not None  # noqa: S101 - composed a moment ago
    left = batch.RotateRecord(event.raw, event.body, events.seal_of(db, event.id), wraps)
    inner = canonical.encode(left)
    chain = logs.my_chain(db, log.number)
    assert chain is not None  # noqa: S101 - the event stands in it
    for target in old:
        place = (chain.number, event.seq, event.seq)
        boxes.enqueue(db, target, RecordKind.ROTATE, inner, key, place=place)
