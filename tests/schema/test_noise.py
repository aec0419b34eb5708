"""Discrete Laplace noise against its exact probabilities."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter, defaultdict
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest

from inglenook_schema import noise
from inglenook_schema.errors import CallerError


def probability(x: int, scale: Fraction) -> Fraction:
    """Of the noise ``x``, right to sixty digits."""
    with localcontext(prec=80):
        decay = (-Decimal(scale.denominator) / Decimal(scale.numerator)).exp()
        return Fraction((1 - decay) / (1 + decay) * decay ** abs(x))


class _UnknownDrawError(Exception):
    """The sampler draws beyond the path: what it may get, each with its probability."""

    def __init__(self, outcomes: list[tuple[int, Fraction]]) -> None:
        self.outcomes = outcomes


def along(scale: Fraction, path: list[int]) -> int:
    """The noise where every draw is the path's."""
    draws = iter(path)

    def below(end: int) -> int:
        for drawn in draws:
            return drawn
        raise _UnknownDrawError([(each, Fraction(1, end)) for each in range(end)])

    def coin(heads: int, of: int) -> bool:
        for drawn in draws:
            return bool(drawn)
        chance = Fraction(heads, of)
        raise _UnknownDrawError([(1, chance), (0, 1 - chance)])

    return noise.sample(scale, below, coin)


def explore(scale: Fraction, steps: int) -> tuple[dict[int, Fraction], Fraction]:
    """Follow the most probable paths of draws.

    Returns:
        What each noise has got so far, exactly, and what all paths left have together.
    """
    found: dict[int, Fraction] = defaultdict(Fraction)
    paths: list[tuple[Fraction, int, list[int]]] = [(Fraction(-1), 0, [])]
    for number in range(steps):
        weight, _, path = heapq.heappop(paths)
        try:
            found[along(scale, path)] -= weight
        except _UnknownDrawError as unknown:
            for drawn, chance in unknown.outcomes:
                if chance:
                    heapq.heappush(paths, (weight * chance, 2 * number + drawn, [*path, drawn]))
    return found, -sum((weight for weight, _, _ in paths), Fraction(0))


@pytest.mark.parametrize(
    ("scale", "steps"),
    [
        pytest.param(Fraction(1), 3_000, id="1"),
        pytest.param(Fraction(1, 2), 3_000, id="1/2"),
        pytest.param(Fraction(3, 2), 12_000, id="3/2"),
        pytest.param(Fraction(2), 3_000, id="2"),
    ],
)
def test_each_noise_has_exactly_its_probability(scale: Fraction, steps: int) -> None:
    found, left = explore(scale, steps)

    assert left < Fraction(1, 8)
    assert sum(found.values()) + left == 1
    assert len(found) >= 5
    for x, weight in found.items():
        assert weight <= probability(x, scale) <= weight + left


@pytest.mark.parametrize("end", [1, 2, 3, 5, 6, 200])
def test_a_uniform_integer_is_exactly_uniform(end: int) -> None:
    counted: Counter[int | None] = Counter()
    size = (end.bit_length() + 15) // 8
    for number in range(256**size):
        draws = iter([number.to_bytes(size, "big")])
        try:
            counted[noise.uniform(lambda _, draws=draws: next(draws))(end)] += 1
        except StopIteration:
            counted[None] += 1  # drawn again

    again = counted.pop(None, 0)
    assert set(counted) == set(range(end))
    assert len(set(counted.values())) == 1
    assert again < 256**size // 256


def stream(label: str) -> noise.Draw:
    """Random bytes from a seed."""
    state = {"at": 0, "bytes": hashlib.shake_256(label.encode()).digest(2_000_000)}

    def draw(size: int) -> bytes:
        at = int(state["at"])
        state["at"] = at + size
        taken = bytes(state["bytes"][at : at + size])  # type: ignore[index]
        assert len(taken) == size
        return taken

    return draw


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(7, 2), Fraction(100)])
def test_many_noises_lie_as_their_probabilities_say(scale: Fraction) -> None:
    count = 3000
    found = Counter(noise.laplaces(count, scale, stream(f"noise {scale}")))

    # Chi-square over the middle and two tails, at most 20 cells; 99.99 % of 20 degrees
    # of freedom is 52.4. The seed is fixed.
    reach = min(9, round(float(scale)) + 2)
    cells = {x: probability(x, scale) for x in range(-reach, reach + 1)}
    tail = (1 - sum(cells.values())) / 2
    pairs = [(found[x], cells[x]) for x in cells]
    pairs += [(sum(n for x, n in found.items() if x > reach), tail)]
    pairs += [(sum(n for x, n in found.items() if x < -reach), tail)]
    chi = sum(float((n - count * p) ** 2 / (count * p)) for n, p in pairs)
    assert chi < 52.4


def test_equal_bytes_give_equal_noise() -> None:
    first, second = (noise.laplaces(20, Fraction(5), stream("same")) for _ in range(2))
    assert first == second
    assert len(set(first)) > 5


def test_the_scale_is_sensitivity_over_epsilon() -> None:
    assert noise.scale(2, Fraction(1, 2)) == 4
    assert noise.scale(3, Fraction(2)) == Fraction(3, 2)


@pytest.mark.parametrize("scale", [Fraction(0), Fraction(-1, 2)])
def test_noise_needs_a_scale_above_zero(scale: Fraction) -> None:
    with pytest.raises(CallerError):
        noise.laplace(scale, bytes)


@pytest.mark.parametrize(("sensitivity", "epsilon"), [(0, Fraction(1)), (1, Fraction(0))])
def test_a_scale_needs_both_above_zero(sensitivity: int, epsilon: Fraction) -> None:
    with pytest.raises(CallerError):
        noise.scale(sensitivity, epsilon)
