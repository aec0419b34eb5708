"""Which devices hold what, by their own signed word, and what has not come from them yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

import msgspec

from inglenook_client import ambient
from inglenook_client.core.members import Roster
from inglenook_client.core.projections.relationship import Standing
from inglenook_client.journal import identity, labels, reading
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Held, Places, Shown
from inglenook_client.stores import boxes, items, logs, reaching, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.items import Cut
from inglenook_client.stores.logs import ChainRow, LogRow
from inglenook_client.words import _, ngettext
from inglenook_schema import batch, header, record
from inglenook_schema.batch import Ack
from inglenook_schema.control import LogType
from inglenook_schema.ids import ZERO_SHORT
from inglenook_schema.record import RecordKind

QUIET_DAYS = 2
"""Days after which silence is mentioned, where something of ours has waited as long: longer
than a device that syncs daily takes to say what it holds, so that nobody is blamed."""
_MOST = 9_999
"""Events of one chain that are counted as known of; whoever claims more is not believed."""
_MOST_HELD = 1_000
"""Batches that wait and are opened to be counted: a flood of them is no more than this."""
_ack = msgspec.msgpack.Decoder(Ack).decode


@dataclass(frozen=True, slots=True)
class _Named:
    device: bytes
    person: bytes
    name: str


def _devices(
    db: Db, me: Me, log: LogRow, roster: Roster, person: Callable[[bytes], str]
) -> list[_Named]:
    """The other devices that count, the partner's first; one's own by their labels alone."""
    called = labels.everybodys(db, log)
    found = dict[bytes, _Named]()
    for seat in sorted(roster.seats.values(), key=lambda s: (s.person == me.person_id, s.since)):
        if seat.last is None and seat.device != me.device:
            name = called.get(seat.device) or _("device")
            owner = "" if seat.person == me.person_id else person(seat.person)
            if owner and owner.casefold() not in name.casefold():
                name = _("{name}'s {device}").format(name=owner, device=name)
            found.setdefault(seat.device, _Named(seat.device, seat.person, name))
    return list(found.values())


# --- one event ------------------------------------------------------------------------


def places(db: Db, me: Me, shown: Shown) -> Places:
    """Where one event is besides here."""
    if shown.preview:
        return Places(relay=True, on=[])
    log = logs.log_by_number(db, shown.space_number)
    known = reading.names(db, me)
    chain = next(c for c in logs.chains_of(db, log.number) if c.id == shown.chain)
    held = reaching.held(db, log.number)
    called = partial(known.of, log.number)
    return Places(
        relay=shown.seq <= chain.relay,
        on=[
            each.name
            for each in _devices(db, me, log, logs.roster_of(db, log), called)
            if each.device == chain.device
            or shown.seq <= held.get(each.device, {}).get(chain.number, -1)
        ],
    )


# --- a space --------------------------------------------------------------------------


def spread(
    db: Db, me: Me, log: LogRow, roster: Roster, person: Callable[[bytes], str]
) -> list[Held]:
    """How many of this person's own events each other device holds."""
    held = reaching.held(db, log.number)
    own = [c for c in logs.chains_of(db, log.number) if c.person == me.person_id]
    count = cache(partial(views.count_to, db))  # most devices hold the same
    return [
        Held(each.name, sum(count(*at) for chain in own if (at := _held(chain, each, held))))
        for each in _devices(db, me, log, roster, person)
    ]


def _held(
    chain: ChainRow, by: _Named, held: Mapping[bytes, Mapping[int, int]]
) -> tuple[int, int] | None:
    """Up to which seq of a chain a device holds it: [chain number, seq]."""
    up_to = logs.NO_END if chain.device == by.device else held.get(by.device, {}).get(chain.number)
    return None if up_to is None else (chain.number, up_to)


