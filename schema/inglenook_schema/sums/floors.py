"""How few may answer and how much an answer may cost: constants, not settings (protocol 11.7).

Nothing that comes from a relay, a Witness or a coordinator changes them. ε bounds how much
more likely any published sum becomes by one person's answer: by a factor of e^ε at most.
"""

from __future__ import annotations

from fractions import Fraction
from math import exp
from typing import Final

from inglenook_schema.errors import SurveyRefusedError

TICK, MEAN, CHOICE, CHOICES = 1, 2, 3, 4
"""The numbers of ``terms.Kind``."""
FEW_OPTIONS: Final = 3
_FLOORS: Final = {TICK: 10, MEAN: 30, CHOICE: 100, CHOICES: 100}
_FEW_OPTIONS_FLOOR: Final = 50
SMALL_PROGRAMME: Final = 100
"""People enrolled, from which on sums are sharp enough with half the ε."""
QUESTION_SMALL: Final = Fraction(2)
QUESTION_LARGE: Final = Fraction(1)
SURVEY: Final = Fraction(6)
PERSON: Final = Fraction(10)
"""In any 12 months, all surveys of all programmes together."""
PERSON_DAYS: Final = 365
AGAIN_DAYS: Final = 28
"""So long the same question is not answered again: two sums would show who changed."""


def floor(kind: int, options: int) -> int:
    """How many must answer a question of that kind."""
    return _FEW_OPTIONS_FLOOR if kind == CHOICE and options <= FEW_OPTIONS else _FLOORS[kind]


def cap(enrolled: int) -> Fraction:
    """The greatest ε of a question in a programme of that many."""
    return QUESTION_SMALL if enrolled < SMALL_PROGRAMME else QUESTION_LARGE


def check_question(kind: int, options: int, k: int, epsilon: Fraction, enrolled: int) -> None:
    """Check one question.

    Raises:
        SurveyRefusedError: Too few people would do, or too much would be told about each.
    """
    least = floor(kind, options)
    if k < least:
        raise SurveyRefusedError(
            "A question of that kind is opened from {least} answers on, not from {k}.",
            least=least,
            k=k,
        )
    if k > enrolled:
        raise SurveyRefusedError(
            "A question needs {k} answers, and only {enrolled} people are enrolled.",
            k=k,
            enrolled=enrolled,
        )
    if epsilon > cap(enrolled):
        raise SurveyRefusedError(
            "A question's ε may be {most} at most in a programme of that size.",
            most=str(cap(enrolled)),
        )


def check_survey(epsilon: Fraction) -> None:
    """Check a survey's ε.

    Raises:
        SurveyRefusedError: All questions together tell too much about each person.
    """
    if epsilon > SURVEY:
        raise SurveyRefusedError(
            "The questions of that survey have more ε than {most} together.", most=str(SURVEY)
        )


def odds(epsilon: Fraction) -> int:
    """ε as people can weigh it: out of a hundred, how sure a guesser becomes who was undecided.

    Whoever holds two answers of one person for equally likely, and sees the sum and all other
    answers, is right in at most so many cases of a hundred, rounded up.
    """
    likely = 100 / (1 + exp(-float(epsilon)))
    return min(-int(-likely // 1), 100)
