"""The newest entries of a pack whose older parts are still on their way (protocol 4.5).

Part 1 holds all control events, the heads with their seals, and the newest entries, each led
to by a head through ``prev``. So it verifies alone, and is shown from where it waits. Nothing
of it is stored: no short ids, no search, no state, no acks. The whole pack takes its place.

What one part cannot tell is left out until then: what somebody erased, and what a device that
was removed wrote, as far as the removal is not known to have seen it. A log with a fork waits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inglenook_client.core.acts import Act
from inglenook_client.core.clocks import Joint, recompute
from inglenook_client.core.events import Event, control_of
from inglenook_client.core.intake import Outcome
from inglenook_client.core.members import Roster, fold
from inglenook_client.journal import reading, unpacking
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Query, Reach, Shown
from inglenook_client.stores import ancestry, logs, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema import pack
from inglenook_schema.control import Erase
from inglenook_schema.errors import BadPackError, PeerError
from inglenook_schema.events import Content, UnknownContent, text_of
from inglenook_schema.events.looking_back import ProfileSet
from inglenook_schema.header import Kind


@dataclass(frozen=True)
class Early:
    """What can be shown of one log before its pack is whole."""

    log: LogRow
    events: list[Event]
    """Content that counts and is not stored."""
    roster: Roster
    here: int
    parts: int
    """So many of the pack's parts are here, of so many."""


def of(db: Db) -> list[Early]:
    """Everything that waits and brings something new."""
    return [early for log in logs.all_logs(db) for early in _of(db, log)]


def merged(db: Db, me: Me, query: Query, found: list[Shown]) -> list[Shown]:
    """A timeline with what can be shown early, oldest first."""
    early = [shown for shown in _all_shown(db, me) if _fits(shown, query)]
    both = sorted([*found, *early], key=lambda shown: (shown.at, shown.event))
    return both[-query.limit :] if query.limit else both


def find(db: Db, me: Me, ref: str) -> Shown | None:
    """The one event whose id starts so; None where there is none, or more than one."""
    found = [shown for shown in _all_shown(db, me) if shown.event.hex().startswith(ref)]
    return found[0] if len(found) == 1 and len(ref) >= reading.PREFIX else None


def problems(db: Db, spaces: dict[int, str]) -> list[str]:
    """What ``status`` says of it."""
    message = _(
        "Older entries of “{space}” are still on their way: {here} of {parts} parts are here."
        " The newest are shown. Sync again."
    )
    shown = {early.log.number: early for early in of(db) if spaces[early.log.number]}
    found = [
        message.format(space=spaces[number], here=early.here, parts=early.parts)
        for number, early in shown.items()
    ]
    waits = _(
        "The entries of “{space}” are still on their way: {here} of {parts} parts are here. Sync"
        " again."
    )
    for log in logs.all_logs(db):
        for here, parts, inner in unpacking.first_parts(db, log):
            if log.number not in shown and spaces[log.number] and _brings(db, log, inner):
                found.append(waits.format(space=spaces[log.number], here=here, parts=parts))
            break  # of several packs the newest
    return found


def _brings(db: Db, log: LogRow, inner: bytes) -> bool:
    """Whether a pack, of which this is part 1, may hold what is not here."""
    try:
        first = pack.decode_part(inner)
    except PeerError:
        return False
    ends = first.heads
    return not all(views.is_known(db, head.id) for head in ends) or (
        not ends and logs.genesis_of(db, log.number) is None
    )


# --- reading a pack that is not whole -------------------------------------------------


def _of(db: Db, log: LogRow) -> Iterator[Early]:
    for here, parts, inner in unpacking.first_parts(db, log):
        try:
            early = _read(db, log, inner, here, parts)
        except PeerError:
            continue  # it is refused when it is whole
        if early.events:
            yield early
            return  # another one would show the same