def undelivered(
    db: Db, me: Me, log: LogRow, roster: Roster, person: Callable[[bytes], str]
) -> list[tuple[str, int]]:
    """[device, how many] of the events that are known of and not here yet.

    They are known by refs of events that are here, by acks of devices that count, and by
    batches that wait for what stands before them.
    """
    chains = {chain.id: chain for chain in logs.chains_of(db, log.number)}
    names = {each.device: each.name for each in _devices(db, me, log, roster, person)}
    names[me.device] = _("this device")
    found = dict[str, int]()
    for name, seq in _known_of(db, log, roster, chains).items():
        chain = chains.get(name)
        tip = logs.tip(db, chain.number) if chain else None
        last = min(seq, chain.last) if chain else seq
        lacking = min(last - (tip[0] if tip else -1), _MOST)
        if lacking > 0:
            whose = names.get(chain.device, "") if chain else ""
            found[whose] = found.get(whose, 0) + lacking
    return sorted(found.items())


def _waiting(db: Db, log: LogRow, chains: Container[bytes]) -> Iterator[tuple[bytes, int]]:
    """[chain id, seq] of the newest events in batches that are held back.

    Of a chain that nobody opened here only what came counts: its numbers are anybody's claim.
    """
    unknown = Counter[bytes]()
    for row in boxes.held(db, log.number, limit=_MOST_HELD):
        opened = record.open_record(row.blob, boxes.box(db, row.mailbox).place)
        if opened.kind is not RecordKind.BATCH:
            continue
        events = batch.decode_batch(opened.inner).events
        last = header.decode(events[-1][0])
        if last.chain in chains:
            yield last.chain, last.seq
        else:
            unknown[last.chain] += len(events)
    yield from ((chain, count - 1) for chain, count in unknown.items())


def _known_of(db: Db, log: LogRow, roster: Roster, chains: Container[bytes]) -> dict[bytes, int]:
    """By chain id, the highest seq that somebody who counts speaks of."""
    rows: list[tuple[bytes, int]] = db.execute(
        "SELECT chain, max(seq) FROM awaited WHERE log = ? GROUP BY chain", (log.number,)
    ).fetchall()
    members = {seat.device for seat in roster.seats.values() if seat.last is None}
    acks = db.execute("SELECT device, signed FROM ack WHERE log = ?", (log.number,)).fetchall()
    for device, signed in acks:
        if device in members:
            rows += [(chain, seq) for chain, seq, _id in _ack(signed).heads]
    rows += _waiting(db, log, chains)
    found = dict[bytes, int]()
    for chain, seq in rows:
        if chain != ZERO_SHORT:
            found[chain] = max(seq, found.get(chain, -1))
    return found


def undelivered_sentence(device: str, count: int, space: str) -> str:
    """What ``status`` says of it."""
    if not device:
        message = ngettext(
            "{count} event in “{space}”, from a device not known here yet, is not delivered yet.",
            "{count} events in “{space}”, from a device not known here yet, are not delivered yet.",
            count,
        )
    else:
        message = ngettext(
            "{count} event in “{space}”, from {device}, is not delivered yet.",
            "{count} events in “{space}”, from {device}, are not delivered yet.",
            count,
        )
    return message.format(count=count, space=space, device=device)


def quiet_since(db: Db, me: Me, log: LogRow, roster: Roster) -> str:
    """The local date since which nothing came from a partner, where that is worth saying.

    It is where something of this person lay at the relay for days meanwhile, so that a device
    that synced would have said what it holds. Never for a space that rests or is closed.

    Returns:
        Empty where there is nothing to say.
    """
    if log.type is not LogType.PAIR or roster.closed or roster.stalled or _rests(db, log):
        return ""
    today = identity.today()
    days = [
        day
        for person, (day, waits) in reaching.silences(db, log.number).items()
        if person in roster.people and not roster.people[person].gone and person != me.person_id
        if today - max(day, waits) >= QUIET_DAYS
    ]
    if not days:
        return ""
    noon = max(days) * identity.DAY_MS + identity.DAY_MS // 2
    return ambient.local_date(noon, "UTC").isoformat()


def _rests(db: Db, log: LogRow) -> bool:
    """Whether the last word on it is that the two of them paused."""
    return items.count(db, "pair", Cut(log.number, (Standing.PAUSED,))) > 0
