"""The rules that protect whoever answers: constants, checked by everybody who reads terms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from harness.survey import CLOSES, DAY, OPENS, Operators, Survey, choice, choices, mean, tick
from inglenook_schema.errors import (
    BadSignatureError,
    MalformedMessageError,
    SurveyRefusedError,
)
from inglenook_schema.sums import floors
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.terms import Cosigned, Kind, Question, Terms, Wording

replaced = msgspec.structs.replace


def terms_with(
    *questions: Question, people: int = 104, witness: str = "", relay: str = "https://relay.example"
) -> Terms:
    operators = Operators(relay_origin=relay, witness_origin=witness)
    return Survey(people, questions or (tick(epsilon=1),), operators).terms


BASE = terms_with()
TEN = tuple(tick(str(i), epsilon=1) for i in range(7))


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(terms_with(tick(k=9), people=50), id="tick"),
        pytest.param(terms_with(mean(k=29)), id="mean"),
        pytest.param(terms_with(choice(3, k=49)), id="three options"),
        pytest.param(terms_with(choice(4, k=99)), id="four options"),
        pytest.param(terms_with(choices(4, 2, k=99)), id="several"),
        pytest.param(terms_with(tick(k=51), people=50), id="more than are enrolled"),
        pytest.param(terms_with(tick(epsilon=3), people=99), id="ε in a small programme"),
        pytest.param(terms_with(tick(epsilon=2), people=100), id="ε in a large programme"),
        pytest.param(terms_with(*TEN), id="ε of all questions"),
        pytest.param(replaced(BASE, closes=OPENS), id="closes as it opens"),
        pytest.param(replaced(BASE, withdraw_until=CLOSES - 1), id="withdrawing ends early"),
        pytest.param(replaced(BASE, forgotten=BASE.withdraw_until), id="forgotten at once"),
        pytest.param(replaced(BASE, forgotten=OPENS + 401 * DAY), id="kept for long"),
        pytest.param(replaced(BASE, trial=True), id="calls itself a trial"),
        pytest.param(
            replaced(terms_with(relay="http://127.0.0.1:8080"), trial=False),
            id="hides that it is one",
        ),
        pytest.param(
            replaced(BASE, witness=replaced(BASE.witness, name="relay  HOUSE")), id="one name"
        ),
        pytest.param(
            replaced(BASE, witness=replaced(BASE.witness, sign=BASE.relay.sign)),
            id="one signing key",
        ),
        pytest.param(
            replaced(BASE, witness=replaced(BASE.witness, kem=BASE.relay.kem)), id="one key"
        ),
        pytest.param(terms_with(witness="https://relay.example:444"), id="one host"),
        pytest.param(
            terms_with(relay="https://[2001:db8::1]", witness="http://[2001:db8::1]:99"),
            id="one address",
        ),
    ],
)
def test_terms_that_break_a_rule_are_refused(terms: Terms) -> None:
    with pytest.raises(SurveyRefusedError):
        terms_.decode(terms_.encode(terms))


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(terms_with(tick(k=10, epsilon=2), people=99), id="tick"),
        pytest.param(
            terms_with(mean(30), choice(3, 50), choice(4, 100), choices(4, 2, 100)), id="all"
        ),
        pytest.param(terms_with(*TEN[:6]), id="as much ε as may be"),
        pytest.param(terms_with(witness="https://witness.example"), id="two hosts"),
        pytest.param(
            terms_with(relay="http://127.0.0.1:1", witness="http://localhost:2"),
            id="on one machine",
        ),
        pytest.param(replaced(BASE, forgotten=OPENS + 400 * DAY), id="400 days"),
    ],
)
def test_terms_at_the_edge_of_the_rules_are_read(terms: Terms) -> None:
    assert terms_.decode(terms_.encode(terms)) == terms


BOTH = (Wording("en", "One?", ("a", "b")), Wording("de", "Eins?", ("a", "b")))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"version": 2}, id="a newer version"),
        pytest.param({"title": (("en", "A"), ("en", "B"))}, id="a language twice"),
        pytest.param({"title": (("de", "A"),)}, id="questions in another language"),
        pytest.param({"relay": replaced(BASE.relay, origin="")}, id="a relay nowhere"),
        pytest.param({"relay": replaced(BASE.relay, origin="https://a/b")}, id="no origin"),
        pytest.param({"questions": (replaced(tick(), high=1),)}, id="a tick with a range"),
        pytest.param({"questions": (replaced(mean(), high=1),)}, id="an empty range"),
        pytest.param({"questions": (replaced(choices(), most=0),)}, id="none of several"),
        pytest.param({"questions": (replaced(choices(), most=5),)}, id="more than there are"),
        pytest.param({"questions": (replaced(choice(), most=1),)}, id="most of one"),
        pytest.param({"questions": (replaced(tick(), spend=(2, 2)),)}, id="not in lowest terms"),
        pytest.param(
            {
                "questions": (
                    Question(Kind.CHOICE, (Wording("en", "?", ("a", "a")),), 0, 0, 0, 100, (1, 1)),
                )
            },
            id="an option twice",
        ),
        pytest.param(
            {
                "title": (("en", "A"), ("de", "B")),
                "questions": (
                    Question(
                        *(Kind.CHOICE, (BOTH[0], replaced(BOTH[1], options=("a", "b", "c")))),
                        *(0, 0, 0, 100, (1, 1)),
                    ),
                ),
            },
            id="other options in another language",
        ),
    ],
)
def test_terms_whose_parts_do_not_fit_are_no_terms(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessageError):
        terms_.decode(terms_.encode(replaced(BASE, **change)))


@pytest.mark.parametrize("missing", ["coordinator", "relay", "witness"])
def test_a_survey_has_three_names_under_it(missing: str) -> None:
    survey = Survey(12)
    data = terms_.encode(survey.terms)
    keys = {
        "coordinator": (survey.keys.sign, terms_.Party.COORDINATOR),
        "relay": (survey.operators.relay_keys.sign, terms_.Party.RELAY),
        "witness": (survey.operators.witness_keys.sign, terms_.Party.WITNESS),
    }
    names = {who: terms_.sign(key, party, survey.id) for who, (key, party) in keys.items()}
    whole = Cosigned(data, names["coordinator"], names["relay"], names["witness"])
    swapped = names["witness"] if missing != "witness" else names["relay"]

    assert terms_.open_cosigned(whole) == (survey.id, survey.terms)
    with pytest.raises(BadSignatureError):
        terms_.open_cosigned(replaced(whole, **{missing: swapped}))


def test_a_card_is_by_whoever_it_shows() -> None:
    operators = Operators()
    card = terms_.sign_card(operators.witness_keys.sign, operators.witness, (operators.public,))
    other = replaced(card, operator=replaced(operators.witness, name="Somebody"))

    terms_.check_card(card)
    with pytest.raises(BadSignatureError):
        terms_.check_card(other)


@pytest.mark.parametrize(
    ("epsilon", "odds"),
    [(Fraction(0), 50), (Fraction(1), 74), (Fraction(2), 89), (Fraction(9), 100)],
)
def test_epsilon_is_told_as_odds(epsilon: Fraction, odds: int) -> None:
    assert floors.odds(epsilon) == odds


def test_any_change_of_a_survey_gives_it_another_name() -> None:
    changes: list[Callable[[Terms], Terms]] = [
        lambda t: replaced(t, title=(("en", "This month."),)),
        lambda t: replaced(t, questions=(tick(k=11, epsilon=1),)),
        lambda t: replaced(t, questions=(tick(text="We  met", epsilon=1),)),
        lambda t: replaced(t, closes=t.closes + DAY),
        lambda t: replaced(t, witness=replaced(t.witness, name="Another")),
        lambda t: replaced(t, token_key=bytes(300)),
    ]

    names = {terms_.survey_id(terms_.encode(change(BASE))) for change in changes}

    assert len(names | {terms_.survey_id(terms_.encode(BASE))}) == len(changes) + 1
