"""Two sums that differ by one person's answer can hardly be told apart by whom they reach.

Each aggregator adds noise of its own, and knows it: what hides an answer from the Relay
together with the coordinator is the Witness's noise alone, and the other way round. 20,000
sums each, at the same seed. With one side's noise switched off, the other side's coalition
must be seen through. A histogram, and all pairs, in ``make night``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest

from harness.statistics import NIGHT, Seeded, likelihood_ratio
from inglenook_schema import noise
from inglenook_schema.prio3 import Prio3, Prio3Count, Prio3Histogram

RUNS = 20_000
CTX, KEY = b"a survey", bytes(32)
RELAY, WITNESS = 0, 1


def sums(vdaf: Prio3[Any, Any], answers: Sequence[int]) -> list[bytes]:
    """Both aggregate shares of these answers."""
    draw = Seeded("reports")
    out: list[list[bytes]] = [[], []]
    for answer in answers:
        nonce = draw(16)
        public, shares = vdaf.shard(CTX, answer, nonce, draw(vdaf.RAND_SIZE))
        begun = [
            vdaf.verify_init(KEY, CTX, i, nonce, public, share) for i, share in enumerate(shares)
        ]
        message = vdaf.verifier_shares_to_message(CTX, [share for _, share in begun])
        for i, (state, _) in enumerate(begun):
            out[i].append(vdaf.verify_next(state, message))
    return [vdaf.aggregate(each) for each in out]


def experiment(
    vdaf: Prio3[Any, Any], answers: Sequence[int], scales: Sequence[Fraction | None], inside: int
) -> Callable[[int], tuple[int, ...]]:
    """What the coordinator and the aggregator ``inside`` see: the sum less its own noise."""
    shares = sums(vdaf, answers)
    count = len(vdaf.unshard_noised(shares, len(answers)))
    draw = Seeded(f"noise {answers} {inside}")

    def run(_: int) -> tuple[int, ...]:
        drawn = [
            [0] * count if scale is None else noise.laplaces(count, scale, draw) for scale in scales
        ]
        noised = [vdaf.add_noise(share, each) for share, each in zip(shares, drawn, strict=True)]
        told = vdaf.unshard_noised(noised, len(answers))
        return tuple(x - own for x, own in zip(told, drawn[inside], strict=True))

    return run


TICK = (Prio3Count(2), [1] * 6 + [0] * 4, [1] * 7 + [0] * 3, 1)
HISTOGRAM = (Prio3Histogram(2, 3, 1), [0, 0, 1, 2, 2], [0, 1, 1, 2, 2], 2)
"""Type, answers, the same with one person's changed, how far that moves the sum."""


CASES = [
    pytest.param(TICK, Fraction(1), RELAY, id="tick, 1, relay"),
    pytest.param(TICK, Fraction(2), WITNESS, id="tick, 2, witness"),
]
MORE = [
    pytest.param(TICK, Fraction(1), WITNESS, id="tick, 1, witness"),
    pytest.param(TICK, Fraction(2), RELAY, id="tick, 2, relay"),
    pytest.param(HISTOGRAM, Fraction(2), RELAY, id="histogram, 2, relay"),
    pytest.param(HISTOGRAM, Fraction(2), WITNESS, id="histogram, 2, witness"),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("question", "epsilon", "inside"), CASES + MORE if NIGHT else CASES)
def test_one_operator_with_the_coordinator_learns_no_more_than_epsilon(
    question: tuple[Prio3[Any, Any], list[int], list[int], int], epsilon: Fraction, inside: int
) -> None:
    vdaf, one, other, sensitivity = question
    scales = [noise.scale(sensitivity, epsilon)] * 2

    ratio = likelihood_ratio(
        experiment(vdaf, one, scales, inside), experiment(vdaf, other, scales, inside), RUNS
    )

    assert ratio <= math.exp(epsilon)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("inside", "silent"), [(RELAY, WITNESS), (WITNESS, RELAY)])
def test_without_the_other_side_s_noise_the_experiment_fails(inside: int, silent: int) -> None:
    vdaf, one, other, sensitivity = TICK
    epsilon = Fraction(1)
    scales: list[Fraction | None] = [noise.scale(sensitivity, epsilon)] * 2
    scales[silent] = None

    ratio = likelihood_ratio(
        experiment(vdaf, one, scales, inside), experiment(vdaf, other, scales, inside), 1000
    )

    assert ratio > math.exp(epsilon)


@pytest.mark.timeout(300)
def test_half_the_noise_is_noticed() -> None:
    vdaf, one, other, sensitivity = TICK
    scales = [noise.scale(sensitivity, Fraction(2))] * 2

    ratio = likelihood_ratio(
        experiment(vdaf, one, scales, RELAY), experiment(vdaf, other, scales, RELAY), RUNS // 4
    )

    assert ratio > math.exp(1)
