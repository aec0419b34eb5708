"""Looking back: what resurfaces, reflections, strides beside attention, wins, strengths, horizons.

What was written with a low mood, or on a day with one, never resurfaces unless it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from inglenook_client.core.projections import goals, whose
from inglenook_client.core.projections.activities import Activity, Went
from inglenook_client.core.projections.entries import Entry
from inglenook_client.core.projections.goals import Goal, GoalState
from inglenook_client.core.projections.strengths import Strength
from inglenook_client.core.projections.wins import Win
from inglenook_client.journal.views import writing
from inglenook_client.journal.views.days import months_on, week_of
from inglenook_client.journal.views.lens import NEWEST, Lens, Page
from inglenook_client.journal.views.writing import Writing
from inglenook_client.stores import items, writings
from inglenook_client.stores.items import Cut, Line

_FEW: Final = 5
_AROUND: Final = timedelta(days=3)
_GOAL_KINDS: Final = sorted(goals.KINDS)


# --- wins and strengths ---------------------------------------------------------------


def wins(
    lens: Lens,
    log: int | None,
    *,
    since: str | None,
    until: str | None,
    limit: int | None,
    after: str | None,
) -> Page[Win]:
    """Wins by the day they happened, newest first."""
    return lens.page(
        *("win", Cut(log, since=since, until=until), NEWEST),
        limit=limit,
        after=after,
        ids=lambda win: (win.id, win.goal),
    )


@dataclass(frozen=True, slots=True)
class Named:
    """A strength, and every time it was named."""

    strength: str
    """As it was last written."""
    mine: bool
    """Whether it is this person's; else a partner's."""
    times: tuple[Strength, ...]
    """Newest first; each says where it showed."""


def strengths(lens: Lens, log: int | None, *, limit: int | None) -> Page[Named]:
    """Strengths with where they were used, the one that was last named first."""
    found = list[Named]()
    for topic, _count in items.topics(
        lens.db, "strength", Cut(log), -1 if limit is None else limit
    ):
        times: list[Strength] = lens.all("strength", Cut(log, topic=topic))[::-1]
        for mine in (True, False):
            own = tuple(each for each in times if is_mine(each) is mine)
            if own:
                found.append(Named(own[0].strength, mine, own))
    return lens.as_page(
        found, None, lambda named: [name for t in named.times for name in (t.id, t.regarding)]
    )


def is_mine(said: Strength | Win) -> bool:
    """Whether a strength or a win is this person's: each is told as its writer sees it."""
    mark = said.noted if isinstance(said, Strength) else said.recorded
    return whose.is_mine(said.whose, own=mark.mine)


# --- reflections ----------------------------------------------------------------------


class By(StrEnum):
    """How long the stretches are that strides are counted in."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Strides beside what needs attention, over one stretch of time."""

    starts_on: str
    strides: tuple[str, ...]
    attention: tuple[str, ...]
    reflections: tuple[bytes, ...]


def reflections(
    lens: Lens,
    log: int | None,
    *,
    since: str | None,
    until: str | None,
    limit: int | None,
    after: str | None,
) -> Page[Entry]:
    """Reflections, newest first."""
    cut = Cut(log, ("reflection.written",), since=since, until=until)
    return lens.page("entry", cut, NEWEST, limit=limit, after=after)


def strides(lens: Lens, since: date, until: date, by: By, week_start: int) -> list[Stretch]:
    """Strides and attention from one day to another, stretches without any too."""
    found = reflections(
        lens, None, since=since.isoformat(), until=until.isoformat(), limit=None, after=None
    ).items
    starts = list[date]()
    start = _start(since, by, week_start)
    while start <= until:
        starts.append(start)
        start = _start(start + timedelta(days=31 if by is By.MONTH else 7), by, week_start)
    return [
        _stretch(start, [e for e in found if _day(e, by, week_start) == start]) for start in starts
    ]


def _start(day: date, by: By, week_start: int) -> date:
    return day.replace(day=1) if by is By.MONTH else week_of(day, week_start)


def _day(entry: Entry, by: By, week_start: int) -> date:
    looking = entry.reflection
    said = entry.for_date or (looking and looking.ends_on) or entry.written.date
    return _start(date.fromisoformat(said), by, week_start)


def _stretch(start: date, found: list[Entry]) -> Stretch:
    found.sort(key=lambda entry: (entry.written.at, entry.id))
    looked = [entry.reflection for entry in found if entry.reflection]
    return Stretch(
        start.isoformat(),
        tuple(line for each in looked for line in each.strides),
        tuple(line for each in looked for line in each.attention),
        tuple(entry.id for entry in found),
    )


