"""Exact discrete Laplace noise, in integers only (Canonne, Kamath, Steinke 2020, section 5.1).

A noise of scale b = t / s takes each integer x with a probability in proportion to
exp(-abs(x) / b). No floating point is used: the low bits of one give noise, and with it the
answer under it, away. Randomness is an argument, for whoever draws noise must store it and
never draw twice for one sum (architecture 8).

The number of draws depends on the noise, so its making takes longer for some values.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from inglenook_schema.errors import CallerError

Draw = Callable[[int], bytes]
"""Gives as many uniform random bytes as it is asked for."""
Below = Callable[[int], int]
"""Gives a uniform integer from zero to less than its argument."""
Coin = Callable[[int, int], bool]
"""Shows heads with a probability of its first argument over its second."""

_SPARE: Final = 8
"""Bits drawn beyond what a number needs, so that it is seldom drawn again."""


def scale(sensitivity: int, epsilon: Fraction) -> Fraction:
    """The scale that makes a sum ``epsilon``-private.

    Args:
        sensitivity: By how much one person's other answer changes the sum, all its numbers
            together.
        epsilon: Above zero; a rational, so that no rounding spends more than was promised.

    Raises:
        CallerError: One of them is not above zero.
    """
    if sensitivity < 1 or epsilon <= 0:
        raise CallerError("Noise needs a sensitivity and an epsilon above zero.")
    return sensitivity / epsilon


def laplace(scale: Fraction, draw: Draw) -> int:
    """One noise of that scale.

    Args:
        scale: Above zero.
        draw: Where random bytes come from.

    Raises:
        CallerError: The scale is not above zero.
    """
    below = uniform(draw)
    return sample(scale, below, lambda heads, of: below(of) < heads)


def laplaces(count: int, scale: Fraction, draw: Draw) -> list[int]:
    """``count`` independent noises, for the numbers of one sum."""
    return [laplace(scale, draw) for _ in range(count)]


def sample(scale: Fraction, below: Below, coin: Coin) -> int:
    """Like :func:`laplace`, from uniform integers and coins.

    Raises:
        CallerError: The scale is not above zero.
    """
    if scale <= 0:
        raise CallerError("Noise needs a scale above zero.")
    t, s = scale.numerator, scale.denominator
    while True:
        rest = below(t)
        if not _exp(rest, t, coin):
            continue
        whole = 0
        while _exp(1, 1, coin):
            whole += 1
        size = (rest + t * whole) // s
        negative = coin(1, 2)
        if not (negative and size == 0):  # else zero would come twice as often
            return -size if negative else size


def uniform(draw: Draw) -> Below:
    """Uniform integers out of random bytes; exact, by drawing again."""

    def below(end: int) -> int:
        size = (end.bit_length() + _SPARE + 7) // 8
        fits = (1 << 8 * size) // end * end
        while True:
            number = int.from_bytes(draw(size), "big")
            if number < fits:
                return number % end

    return below


def _exp(numerator: int, denominator: int, coin: Coin) -> bool:
    """True with a probability of exp(-numerator / denominator), a fraction up to 1.

    The k-th coin shows heads with a probability of that fraction divided by k; the first
    tails comes at an odd k as often as the alternating series of exp says.
    """
    k = 1
    while coin(numerator, denominator * k):
        k += 1
    return k % 2 == 1
