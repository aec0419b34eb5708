"""Questions and their replies.

open -> answered -> settled
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from inglenook_client.core.projections.facts import Before, F, gathered, key, of_kind, talked
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import winner
from inglenook_schema.events.asking import QuestionAsked, QuestionSettled, ReplyGiven
from inglenook_schema.events.checkins import AgendaItemRemoved
from inglenook_schema.events.choices import Outcome, QuestionType, Want, When

KINDS: Final = frozenset(
    {
        "question.asked", "reply.given", "question.settled", "agenda.item_removed",
        "checkin.held",
    }
)  # fmt: skip
"""The kinds that `questions` reads."""


class QuestionState(StrEnum):
    """How a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    """Somebody else than the asker replied."""
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, also the asker's own."""

    id: bytes
    text: str
    from_experience: bool
    given: Mark


@dataclass(frozen=True, slots=True)
class Settled:
    """How a question came out."""

    outcome: Outcome
    note: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its replies."""

    id: bytes
    space: int = field(metadata=LOCAL)
    type: QuestionType
    text: str
    want: Want
    goal: bytes | None
    when: When | None
    replies: tuple[Reply, ...]
    settled: Settled | None
    asked: Mark
    off_agenda: tuple[Mark, ...]
    """Who took it off the agenda, and when."""
    talked: tuple[str, ...]
    """Days of the check-ins at which it was talked about."""
    state: QuestionState


def questions(facts: Iterable[F], before: Before[F]) -> tuple[Question, ...]:
    """All questions, in the order in which they were asked.

    Args:
        facts: Events of `KINDS`, in any order; others are passed over.
        before: Their causal order.
    """
    facts = list(facts)
    replies = gathered(facts, ReplyGiven, lambda reply: reply.question)
    settled = gathered(facts, QuestionSettled, lambda act: act.question)
    removed, covered = gathered(facts, AgendaItemRemoved, lambda act: act.item), talked(facts)
    return tuple(
        _question(
            fact,
            asked,
            tuple(_reply(each, reply) for each, reply in replies.get(key(fact), [])),
            _settled(winner(settled.get(key(fact), []), before)),
            tuple(mark(each) for each, _ in removed.get(key(fact), [])),
            covered.get(key(fact), ()),
        )
        for fact, asked in of_kind(facts, QuestionAsked)
    )


def _question(
    fact: F,
    asked: QuestionAsked,
    replies: tuple[Reply, ...],
    settled: Settled | None,
    off_agenda: tuple[Mark, ...],
    covered: tuple[str, ...],
) -> Question:
    if settled:
        state = QuestionState.SETTLED
    elif any(reply.given.author != fact.author for reply in replies):
        state = QuestionState.ANSWERED
    else:
        state = QuestionState.OPEN
    return Question(
        id=fact.event,
        space=fact.space_number,
        type=asked.type,
        text=asked.text,
        want=asked.want,
        goal=asked.goal,
        when=asked.when,
        replies=replies,
        settled=settled,
        asked=mark(fact),
        off_agenda=off_agenda,
        talked=covered,
        state=state,
    )


def _reply(fact: F, reply: ReplyGiven) -> Reply:
    return Reply(fact.event, reply.text, reply.from_experience, mark(fact))


def _settled(last: tuple[F, QuestionSettled] | None) -> Settled | None:
    return Settled(last[1].outcome, last[1].note, mark(last[0])) if last else None
