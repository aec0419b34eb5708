"""Goals with their action plans.

    proposed -> active <-> paused -> achieved | let go

Each field by itself and the state are single values; the action plan only grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import UNSET

from inglenook_client.core.projections.action_plan import (
    PlanStep,
    Progress,
    Step,
    progress,
    steps,
)
from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import Before, F, Key, V, key, of_kind, talked
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import last, value, winner
from inglenook_schema.events.content import Content
from inglenook_schema.events.goals import (
    GoalAchieved,
    GoalLetGo,
    GoalPaused,
    GoalProposed,
    GoalResumed,
    GoalRevised,
    GoalSet,
)

KINDS: Final = frozenset(
    {
        "goal.proposed", "goal.set", "goal.revised", "goal.achieved", "goal.paused",
        "goal.resumed", "goal.let_go", "step.added", "step.done", "step.reopened",
        "step.dropped", "progress.noted", "cheer.given", "agenda.item_removed", "checkin.held",
    }
)  # fmt: skip
"""The kinds that `goals` reads."""


class GoalState(StrEnum):
    """How a goal stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    PAUSED = "paused"
    ACHIEVED = "achieved"
    LET_GO = "let_go"


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a field was given; all stay, whichever counts."""

    field: str
    value: str | None
    given: Mark


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal with its action plan."""

    id: bytes
    space: int = field(metadata=LOCAL)
    title: str
    why: str | None
    area: str | None
    how_we_know: str | None
    target_on: str | None
    confidence: int | None
    """As it was set; `progress` tells how it went on."""
    state: GoalState
    steps: tuple[Step, ...]
    progress: tuple[Progress, ...]
    history: tuple[Change, ...]
    """Every value of every text field, oldest first."""
    versions: tuple[Change, ...]
    """Texts that were given at the same time as the one that counts, and differ from it."""
    moved: Mark | None
    """The act that the state comes from; None for a proposal that nobody answered."""
    paused_until: str | None
    """While it is paused: the day to look at it again."""
    outcome: str | None
    """What was said on reaching it, resting it or letting it go."""
    cheers: tuple[Cheer, ...]
    talked: tuple[str, ...]
    """Days of the check-ins at which it was talked about."""
    begun: Mark


_Claim: TypeAlias = tuple[F, V]
_FIELDS: Final = ("title", "why", "area", "how_we_know", "target_on")
_TEXTS: Final = ("title", "why", "how_we_know")
_ACTS: Final = (GoalSet, GoalRevised, GoalAchieved, GoalPaused, GoalResumed, GoalLetGo)
_STATES: Final[Mapping[type[Content], GoalState]] = {
    GoalProposed: GoalState.PROPOSED,
    GoalSet: GoalState.ACTIVE,
    GoalAchieved: GoalState.ACHIEVED,
    GoalPaused: GoalState.PAUSED,
    GoalResumed: GoalState.ACTIVE,
    GoalLetGo: GoalState.LET_GO,
}


def goals(facts: Iterable[F], before: Before[F]) -> tuple[Goal, ...]:
    """All goals, in the order in which they were begun.

    Args:
        facts: Events of `KINDS`, in any order; others are passed over.
        before: Their causal order.
    """
    facts = list(facts)
    acts, plan, notes = _acts(facts), steps(facts, before), progress(facts)
    cheered, days = cheers(facts), talked(facts)
    roots: list[tuple[F, GoalProposed | GoalSet]] = [*of_kind(facts, GoalProposed)]
    roots += [(fact, goal) for fact, goal in of_kind(facts, GoalSet) if goal.goal is None]
    found = [
        _goal(
            root,
            [(root, first), *acts.get(key(root), [])],
            _Around(
                plan.get(key(root), ()),
                notes.get(key(root), ()),
                cheered.get(key(root), ()),
                days.get(key(root), ()),
            ),
            before,
        )
        for root, first in roots
    ]
    return tuple(sorted(found, key=lambda goal: (goal.begun.at, goal.id)))


def plan_steps(goal: Goal) -> tuple[PlanStep, ...]:
    """The steps of a goal, each by itself."""
    goes_on = goal.state is GoalState.ACTIVE
    return tuple(
        PlanStep(step.id, goal.space, goal.id, goal.title, goes_on, step) for step in goal.steps
    )


def _acts(facts: Iterable[F]) -> dict[Key, list[_Claim[F, Content]]]:
    """What was done with each goal after it began."""
    found = dict[Key, list[tuple[F, Content]]]()
    for fact in facts:
        if isinstance(fact.content, _ACTS) and fact.content.goal is not None:
            about = fact.space_number, fact.content.goal
            found.setdefault(about, []).append((fact, fact.content))
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    """What was gathered about a goal and only grows."""

    steps: tuple[Step, ...]
    progress: tuple[Progress, ...]
    cheers: tuple[Cheer, ...]
    talked: tuple[str, ...]


def _goal(root: F, claims: list[_Claim[F, Content]], around: _Around, before: Before[F]) -> Goal:
    values = {name: list(_values(claims, name)) for name in _FIELDS}
    now = {name: value(given, before, None) for name, given in values.items()}
    sure = [(fact, act.confidence) for fact, act in claims if isinstance(act, GoalSet)]
    moves = [(fact, act) for fact, act in claims if type(act) in _STATES]
    moved = winner(moves, before)
    state = _STATES[type(moved[1])] if moved else GoalState.ACTIVE
    return Goal(
        id=root.event,
        space=root.space_number,
        title=now["title"] or "",
        why=now["why"],
        area=now["area"],
        how_we_know=now["how_we_know"],
        target_on=now["target_on"],
        confidence=value(sure, before, None),
        state=state,
        steps=around.steps,
        progress=around.progress,
        history=_history(values),
        versions=_versions(values, now, before),
        moved=mark(moved[0]) if moved and state is not GoalState.PROPOSED else None,
        paused_until=getattr(moved[1], "until", None) if moved else None,
        outcome=getattr(moved[1], "note", None) if moved else None,
        cheers=around.cheers,
        talked=around.talked,
        begun=mark(root),
    )


def _versions(
    values: Mapping[str, list[_Claim[F, str | None]]],
    now: Mapping[str, str | None],
    before: Before[F],
) -> tuple[Change, ...]:
    return tuple(
        Change(name, said, mark(fact))
        for name in _TEXTS
        for fact, said in last(values[name], before)
        if said is not None and said != now[name]
    )


def _values(claims: Iterable[_Claim[F, Content]], name: str) -> Iterator[_Claim[F, str | None]]:
    for fact, act in claims:
        given = getattr(act, name, UNSET)
        if isinstance(act, GoalProposed | GoalSet | GoalRevised) and given is not UNSET:
            yield fact, given


def _history(values: Mapping[str, list[_Claim[F, str | None]]]) -> tuple[Change, ...]:
    changes = [
        Change(name, said, mark(fact))
        for name, given in values.items()
        for fact, said in given
        if said is not None or isinstance(fact.content, GoalRevised)  # taken away on purpose
    ]
    return tuple(sorted(changes, key=lambda change: (change.given.at, change.given.event)))
