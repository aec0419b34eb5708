"""What the bundles of a recovery box say, made part of an empty device (protocol 4.8).

Of each device its newest whole bundle counts, and what is newer; all devices' are united, an
older device's word before a younger one's. Nothing in them is trusted to be written to: that
is what the rotates say, once they are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from inglenook_client.journal import identity
from inglenook_client.stores import boxes, bundles, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports.address import is_usable
from inglenook_schema import batch, body, bundle, control, epoch, record
from inglenook_schema.bundle import Box, Bundle
from inglenook_schema.control import LogType
from inglenook_schema.errors import PeerError
from inglenook_schema.events.spaces import SpaceJoined
from inglenook_schema.ids import Count, DeviceId
from inglenook_schema.invite import Space
from inglenook_schema.limits import MAX_RELAYS
from inglenook_schema.record import BoxType, RecordKind

KEY = "restoring"
_MAX_EPOCHS = 1_024
"""Of one log; nobody rotates so often, and a thief may try."""


class State(msgspec.Struct, frozen=True, array_like=True):
    """How far a restore is; in ``meta`` until it is done."""

    relay: str
    """Where the person said that the bundles lie."""
    names: tuple[str, ...] = ()
    """Devices that the person still has, as they named them."""
    keep: tuple[DeviceId, ...] | None = None
    """The same, as they were found; None while it is not known which."""
    asks: bool = False
    """Whether the person is to be asked for them."""
    done: tuple[Count, ...] = ()
    """Numbers of the logs that were re-keyed."""
    leaving: bool = False
    """Everything that could be re-keyed was; what is made waits to be kept by a relay."""


def state(db: Db) -> State | None:
    """How far the restore of this folder is; None where there is none."""
    packed = logs.meta(db, KEY)
    return msgspec.msgpack.decode(packed, type=State) if packed else None


def is_on(db: Db) -> bool:
    """Whether this folder is being restored."""
    return state(db) is not None


def is_reading(db: Db) -> bool:
    """Whether a restore reads yet, and so must say nothing."""
    at = state(db)
    return at is not None and not at.leaving


def waiting(db: Db) -> set[int]:
    """Numbers of the logs that a restore has not re-keyed yet; none where there is none.

    Their chain opens together with the new epoch, so that what leads up to it is whole.
    """
    at = state(db)
    return {log.number for log in logs.all_logs(db)} - set(at.done) if at else set()


def set_state(db: Db, at: State) -> None:
    """Note how far it is."""
    logs.set_meta(db, KEY, msgspec.msgpack.encode(at))


def begin(db: Db, recovery_key: bytes, label: str, at: State, voucher: str) -> None:
    """Become a new device of the person whose words these are; call inside a write."""
    identity.make_device(db, label, "")
    identity.certify(db, recovery_key)
    box = bundle.box_of(recovery_key)
    db.execute("INSERT OR REPLACE INTO relay VALUES(?, ?)", (at.relay, voucher))
    bundles.box_at(db, at.relay, box.secret, owner_hash=box.owner_hash, own=False)
    set_state(db, at)


def rename(db: Db, given: State) -> None:
    """The person said anew, on going on, which devices they have; until one is removed."""
    at = state(db)
    if at is not None and not given.asks and not at.done:
        fresh = msgspec.structs.replace(at, names=given.names, keep=None, asks=False)
        set_state(db, fresh)


# --- what lies in the boxes -----------------------------------------------------------


def adopt(db: Db, box: Box, done: Iterable[int]) -> None:
    """Take in what the bundles here say, but of logs that were re-keyed already."""
    known = {logs.log_by_number(db, number).id for number in done}
    found = newest(opened(db, box))
    for part in found:
        for space in part.spaces:
            if space.log not in known:
                _add(db, part, space)
    if found and not logs.meta(db, "name"):
        logs.set_meta(db, "name", found[0].name.encode())
    for relay, _voucher in relays(db):
        bundles.box_at(db, relay, box.secret, owner_hash=box.owner_hash, own=False)


def relays(db: Db) -> list[tuple[str, str]]:
    """[origin, voucher] of each relay that the person named, or where some log may lie."""
    rows = db.execute(
        "SELECT origin, voucher FROM relay UNION SELECT relay, '' FROM mailbox"
        " WHERE closed = 0 AND relay NOT IN (SELECT origin FROM relay) ORDER BY 1"
    ).fetchall()
    return [(origin, voucher) for origin, voucher in rows if is_usable(origin)]


def opened(db: Db, box: Box) -> list[Bundle]:
    """Every bundle that verifies; others' nonsense is passed over."""
    found = list[Bundle]()
    for _number, blob in _records(db):
        try:
            found.append(bundle.open_bundle(blob, box))
        except PeerError:
            continue
    return found


def strange(db: Db, box: Box) -> int:
    """How many records in the recovery boxes are no bundle of this person."""
    return len(_records(db)) - len(opened(db, box))


def newest(parts: Iterable[Bundle]) -> list[Bundle]:
    """Each device's newest whole bundle and what is newer; the lowest rank first."""
    by_device = dict[bytes, list[Bundle]]()
    for part in parts:
        by_device.setdefault(part.certificates[-1].device, []).append(part)
    found = list[Bundle]()
    for own in by_device.values():
        counters = sorted({part.counter for part in own}, reverse=True)
        whole = next((c for c in counters if _is_whole(own, c)), 0)
        found += [part for part in own if part.counter >= whole]
    return sorted(found, key=lambda p: (p.certificates[-1].rank, -p.counter, p.part, p.signature))


