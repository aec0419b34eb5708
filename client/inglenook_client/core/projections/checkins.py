"""Check-ins: planned or not, held or moved, and what came of them.

    planned -> held | moved -> summarised -> confirmed

A check-in that both wrote down for one plan and day was one check-in. A plan that repeats
stays planned as long as it comes round; each day it was held on is a check-in of its own,
called by the first ``checkin.held`` of that day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Generic

from inglenook_client.core.projections.facts import Before, F, gathered, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import last, winner
from inglenook_schema.events.checkins import (
    CheckinConfirmed,
    CheckinHeld,
    CheckinMissed,
    CheckinPlanned,
    CheckinSummarised,
    NextStep,
)
from inglenook_schema.events.choices import Who

KINDS: Final = frozenset(
    {
        "checkin.planned", "checkin.held", "checkin.missed", "checkin.summarised",
        "checkin.confirmed",
    }
)  # fmt: skip
"""The kinds that `checkins` reads."""


class CheckinState(StrEnum):
    """How a check-in stands."""

    PLANNED = "planned"
    MISSED = "missed"
    """Shown as "not yet, moved"."""
    HELD = "held"
    SUMMARISED = "summarised"
    CONFIRMED = "confirmed"


MET: Final = (CheckinState.HELD, CheckinState.SUMMARISED, CheckinState.CONFIRMED)
"""States of a check-in that took place."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one of the two wrote down of a meeting."""

    on: str
    minutes: int | None
    covered: tuple[bytes, ...]
    note: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Agreed:
    """A next step that a summary names."""

    title: str
    who: Who
    """Seen from the writer of the summary."""
    due_on: str | None
    goal: bytes | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written up; of several written at once all are shown."""

    id: bytes
    points: tuple[str, ...]
    went_well: str | None
    stuck_on: str | None
    next_steps: tuple[Agreed, ...]
    confirmed: tuple[Mark, ...]
    said: Mark


@dataclass(frozen=True, slots=True)
class Again:
    """How often a plan comes round."""

    every: int
    unit: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A time that did not take place, or will not."""

    on: str | None
    """The day it was planned for, where the plan repeats."""
    new_time: int | None
    note: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Checkin:
    """One check-in."""

    id: bytes
    """Of the ``checkin.planned``; where nobody planned it, or for one day of a plan that
    repeats, of the ``checkin.held``."""
    space: int = field(metadata=LOCAL)
    plan: bytes | None
    """The plan that this is one day of, where it repeats."""
    starts_at: int | None
    """As planned or as moved to, milliseconds UTC; None where nobody planned it."""
    tz: str | None
    minutes: int | None
    where: str | None
    template: str | None
    repeat: Again | None
    held: tuple[Held, ...]
    held_on: tuple[str, ...]
    """The days it was held on, ascending; of a plan that repeats all of them."""
    missed: tuple[Missed, ...]
    summaries: tuple[Summary, ...]
    state: CheckinState
    begun: Mark


def checkins(facts: Iterable[F], before: Before[F]) -> tuple[Checkin, ...]:
    """All check-ins, in the order in which they were first written down.

    Args:
        facts: Events of `KINDS`, in any order; others are passed over.
        before: Their causal order.
    """
    facts = list(facts)
    said = _Said(facts, before)
    found = list[Checkin]()
    for fact, plan in of_kind(facts, CheckinPlanned):
        found += [_single(fact, plan, said)] if plan.repeat is None else _repeated(fact, plan, said)
    for fact, act in of_kind(facts, CheckinHeld):
        if act.plan is None:
            found.append(_meeting([(fact, act)], None, said.summaries(said.about([fact]))))
    return tuple(sorted(found, key=lambda each: (each.begun.at, each.id)))


class _Said(Generic[F]):
    """What was said about check-ins, by what it is about."""

    def __init__(self, facts: list[F], before: Before[F]) -> None:
        self.before = before
        self.held = gathered(facts, CheckinHeld, lambda act: act.plan)
        self.missed = gathered(facts, CheckinMissed, lambda act: act.plan)
        self._written = gathered(facts, CheckinSummarised, lambda act: act.checkin)
        self._confirmed = gathered(facts, CheckinConfirmed, lambda act: act.summary)

    def about(self, events: Iterable[F]) -> list[tuple[F, CheckinSummarised]]:
        """All summaries of these."""
        return [claim for fact in events for claim in self._written.get(key(fact), [])]

    def summaries(self, claims: list[tuple[F, CheckinSummarised]]) -> tuple[Summary, ...]:
        """Those that no later one took the place of."""
        return tuple(
            _summary(fact, act, tuple(mark(yes) for yes, _ in self._confirmed.get(key(fact), [])))
            for fact, act in last(claims, self.before)
        )

    def moved_to(self, fact: F, plan: CheckinPlanned) -> int:
        """When a single check-in is to be."""
        missed = self.missed.get(key(fact), [])
        moves = [(move, act.new_time) for move, act in missed if act.new_time is not None]
        moved = winner(moves, self.before)
        return plan.starts_at if moved is None else moved[1]


