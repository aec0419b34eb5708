"""Prio3 with any parameters; and what callers may not ask."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inglenook_schema.errors import CallerError, InglenookError, MalformedReportError
from inglenook_schema.prio3 import (
    Prio3,
    Prio3Count,
    Prio3Histogram,
    Prio3MultihotCountVec,
    Prio3Sum,
    Prio3SumVec,
)

CTX = b"a survey"
KEY, NONCE = bytes(range(32)), bytes(range(16))


def rand(vdaf: Prio3[Any, Any], label: str = "") -> bytes:
    return hashlib.shake_256(label.encode()).digest(vdaf.RAND_SIZE)


@dataclass
class Checked:
    """What becomes of one report."""

    message: bytes
    states: list[bytes]
    out: list[bytes]


def check(vdaf: Prio3[Any, Any], measurement: Any, label: str = "") -> Checked:
    """Shard an answer and check it as all aggregators."""
    public, shares = vdaf.shard(CTX, measurement, NONCE, rand(vdaf, label))
    inits = [vdaf.verify_init(KEY, CTX, i, NONCE, public, share) for i, share in enumerate(shares)]
    message = vdaf.verifier_shares_to_message(CTX, [share for _, share in inits])
    states = [state for state, _ in inits]
    return Checked(message, states, [vdaf.verify_next(state, message) for state in states])


def total(vdaf: Prio3[Any, Any], measurements: list[Any]) -> Any:
    """The sum of some answers."""
    checked = [check(vdaf, each, str(i)) for i, each in enumerate(measurements)]
    sums = [vdaf.aggregate([each.out[i] for each in checked]) for i in range(vdaf.shares)]
    return vdaf.unshard(sums, len(measurements))


sizes, chunks = st.integers(1, 40), st.integers(1, 45)
few = st.integers(2, 3)


@given(few, sizes, chunks, st.data())
@example(2, 16, 1, None)
@example(2, 33, 1, None)
def test_a_histogram_of_any_size_counts(
    shares: int, length: int, chunk: int, data: st.DataObject | None
) -> None:
    chosen = (
        [0, length - 1]
        if data is None
        else data.draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=3))
    )

    found = total(Prio3Histogram(shares, length, chunk), chosen)

    assert found == [chosen.count(i) for i in range(length)]


@given(few, st.integers(1, 2**64 - 2**32), st.data())
@example(2, 2**64 - 2**32, None)
@example(2, 1, None)
def test_a_sum_of_any_range_adds_up(shares: int, largest: int, data: st.DataObject | None) -> None:
    value = largest if data is None else data.draw(st.integers(0, largest))

    assert total(Prio3Sum(shares, largest), [value]) == value


@given(few, st.integers(1, 4), st.integers(1, 2**20), chunks, st.data())
@example(2, 1, 2**127, 11, None)
def test_a_vector_of_any_size_adds_up(
    shares: int, length: int, largest: int, chunk: int, data: st.DataObject | None
) -> None:
    vector = st.lists(st.integers(0, largest), min_size=length, max_size=length)
    vectors = [[largest]] if data is None else [data.draw(vector)]

    found = total(Prio3SumVec(shares, length, largest, chunk), vectors)

    assert found == [sum(column) for column in zip(*vectors, strict=True)]


@given(few, st.lists(st.booleans(), min_size=1, max_size=20), chunks, st.data())
def test_choices_of_any_number_add_up(
    shares: int, chosen: list[bool], chunk: int, data: st.DataObject
) -> None:
    most = data.draw(st.integers(max(1, sum(chosen)), len(chosen)))

    found = total(Prio3MultihotCountVec(shares, len(chosen), most, chunk), [chosen])

    assert found == [int(each) for each in chosen]


def test_a_count_works_with_the_most_aggregators_there_can_be() -> None:
    assert total(Prio3Count(255), [1, 0, 1]) == 2


def test_the_sum_of_no_answers_is_nothing() -> None:
    vdaf = Prio3Histogram(2, 3, 1)
    empty = vdaf.aggregate([])
    assert vdaf.unshard([empty, empty], 0) == [0, 0, 0]


def test_a_part_of_a_batch_adds_up_like_the_whole() -> None:
    vdaf = Prio3Sum(2, 9)
    out = [check(vdaf, i, str(i)).out[0] for i in range(4)]
    assert vdaf.aggregate([vdaf.aggregate(out[:2]), vdaf.aggregate(out[2:])]) == vdaf.aggregate(out)


@pytest.mark.parametrize(
    ("vdaf", "message"),
    [
        pytest.param(Prio3Count(2), 0, id="without joint randomness"),
        pytest.param(Prio3Histogram(2, 5, 2), 32, id="with joint randomness"),
    ],
)
def test_only_joint_randomness_needs_a_message(vdaf: Prio3[Any, Any], message: int) -> None:
    assert len(check(vdaf, 1).message) == message


# --- noise -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vdaf", "answer", "noise", "expected"),
    [
        pytest.param(Prio3Count(2), 1, [[-5], [2]], [-2], id="count"),
        pytest.param(Prio3Sum(2, 9), 9, [[3], [0]], [12], id="sum"),
        pytest.param(
            Prio3Histogram(2, 3, 1), 2, [[-1, 4, 0], [0, -5, 7]], [-1, -1, 8], id="histogram"
        ),
    ],
)
def test_the_noise_of_both_sides_is_in_the_result(
    vdaf: Prio3[Any, Any], answer: int, noise: list[list[int]], expected: list[int]
) -> None:
    out = check(vdaf, answer).out

    noised = [vdaf.add_noise(share, each) for share, each in zip(out, noise, strict=True)]

    assert vdaf.unshard_noised(noised, 1) == expected


def test_noise_of_another_length_is_refused() -> None:
    vdaf = Prio3Histogram(2, 3, 1)
    with pytest.raises(CallerError):
        vdaf.add_noise(vdaf.aggregate([]), [1, 2])


# --- what callers may not ask ----------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Prio3Count(1), id="one share"),
        pytest.param(lambda: Prio3Count(256), id="too many shares"),
        pytest.param(lambda: Prio3Sum(2, 0), id="nothing to sum"),
        pytest.param(lambda: Prio3Sum(2, 2**64 - 2**32 + 1), id="sum beyond the field"),
        pytest.param(lambda: Prio3SumVec(2, 0, 1, 1), id="vector of nothing"),
        pytest.param(lambda: Prio3SumVec(2, 1, 2**128, 1), id="vector beyond the field"),
        pytest.param(lambda: Prio3SumVec(2, 1, 1, 0), id="chunks of nothing"),
        pytest.param(lambda: Prio3Histogram(2, 0, 1), id="no bucket"),
        pytest.param(lambda: Prio3Histogram(2, -3, 1), id="fewer buckets than none"),
        pytest.param(lambda: Prio3Histogram(2, 3, -1), id="negative chunks"),
        pytest.param(lambda: Prio3Histogram(2, "3", 1), id="no number"),  # type: ignore[arg-type]
        pytest.param(lambda: Prio3MultihotCountVec(2, 3, 4, 1), id="more choices than there are"),
        pytest.param(lambda: Prio3MultihotCountVec(2, 3, 0, 1), id="no choice"),
    ],
)
def test_parameters_out_of_range_are_refused(make: Any) -> None:
    with pytest.raises(CallerError):
        make()


@pytest.mark.parametrize(
    ("vdaf", "measurement"),
    [
        pytest.param(Prio3Count(2), 2, id="count of two"),
        pytest.param(Prio3Count(2), -1, id="count below zero"),
        pytest.param(Prio3Count(2), None, id="no answer"),
        pytest.param(Prio3Sum(2, 9), 10, id="sum too large"),
        pytest.param(Prio3Sum(2, 9), 1.0, id="no integer"),
        pytest.param(Prio3SumVec(2, 2, 9, 1), [1], id="vector too short"),
        pytest.param(Prio3SumVec(2, 2, 9, 1), [1, 2, 3], id="vector too long"),
        pytest.param(Prio3SumVec(2, 2, 9, 1), [1, 10], id="element too large"),
        pytest.param(Prio3SumVec(2, 2, 9, 1), 1, id="no vector"),
        pytest.param(Prio3SumVec(2, 2, 9, 1), b"\1\2", id="bytes"),
        pytest.param(Prio3Histogram(2, 5, 2), 5, id="bucket beyond the last"),
        pytest.param(Prio3Histogram(2, 5, 2), -1, id="bucket below the first"),
        pytest.param(Prio3MultihotCountVec(2, 3, 1, 2), [1, 1, 0], id="too many choices"),
        pytest.param(Prio3MultihotCountVec(2, 3, 1, 2), [2, 0, 0], id="choice twice"),
        pytest.param(Prio3MultihotCountVec(2, 3, 1, 2), [1, 0], id="choices too few"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(vdaf: Prio3[Any, Any], measurement: Any) -> None:
    with pytest.raises(CallerError):
        vdaf.shard(CTX, measurement, NONCE, rand(vdaf))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"nonce": NONCE[:-1]}, id="nonce"),
        pytest.param({"rand": bytes(31)}, id="randomness"),
        pytest.param({"ctx": bytes(65528)}, id="context"),
        pytest.param({"ctx": "text"}, id="context that is text"),
    ],
)
def test_what_shard_is_given_must_have_its_length(wrong: dict[str, Any]) -> None:
    vdaf = Prio3Count(2)
    given_ = {"ctx": CTX, "nonce": NONCE, "rand": rand(vdaf)} | wrong
    with pytest.raises(CallerError):
        vdaf.shard(given_["ctx"], 1, given_["nonce"], given_["rand"])


def test_the_longest_context_works() -> None:
    vdaf = Prio3Count(2)
    assert vdaf.shard(bytes(65527), 1, NONCE, rand(vdaf))


@pytest.mark.parametrize(
    ("key", "nonce", "who"),
    [
        pytest.param(KEY[:-1], NONCE, 0, id="key"),
        pytest.param(KEY, NONCE + b"\0", 0, id="nonce"),
        pytest.param(KEY, NONCE, 2, id="aggregator beyond the last"),
        pytest.param(KEY, NONCE, -1, id="aggregator below the first"),
        pytest.param(KEY, NONCE, None, id="no aggregator"),
    ],
)
def test_what_verify_init_is_given_must_fit(key: bytes, nonce: bytes, who: Any) -> None:
    vdaf = Prio3Count(2)
    public, shares = vdaf.shard(CTX, 1, NONCE, rand(vdaf))
    with pytest.raises(CallerError):
        vdaf.verify_init(key, CTX, who, nonce, public, shares[0])


@pytest.mark.parametrize("count", [-1, None, 1.5])
def test_a_number_of_answers_that_is_none_is_refused(count: Any) -> None:
    vdaf = Prio3Count(2)
    empty = vdaf.aggregate([])
    with pytest.raises(CallerError):
        vdaf.unshard([empty, empty], count)


@pytest.mark.parametrize("shares", [0, 1, 3])
def test_a_sum_needs_every_share_once(shares: int) -> None:
    vdaf = Prio3Count(2)
    with pytest.raises(MalformedReportError):
        vdaf.unshard([vdaf.aggregate([])] * shares, 0)


# --- any bytes -------------------------------------------------------------------------


@given(
    st.sampled_from([Prio3Count(2), Prio3Sum(3, 5), Prio3Histogram(2, 5, 2)]),
    st.integers(0, 2),
    st.lists(st.binary(max_size=400), min_size=4, max_size=4),
)
def test_any_bytes_give_a_result_or_an_error_of_ours(
    vdaf: Prio3[Any, Any], who: int, junk: list[bytes]
) -> None:
    for attempt in (
        lambda: vdaf.verify_init(KEY, CTX, who, NONCE, junk[0], junk[1]),
        lambda: vdaf.verifier_shares_to_message(CTX, junk[: vdaf.shares]),
        lambda: vdaf.verify_next(junk[0], junk[1]),
        lambda: vdaf.aggregate(junk),
        lambda: vdaf.unshard(junk[: vdaf.shares], 4),
    ):
        try:
            attempt()
        except InglenookError:
            continue


@given(st.data())
def test_any_changed_bit_of_any_part_is_noticed_by_all(data: st.DataObject) -> None:
    vdaf = Prio3Histogram(2, 5, 2)
    public, shares = vdaf.shard(CTX, 2, NONCE, rand(vdaf))
    parts = [public, *shares]
    which = data.draw(st.integers(0, 2))
    changed = bytearray(parts[which])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    parts[which] = bytes(changed)

    def verify() -> None:
        inits = [vdaf.verify_init(KEY, CTX, i, NONCE, parts[0], parts[1 + i]) for i in range(2)]
        vdaf.verifier_shares_to_message(CTX, [share for _, share in inits])

    with pytest.raises(InglenookError):
        verify()
