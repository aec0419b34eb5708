"""Check-ins: when the next one is, what is on its agenda, and the rhythm against the agreed one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from inglenook_client import ambient
from inglenook_client.core.projections.action_plan import PlanStep, StepState
from inglenook_client.core.projections.agenda import Item, ItemState
from inglenook_client.core.projections.checkins import MET, Again, Checkin, CheckinState
from inglenook_client.core.projections.folding import folded
from inglenook_client.core.projections.mark import Mark
from inglenook_client.core.projections.profiles import Profile
from inglenook_client.core.projections.questions import Question, QuestionState
from inglenook_client.core.projections.relationship import Relationship
from inglenook_client.core.projections.whose import is_mine
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.views.days import months_on, week_of
from inglenook_client.journal.views.lens import DUE, NEWEST, SOONEST, Lens, Page
from inglenook_client.stores import items
from inglenook_client.stores.items import Cut
from inglenook_client.words import _
from inglenook_schema.events.choices import Who

_GRACE_MS: Final = 12 * 3_600_000
"""A check-in that began less than this ago is still the next one: it may just be held."""
_MOST: Final = 50
"""Points of one reason; no check-in is longer."""
_FAR: Final = 2_000
"""Occurrences of a repeated plan that are looked through at most."""


def checkins(
    lens: Lens, log: int | None, states: Sequence[str], *, limit: int | None, after: str | None
) -> Page[Checkin]:
    """Check-ins by the day they are on, newest first."""
    cut = Cut(log, states)
    return lens.page("checkin", cut, NEWEST, limit=limit, after=after, ids=checkin_ids)


def checkin_ids(checkin: Checkin) -> Iterable[bytes | None]:
    """The events of a check-in that people call by a short id."""
    covered = (name for held in checkin.held for name in held.covered)
    goals = (step.goal for summary in checkin.summaries for step in summary.next_steps)
    return checkin.id, checkin.plan, *covered, *goals


def checkin(lens: Lens, event: bytes) -> Page[Checkin]:
    """What became of a plan, or of a meeting: of one that repeats each day it was held on.

    Raises:
        NotFoundError: It is no check-in.
    """
    found = items.within(lens.db, lens.reader, "checkin", event)
    if not found and (met := lens.one("checkin", event)) is not None:
        found = [met]
    if not found:
        raise NotFoundError(_("That is not a check-in."))
    return lens.as_page(found, None, checkin_ids)


# --- when -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coming:
    """The next time that two meet."""

    checkin: Checkin
    starts_at: int
    """Milliseconds UTC."""
    day: str
    """Local date there."""


def coming(lens: Lens, log: int | None, now: int) -> list[Coming]:
    """Every check-in that is still to come, each plan's next time, the soonest first."""
    states = (CheckinState.PLANNED, CheckinState.MISSED)
    yesterday = (datetime.fromtimestamp(now / 1000, UTC) - timedelta(days=1)).date().isoformat()
    plans = lens.all("checkin", Cut(log, states, topic="", since=yesterday))
    plans += lens.all("checkin", Cut(log, states, topic="again"))
    found = [_next(plan, now) for plan in plans]
    return sorted(
        (each for each in found if each is not None),
        key=lambda each: (each.starts_at, each.checkin.id),
    )


def _next(plan: Checkin, now: int) -> Coming | None:
    zone = ambient.zone_called(plan.tz or "UTC")
    for starts_at in _times(plan, zone):
        day = datetime.fromtimestamp(starts_at / 1000, zone).date().isoformat()
        if starts_at >= now - _GRACE_MS and day not in plan.held_on:
            return Coming(plan, starts_at, day)
    return None


def _times(plan: Checkin, zone: tzinfo) -> Iterator[int]:
    """The times of a plan, ascending: a day that was missed is passed over or moved."""
    if plan.starts_at is None:
        return
    if plan.repeat is None:
        if plan.state is CheckinState.PLANNED or any(each.new_time for each in plan.missed):
            yield plan.starts_at
        return
    moved = {each.on: each.new_time for each in plan.missed if each.on is not None}
    waiting = sorted(time for time in moved.values() if time is not None)
    for time in _rounds(plan.starts_at, plan.repeat, zone):
        while waiting and waiting[0] <= time:
            yield waiting.pop(0)
        if datetime.fromtimestamp(time / 1000, zone).date().isoformat() not in moved:
            yield time


