"""Where an item stands in lists: its state, topic, rank and day; one row of a table a noun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from inglenook_client.core.projections.action_plan import PlanStep, StepState
from inglenook_client.core.projections.activities import Activity, ActivityState
from inglenook_client.core.projections.agenda import Item
from inglenook_client.core.projections.checkins import Checkin
from inglenook_client.core.projections.entries import Entry
from inglenook_client.core.projections.feedback import Feedback, FeedbackState
from inglenook_client.core.projections.folding import folded
from inglenook_client.core.projections.goals import Goal, GoalState
from inglenook_client.core.projections.mark import Mark
from inglenook_client.core.projections.milestones import Milestone, line
from inglenook_client.core.projections.notes import LeftNote
from inglenook_client.core.projections.profiles import Profile
from inglenook_client.core.projections.questions import Question, QuestionState
from inglenook_client.core.projections.relationship import Relationship
from inglenook_client.core.projections.resources import Resource
from inglenook_client.core.projections.stars import Star
from inglenook_client.core.projections.strengths import Strength
from inglenook_client.core.projections.wins import Win
from inglenook_schema.events.choices import Helped, When

RESTING: Final = "resting"
"""State of an open step whose goal is not being worked on."""
UNTRIED: Final = "untried"
"""Topic of a resource that nobody has tried yet."""
BOARD: Final = (
    GoalState.PROPOSED, GoalState.ACTIVE, GoalState.PAUSED, GoalState.ACHIEVED, GoalState.LET_GO,
)  # fmt: skip
"""The states of a goal in the order in which a board shows them."""
_URGENCY: Final[Mapping[When | None, int]] = {
    When.SOON: 0, When.NEXT_CHECKIN: 1, When.ANY_TIME: 2, None: 3
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """What lists are cut and sorted by."""

    begun: Mark
    state: str = ""
    topic: str = ""
    rank: int = 0
    day: str = ""
    title: str = ""
    """What it is called in a list, in a line."""


def place(item: Any) -> Place:
    """Where an item stands.

    Raises:
        KeyError: Not an item.
    """
    return _PLACES[type(item)](item)


def _goal(goal: Goal) -> Place:
    board = BOARD.index(goal.state)
    area, target = folded(goal.area or ""), goal.target_on or ""
    return Place(goal.begun, goal.state, area, board, target, line(goal.title))


def _step(found: PlanStep) -> Place:
    step = found.step
    rests = step.state is StepState.OPEN and not found.goes_on
    state = RESTING if rests else step.state
    rank = int(step.due_on is None)
    title = line(step.title)
    return Place(step.added, state, folded(step.title), rank, step.due_on or "", title)


def _question(question: Question) -> Place:
    rank = len(_URGENCY) * [*QuestionState].index(question.state) + _URGENCY[question.when]
    asked = question.asked
    return Place(asked, question.state, question.want, rank, asked.date, line(question.text))


def _feedback(thread: Feedback) -> Place:
    rank = [*FeedbackState].index(thread.state)
    topic = "unasked" if thread.about is None else "asked"
    begun, title = thread.begun, line(thread.about or "")
    return Place(begun, thread.state, topic, rank, begun.date, title)


def _checkin(checkin: Checkin) -> Place:
    """By the last day it was held on; else the day in UTC on which it is to begin."""
    day = max(checkin.held_on, default=_utc_day(checkin.starts_at))
    return Place(checkin.begun, checkin.state, "again" if checkin.repeat else "", day=day)


def _activity(activity: Activity) -> Place:
    planned = activity.on or _utc_day(activity.starts_at)
    day = min((went.on for went in activity.attended), default=planned)
    rank = [*ActivityState].index(activity.state)
    return Place(activity.suggested, activity.state, "", rank, day, line(activity.title))


def _utc_day(instant: int | None) -> str:
    if instant is None:
        return ""
    return datetime.fromtimestamp(instant / 1000, UTC).date().isoformat()


def _resource(resource: Resource) -> Place:
    """Under the best that anybody said of it, having tried it."""
    said = {tried.helped for tried in resource.tried}
    topic = next((helped for helped in Helped if helped in said), UNTRIED)
    title = line(resource.title)
    return Place(resource.shared, topic=topic, day=resource.shared.date, title=title)


def _entry(entry: Entry) -> Place:
    topic = "versions" if entry.versions else ""
    day = entry.for_date or entry.written.date
    return Place(entry.written, entry.kind, topic, 0, day, line(entry.title or entry.text))


_PLACES: Final[Mapping[type, Callable[[Any], Place]]] = {
    Goal: _goal,
    PlanStep: _step,
    Question: _question,
    Feedback: _feedback,
    Checkin: _checkin,
    Item: lambda it: Place(it.added, it.state),
    Entry: _entry,
    Star: lambda it: Place(it.given, "on" if it.on else "off"),
    Win: lambda it: Place(it.recorded, day=it.on, title=line(it.text)),
    Strength: lambda it: Place(it.noted, topic=folded(it.strength), day=it.noted.date),
    LeftNote: lambda it: Place(it.left, day=it.left.date),
    Resource: _resource,
    Activity: _activity,
    Relationship: lambda it: Place(_first(it), it.state),
    Milestone: lambda it: Place(it.said, it.what, day=it.day, title=it.text),
    Profile: lambda it: Place(it.said, day=it.said.date),
}


def _first(pair: Relationship) -> Mark:
    marks = [came.said for came in pair.joined]
    marks += [each.proposed for each in pair.agreements] + [rest.said for rest in pair.rests]
    return min(marks, key=lambda each: (each.at, each.event))
