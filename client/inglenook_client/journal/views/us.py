"""Us: how a pair stands, its agreement, who is who, and what happened between the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from inglenook_client.core.projections.checkins import Checkin
from inglenook_client.core.projections.entries import Entry
from inglenook_client.core.projections.feedback import Feedback
from inglenook_client.core.projections.goals import Goal, GoalState
from inglenook_client.core.projections.mark import Mark
from inglenook_client.core.projections.profiles import Profile
from inglenook_client.core.projections.questions import Question, QuestionState
from inglenook_client.core.projections.relationship import Agreement, Relationship, Rest
from inglenook_client.core.projections.wins import Win
from inglenook_client.journal.views.lens import Lens, Page, pack, unpack
from inglenook_client.journal.views.meetings import MET
from inglenook_client.stores import items, logs
from inglenook_client.stores.items import Cut, Order
from inglenook_schema.control import LogType

_NEWEST: Final = Order(("day", "id"), newest=True)
_FEW: Final = 5
_BOTH: Final = 2


class Standing(StrEnum):
    """How a pair stands."""

    INVITED = "invited"
    """Nobody has come yet."""
    GETTING_STARTED = "getting_started"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Us:
    """How a pair stands."""

    state: Standing
    role: str
    """What this person is there."""
    agreement: Agreement | None
    """The version in force."""
    agreed: Mark | None
    """The acceptance that put it in force."""
    waiting: tuple[Agreement, ...]
    """Newer versions that not both have accepted, oldest first."""
    versions: tuple[Agreement, ...]
    """All of them, oldest first."""
    rest: Rest | None
    """The pause that lasts."""
    people: tuple[Profile, ...]
    """This person first."""


def us(lens: Lens, log: int) -> Us:
    """How a pair stands."""
    pair = _pair(lens, log)
    row = logs.log_by_number(lens.db, log)
    agreement = pair.agreement if pair else None
    versions = pair.agreements if pair else ()
    newer = versions[versions.index(agreement) + 1 :] if agreement else versions
    return Us(
        _standing(lens, log, pair, closed=row.ended is not None),
        row.role,
        agreement,
        pair.agreed if pair else None,
        tuple(each for each in newer if len(each.accepted) < _BOTH),
        versions,
        pair.rest if pair else None,
        people(lens, log),
    )


def _pair(lens: Lens, log: int) -> Relationship | None:
    return next(iter(lens.all("pair", Cut(log))), None)


def _standing(lens: Lens, log: int, pair: Relationship | None, *, closed: bool) -> Standing:
    if closed:
        return Standing.CLOSED
    if len({chain.person for chain in logs.chains_of(lens.db, log) if any(chain.id)}) < _BOTH:
        return Standing.INVITED
    return Standing(pair.state) if pair else Standing.GETTING_STARTED


def people(lens: Lens, log: int) -> tuple[Profile, ...]:
    """Who the people of a space say they are, this person first."""
    found: list[Profile] = lens.all("profile", Cut(log))
    return tuple(sorted(found, key=lambda each: (not each.said.mine, each.display_name)))


# --- what happened --------------------------------------------------------------------


class What(StrEnum):
    """What a milestone is."""

    JOINED = "joined"
    AGREED = "agreed"
    PAUSED = "paused"
    RESUMED = "resumed"
    GOAL_SET = "goal_set"
    GOAL_ACHIEVED = "goal_achieved"
    MET = "met"
    FEEDBACK = "feedback"
    WIN = "win"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One thing on the way of a pair."""

    what: What
    day: str
    id: bytes
    """The event it is told by."""
    text: str
    said: Mark