def _is_whole(parts: Sequence[Bundle], counter: int) -> bool:
    here = [part for part in parts if part.counter == counter]
    return {part.part for part in here} == set(range(1, max(p.parts for p in here) + 1))


def mark_others(db: Db, box: Box, keep: Iterable[bytes]) -> None:
    """Have the relays null what neither this device nor one that stays put there."""
    staying = set(keep)
    gone = list[tuple[bytes, int]]()
    for number, blob in _records(db):
        try:
            device = bundle.open_bundle(blob, box).certificates[-1].device
        except PeerError:
            device = b""
        if device not in staying:
            gone.append((box.owner, number))
    db.executemany("UPDATE record SET token = ?, first = 0 WHERE number = ?", gone)


def end(db: Db, recovery_key: bytes) -> None:
    """The restore is over; the token that nulls everything leaves this device."""
    owner = bundle.box_of(recovery_key).owner
    db.execute("UPDATE record SET token = NULL WHERE token = ?", (owner,))
    logs.forget_meta(db, KEY)


def _records(db: Db) -> list[tuple[int, bytes]]:
    """[number, blob] of what others put into the recovery boxes."""
    return db.execute(
        "SELECT r.number, r.blob FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE m.type = ? AND r.blob IS NOT NULL AND r.token IS NULL ORDER BY r.number",
        (BoxType.RECOVERY,),
    ).fetchall()


def _add(db: Db, part: Bundle, space: Space) -> None:
    # the root signed which log is the journal; a stolen device may name others
    known = space.type in set(LogType)
    if not known or (space.type == LogType.JOURNAL) != (space.log == part.journal):
        return
    usable = tuple(relay for relay in space.relays if is_usable(relay))
    log = logs.log_by_id(db, space.log)
    if log is None:
        log = logs.add_log(
            *(db, space.log, space.type, space.role), label=space.label, relays=usable
        )
    elif log.epoch is None:
        united = tuple(dict.fromkeys((*log.relays, *usable)))[:MAX_RELAYS]
        logs.set_relays(db, log.number, united)
    for secret in reversed(space.secrets):
        _read_epoch(db, log, secret, usable)


# --- what rotates lead to -------------------------------------------------------------


def follow_rotates(db: Db, box: Box) -> None:
    """Read on where rotates lead, by the root's wraps; call inside a write.

    Also where the rotate cannot be judged: what it takes for that may lie in the mailbox
    that it leads to. Until then its epoch is only read, as that of a bundle is.
    """
    rows = db.execute(
        "SELECT r.mailbox, r.blob FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE m.type = ? AND r.blob IS NOT NULL AND r.kind = ? ORDER BY r.number",
        (BoxType.EPOCH, RecordKind.ROTATE),
    ).fetchall()
    for number, blob in rows:
        at = boxes.box(db, number)
        log = logs.log_by_number(db, at.log or 0)
        known = logs.epochs_of(db, log.number)
        try:
            left = batch.decode_rotate(record.open_record(blob, at.place).inner)
            rotate = control.decode_rotate(body.data_of(left.body))
            if len(known) >= _MAX_EPOCHS or rotate.commitment in {c for _, c, _ in known}:
                continue
            secret = epoch.unwrap(left.wraps, box.root.kem, log.id, rotate.commitment)
        except PeerError:
            continue
        _read_epoch(db, log, secret, tuple(filter(is_usable, rotate.relays)))


def _read_epoch(db: Db, log: LogRow, secret: bytes, relays: tuple[str, ...]) -> None:
    """Read an epoch that nobody who counts may have committed to; its mailbox is not made."""
    number = logs.add_epoch(db, log, secret, identity.today())
    boxes.ensure_epoch_boxes(db, log, number, relays, identity.today())
    db.execute("UPDATE mailbox SET own = 0 WHERE log = ? AND made = 0", (log.number,))


# --- what the journal says ------------------------------------------------------------


def heed_journal(db: Db, journal: LogRow) -> None:
    """Of each log, what only the journal knows: that it came by a forwarded invite."""
    rows = db.execute(
        "SELECT e.body FROM event e JOIN chain c ON c.number = e.chain WHERE c.log = ?"
        " AND e.linked = 1 AND e.type = 'space.joined' AND e.seq <= c.last"
        " AND e.body IS NOT NULL",
        (journal.number,),
    ).fetchall()
    for (packed,) in rows:
        said = content_of(packed)
        if isinstance(said, SpaceJoined):
            db.execute(
                "UPDATE log SET announced = 1, forwarded = max(forwarded, ?) WHERE id = ?",
                (int(said.forwarded), said.log),
            )


def forget_unproven(db: Db, log: LogRow, proven: Iterable[bytes]) -> None:
    """Drop epochs that no rotate commits to, and their mailboxes."""
    known = set(proven)
    for number, commitment, _secret in logs.epochs_of(db, log.number):
        if commitment not in known:
            db.execute("UPDATE mailbox SET closed = 1 WHERE epoch = ?", (number,))
            db.execute("DELETE FROM epoch WHERE number = ?", (number,))
    db.execute("UPDATE mailbox SET own = 1 WHERE log = ? AND made = 1", (log.number,))
