"""From rows to what people see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec

from inglenook_client.journal import belonging
from inglenook_client.journal.errors import AmbiguousError, NotFoundError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Query, Reach, SearchFilter, Shown, Space
from inglenook_client.stores import doubles, logs, search, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of, sort_of
from inglenook_client.stores.events import Saved
from inglenook_client.stores.logs import LogRow
from inglenook_client.stores.views import EventRow
from inglenook_client.words import _
from inglenook_schema.control import LogType
from inglenook_schema.events import Content, UnknownContent, text_of
from inglenook_schema.events.looking_back import ProfileSet
from inglenook_schema.mailbox import FOLDER_RANGE

PREFIX = 8
"""Hex digits of an event id that are enough to name it."""


class Names(msgspec.Struct, frozen=True):
    """Who is called what, by log and person, and what the spaces are called."""

    people: dict[tuple[int, bytes], str]
    spaces: dict[int, str]
    partners: dict[int, str]
    """What the other of each pair is called, whether it is open or not."""
    syncing: frozenset[int]
    """Logs that have a relay."""

    def of(self, log: int, person: bytes) -> str:
        """A person's name in one space."""
        return self.people.get((log, person), "")


def names(db: Db, me: Me) -> Names:
    """Read every profile; the causally later one wins, here the later instant."""
    people = dict[tuple[int, bytes], str]()
    for log, person, _chain, body, _at, _id in views.profile_rows(db):
        profile = content_of(body)
        if isinstance(profile, ProfileSet):
            people[(log, person)] = profile.display_name
    spaces, partners = dict[int, str](), dict[int, str]()
    taken = {_("journal")}
    for row in sorted(
        logs.all_logs(db), key=lambda log: log.ended is not None or log.given is not None
    ):
        for person in {chain.person for chain in logs.chains_of(db, row.number)}:
            if person == me.person_id:
                people.setdefault((row.number, person), me.name)
            elif row.label and row.type is LogType.PAIR:
                people.setdefault((row.number, person), row.label)
        partners[row.number] = _partner(row, me, people)
        spaces[row.number] = _space_name(row, partners[row.number], taken)
        taken.add(spaces[row.number])
    rows = db.execute(
        "SELECT DISTINCT log FROM mailbox WHERE type = 1 AND NOT (relay >= ? AND relay < ?)",
        FOLDER_RANGE,
    )
    syncing = {row[0] for row in rows}
    return Names(people, spaces, partners, frozenset(syncing))


def _partner(row: LogRow, me: Me, people: dict[tuple[int, bytes], str]) -> str:
    if row.given is not None:
        return row.label  # empty until it was verified
    if row.type in (LogType.PROGRAMME, LogType.COORDINATORS):
        return ""  # many, and none of them a partner
    others = [
        name
        for (log, person), name in people.items()
        if log == row.number and person != me.person_id
    ]
    return others[0] if others else row.label


def _space_name(row: LogRow, name: str, taken: set[str]) -> str:
    """What a space is called here; the open one has the partner's plain name."""
    if row.type is LogType.JOURNAL:
        return "journal"
    if row.type in (LogType.PROGRAMME, LogType.COORDINATORS):
        name = row.label
    if not name:
        return ""  # an invite that nobody has answered yet
    if row.given is not None:
        name = _("{name} (before)").format(name=name)
    elif row.ended is not None:
        until = belonging.day(row.ended)
        closed = _("{name} (until {day})") if until else _("{name} (closed)")
        name = closed.format(name=name, day=until)
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name} {number}", number + 1
    return unique


def spaces(db: Db, me: Me) -> list[Space]:
    """Every space of this person, the journal first."""
    known = names(db, me)
    found = [
        Space(
            row.number,
            row.id,
            row.type,
            known.spaces[row.number],
            row.role,
            logs.my_chain(db, row.number) is not None and not row.stalled,
            known.partners[row.number],
            row.ended is None and row.given is None,
        )
        for row in logs.all_logs(db)
    ]
    return sorted(found, key=lambda space: (space.type, space.number))


