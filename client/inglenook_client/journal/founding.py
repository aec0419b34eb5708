"""Starting a log, and opening this device's chain in one that is there."""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.core.events import Event, compose
from inglenook_client.journal import belonging, composing, wiping
from inglenook_client.journal.identity import Me, today
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import control, epoch, seal
from inglenook_schema.control import Genesis, LogType, Open
from inglenook_schema.header import Kind
from inglenook_schema.limits import SUITE, VERSION


def found(
    db: Db,
    me: Me,
    type_: LogType,
    role: str,
    relays: tuple[str, ...],
    *,
    label: str = "",
    forwarded: bool = False,
    predecessor: bytes = b"",
) -> LogRow:
    """Start a log: genesis, this device's open, the first epoch; call inside a write."""
    assert me.person is not None  # noqa: S101 - a device without a person founds nothing
    secret = ambient.random_bytes(32) if type_ is LogType.JOURNAL else b""
    payload = Genesis(VERSION, type_, me.person, role, secret, predecessor, me.certificates)
    genesis = compose(Kind.GENESIS, control.encode(payload), ambient.random_bytes(32))
    log = logs.add_log(db, genesis.id, type_, role, label=label, relays=relays, forwarded=forwarded)
    events.start_log(
        *(db, log, genesis, seal.make(me.sign, genesis.id, genesis.id)),
        *(me.person.id, me.sign.public),
    )
    open_chain(db, me, log)
    start_epoch(db, log, relays)
    return refresh(db, log)


def open_chain(db: Db, me: Me, log: LogRow) -> Event:
    """Open this device's chain in a log."""
    assert me.person is not None  # noqa: S101 - see found
    opening = composing.act(Kind.OPEN, Open(me.person, me.certificates, me.label, ambient.now_ms()))
    return events.open_chain(db, log, opening, me.device, me.person.id, me.sign.public)


def start_epoch(db: Db, log: LogRow, relays: tuple[str, ...]) -> None:
    """Write a log's first rotate and keep its secret."""
    secret = ambient.random_bytes(32)
    rotate = control.first_rotate(epoch.commitment(log.id, secret), relays, SUITE)
    events.append(db, log, [composing.act(Kind.ROTATE, rotate)])
    number = logs.add_epoch(db, log, secret, today())
    boxes.ensure_epoch_boxes(db, log, number, relays, today(), current=True)


def refresh(db: Db, log: LogRow) -> LogRow:
    """Fold a log again and write down what follows; returns its new row."""
    roster = logs.roster_of(db, log)
    logs.apply_roster(db, log, roster)
    wiping.follow(db, log, roster)
    end = belonging.ended(db, log) if roster.closed else None
    at = (end.at if end else 0) if roster.closed else belonging.left(db).get(log.id)
    logs.set_ended(db, log.number, at)
    return logs.log_by_number(db, log.number)
