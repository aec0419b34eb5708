"""Activities: suggested, answered, attended.

suggested -> going | maybe | not this time -> attended
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import Before, F, gathered, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import by_person
from inglenook_schema.events.choices import ActivityAnswer
from inglenook_schema.events.resources import (
    ActivityAnswered,
    ActivityAttended,
    ActivitySuggested,
)

KINDS: Final = frozenset(
    {"activity.suggested", "activity.answered", "activity.attended", "cheer.given"}
)
"""The kinds that `activities` reads."""


class ActivityState(StrEnum):
    """How an activity stands."""

    SUGGESTED = "suggested"
    ANSWERED = "answered"
    ATTENDED = "attended"


@dataclass(frozen=True, slots=True)
class Going:
    """Whether one person means to go."""

    answer: ActivityAnswer
    note: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Went:
    """That one person went."""

    on: str
    new_to_me: bool
    note: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Activity:
    """Something to go to or to do together."""

    id: bytes
    space: int = field(metadata=LOCAL)
    title: str
    text: str | None
    url: str | None
    where: str | None
    on: str | None
    starts_at: int | None
    tz: str | None
    tags: tuple[str, ...]
    goal: bytes | None
    answers: tuple[Going, ...]
    """One a person, the last that each said."""
    attended: tuple[Went, ...]
    cheers: tuple[Cheer, ...]
    state: ActivityState
    suggested: Mark


def activities(facts: Iterable[F], before: Before[F]) -> tuple[Activity, ...]:
    """All activities, in the order in which they were suggested."""
    facts = list(facts)
    answers = gathered(facts, ActivityAnswered, lambda act: act.activity)
    attended = gathered(facts, ActivityAttended, lambda act: act.activity)
    cheered = cheers(facts)
    return tuple(
        _activity(
            fact,
            said,
            tuple(
                Going(act.answer, act.note, mark(by))
                for by, act in by_person(answers.get(key(fact), []), before)
            ),
            tuple(
                Went(act.on or by.local_date, act.new_to_me, act.note, mark(by))
                for by, act in by_person(attended.get(key(fact), []), before)
            ),
            cheered.get(key(fact), ()),
        )
        for fact, said in of_kind(facts, ActivitySuggested)
    )


def _activity(
    fact: F,
    said: ActivitySuggested,
    answers: tuple[Going, ...],
    attended: tuple[Went, ...],
    cheered: tuple[Cheer, ...],
) -> Activity:
    state = ActivityState.ANSWERED if answers else ActivityState.SUGGESTED
    return Activity(
        id=fact.event,
        space=fact.space_number,
        title=said.title,
        text=said.text,
        url=said.url,
        where=said.where,
        on=said.on,
        starts_at=said.starts_at,
        tz=said.tz,
        tags=said.tags,
        goal=said.goal,
        answers=answers,
        attended=attended,
        cheers=cheered,
        state=ActivityState.ATTENDED if attended else state,
        suggested=mark(fact),
    )