def timeline(lens: Lens, log: int, *, limit: int | None, after: str | None) -> Page[Milestone]:
    """What happened between the two, newest first."""
    start = unpack(after)
    found = [*_of_pair(lens, log), *_of_goals(lens, log)]
    most = None if limit is None else limit + 1
    for noun, cut, told in (
        ("checkin", Cut(log, MET), _met),
        ("feedback", Cut(log, ("given", "answered")), _given),
        ("win", Cut(log), _won),
        ("entry", Cut(log, ("entry.shared",)), _shared),
    ):
        items_, _more = items.page(
            *(lens.db, lens.reader, noun, cut, _NEWEST), after=start, limit=most
        )
        found += [told(item) for item in items_]
    ordered = sorted(found, key=lambda it: (it.day, it.id), reverse=True)
    if start is not None:
        ordered = [it for it in ordered if (it.day, it.id) < tuple(start)]
    page = ordered if limit is None else ordered[:limit]
    more = len(ordered) > len(page)
    return Page(
        tuple(page),
        pack((page[-1].day, page[-1].id)) if more else None,
        lens.shorts(it.id for it in page),
        lens.spaces,
    )


def _of_pair(lens: Lens, log: int) -> Iterator[Milestone]:
    pair = _pair(lens, log)
    if pair is None:
        return
    for came in pair.joined:
        yield _told(What.JOINED, came.said.event, came.hello or "", came.said)
    if pair.agreed is not None and pair.agreement is not None:
        yield _told(What.AGREED, pair.agreed.event, pair.agreement.hopes, pair.agreed)
    for rest in pair.rests:
        what = What.PAUSED if rest.paused else What.RESUMED
        yield _told(what, rest.said.event, rest.note or "", rest.said)


def _of_goals(lens: Lens, log: int) -> Iterator[Milestone]:
    goals: list[Goal] = lens.all("goal", Cut(log))
    for goal in goals:
        if goal.state is not GoalState.PROPOSED:
            yield _told(What.GOAL_SET, goal.id, goal.title, goal.begun)
        if goal.state is GoalState.ACHIEVED and goal.moved is not None:
            yield _told(What.GOAL_ACHIEVED, goal.moved.event, goal.title, goal.moved)


def _told(what: What, event: bytes, text: str, said: Mark) -> Milestone:
    return Milestone(what, said.date, event, text, said)


def _met(checkin: Checkin) -> Milestone:
    note = next((held.note for held in checkin.held if held.note), "")
    return Milestone(What.MET, max(checkin.held_on), checkin.id, note, checkin.begun)


def _given(thread: Feedback) -> Milestone:
    return Milestone(What.FEEDBACK, thread.begun.date, thread.id, thread.about or "", thread.begun)


def _won(win: Win) -> Milestone:
    return Milestone(What.WIN, win.on, win.id, win.text, win.recorded)


def _shared(entry: Entry) -> Milestone:
    day = entry.for_date or entry.written.date
    return Milestone(What.SHARED, day, entry.id, entry.title or entry.text, entry.written)


# --- for a mentor ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mentoring:
    """What a mentor looks at beside the views of the pair."""

    mentee: tuple[Profile, ...]
    questions: Page[Question]
    """What the mentee asked and nobody answered yet."""
    asked: Page[Feedback]
    """Feedback that the mentor asked the mentee for, with what came of it."""
    wanted: Page[Feedback]
    """Feedback that the mentee asked for and nobody gave yet."""
    reflections: Page[Entry]
    """The mentor's own, from their journal: no one else reads them."""


def mentoring(lens: Lens, log: int) -> Mentoring:
    """A mentor's own reflections, and the feedback asked of the mentee."""
    soonest = Order(("rank", "at", "id"))
    own = next((row.number for row in logs.all_logs(lens.db) if row.type is LogType.JOURNAL), 0)
    return Mentoring(
        tuple(each for each in people(lens, log) if not each.said.mine),
        _few(lens, "question", Cut(log, (QuestionState.OPEN,), mine=False), soonest),
        _few(lens, "feedback", Cut(log, mine=True, topic="asked"), soonest),
        _few(lens, "feedback", Cut(log, ("asked",), mine=False), soonest),
        _few(
            *(lens, "entry", Cut(own, ("reflection.written",))),
            Order(("day", "at", "id"), newest=True),
        ),
    )


def _few(lens: Lens, noun: str, cut: Cut, order: Order) -> Page[Any]:
    return lens.page(noun, cut, order, limit=_FEW, after=None)
