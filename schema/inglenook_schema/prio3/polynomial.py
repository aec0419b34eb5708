"""Polynomials given by their values at roots of unity (VDAF draft 18, section 6.1.3.2).

``values[k]`` is the value at the k-th power of the principal root of order ``len(values)``.
Nothing here leaves that basis but :func:`values_between` for long polynomials.

The value at a point ``t`` is a sum of the given values, each times its Lagrange weight. For
the n-th roots of unity those weights have a product form that doubles: with w the i-th root,

    weight(n, i, t) = (1 + t / w) / 2 * weight(n / 2, i mod n / 2, t * t)

and the root n / 2 places further on is -w, whose factor is 1 - t / w. So 2n multiplications
and no inversion give all n weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import mul
from typing import Final

from inglenook_schema.prio3.field import Field, root_powers

SHORT: Final = 16
"""Up to this many values a table beats the transform; measured, any value gives the same."""


def weights_at(field: Field, n: int, t: int) -> list[int]:
    """What each of ``n`` values counts at the point ``t``.

    Args:
        field: The field.
        n: A power of two.
        t: Any point, a root of unity as well.
    """
    q = field.modulus
    squares = [t]
    for _ in range(n.bit_length() - 2):
        squares.append(squares[-1] * squares[-1] % q)
    weights = [_inverse(field, n)]
    size = 1
    while size < n:
        s = squares.pop()
        backwards = _inverse_roots(field, 2 * size)
        first = [(1 + s * w) * weight % q for w, weight in zip(backwards, weights, strict=False)]
        weights = first + [2 * weight - one for weight, one in zip(weights, first, strict=True)]
        size *= 2
    return weights


def dot(left: Sequence[int], right: Sequence[int]) -> int:
    """The sum of products, not reduced; stops at the shorter."""
    return sum(map(mul, left, right))


def values_between(field: Field, values: list[int]) -> list[int]:
    """The values at the odd powers of the root of twice the order."""
    q, n = field.modulus, len(values)
    if n <= SHORT:
        return [dot(row, values) % q for row in _between_table(field, n)]
    coefficients = _transform(q, values, _inverse_roots(field, n))
    scale = _inverse(field, n)
    shifted = [
        c * w % q * scale % q
        for c, w in zip(coefficients, root_powers(field, 2 * n)[:n], strict=True)
    ]
    return _transform(q, shifted, root_powers(field, n))


@lru_cache(maxsize=64)
def _inverse(field: Field, n: int) -> int:
    return field.inverse(n)


@lru_cache(maxsize=256)
def _inverse_roots(field: Field, n: int) -> tuple[int, ...]:
    powers = root_powers(field, n)
    return (powers[0], *powers[:0:-1])


@lru_cache(maxsize=64)
def _between_table(field: Field, n: int) -> list[list[int]]:
    q = field.modulus
    points = root_powers(field, 2 * n)[1::2]
    return [[weight % q for weight in weights_at(field, n, point)] for point in points]


def _transform(q: int, values: Sequence[int], powers: Sequence[int]) -> list[int]:
    """The sums of ``values[k] * powers[i * k]`` for every i: the number-theoretic transform."""
    if len(values) == 1:
        return list(values)
    even = _transform(q, values[::2], powers[::2])
    odd = _transform(q, values[1::2], powers[::2])
    turned = [x * w % q for x, w in zip(odd, powers, strict=False)]
    return [
        *[(a + b) % q for a, b in zip(even, turned, strict=True)],
        *[(a - b) % q for a, b in zip(even, turned, strict=True)],
    ]
