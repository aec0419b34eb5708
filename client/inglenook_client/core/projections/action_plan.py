"""The action plan of a goal: its steps, and the notes on how far it is; both only grow.

A step is open, done or dropped, whichever was said last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from inglenook_client.core.projections.facts import Before, F, Key, gathered, key, of_kind
from inglenook_client.core.projections.mark import Mark, mark
from inglenook_client.core.projections.single import winner
from inglenook_schema.events.action_plan import (
    ProgressNoted,
    StepAdded,
    StepDone,
    StepDropped,
    StepReopened,
)
from inglenook_schema.events.choices import Who


class StepState(StrEnum):
    """How a step stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an action plan."""

    id: bytes
    title: str
    who: Who
    """Seen from its writer."""
    due_on: str | None
    if_then: str | None
    state: StepState
    added: Mark
    settled: Mark | None
    """Who did or dropped it; None while it is open."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One note on where a goal stands."""

    level: int | None
    confidence: int | None
    moved: str | None
    obstacle: str | None
    note: str | None
    noted: Mark


_STATES: Final[dict[type[StepDone | StepReopened | StepDropped], StepState]] = {
    StepDone: StepState.DONE,
    StepReopened: StepState.OPEN,
    StepDropped: StepState.DROPPED,
}


def steps(facts: Iterable[F], before: Before[F]) -> dict[Key, tuple[Step, ...]]:
    """The steps of each goal, in the order in which they were added."""
    facts = list(facts)
    acts = dict[Key, list[tuple[F, StepState]]]()
    for kind, state in _STATES.items():
        for fact, act in of_kind(facts, kind):
            acts.setdefault((fact.space_number, act.step), []).append((fact, state))
    found = dict[Key, tuple[Step, ...]]()
    for fact, added in of_kind(facts, StepAdded):
        step = _step(fact, added, winner(acts.get(key(fact), []), before))
        goal = fact.space_number, added.goal
        found[goal] = (*found.get(goal, ()), step)
    return found


def progress(facts: Iterable[F]) -> dict[Key, tuple[Progress, ...]]:
    """The progress notes of each goal, oldest first."""
    notes = gathered(facts, ProgressNoted, lambda note: note.goal)
    return {
        goal: tuple(
            Progress(note.level, note.confidence, note.moved, note.obstacle, note.note, mark(fact))
            for fact, note in claims
        )
        for goal, claims in notes.items()
    }


def _step(fact: F, added: StepAdded, last: tuple[F, StepState] | None) -> Step:
    state = StepState.OPEN if last is None else last[1]
    settled = None if last is None or state is StepState.OPEN else mark(last[0])
    return Step(
        fact.event, added.title, added.who, added.due_on, added.if_then, state, mark(fact), settled
    )
