"""A share alone says nothing: its bytes lie the same whatever was answered.

Chi-square over every half byte that one aggregator gets, and over what all of them make
together, with a fixed seed: 20,000 shards an answer for a tick, and 1,000 for a histogram
that are 20,000 in ``make night``, as for the other types. The controls show that the same
experiment notices a split that leaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pytest

from harness.statistics import NIGHT, Seeded, chi_square, critical
from inglenook_schema.prio3 import (
    Prio3,
    Prio3Count,
    Prio3Histogram,
    Prio3MultihotCountVec,
    Prio3Sum,
)

MANY, FEW = 20_000, 20_000 if NIGHT else 1_000
CHANCE = 0.01
"""Of a false alarm, over a whole experiment; decided once, since the seed is fixed."""
CTX, KEY = b"a survey", bytes(32)
LOW, HIGH = bytes(i & 15 for i in range(256)), bytes(i >> 4 for i in range(256))

View = Callable[[bytes, list[bytes], bytes], bytes]
"""Public share, input shares and nonce of a report to what somebody sees of it."""


def leader(public: bytes, shares: list[bytes], nonce: bytes) -> bytes:
    return mixed(nonce + public + shares[0])


def helper(public: bytes, shares: list[bytes], nonce: bytes) -> bytes:
    return mixed(nonce + public + shares[1])


def mixed(view: bytes) -> bytes:
    """Also what all of its bytes, and all of its numbers, add up to."""
    words = [int.from_bytes(view[i : i + 16], "little") for i in range(0, len(view), 16)]
    whole = sum(words) % 2**128
    return view + whole.to_bytes(16, "little") + bytes([sum(view) % 256])


def alarms(
    vdaf: Prio3[Any, Any],
    answers: Sequence[Any],
    views: Sequence[View],
    draw: Callable[[int], bytes],
    shards: int,
) -> list[float]:
    """How far each view's worst half byte is beyond what chance gives; below 1 is no alarm."""
    seen: list[list[bytes]] = [[] for _ in views]
    for answer in answers:
        found: list[list[bytes]] = [[] for _ in views]
        for _ in range(shards):
            nonce = draw(16)
            public, shares = vdaf.shard(CTX, answer, nonce, draw(vdaf.RAND_SIZE))
            for view, those in zip(views, found, strict=True):
                those.append(view(public, shares, nonce))
        for those, all_of_view in zip(found, seen, strict=True):
            all_of_view.append(b"".join(those))
    return [worst([memoryview(each) for each in those], shards) for those in seen]


def worst(groups: list[memoryview], shards: int) -> float:
    """Over all half bytes; ``groups`` holds the views of each answer, one behind the other."""
    size = len(groups[0]) // shards
    found = 0.0
    for at in range(size):
        columns = [bytes(group[at::size]) for group in groups]
        for half in (LOW, HIGH):
            counted: list[Counter[Hashable]] = [Counter(each.translate(half)) for each in columns]
            statistic, freedom = chi_square(counted)
            found = max(found, statistic / (critical(freedom, CHANCE / (2 * size)) or 1))
    return found


TYPES = [
    pytest.param(Prio3Count(2), [0, 1], MANY, id="tick"),
    pytest.param(Prio3Histogram(2, 5, 2), range(5), FEW, id="histogram of five"),
]
MORE = [
    pytest.param(Prio3Sum(2, 4), range(5), MANY, id="mean"),
    pytest.param(
        *(Prio3MultihotCountVec(2, 4, 2, 2), [[0, 0, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0]], MANY),
        id="choices",
    ),
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("vdaf", "answers", "shards"), TYPES + MORE if NIGHT else TYPES)
def test_what_one_aggregator_gets_does_not_depend_on_the_answer(
    vdaf: Prio3[Any, Any], answers: Sequence[Any], shards: int
) -> None:
    found = alarms(vdaf, answers, [leader, helper], Seeded("shares alone"), shards)

    assert max(found) < 1


@pytest.mark.timeout(600)
def test_both_shares_together_do_depend_on_it() -> None:
    vdaf = Prio3Histogram(2, 5, 2)

    def both(public: bytes, shares: list[bytes], nonce: bytes) -> bytes:
        states = [
            vdaf.verify_init(KEY, CTX, i, nonce, public, share)[0] for i, share in enumerate(shares)
        ]
        return vdaf.aggregate(state[: 5 * 16] for state in states)

    assert min(alarms(vdaf, [0, 4], [both], Seeded("both shares"), 500)) > 10


def test_a_split_whose_randomness_is_used_twice_leaks() -> None:
    assert min(alarms(Prio3Count(2), [0, 1], [leader], bytes, 500)) > 10
