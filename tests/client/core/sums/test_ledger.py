"""What answers cost a person over a year."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest

from harness.survey import Survey, tick
from inglenook_client.core.sums import ledger
from inglenook_client.core.sums.ledger import Spent
from inglenook_schema.errors import CallerError

DAY = 86_400
NOW = 20_000 * DAY


def spent(number: int, days_ago: int, epsilon: int = 2, question: bytes = b"") -> Spent:
    name = bytes([number])
    return Spent(name, NOW - days_ago * DAY, Fraction(epsilon), (question or name,))


def test_a_year_has_room_for_so_much_and_no_more() -> None:
    before = [spent(number, 40 + number) for number in range(4)]

    ledger.check(before, spent(9, 0, epsilon=2))
    with pytest.raises(CallerError, match="12 months"):
        ledger.check(before, spent(9, 0, epsilon=3))


def test_what_is_a_year_old_is_spent_no_longer() -> None:
    before = [spent(1, 364, epsilon=6), spent(2, 365, epsilon=6)]

    assert ledger.total(before, NOW) == 6


def test_changing_an_answer_costs_nothing_more() -> None:
    before = [spent(1, 3, epsilon=6), spent(1, 1, epsilon=6)]

    assert ledger.total(before, NOW) == 6
    ledger.check(before, spent(1, 0, epsilon=6))


@pytest.mark.parametrize(("days", "refused"), [(27, True), (28, False)])
def test_the_same_question_is_not_answered_again_within_four_weeks(
    days: int, refused: bool
) -> None:
    before = [spent(1, days, question=b"same")]

    if not refused:
        ledger.check(before, spent(2, 0, question=b"same"))
        return
    with pytest.raises(CallerError, match="same question"):
        ledger.check(before, spent(2, 0, question=b"same"))


def test_a_question_is_the_same_whatever_its_k_and_noise() -> None:
    one, other = tick(k=10, epsilon=2), tick(k=12, epsilon=1)

    assert ledger.question_name(one) == ledger.question_name(other)
    reworded = msgspec.structs.replace(one, wordings=tick("Other words").wordings)
    assert ledger.question_name(one) != ledger.question_name(reworded)


def test_a_survey_costs_what_its_questions_cost_together() -> None:
    survey = Survey(12, [tick("a"), tick("b")])

    cost = ledger.spending(survey.id, survey.terms, NOW)

    assert (cost.epsilon, len(set(cost.questions))) == (4, 2)
