"""Taking a whole pack in: collected part by part, and all of it or nothing (protocol 4.5)."""

from __future__ import annotations

from collections.abc import Sequence

from inglenook_client.core.clocks import Joint, recompute
from inglenook_client.core.events import Event, control_of
from inglenook_client.core.intake import Accepted, Outcome
from inglenook_client.stores import events
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import keys, pack, seal
from inglenook_schema.control import Genesis, Open
from inglenook_schema.errors import BadPackError, PeerError
from inglenook_schema.header import Kind


def take(db: Db, log: LogRow, parts: Sequence[bytes]) -> Outcome | None:
    """Keep parts until all of a pack are here, then take its events in.

    Returns:
        None while parts are missing, or where a pack does not verify (its parts are then
        dropped; the batches it stands for are still asked for elsewhere).
    """
    for part in parts:
        db.execute(
            "INSERT OR IGNORE INTO part VALUES(?, ?, ?)", (log.number, pack.part_hash(part), part)
        )
    here = {
        row[0]: row[1]
        for row in db.execute("SELECT hash, bytes FROM part WHERE log = ?", (log.number,))
    }
    for name, data in here.items():
        try:
            first = pack.decode_part(data)
        except PeerError:
            db.execute("DELETE FROM part WHERE log = ? AND hash = ?", (log.number, name))
            continue
        if not isinstance(first, pack.FirstPart) or not all(h in here for h in first.parts):
            continue
        names = [name, *first.parts]
        db.executemany(
            "DELETE FROM part WHERE log = ? AND hash = ?", ((log.number, n) for n in names)
        )
        try:
            outcome = read(log.id, [here[n] for n in names])
        except PeerError:
            return None
        _leave_known(db, log, outcome)
        events.keep(db, log, outcome)
        return outcome
    return None


def read(log: bytes, parts: Sequence[bytes]) -> Outcome:
    """Verify a whole pack.

    Args:
        log: The 32-byte log id.
        parts: Compressed, part 1 first.

    Raises:
        PeerError: Any seal, certificate, hash, id or commitment that does not fit.
    """
    decoded = [pack.decode_part(part) for part in parts]
    first = decoded[0]
    if not isinstance(first, pack.FirstPart) or first.log != log:
        raise BadPackError
    reader = pack.Reader(first)
    outcome = Outcome()
    runs = [reader.read(part) for part in decoded]
    reader.finish(_signers(log, reader, outcome))
    found = [_event(item) for run in reversed(runs) for item in run]
    here = {event.id: event for event in found}
    joints = [event for event in found if event.header.refs or not event.header.seq]
    pasts = recompute(Joint(e.chain, e.seq, e.id, e.header.refs) for e in joints)
    awaits = {
        event.id: tuple(ref for ref in event.header.refs if ref[2] not in here) for event in joints
    }
    outcome.accepted += [Accepted(e, pasts.get(e.id), awaits.get(e.id, ())) for e in found]
    heads = [head for part in decoded for head in part.heads if head.id in here]
    outcome.seals += [(here[head.id], head.seal) for head in heads]
    places = set[tuple[bytes, int]]()
    for event in found:
        place = (event.chain, event.header.seq)
        if place in places:
            outcome.forked.append(place)
        places.add(place)
    return outcome


def _signers(log: bytes, reader: pack.Reader, outcome: Outcome) -> dict[bytes, bytes]:
    """Verify every control event's own seal; returns each chain's signing key."""
    signers = dict[bytes, bytes]()
    controls = [(_event(item), item.seal or b"") for item in reader.controls.values()]
    for event, signature in controls:
        # protocol 2.6: another malformed control event is void, and keeps its place
        first = event.kind in (Kind.GENESIS, Kind.OPEN)
        known = control_of(event) if first else None
        if isinstance(known, Genesis):
            if event.id != log:
                raise BadPackError
            sign = keys.check_chain(known.certificates, known.founder).sign
            seal.check(sign, signature, log, event.id)
            outcome.accepted.append(Accepted(event, None))
            outcome.seals.append((event, signature))
        elif isinstance(known, Open):
            signers[event.chain] = keys.check_chain(known.certificates, known.person).sign
            outcome.opened.append((event, known))
    for event, signature in controls:
        if event.kind != Kind.GENESIS:
            if event.chain not in signers or event.header.log != log[:16]:
                raise BadPackError
            seal.check(signers[event.chain], signature, log, event.id)
            outcome.seals.append((event, signature))
    return signers


def _event(item: pack.Item) -> Event:
    return Event(item.chain, item.header, item.raw, item.id, item.body)


def _leave_known(db: Db, log: LogRow, outcome: Outcome) -> None:
    """Leave out what is stored already, but for bodies that were missing."""
    known = {
        row[0]: bool(row[1])
        for row in db.execute(
            "SELECT e.id, e.body IS NULL FROM event e JOIN chain c ON c.number = e.chain"
            " WHERE c.log = ?",
            (log.number,),
        )
    }
    if not known:
        return
    stored = events.StoredLog(db, log.number)
    new = list[Accepted]()
    for accepted in outcome.accepted:
        event = accepted.event
        if event.id in known:
            if known[event.id] and event.body is not None:
                outcome.refilled.append(event)
            continue
        if stored.ids_at(event.chain, event.seq):
            outcome.forked.append((event.chain, event.seq))
        awaits = tuple(ref for ref in accepted.awaits if ref[2] not in known)
        new.append(Accepted(event, accepted.past, awaits))
    outcome.accepted = new
    # what the pack refers to and does not hold has a past that only this device knows
    outcome.reclock = bool(new)
