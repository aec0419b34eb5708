"""The journal: entries as they stand now, in lists, in a calendar, on this day.

Most entries are read from their event; what something goes on with (a revision, a further
part) is an item. Reflections and what was shared stand among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final

from inglenook_client.core.projections.checkins import MET
from inglenook_client.core.projections.entries import Entry, entries
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.views import moments
from inglenook_client.journal.views.lens import Lens, Page, unpack
from inglenook_client.stores import items, links, telling, writings
from inglenook_client.stores.items import Cut
from inglenook_client.stores.writings import Wanted
from inglenook_client.words import _

LOW: Final = 2
"""Moods up to this one are low."""


@dataclass(frozen=True, slots=True)
class Writing:
    """One entry with what belongs to it outside."""

    entry: Entry
    starred: bool
    copies: tuple[bytes, ...]
    """Ids of what was shared of it."""


def entries_page(
    lens: Lens, wanted: Wanted, *, limit: int | None, after: str | None
) -> Page[Writing]:
    """Entries, newest first."""
    start = unpack(after, 2)
    count = -1 if limit is None else limit + 1
    rows = writings.rows(lens.db, wanted, start, count)
    more = limit is not None and len(rows) > limit
    rows = rows[:limit] if more else rows
    found = [written for row in rows if (written := _at(lens, row[-1])) is not None]
    return lens.as_page(_around(lens, found), tuple(rows[-1]) if more else None, _ids)


def one(lens: Lens, event: bytes, as_of: str | None) -> Page[Writing]:
    """One entry, by its own id or by that of a part; a page of one.

    Raises:
        NotFoundError: It is no entry, or was not there by then.
    """
    roots = links.above(lens.db, event)
    for name in (event, *sorted(roots - {event})):
        found = moments.one_of(lens, "entry", name, as_of) if as_of else now(lens, name)
        if found is not None:
            return lens.as_page(_around(lens, [found]), None, _ids)
    raise NotFoundError(_("That is not an entry."))


def now(lens: Lens, event: bytes) -> Entry | None:
    """An entry as it stands; None where that event is none, or a part of one."""
    rows = links.rows_of(lens.db, [event])
    return _at(lens, rows[0]) if rows else None


def _at(lens: Lens, row: int) -> Entry | None:
    told = telling.at(lens.db, row)
    if told is None or told.content is None:
        return None
    kept: Entry | None = lens.one("entry", told.event)
    if kept is not None:
        return kept
    alone = entries([moments.named(lens, told)], telling.Causal(lens.db))
    return alone[0] if alone else None


def _around(lens: Lens, found: Iterable[Entry]) -> list[Writing]:
    found = list(found)
    ids = [entry.id for entry in found]
    marked = items.by_ids(lens.db, lens.reader, "star", ids)
    return [
        Writing(
            entry,
            entry.id in marked and marked[entry.id].on,
            tuple(links.copies(lens.db, entry.id)),
        )
        for entry in found
    ]


def _ids(written: Writing) -> Iterable[bytes | None]:
    return written.entry.id, *written.copies, written.entry.source


# --- the calendar ---------------------------------------------------------------------


@dataclass(slots=True)
class Day:
    """What one day has."""

    entries: int = 0
    moods: list[int] = field(default_factory=list)
    """1 to 5, as they were noted."""
    wins: int = 0
    checkins: int = 0


def calendar(lens: Lens, log: int | None, first: str, last: str) -> dict[str, Day]:
    """What the days from one to another have, both included; days with nothing left out."""
    found = dict[str, Day]()
    for name, day, n in _counted(lens, log, first, last):
        here = found.setdefault(day, Day())
        match name:
            case "entry":
                here.entries += n
            case "mood":
                here.moods.append(n)
            case "win":
                here.wins += n
            case _:
                here.checkins += n
    return dict(sorted(found.items()))


def _counted(lens: Lens, log: int | None, first: str, last: str) -> Iterator[tuple[str, str, int]]:
    for day, count in writings.per_day(lens.db, log, first, last):
        yield "entry", day, count
    for point in moods(lens, log, first, last):
        if point.mood is not None:
            yield "mood", point.day, point.mood
    for noun, states in (("win", ()), ("checkin", MET)):
        for day, count in items.by_day(lens.db, noun, Cut(log, states, since=first, until=last)):
            yield noun, day, count


@dataclass(frozen=True, slots=True)
class MoodPoint:
    """A mood, or how sure somebody felt, on one day."""

    day: str
    at: int
    mood: int | None
    confidence: int | None
    event: bytes


def moods(lens: Lens, log: int | None, first: str, last: str) -> list[MoodPoint]:
    """Every mood that was noted, by itself or with an entry, oldest first."""
    found = dict[bytes, MoodPoint]()
    for name, day, at, n, event in writings.moods(lens.db, log, first, last):
        point = found.get(event, MoodPoint(day, at, None, None, event))
        found[event] = _with(point, name, n)
    return sorted(found.values(), key=lambda point: (point.day, point.at, point.event))


def _with(point: MoodPoint, name: str, n: int) -> MoodPoint:
    mood = n if name == "mood" else point.mood
    confidence = n if name == "confidence" else point.confidence
    return MoodPoint(point.day, point.at, mood, confidence, point.event)


# --- on this day ----------------------------------------------------------------------


def of_days(
    lens: Lens, log: int | None, days: Iterable[str], *, low: bool, limit: int = 20
) -> dict[str, Page[Writing]]:
    """The entries of each of these days that has any.

    Args:
        lens: What is looked through.
        log: Of one space; None for all.
        days: Local dates.
        low: Whether entries with a low mood, and those of a day with one, are among them.
        limit: Most entries a day.
    """
    found = dict[str, Page[Writing]]()
    for day in days:
        page = entries_page(lens, Wanted(log, since=day, until=day), limit=limit, after=None)
        if not low:
            page = _without_low(lens, page, day)
        if page.items:
            found[day] = page
    return found


def _without_low(lens: Lens, page: Page[Writing], day: str) -> Page[Writing]:
    noted = [point.mood for point in moods(lens, None, day, day) if point.mood is not None]
    if any(mood <= LOW for mood in noted):
        return Page(())
    kept = [w for w in page.items if w.entry.mood is None or w.entry.mood > LOW]
    return replace(page, items=tuple(kept))


def earlier_years(lens: Lens, day: date) -> list[str]:
    """The same day of each earlier year since something was first written."""
    first = writings.oldest(lens.db)
    if first is None:
        return []
    oldest = datetime.fromtimestamp(max(first, 0) / 1000, UTC).year
    found = list[str]()
    for year in range(day.year - 1, max(oldest, day.year - 100) - 1, -1):
        try:
            found.append(day.replace(year=year).isoformat())
        except ValueError:
            continue  # the 29th of February
    return found
