"""OpenDP as judge of our noise: the same distribution, and the same price in epsilon.

In ``make night`` alone: see ``conftest.py``.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from fractions import Fraction

import pytest

from harness.require import require
from harness.statistics import Seeded, chi_square, critical
from inglenook_schema import noise

require(
    "opendp",
    importlib.util.find_spec("opendp") is not None,
    "OpenDP is not installed (265 MB): pip install -e '.[oracle]', or make night",
)

if importlib.util.find_spec("opendp"):
    import opendp.prelude as dp

DRAWS = 100_000


def theirs(scale: Fraction):  # type: ignore[no-untyped-def]
    """Their measurement of an integer, with noise of that scale."""
    dp.enable_features("contrib")
    space = dp.atom_domain(T="i64"), dp.absolute_distance(T="i64")
    return dp.m.make_laplace(*space, scale=float(scale))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(2), Fraction(25)])
def test_our_noise_lies_like_opendp_s(scale: Fraction) -> None:
    measure = theirs(scale)
    edge = round(4 * scale) + 2

    ours = Counter(max(-edge, min(edge, x)) for x in noise.laplaces(DRAWS, scale, Seeded("opendp")))
    others = Counter(max(-edge, min(edge, measure(0))) for _ in range(DRAWS))

    # Their seed is not ours to fix: one false alarm in a million runs.
    statistic, freedom = chi_square([ours, others])
    assert statistic < critical(freedom, 1e-6)


@pytest.mark.parametrize(
    ("sensitivity", "epsilon"), [(1, Fraction(1)), (2, Fraction(1)), (4, Fraction(2))]
)
def test_our_scale_costs_the_epsilon_that_opendp_says(sensitivity: int, epsilon: Fraction) -> None:
    measure = theirs(noise.scale(sensitivity, epsilon))

    assert measure.map(d_in=sensitivity) == pytest.approx(float(epsilon))
    assert measure.map(d_in=sensitivity) <= float(epsilon) * (1 + 1e-9)
