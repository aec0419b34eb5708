"""What happened on the way of a pair: the days worth remembering, each told by one event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from inglenook_client.core.projections.checkins import Checkin
from inglenook_client.core.projections.entries import Entry
from inglenook_client.core.projections.feedback import Feedback
from inglenook_client.core.projections.goals import Goal, GoalState
from inglenook_client.core.projections.mark import LOCAL, Mark
from inglenook_client.core.projections.relationship import Relationship
from inglenook_client.core.projections.wins import Win


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
    """One thing on the way."""

    id: bytes
    """The event that tells it."""
    space: int = field(metadata=LOCAL)
    what: What
    day: str
    text: str
    """A line of it; may be empty."""
    thread: bytes
    """The thing it belongs to, such as the goal; empty for the pair itself."""
    said: Mark


def milestones(item: Any) -> Iterator[Milestone]:
    """The milestones that an item of any noun has."""
    match item:
        case Goal():
            yield from _of_goal(item)
        case Relationship():
            yield from _of_pair(item)
        case Checkin(held_on=days) if days and not item.repeat:
            note = next((held.note for held in item.held if held.note), "")
            yield _at(item.space, What.MET, max(days), note, item.id, item.begun)
        case Feedback(given=given) if given:
            yield _told(item.space, What.FEEDBACK, item.about or "", item.id, given[0].said)
        case Win():
            yield _at(item.space, What.WIN, item.on, item.text, item.id, item.recorded)
        case Entry(kind="entry.shared"):
            text = item.title or item.text
            yield _told(item.space, What.SHARED, text, item.id, item.written)
        case _:
            return


def _of_goal(goal: Goal) -> Iterator[Milestone]:
    if goal.state is not GoalState.PROPOSED:
        yield _told(goal.space, What.GOAL_SET, goal.title, goal.id, goal.begun)
    if goal.state is GoalState.ACHIEVED and goal.moved is not None:
        yield _told(goal.space, What.GOAL_ACHIEVED, goal.title, goal.id, goal.moved)


def _of_pair(pair: Relationship) -> Iterator[Milestone]:
    for came in pair.joined:
        yield _told(pair.space, What.JOINED, came.hello or "", b"", came.said)
    if pair.agreed is not None and pair.agreement is not None:
        yield _told(pair.space, What.AGREED, pair.agreement.hopes, b"", pair.agreed)
    for rest in pair.rests:
        what = What.PAUSED if rest.paused else What.RESUMED
        yield _told(pair.space, what, rest.note or "", b"", rest.said)


def _told(space: int, what: What, text: str, thread: bytes, said: Mark) -> Milestone:
    return _at(space, what, said.date, text, thread, said)


def _at(space: int, what: What, day: str, text: str, thread: bytes, said: Mark) -> Milestone:
    return Milestone(said.event, space, what, day, line(text), thread, said)


def line(text: str) -> str:
    """The first line of a text, not endless."""
    return text.strip().partition("\n")[0][:300]
