"""Us: how a pair stands, its agreement, who is who, and what happened between the two."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from inglenook_client.core.projections.entries import Entry
from inglenook_client.core.projections.feedback import Feedback
from inglenook_client.core.projections.mark import Mark
from inglenook_client.core.projections.milestones import Milestone
from inglenook_client.core.projections.profiles import Profile
from inglenook_client.core.projections.questions import Question, QuestionState
from inglenook_client.core.projections.relationship import Agreement, Relationship, Rest
from inglenook_client.journal import belonging
from inglenook_client.journal.views.lens import NEWEST, SOONEST, Lens, Page
from inglenook_client.stores import logs
from inglenook_client.stores.items import Cut, Order

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


def timeline(lens: Lens, log: int, *, limit: int | None, after: str | None) -> Page[Milestone]:
    """What happened between the two, newest first."""
    return lens.page(
        *("milestone", Cut(log), NEWEST),
        limit=limit,
        after=after,
        ids=lambda it: (it.id, it.thread),
    )


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
    journal = belonging.journal_of(lens.db)
    own = journal.number if journal else 0
    return Mentoring(
        tuple(each for each in people(lens, log) if not each.said.mine),
        _few(lens, "question", Cut(log, (QuestionState.OPEN,), mine=False), SOONEST),
        _few(lens, "feedback", Cut(log, mine=True, topic="asked"), SOONEST),
        _few(lens, "feedback", Cut(log, ("asked",), mine=False), SOONEST),
        _few(
            *(lens, "entry", Cut(own, ("reflection.written",))),
            NEWEST,
        ),
    )


def _few(lens: Lens, noun: str, cut: Cut, order: Order) -> Page[Any]:
    return lens.page(noun, cut, order, limit=_FEW, after=None)
