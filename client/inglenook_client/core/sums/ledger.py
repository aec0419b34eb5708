"""What a person has told sums about themselves: ε, over any 12 months (protocol 11.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from inglenook_schema import canonical, suite
from inglenook_schema.errors import CallerError
from inglenook_schema.sums import floors
from inglenook_schema.sums.terms import Question, Terms

_DAY_S: Final = 86_400


@dataclass(frozen=True)
class Spent:
    """One survey that this person answered."""

    survey: bytes
    at: int
    """Unix seconds."""
    epsilon: Fraction
    questions: tuple[bytes, ...]
    """:func:`question_name` of each."""


def question_name(question: Question) -> bytes:
    """What a question is known by, whatever its k and ε: its kind and its words, as a hash."""
    what = (int(question.kind), question.wordings, question.low, question.high, question.most)
    return suite.sha256(canonical.encode(what))


def spending(survey: bytes, terms: Terms, at: int) -> Spent:
    """What answering costs; withdrawing gives nothing back, for a half may have been read."""
    names = tuple(question_name(each) for each in terms.questions)
    return Spent(survey, at, terms.epsilon, names)


def total(spent: Iterable[Spent], now: int) -> Fraction:
    """All ε of the 12 months before ``now``; a survey that was changed counts once."""
    since = now - floors.PERSON_DAYS * _DAY_S
    recent = {each.survey: each.epsilon for each in spent if each.at > since}
    return sum(recent.values(), Fraction(0))


def check(spent: Iterable[Spent], new: Spent) -> None:
    """Check that one more survey may be answered.

    Raises:
        CallerError: It would cost more than a person spends in 12 months, or asks again
            what was asked a short while ago.
    """
    others = [each for each in spent if each.survey != new.survey]
    if total([*others, new], new.at) > floors.PERSON:
        raise CallerError(
            "With this survey you would tell sums more about yourself than {most} (ε) in "
            "12 months. Inglenook stops there.",
            most=str(floors.PERSON),
        )
    since = new.at - floors.AGAIN_DAYS * _DAY_S
    recent = {name for each in others if each.at > since for name in each.questions}
    if not recent.isdisjoint(new.questions):
        raise CallerError(
            "You answered the same question less than {days} days ago. Two sums so close "
            "together could show who changed their answer.",
            days=floors.AGAIN_DAYS,
        )
