"""What was written before what, by following every prev and ref: slow, and plainly right."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from harness.logs import act_of
from inglenook_client.core.acts import Act
from inglenook_client.core.branches import Branches
from inglenook_client.core.clocks import Joint
from inglenook_client.core.events import Event
from inglenook_client.core.members import Roster, fold
from inglenook_schema.header import Kind

Past = dict[bytes, int]


def forks_in(events: Iterable[Event]) -> dict[bytes, int]:
    """The first place of each chain that holds two events."""
    here, found = set[tuple[bytes, int]](), dict[bytes, int]()
    for event in events:
        place = (event.chain, event.seq)
        if place in here:
            found[event.chain] = min(event.seq, found.get(event.chain, event.seq))
        here.add(place)
    return found


def branches_in(events: Collection[Event]) -> Branches:
    """A branch begins wherever two events follow one; each event is on the last that began."""
    by_id, forks = {e.id: e for e in events}, forks_in(events)
    after = [e.header.prev for e in events if e.seq > 0]
    begins = {e.id for e in events if e.seq > 0 and after.count(e.header.prev) > 1}

    def line(event: Event) -> bytes:
        while event.seq >= forks[event.chain] and event.id not in begins:
            event = by_id[event.header.prev]
        return event.id if event.id in begins else event.chain

    forked = [e for e in events if e.seq >= forks.get(e.chain, e.seq + 1)]
    return Branches(
        {e.id: line(e) for e in forked},
        {b: line(by_id[by_id[b].header.prev]) for b in begins},
        {b: by_id[b].seq for b in begins},
        {b: by_id[b].chain for b in begins},
    )


def before(events: Iterable[Event]) -> dict[bytes, set[bytes]]:
    """The ids of all that each event was written after, of what is here."""
    by_id = {e.id: e for e in events}
    found = dict[bytes, set[bytes]]()
    for start in by_id.values():
        seen, left = set[bytes](), [start]
        while left:
            event = left.pop()
            names = {event.header.prev, *(name for _, _, name in event.header.refs)}
            left += [by_id[name] for name in (names & by_id.keys()) - seen]
            seen |= names & by_id.keys()
        found[start.id] = seen
    return found


def pasts_of(events: Collection[Event]) -> dict[bytes, Past]:
    """The whole past of each event, its own chain too; every ref must be here."""
    branches, by_id = branches_in(events), {e.id: e for e in events}
    found = dict[bytes, Past]()
    for name, seen in before(events).items():
        past = found[name] = Past()
        for event in (by_id[other] for other in seen):
            if event.kind == Kind.GENESIS:
                continue
            for line in {event.chain, branches.line_of.get(event.id, event.chain)}:
                past[line] = max(event.seq, past.get(line, -1))
    return found


def joints_of(events: Collection[Event]) -> list[Joint]:
    """The events whose past is kept."""
    begins = branches_in(events).first
    return [
        Joint(e.chain, e.seq, e.id, e.header.refs)
        for e in events
        if e.header.refs or e.kind == Kind.OPEN or e.id in begins
    ]


def kept_pasts(events: Collection[Event]) -> dict[bytes, Past]:
    """As they are stored: a chain's own place stands in them only where it forked."""
    branches, found = branches_in(events), dict[bytes, Past]()
    pasts = pasts_of(events)
    for joint in joints_of(events):
        past = found[joint.id] = dict(pasts[joint.id])
        if joint.id not in branches.line_of:
            past.pop(joint.chain, None)
    return found


def acts_in(events: Collection[Event]) -> list[Act]:
    """Every control event, ready for the fold."""
    pasts = pasts_of(events)
    return [act_of(e, pasts[e.id]) for e in events if e.kind]


def judged(log: bytes, events: Collection[Event], acts: Iterable[Act] | None = None) -> Roster:
    """The roster of these events."""
    found = acts_in(events) if acts is None else acts
    return fold(log, found, forks_in(events), branches_in(events))


def counted(roster: Roster, events: Collection[Event]) -> set[bytes]:
    """Ids of the content that counts."""
    branches = branches_in(events)
    return {
        e.id
        for e in events
        if not e.kind and roster.counts(e.chain, e.seq, branches.line_of.get(e.id))
    }


def whole(events: Mapping[bytes, Event], names: Iterable[bytes]) -> list[Event]:
    """These events with all that they were written after, in the order of ``events``."""
    behind = before(events.values())
    wanted = {name for start in names for name in {start, *behind[start]}}
    return [event for name, event in events.items() if name in wanted]