def _rounds(starts_at: int, again: Again, zone: tzinfo) -> Iterator[int]:
    """A plan's clock time there, as often as it comes round."""
    first = datetime.fromtimestamp(starts_at / 1000, zone).replace(tzinfo=None)
    for number in range(_FAR):
        local = datetime.combine(later(first.date(), again, number), first.time())
        yield int(local.replace(tzinfo=zone).timestamp() * 1000)


def later(day: date, again: Again, number: int) -> date:
    """The day so many rounds after another."""
    count = again.every * number
    if again.unit == "month":
        return months_on(day, count)
    return day + timedelta(days=count * (7 if again.unit == "week" else 1))


# --- the agenda -----------------------------------------------------------------------


class Reason(StrEnum):
    """Why something stands on the agenda."""

    ADDED = "added"
    QUESTION = "question"
    STEP = "step"
    NEXT_STEP = "next_step"
    """Agreed at the last check-in, and nobody made it a step."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to talk about."""

    reason: Reason
    id: bytes | None
    """To cover it or to take it off; None for a next step."""
    text: str
    """May be empty where ``regarding`` says it."""
    regarding: bytes | None
    due_on: str | None
    mine: bool | None
    """Whether it is this person's: asked, added, or to do; None for both."""
    said: Mark | None


@dataclass(frozen=True, slots=True)
class Agenda:
    """What to talk about at the next check-in of a space."""

    coming: Coming | None
    partners: tuple[Profile, ...]
    """Whoever else is there; how they like help stands on top."""
    points: tuple[Point, ...]
    last: Checkin | None
    """The one before."""
    shorts: dict[bytes, str]


def agenda(lens: Lens, log: int, now: int, today: str) -> Agenda:
    """Built from what was added, open questions, due steps and the last next steps.

    Of each at most 50, the most urgent of them.
    """
    ahead = coming(lens, log, now)
    first = ahead[0] if ahead else None
    until = max(today, first.day) if first else today
    last = _last(lens, log)
    points = (
        *_added(lens, log, first),
        *_questions(lens, log),
        *_steps(lens, log, until),
        *_next_steps(lens, log, last),
    )
    partners = [each for each in lens.all("profile", Cut(log)) if not each.said.mine]
    named = [name for point in points for name in (point.id, point.regarding)]
    named += [first.checkin.id] if first else []
    return Agenda(first, tuple(partners), points, last, lens.shorts(named))


def _added(lens: Lens, log: int, first: Coming | None) -> Iterator[Point]:
    found: list[Item] = lens.all("agenda", Cut(log, (ItemState.OPEN,)), limit=_MOST)
    for item in found:
        if item.checkin is None or (first and item.checkin == first.checkin.id):
            said = item.added
            yield Point(
                Reason.ADDED, item.id, item.text or "", item.regarding, None, said.mine, said
            )


def _questions(lens: Lens, log: int) -> Iterator[Point]:
    cut = Cut(log, (QuestionState.OPEN,))
    found: list[Question] = lens.all("question", cut, SOONEST, limit=_MOST)
    for question in found:
        if not question.off_agenda and not question.talked:
            asked = question.asked
            yield Point(
                Reason.QUESTION, question.id, question.text, question.goal, None, asked.mine, asked
            )


def _steps(lens: Lens, log: int, until: str) -> Iterator[Point]:
    cut = Cut(log, (StepState.OPEN,), until=until)
    found: list[PlanStep] = lens.all("step", cut, DUE, limit=_MOST)
    for each in found:
        step = each.step
        if not step.off_agenda:
            mine = None if each.both else each.mine
            yield Point(Reason.STEP, step.id, step.title, each.goal, step.due_on, mine, step.added)


