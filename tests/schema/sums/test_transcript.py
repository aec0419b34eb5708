"""A published transcript is checked whole, by anybody, with nothing else at hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import msgspec
import pytest

from harness.survey import Survey, opened, run, tick
from inglenook_schema import canonical, noise, suite
from inglenook_schema.errors import PeerError
from inglenook_schema.sums import closing
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.closing import Counted, Published, Transcript
from inglenook_schema.sums.tasks import tasks
from inglenook_schema.sums.terms import Party

replaced = msgspec.structs.replace


@pytest.fixture(scope="module")
def published() -> tuple[Survey, bytes, Counted]:
    survey = opened(12, [tick(), tick("Would like support", k=12)])
    for who in range(11):
        run(survey.give(who, [True, False]))
    return survey, *survey.publish(run(survey.close()))


def reading(data: bytes) -> Transcript:
    return canonical.decode(canonical.decode(data, Published).transcript, Transcript)


def test_a_transcript_says_what_came_out_and_where_too_few_answered(
    published: tuple[Survey, bytes, Counted],
) -> None:
    survey, data, counted = published

    again = closing.replay(data)

    assert again == counted
    assert (again.survey, again.terms, again.answers) == (survey.id, survey.terms, 11)
    assert [outcome.numbers is None for outcome in again.outcomes] == [False, True]


def other_witness(_: Survey, it: Transcript) -> Transcript:
    return replaced(it, witness=it.relay)


def without_one(_: Survey, it: Transcript) -> Transcript:
    return replaced(it, leaves=it.leaves[1:])


def another_list(survey: Survey, it: Transcript) -> Transcript:
    leaves = it.leaves[1:]
    return replaced(it, leaves=leaves, frozen=closing.freeze(survey.id, 2, leaves))


def no_sum(_: Survey, it: Transcript) -> Transcript:
    return replaced(it, sums=(None, None))


def sum_under_k(_: Survey, it: Transcript) -> Transcript:
    return replaced(it, sums=(it.sums[0], it.sums[0]))


def halves_swapped(_: Survey, it: Transcript) -> Transcript:
    pair = it.sums[0]
    assert pair is not None
    return replaced(it, sums=(pair[::-1], None))


def own_half(survey: Survey, it: Transcript) -> Transcript:
    """A coordinator who would like another number makes a half, and cannot sign it."""
    pair = it.sums[0]
    assert pair is not None
    task = tasks(survey.id, survey.terms)[0]
    share = (41).to_bytes(8, "little")
    made = closing.make_sum(survey.keys.sign, Party.RELAY, survey.id, task, survey.terms, share)
    return replaced(it, sums=((made, pair[1]), None))


def other_opener(_: Survey, it: Transcript) -> Transcript:
    return replaced(it, opener=bytes(96))


def other_terms(survey: Survey, it: Transcript) -> Transcript:
    terms = terms_.encode(replaced(survey.terms, title=(("en", "Another month"),)))
    return replaced(it, cosigned=replaced(it.cosigned, terms=terms))


CHANGES = [
    pytest.param(change, id=change.__name__)
    for change in (
        *(other_witness, without_one, another_list, no_sum, sum_under_k, halves_swapped),
        *(own_half, other_opener, other_terms),
    )
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_coordinator_cannot_publish_anything_else(
    published: tuple[Survey, bytes, Counted], change: Callable[[Survey, Transcript], Transcript]
) -> None:
    survey, data, _ = published

    forged = closing.publish(survey.keys.sign, change(survey, reading(data)))

    with pytest.raises(PeerError):
        closing.replay(forged)


def test_nobody_else_can_publish_it(published: tuple[Survey, bytes, Counted]) -> None:
    _, data, _ = published

    with pytest.raises(PeerError):
        closing.replay(closing.publish(suite.SigningKey(bytes(32)), reading(data)))


@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(1), Fraction(2), Fraction(8)])
def test_the_interval_holds_95_of_100_and_no_narrower_one_does(scale: Fraction) -> None:
    dice = random.Random(7)
    drawn = [
        abs(noise.laplace(scale, dice.randbytes) + noise.laplace(scale, dice.randbytes))
        for _ in range(4_000)
    ]
    far = closing.within(scale)

    def inside(reach: int) -> float:
        return sum(each <= reach for each in drawn) / len(drawn)

    assert inside(far) >= 0.94
    assert inside(far - 1) <= 0.96


def test_a_result_has_a_greatest_size() -> None:
    with pytest.raises(PeerError, match="longer"):
        closing.replay(bytes(closing.MAX_TRANSCRIPT + 1))
