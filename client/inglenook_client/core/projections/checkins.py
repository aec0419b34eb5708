"""Check-ins: planned or not, held or moved, and what came of them.

    planned -> held | moved -> summarised -> confirmed

A check-in that both wrote down for one plan and day was one check-in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from inglenook_client.core.projections.facts import Before, F, Key, gathered, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import winner
from inglenook_schema.events.checkins import (
    CheckinConfirmed,
    CheckinHeld,
    CheckinMissed,
    CheckinPlanned,
    CheckinSummarised,
    NextStep,
)

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
    who: str
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
class Checkin:
    """One check-in."""

    id: bytes
    """Of the ``checkin.planned``; where nobody planned it, of the ``checkin.held``."""
    space: int = field(metadata=LOCAL)
    starts_at: int | None
    """As planned or as moved to, milliseconds UTC; None where nobody planned it."""
    tz: str | None
    minutes: int | None
    where: str | None
    held: tuple[Held, ...]
    summaries: tuple[Summary, ...]
    state: CheckinState
    begun: Mark


_Summaries: TypeAlias = dict[Key, list[Summary]]


def checkins(facts: Iterable[F], before: Before[F]) -> tuple[Checkin, ...]:
    """All check-ins, in the order in which they were first written down.

    Args:
        facts: Events of `KINDS`, in any order; others are passed over.
        before: Their causal order.
    """
    facts = list(facts)
    summaries = _summaries(facts, before)
    held = gathered(facts, CheckinHeld, lambda act: act.plan)
    missed = gathered(facts, CheckinMissed, lambda act: act.plan)
    planned = [
        _planned(fact, plan, held.get(key(fact), []), missed.get(key(fact), []), summaries, before)
        for fact, plan in of_kind(facts, CheckinPlanned)
    ]
    unplanned = [
        _unplanned(fact, act, summaries)
        for fact, act in of_kind(facts, CheckinHeld)
        if act.plan is None
    ]
    return tuple(sorted(planned + unplanned, key=lambda found: (found.begun.at, found.id)))


def _planned(
    fact: F,
    plan: CheckinPlanned,
    held: list[tuple[F, CheckinHeld]],
    missed: list[tuple[F, CheckinMissed]],
    summaries: _Summaries,
    before: Before[F],
) -> Checkin:
    moves = [(move, act.new_time) for move, act in missed if act.new_time is not None]
    moved = winner(moves, before)
    starts_at = plan.starts_at if moved is None else moved[1]
    written = summaries.get(key(fact), [])
    return Checkin(
        id=fact.event,
        space=fact.space_number,
        starts_at=starts_at,
        tz=plan.tz,
        minutes=plan.minutes,
        where=plan.where,
        held=tuple(_held(each, act) for each, act in held),
        summaries=tuple(written),
        state=_state(bool(held), bool(missed), written),
        begun=mark(fact),
    )


def _unplanned(fact: F, act: CheckinHeld, summaries: _Summaries) -> Checkin:
    written = summaries.get(key(fact), [])
    return Checkin(
        id=fact.event,
        space=fact.space_number,
        starts_at=None,
        tz=None,
        minutes=act.minutes,
        where=None,
        held=(_held(fact, act),),
        summaries=tuple(written),
        state=_state(True, False, written),  # noqa: FBT003 - held, and nothing was missed
        begun=mark(fact),
    )


def _state(held: bool, missed: bool, summaries: list[Summary]) -> CheckinState:  # noqa: FBT001
    if any(summary.confirmed for summary in summaries):
        return CheckinState.CONFIRMED
    if summaries:
        return CheckinState.SUMMARISED
    if held:
        return CheckinState.HELD
    return CheckinState.MISSED if missed else CheckinState.PLANNED


def _held(fact: F, act: CheckinHeld) -> Held:
    return Held(act.on, act.minutes, act.covered, act.note, mark(fact))


def _summaries(facts: list[F], before: Before[F]) -> _Summaries:
    """The summaries of each check-in that no later one took the place of."""
    confirmed = gathered(facts, CheckinConfirmed, lambda act: act.summary)
    written = gathered(facts, CheckinSummarised, lambda act: act.checkin)
    return {
        about: [
            _summary(fact, act, tuple(mark(yes) for yes, _ in confirmed.get(key(fact), [])))
            for fact, act in _last(claims, before)
        ]
        for about, claims in written.items()
    }


def _last(
    claims: list[tuple[F, CheckinSummarised]], before: Callable[[F, F], bool]
) -> list[tuple[F, CheckinSummarised]]:
    return [
        (fact, act) for fact, act in claims if not any(before(fact, other) for other, _ in claims)
    ]


def _summary(fact: F, act: CheckinSummarised, confirmed: tuple[Mark, ...]) -> Summary:
    steps = tuple(_agreed(step) for step in act.next_steps)
    return Summary(
        fact.event, act.points, act.went_well, act.stuck_on, steps, confirmed, mark(fact)
    )


def _agreed(step: NextStep) -> Agreed:
    return Agreed(step.title, str(step.who), step.due_on, step.goal)
