"""The action plan of a goal: its steps, and the notes on how far it is; both only grow.

A step is open, done or dropped, whichever was said last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import (
    Before,
    F,
    Key,
    gathered,
    key,
    of_kind,
    talked,
)
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import winner
from inglenook_client.core.projections.whose import is_mine
from inglenook_schema.events.action_plan import (
    ProgressNoted,
    StepAdded,
    StepDone,
    StepDropped,
    StepReopened,
)
from inglenook_schema.events.checkins import AgendaItemRemoved
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
    note: str | None
    """How it went, or why it was dropped."""
    checkin: bytes | None
    """The check-in at which it was agreed."""
    cheers: tuple[Cheer, ...]
    off_agenda: tuple[Mark, ...]
    """Who took it off the agenda, and when."""
    talked: tuple[str, ...]
    """Days of the check-ins at which it was talked about."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step by itself, as a list over all goals needs it."""

    id: bytes
    space: int = field(metadata=LOCAL)
    goal: bytes
    goal_title: str
    goes_on: bool
    """Whether its goal is being worked on."""
    step: Step

    @property
    def both(self) -> bool:
        """Whether both of a pair do it."""
        return self.step.who is Who.BOTH

    @property
    def mine(self) -> bool:
        """Whether this person does it, alone or with the other."""
        return is_mine(self.step.who, own=self.step.added.mine)


@dataclass(frozen=True, slots=True)
class Progress:
    """One note on where a goal stands."""

    level: int | None
    confidence: int | None
    moved: str | None
    obstacle: str | None
    note: str | None
    noted: Mark


_Act: TypeAlias = StepDone | StepReopened | StepDropped
_STATES: Final[Mapping[type[_Act], StepState]] = {
    StepDone: StepState.DONE,
    StepReopened: StepState.OPEN,
    StepDropped: StepState.DROPPED,
}


def steps(facts: Iterable[F], before: Before[F]) -> dict[Key, tuple[Step, ...]]:
    """The steps of each goal, in the order in which they were added."""
    facts = list(facts)
    acts = dict[Key, list[tuple[F, _Act]]]()
    for kind in _STATES:
        for fact, act in of_kind(facts, kind):
            acts.setdefault((fact.space_number, act.step), []).append((fact, act))
    removed = gathered(facts, AgendaItemRemoved, lambda act: act.item)
    cheered, days = cheers(facts), talked(facts)
    found = dict[Key, list[Step]]()
    for fact, added in of_kind(facts, StepAdded):
        here = key(fact)
        step = _step(
            fact,
            added,
            winner(acts.get(here, []), before),
            cheered.get(here, ()),
            tuple(mark(each) for each, _ in removed.get(here, [])),
            days.get(here, ()),
        )
        found.setdefault((fact.space_number, added.goal), []).append(step)
    return {goal: tuple(plan) for goal, plan in found.items()}


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


def _step(
    fact: F,
    added: StepAdded,
    last: tuple[F, _Act] | None,
    cheered: tuple[Cheer, ...],
    off_agenda: tuple[Mark, ...],
    days: tuple[str, ...],
) -> Step:
    state = StepState.OPEN if last is None else _STATES[type(last[1])]
    return Step(
        id=fact.event,
        title=added.title,
        who=added.who,
        due_on=added.due_on,
        if_then=added.if_then,
        state=state,
        added=mark(fact),
        settled=None if last is None or state is StepState.OPEN else mark(last[0]),
        note=last[1].note if last else None,
        checkin=added.checkin,
        cheers=cheered,
        off_agenda=off_agenda,
        talked=days,
    )
