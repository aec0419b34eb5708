"""Which events belong together: an item is folded from its own thread, and from nothing else.

A thread is an event that begins something, and what goes on with it, at any depth:

    goal.set <- step.added <- step.done          feedback.asked <- .given <- .answered

An event may go on with several: a ``checkin.held`` with its plan and all it covered. What
stands for a whole space or a person has no beginning (`SINGLE`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from inglenook_client.core.projections import (
    activities,
    agenda,
    checkins,
    entries,
    feedback,
    goals,
    notes,
    profiles,
    questions,
    relationship,
    resources,
    stars,
    strengths,
    wins,
)
from inglenook_client.core.projections.facts import Before, Fact
from inglenook_client.core.projections.milestones import milestones
from inglenook_schema.events import UnknownContent
from inglenook_schema.events.action_plan import (
    CheerGiven,
    ProgressNoted,
    StepAdded,
    StepDone,
    StepDropped,
    StepReopened,
)
from inglenook_schema.events.asking import (
    FeedbackAnswered,
    FeedbackGiven,
    QuestionSettled,
    ReplyGiven,
)
from inglenook_schema.events.attachments import AttachmentAdded
from inglenook_schema.events.checkins import (
    AgendaItemRemoved,
    CheckinConfirmed,
    CheckinHeld,
    CheckinMissed,
    CheckinSummarised,
)
from inglenook_schema.events.content import Content
from inglenook_schema.events.goals import (
    GoalAchieved,
    GoalLetGo,
    GoalPaused,
    GoalResumed,
    GoalRevised,
    GoalSet,
)
from inglenook_schema.events.resources import (
    ActivityAnswered,
    ActivityAttended,
    ResourceTried,
)
from inglenook_schema.events.writing import (
    EntryRevised,
    EntryStarred,
    EntryUnstarred,
    EntryWritten,
)

Fold: TypeAlias = Callable[[Iterable[Any], Before[Any]], tuple[Any, ...]]

FOLDS: Final[Mapping[str, Fold]] = MappingProxyType(
    {
        "entry": entries.entries,
        "star": stars.stars,
        "win": wins.wins,
        "strength": strengths.strengths,
        "goal": goals.goals,
        "checkin": checkins.checkins,
        "agenda": agenda.agenda_items,
        "question": questions.questions,
        "note": notes.notes,
        "feedback": feedback.feedback,
        "resource": resources.resources,
        "activity": activities.activities,
        "pair": relationship.relationships,
        "profile": profiles.profiles,
    }
)
"""Noun to its fold."""

BEGINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "entry.written": "entry",
        "entry.shared": "entry",
        "reflection.written": "entry",
        "win.recorded": "win",
        "strength.noted": "strength",
        "goal.proposed": "goal",
        "goal.set": "goal",
        "checkin.planned": "checkin",
        "checkin.held": "checkin",
        "agenda.item_added": "agenda",
        "question.asked": "question",
        "note.left": "note",
        "feedback.asked": "feedback",
        "feedback.given": "feedback",
        "resource.shared": "resource",
        "activity.suggested": "activity",
    }
)
"""Kinds that begin a thread, and the noun that it is."""

SINGLE: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(relationship.KINDS, "pair") | dict.fromkeys(profiles.KINDS, "profile")
)
"""Kinds whose thread is a whole space's, by noun."""

ALONE: Final = frozenset({"entry.written", "mood.noted"})
"""Kinds that are read as they stand until something goes on with them: most of all events."""

_GOES_ON: Final[Mapping[type, tuple[str, ...]]] = {
    EntryWritten: ("continues",),
    **dict.fromkeys((EntryRevised, EntryStarred, EntryUnstarred), ("entry",)),
    **dict.fromkeys(
        (
            *(GoalSet, GoalRevised, GoalAchieved, GoalPaused, GoalResumed, GoalLetGo),
            *(StepAdded, ProgressNoted),
        ),
        ("goal",),
    ),
    **dict.fromkeys((StepDone, StepReopened, StepDropped), ("step",)),
    CheerGiven: ("regarding",),
    AttachmentAdded: ("to",),
    AgendaItemRemoved: ("item",),
    CheckinHeld: ("plan", "covered"),
    CheckinMissed: ("plan",),
    CheckinSummarised: ("checkin",),
    CheckinConfirmed: ("summary",),
    **dict.fromkeys((ReplyGiven, QuestionSettled), ("question",)),
    FeedbackGiven: ("asked",),
    FeedbackAnswered: ("feedback",),
    ResourceTried: ("resource",),
    **dict.fromkeys((ActivityAnswered, ActivityAttended), ("activity",)),
}


def goes_on_with(content: Content | UnknownContent | None) -> tuple[bytes, ...]:
    """The events whose threads this one belongs to; it may begin one besides."""
    found = list[bytes]()
    for name in _GOES_ON.get(type(content), ()):
        about = getattr(content, name)
        if isinstance(about, bytes):
            found.append(about)
        elif about:
            found += about
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Found:
    """One item of a thread, and what it is."""

    noun: str
    """Of `FOLDS`; ``step`` for those that lie inside a goal, ``milestone`` for any."""
    item: Any


def fold_thread(root: bytes, facts: Iterable[Fact], before: Before[Any]) -> list[Found]:
    """The items that a thread comes to: one, none, or with those that lie inside it.

    Args:
        root: The event that begins it; it may be erased or not here.
        facts: All of the thread, of one space, in any order.
        before: Their causal order.
    """
    facts = list(facts)
    first = next((fact for fact in facts if fact.event == root), None)
    kind = first.content.kind if first is not None and first.content is not None else ""
    # what was given stays where what asked for it is gone
    nouns = [BEGINS[kind]] if kind in BEGINS else [] if kind else ["feedback"]
    if any(isinstance(fact.content, EntryStarred | EntryUnstarred) for fact in facts):
        nouns.append("star")
    found = [
        Found(noun, item)
        for noun in nouns
        for item in FOLDS[noun](facts, before)
        if item.id == root or getattr(item, "plan", None) == root
    ]
    plans = [step for each in found if each.noun == "goal" for step in goals.plan_steps(each.item)]
    return with_milestones(found + [Found("step", step) for step in plans])


def fold_single(noun: str, facts: Iterable[Fact], before: Before[Any]) -> list[Found]:
    """The items of a noun that stands for a whole space or a person."""
    return with_milestones([Found(noun, item) for item in FOLDS[noun](list(facts), before)])


def with_milestones(found: list[Found]) -> list[Found]:
    """The same, and what of it is worth remembering."""
    return found + [Found("milestone", each) for item in found for each in milestones(item.item)]