def _next_steps(lens: Lens, log: int, last: Checkin | None) -> Iterator[Point]:
    if last is None:
        return
    known = set[str]()
    for summary in last.summaries:
        for step in summary.next_steps:
            title = folded(step.title)
            if title in known or items.count(lens.db, "step", Cut(log, topic=title)):
                continue
            known.add(title)
            mine = None if step.who is Who.BOTH else is_mine(step.who, own=summary.said.mine)
            yield Point(
                Reason.NEXT_STEP, None, step.title, step.goal, step.due_on, mine, summary.said
            )


# --- the rhythm -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a space."""

    starts_on: str
    met: int
    """Days on which the two met."""
    expected: int
    """How often the agreed rhythm falls into it; none while the pair rests."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often two meet, against what they agreed."""

    agreed: Again | None
    weeks: tuple[Week, ...]
    """Oldest first, the present one last."""
    last_met: str | None
    next_by: str | None
    """The day on which the agreed rhythm has its next check-in due."""


def rhythm(lens: Lens, log: int, today: date, weeks: int, week_start: int) -> Rhythm:
    """The weeks up to today.

    Args:
        lens: What is looked through.
        log: The space.
        today: Here.
        weeks: How many.
        week_start: 0 for Monday to 6 for Sunday.
    """
    monday = week_of(today, week_start) - timedelta(weeks=weeks - 1)
    starts = [monday + timedelta(weeks=number) for number in range(weeks)]
    met = _days_met(lens, log, starts[0].isoformat())
    pair: Relationship | None = next(iter(lens.all("pair", Cut(log))), None)
    agreement = pair.agreement if pair else None
    expected = _expected(pair, today) if pair else []
    before = _last(lens, log)
    last = max(met or (_days_on(before) if before else ()), default=None)
    due = None
    if agreement is not None and pair is not None and pair.agreed is not None:
        since = max(last or "", pair.agreed.date)
        due = later(date.fromisoformat(since), agreement.meet_every, 1).isoformat()
    return Rhythm(
        agreement.meet_every if agreement else None,
        tuple(
            Week(
                start.isoformat(),
                sum(_in_week(date.fromisoformat(day), start) for day in met),
                sum(_in_week(day, start) for day in expected),
            )
            for start in starts
        ),
        last,
        due,
    )


def _in_week(day: date, start: date) -> bool:
    return start <= day < start + timedelta(days=7)


def _days_met(lens: Lens, log: int, since: str) -> set[str]:
    found: list[Checkin] = lens.all("checkin", Cut(log, MET, since=since))
    return {day for checkin in found for day in _days_on(checkin) if day >= since}


def _days_on(checkin: Checkin) -> tuple[str, ...]:
    """The days on which two met: of what was only written up, the day it was planned for."""
    if checkin.held_on or checkin.starts_at is None or checkin.repeat is not None:
        return checkin.held_on
    zone = ambient.zone_called(checkin.tz or "UTC")
    return (datetime.fromtimestamp(checkin.starts_at / 1000, zone).date().isoformat(),)


def _last(lens: Lens, log: int) -> Checkin | None:
    """The last that took place."""
    found: list[Checkin] = lens.all("checkin", Cut(log, MET), NEWEST, limit=1)
    return found[0] if found else None


def _expected(pair: Relationship, today: date) -> list[date]:
    """The days on which the agreed rhythm falls, from the agreement on; not those at rest."""
    agreement = pair.agreement
    if agreement is None or pair.agreed is None:
        return []
    first = date.fromisoformat(pair.agreed.date)
    days = list[date]()
    for number in range(1, _FAR):
        day = later(first, agreement.meet_every, number)
        if day > today:
            break
        if not _rests_on(pair, day.isoformat()):
            days.append(day)
    return days


def _rests_on(pair: Relationship, day: str) -> bool:
    rests = False
    for rest in pair.rests:
        if rest.said.date > day:
            break
        rests = rest.paused and (rest.until is None or day < rest.until)
    return rests