def _read(db: Db, log: LogRow, inner: bytes, here: int, parts: int) -> Early:
    first = pack.decode_part(inner)
    if not isinstance(first, pack.FirstPart) or first.log != log.id:
        raise BadPackError
    reader = pack.Reader(first)
    signers = unpacking.signers_of(log.id, reader, Outcome())
    if log.id not in reader.controls:
        raise BadPackError
    pack.check_heads(first, signers)
    ends = [head.chain for head in first.heads]
    if len(set(ends)) < len(ends) or ancestry.has_fork(db, log.number):
        raise BadPackError  # what a fork takes away is told by all of it alone
    items = reader.read(first)
    controls = [unpacking.event_of(item) for item in reader.controls.values()]
    content = [unpacking.event_of(item) for item in items if item.id not in reader.controls]
    # what is here already counts as well: a removal may be newer than the pack
    acts = {act.id: act for act in (*_acts([*controls, *content]), *logs.acts_of(db, log.number))}
    roster = fold(log.id, acts.values())
    gone = {name for event in controls for name in _erased(event)}
    return Early(
        log,
        [
            event
            for event in content
            if event.body is not None
            and roster.counts(event.chain, event.seq)
            and event.id not in gone
            and not views.is_known(db, event.id)
        ],
        roster,
        here,
        parts,
    )


def _erased(event: Event) -> tuple[bytes, ...]:
    """What an act erases, whether it may or not."""
    try:
        act = control_of(event) if event.kind == Kind.ERASE else None
    except PeerError:
        return ()
    return act.targets if isinstance(act, Erase) else ()


def _acts(events: Sequence[Event]) -> list[Act]:
    """The acts among these, each with as much of its past as these tell."""
    joints = [e for e in events if e.header.refs or e.kind == Kind.OPEN]
    pasts = recompute(Joint(e.chain, e.seq, e.id, e.header.refs) for e in joints)
    places = dict[bytes, list[tuple[int, bytes]]]()
    for seq, chain, name in sorted((e.seq, e.chain, e.id) for e in joints):
        places.setdefault(chain, []).append((seq, name))
    acts = list[Act]()
    for event in events:
        if event.kind == Kind.CONTENT:
            continue
        there = places.get(event.chain, [])
        at = bisect_right(there, event.seq, key=lambda place: place[0])
        past = dict(pasts[there[at - 1][1]]) if at else {}
        if event.seq > 0:
            past[event.chain] = event.seq - 1
        try:
            payload = control_of(event)
        except PeerError:
            continue  # protocol 2.6: void
        header = event.header
        acts.append(Act(event.id, event.chain, event.seq, past, header.prev, header.refs, payload))
    return acts


# --- showing it -----------------------------------------------------------------------


def _all_shown(db: Db, me: Me) -> list[Shown]:
    known = reading.names(db, me)
    return [
        _shown(event, content, early, me, known)
        for early in of(db)
        if known.spaces[early.log.number]
        for event in early.events
        if event.body is not None and (content := content_of(event.body)) is not None
    ]


def _shown(
    event: Event, content: Content | UnknownContent, early: Early, me: Me, known: reading.Names
) -> Shown:
    person = early.roster.seats[event.chain].person
    mine = person == me.person_id
    number = early.log.number
    by = me.name if mine else known.of(number, person) or _called(early, person)
    return Shown(
        row=0,
        event=event.id,
        short="",
        kind=content.kind,
        at=content.at or 0,
        zone=content.zone or "UTC",
        local_date=content.date or "",
        by=by,
        mine=mine,
        space=known.spaces[number],
        space_number=number,
        text=text_of(content),
        reach=Reach.RELAY if mine else Reach.PARTNER,
        content=content,
        chain=event.chain,
        seq=event.seq,
        preview=True,
    )


def _called(early: Early, person: bytes) -> str:
    """What a person is called here: their own profile may be among the older entries."""
    for event in early.events:
        profile = content_of(event.body) if event.body is not None else None
        if isinstance(profile, ProfileSet) and early.roster.seats[event.chain].person == person:
            return profile.display_name
    return early.log.label


def _fits(shown: Shown, query: Query) -> bool:
    wanted = shown.kind in query.kinds if query.kinds else shown.kind not in views.HIDDEN
    return (
        wanted
        and query.space in {None, shown.space_number}
        and (query.since is None or shown.local_date >= query.since)
        and (query.until is None or shown.local_date <= query.until)
        and reading.matches(shown, query)
    )