def _single(fact: F, plan: CheckinPlanned, said: _Said[F]) -> Checkin:
    held = said.held.get(key(fact), [])
    missed = said.missed.get(key(fact), [])
    written = said.summaries(said.about([fact, *(each for each, _ in held)]))
    state = _state(held=bool(held), missed=bool(missed), summaries=written)
    return _planned(fact, plan, said, state, written)


def _repeated(fact: F, plan: CheckinPlanned, said: _Said[F]) -> list[Checkin]:
    """The plan itself, and each day on which it was held."""
    days = dict[str, list[tuple[F, CheckinHeld]]]()
    for each, act in said.held.get(key(fact), []):
        days.setdefault(act.on, []).append((each, act))
    claims = {on: said.about(each for each, _ in held) for on, held in days.items()}
    before_any = list[tuple[F, CheckinSummarised]]()
    for claim in said.about([fact]):  # of the plan as such: it means the latest meeting
        on = max((day for day in days if day <= claim[1].date), default=None)
        (before_any if on is None else claims[on]).append(claim)
    meetings = [_meeting(held, fact.event, said.summaries(claims[on])) for on, held in days.items()]
    written = said.summaries(before_any)
    return [_planned(fact, plan, said, CheckinState.PLANNED, written), *meetings]


def _planned(
    fact: F,
    plan: CheckinPlanned,
    said: _Said[F],
    state: CheckinState,
    summaries: tuple[Summary, ...],
) -> Checkin:
    held = said.held.get(key(fact), [])
    again = Again(plan.repeat.every, plan.repeat.unit) if plan.repeat else None
    return Checkin(
        id=fact.event,
        space=fact.space_number,
        plan=None,
        starts_at=plan.starts_at if again else said.moved_to(fact, plan),
        tz=plan.tz,
        minutes=plan.minutes,
        where=plan.where,
        template=plan.template,
        repeat=again,
        held=() if again else tuple(_held(each, act) for each, act in held),
        held_on=tuple(sorted({act.on for _, act in held})),
        missed=tuple(
            Missed(act.on, act.new_time, act.note, mark(each))
            for each, act in said.missed.get(key(fact), [])
        ),
        summaries=summaries,
        state=state,
        begun=mark(fact),
    )


def _meeting(
    held: list[tuple[F, CheckinHeld]], plan: bytes | None, summaries: tuple[Summary, ...]
) -> Checkin:
    """One that took place, written down by one of the two or by both."""
    fact, act = held[0]
    return Checkin(
        id=fact.event,
        space=fact.space_number,
        plan=plan,
        starts_at=None,
        tz=None,
        minutes=act.minutes,
        where=None,
        template=None,
        repeat=None,
        held=tuple(_held(each, said) for each, said in held),
        held_on=(act.on,),
        missed=(),
        summaries=summaries,
        state=_state(held=True, missed=False, summaries=summaries),
        begun=mark(fact),
    )


def _state(*, held: bool, missed: bool, summaries: tuple[Summary, ...]) -> CheckinState:
    if any(summary.confirmed for summary in summaries):
        return CheckinState.CONFIRMED
    if summaries:
        return CheckinState.SUMMARISED
    if held:
        return CheckinState.HELD
    return CheckinState.MISSED if missed else CheckinState.PLANNED


def _held(fact: F, act: CheckinHeld) -> Held:
    return Held(act.on, act.minutes, act.covered, act.note, mark(fact))


def _summary(fact: F, act: CheckinSummarised, confirmed: tuple[Mark, ...]) -> Summary:
    steps = tuple(_agreed(step) for step in act.next_steps)
    return Summary(
        fact.event, act.points, act.went_well, act.stuck_on, steps, confirmed, mark(fact)
    )


def _agreed(step: NextStep) -> Agreed:
    return Agreed(step.title, step.who, step.due_on, step.goal)