def show(db: Db, me: Me, rows: Iterable[EventRow]) -> list[Shown]:
    """Decode rows; one whose content cannot be read is shown as what it is."""
    known = names(db, me)
    missing = {log: views.missing_behind(db, log) for log in known.spaces}
    late = views.late(db)
    return [_show(row, me, known, missing, late) for row in rows]


def written(me: Me, space: Space, saved: Saved, content: Content) -> Shown:
    """An event that this device saved a moment ago, as :func:`show` would tell it."""
    return Shown(
        row=saved.row,
        event=saved.event.id,
        short=saved.short,
        kind=sort_of(content)[0],
        at=content.at,
        zone=content.zone,
        local_date=content.date,
        by=me.name,
        mine=True,
        space=space.name,
        space_number=space.number,
        text=text_of(content),
        reach=Reach.WAITING if saved.syncing else Reach.HERE,
        content=content,
        chain=saved.event.chain,
        seq=saved.event.seq,
    )


def _show(
    row: EventRow, me: Me, known: Names, missing: dict[int, dict[bytes, int]], late: set[bytes]
) -> Shown:
    content = content_of(row.body) if row.body is not None else None
    at, zone = (content.at or 0, content.zone or "UTC") if content else (0, "UTC")
    return Shown(
        row=row.row,
        event=row.id,
        short=f"{row.letter}{row.n}" if row.letter else "",
        kind=content.kind if content else row.type or "erased",
        at=at,
        zone=zone,
        local_date=row.date or "",
        by=known.of(row.log, row.person),
        mine=row.person == me.person_id,
        space=known.spaces[row.log],
        space_number=row.log,
        text=_text(content),
        reach=_reach(row, me, known),
        content=content,
        chain=row.chain_id,
        seq=row.seq,
        missing=missing[row.log].get(row.id, 0),
        late=row.id in late,
    )


def _text(content: Content | UnknownContent | None) -> str:
    return text_of(content) if content is not None else ""


def _reach(row: EventRow, me: Me, known: Names) -> Reach:
    if row.person != me.person_id:
        return Reach.PARTNER
    if row.seq > row.last:
        return Reach.HERE  # written after this device was removed; nobody takes it
    if row.seq <= row.partner:
        return Reach.PARTNER
    if row.seq <= row.relay:
        return Reach.RELAY
    return Reach.WAITING if row.log in known.syncing else Reach.HERE


def listing(
    db: Db, me: Me, query: Query, stand: Callable[[Sequence[Shown]], Sequence[Shown]]
) -> list[Shown]:
    """The timeline under a query, oldest first.

    Args:
        db: The projections are caught up.
        me: Who looks.
        query: What to list.
        stand: Gives entries their present texts.
    """
    until = min((day for day in (query.until, query.as_of) if day is not None), default=None)
    found = list[Shown]()
    size = query.limit if query.contains is None else _STRETCH
    after: tuple[int, int] | None = None
    while True:
        rows = views.timeline(
            db,
            log=query.space,
            kinds=query.kinds,
            since=query.since,
            until=until,
            tag=query.tag,
            limit=size,
            after=after,
        )
        shown = stand(show(db, me, rows))
        found = [*(s for s in shown if matches(s, query)), *found]
        enough = query.limit is not None and len(found) >= query.limit
        if enough or size is None or len(rows) < size:
            return found[-query.limit :] if query.limit else found
        after = (rows[0].at or 0, rows[0].row)


_STRETCH: Final = 2_048
"""Events that are looked through at once where letters are looked for."""


def matches(shown: Shown, query: Query) -> bool:
    """Whether what an event says has the letters and the tag that a query asks for."""
    if query.contains is not None and query.contains.casefold() not in shown.text.casefold():
        return False
    return query.tag is None or query.tag.lstrip("@#").casefold() in _tags(shown)