# --- what resurfaces ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begun:
    """A goal that is being worked on, and what was written when it was set."""

    goal: Goal
    entries: Page[Writing]


@dataclass(frozen=True, slots=True)
class LookBack:
    """What one day brings back."""

    month_ago: dict[str, Page[Writing]]
    """Around a month ago: by day."""
    earlier_years: dict[str, Page[Writing]]
    """On this day: by day, the latest year first."""
    begun: Begun | None
    """One goal a day, of those set at least a month ago."""
    wins: Page[Win]
    """The latest."""
    wins_then: Page[Win]
    """Those of around a month ago and of a year ago."""


def look_back(lens: Lens, log: int | None, day: date, *, low: bool) -> LookBack:
    """What a day brings back; ``low`` where what had a low mood is asked for too."""
    month = months_on(day, -1)
    days = [(month + timedelta(days=n)).isoformat() for n in (0, -1, 1, -2, 2, -3, 3)]
    then = [_around_day(lens, log, months_on(day, -n)) for n in (1, 12)]
    first, second = then
    return LookBack(
        dict(sorted(writing.of_days(lens, log, days, low=low, limit=_FEW).items())),
        on_this_day(lens, log, day, low=low),
        _begun(lens, log, day, low=low),
        wins(lens, log, since=None, until=None, limit=_FEW, after=None),
        Page(
            first.items + second.items,
            None,
            first.shorts | second.shorts,
            lens.spaces,
        ),
    )


def on_this_day(lens: Lens, log: int | None, day: date, *, low: bool) -> dict[str, Page[Writing]]:
    """The entries of the same day in earlier years, the latest year first."""
    return writing.of_days(lens, log, writing.earlier_years(lens, day), low=low)


def _around_day(lens: Lens, log: int | None, day: date) -> Page[Win]:
    since, until = (day - _AROUND).isoformat(), (day + _AROUND).isoformat()
    return wins(lens, log, since=since, until=until, limit=_FEW, after=None)


def _begun(lens: Lens, log: int | None, day: date, *, low: bool) -> Begun | None:
    month_ago = datetime.combine(months_on(day, -1), datetime.max.time(), UTC)
    cut = Cut(log, (GoalState.ACTIVE,))
    old = items.lines(lens.db, "goal", cut, before=int(month_ago.timestamp() * 1000))
    if not old:
        return None
    chosen = old[day.toordinal() % len(old)].id
    goal: Goal = items.by_ids(lens.db, lens.reader, "goal", [chosen])[chosen]
    then = writing.of_days(lens, None, [goal.begun.date], low=low, limit=_FEW)
    return Begun(goal, then.get(goal.begun.date, Page(())))


# --- horizons -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Area:
    """A part of life that goals belong to."""

    area: str
    """As it was last written; empty for goals that name none."""
    goals: tuple[Line, ...]
    """Those that something happened with."""


@dataclass(frozen=True, slots=True)
class Horizons:
    """What was touched over a stretch of time."""

    areas: tuple[Area, ...]
    new: tuple[Activity, ...]
    """Activities that were new to somebody who went."""
    attended: tuple[Activity, ...]
    """The other ones that somebody went to."""
    shorts: dict[bytes, str]


def horizons(lens: Lens, log: int | None, since: str, until: str) -> Horizons:
    """Parts of life and new ground that were touched from one day to another."""
    touched = writings.threads_of(lens.db, log, since, until, _GOAL_KINDS)
    areas = dict[str, list[Line]]()
    for goal in items.lines(lens.db, "goal", Cut(log), ids=touched):
        areas.setdefault(goal.topic, []).append(goal)
    went: list[Activity] = lens.all("activity", Cut(log, ("attended",)))
    here = [each for each in went if _within(each, since, until)]
    new = [each for each in here if any(w.new_to_me for w in _within(each, since, until))]
    found = tuple(
        Area(_area(lens, goals[-1].id), tuple(goals)) for _name, goals in sorted(areas.items())
    )
    ids = [goal.id for goals in areas.values() for goal in goals] + [each.id for each in here]
    return Horizons(
        found, tuple(new), tuple(each for each in here if each not in new), lens.shorts(ids)
    )


def _area(lens: Lens, goal: bytes) -> str:
    """The area of a goal as it was written."""
    found: Goal = items.by_ids(lens.db, lens.reader, "goal", [goal])[goal]
    return found.area or ""


def _within(activity: Activity, since: str, until: str) -> list[Went]:
    return [went for went in activity.attended if since <= went.on <= until]