def _tags(shown: Shown) -> set[str]:
    return {str(tag).lstrip("@#").casefold() for tag in getattr(shown.content, "tags", ())}


def searching(db: Db, me: Me, words: str, asked: SearchFilter, limit: int) -> list[Shown]:
    """Full-text search, newest first; the index must be caught up.

    Raises:
        NotFoundError: Nobody is called as ``asked.by`` says.
    """
    rows = search.matches(db, words, _narrowing(db, me, asked))
    found = list[EventRow]()
    while len(found) < limit and (part := list(islice(rows, limit - len(found)))):
        found += views.by_rows(db, part)  # what no longer counts is left out
    return show(db, me, found)


def _narrowing(db: Db, me: Me, asked: SearchFilter) -> search.Narrowing:
    return search.Narrowing(
        chains=_chains(db, me, asked),
        kinds=asked.kinds,
        tags=asked.tags,
        moods=asked.moods,
        since=asked.since,
        until=asked.until,
    )


def _chains(db: Db, me: Me, asked: SearchFilter) -> frozenset[int] | None:
    """The chains that stand in a space, or belong to somebody; None for all."""
    if asked.by is None and asked.space is None:
        return None
    rows = db.execute("SELECT number, log, person FROM chain").fetchall()
    if asked.space is not None:
        rows = [row for row in rows if row[1] == asked.space]
    if asked.by is not None:
        written = _written_by(db, me, asked.by)
        rows = [row for row in rows if (row[1], row[2]) in written]
    return frozenset(row[0] for row in rows)


def _written_by(db: Db, me: Me, name: str) -> set[tuple[int, bytes]]:
    """[log, person] of everybody with a name; ``me`` is this person."""
    people = names(db, me).people
    own = name.casefold() in {"me", _("me").casefold()}
    found = {
        key
        for key, called in people.items()
        if (own and key[1] == me.person_id) or called.casefold() == name.casefold()
    }
    if not found:
        choices = ", ".join(sorted(set(people.values())))
        message = _("Nobody here is called {name}. There is: {choices}")
        raise NotFoundError(message.format(name=name, choices=choices))
    return found


def by_ids(db: Db, me: Me, ids: Iterable[bytes]) -> list[Shown]:
    """Events by their ids, in the order given; those that count."""
    return show(db, me, views.by_ids(db, ids))


def find(db: Db, me: Me, ref: str, letters: str) -> Shown:
    """One event by short id or by the start of its event id.

    Raises:
        NotFoundError: There is none, or it has another letter than is wanted.
        AmbiguousError: Several start so.
    """
    ref = ref.strip().lower()
    row = _by_short(db, ref) or _by_hex(db, ref)
    if row is None:
        raise NotFoundError(_("There is nothing called {ref} here.").format(ref=ref))
    if letters and (row.letter or "") not in letters:
        raise NotFoundError(_("{ref} is something else.").format(ref=ref))
    return show(db, me, [row])[0]


def _by_short(db: Db, ref: str) -> EventRow | None:
    if ref[:1].isalpha() and ref[1:].isascii() and ref[1:].isdigit() and len(ref) < 19:
        return views.by_short(db, ref[0], int(ref[1:])) or _double(db, ref[0], int(ref[1:]))
    return None


def _double(db: Db, letter: str, n: int) -> EventRow | None:
    """What stands for something that another device took in from the same file."""
    event = doubles.shown_for(db, letter, n)
    return next(iter(views.by_ids(db, [event])), None) if event is not None else None


def _by_hex(db: Db, ref: str) -> EventRow | None:
    if not PREFIX <= len(ref) <= 64 or any(c not in "0123456789abcdef" for c in ref):
        return None
    low, high = bytes.fromhex(ref.ljust(64, "0")), bytes.fromhex(ref.ljust(64, "f"))
    rows = views.by_prefix(db, low, high)
    if len(rows) > 1:
        raise AmbiguousError(_("More than one thing starts with {ref}.").format(ref=ref))
    return rows[0] if rows else None
