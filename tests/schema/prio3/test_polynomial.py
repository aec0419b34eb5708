"""Values, weights and the transform, against polynomials evaluated by their definition."""

from __future__ import annotations

import hashlib

import pytest

from inglenook_schema.errors import InvalidReportError
from inglenook_schema.prio3 import xof
from inglenook_schema.prio3.circuits import Histogram
from inglenook_schema.prio3.field import FIELD64, FIELD128, Field, root_powers
from inglenook_schema.prio3.flp import Flp
from inglenook_schema.prio3.polynomial import SHORT, dot, values_between, weights_at

FIELDS = [pytest.param(FIELD64, id="64"), pytest.param(FIELD128, id="128")]


def horner(field: Field, coefficients: list[int], x: int) -> int:
    value = 0
    for each in reversed(coefficients):
        value = (value * x + each) % field.modulus
    return value


def some(field: Field, count: int) -> list[int]:
    stream = hashlib.shake_256(b"some").digest(count * 24)
    return [
        int.from_bytes(stream[24 * i : 24 * i + 24], "big") % field.modulus for i in range(count)
    ]


@pytest.mark.parametrize("field", FIELDS)
def test_the_generator_has_the_order_that_the_draft_says(field: Field) -> None:
    assert pow(field.generator, 2**field.log_order, field.modulus) == 1
    assert pow(field.generator, 2 ** (field.log_order - 1), field.modulus) == field.modulus - 1


@pytest.mark.parametrize("n", [1, 2, 4, SHORT, 2 * SHORT, 128])
@pytest.mark.parametrize("field", FIELDS)
def test_weights_and_values_between_are_the_polynomial_s(field: Field, n: int) -> None:
    coefficients, point = some(field, n), 12345
    values = [horner(field, coefficients, w) for w in root_powers(field, n)]

    at = dot(weights_at(field, n, point), values) % field.modulus
    between = values_between(field, values)

    assert at == horner(field, coefficients, point)
    odd = root_powers(field, 2 * n)[1::2]
    assert between == [horner(field, coefficients, w) for w in odd]


def test_a_test_point_that_would_show_an_input_is_refused() -> None:
    flp = Flp(Histogram(5, 2))
    root = root_powers(FIELD128, flp.sizes.wire)[1]
    with pytest.raises(InvalidReportError):
        flp.query([0] * 5, [0] * flp.sizes.proof, [1, 1, root], [1, 1, 1], 1)


def test_the_xof_passes_over_what_lies_beyond_the_modulus() -> None:
    half = Field(2**63 + 29, 8, 0, 0)  # random bytes are beyond it every second time
    front, secret = xof.head(b"tag"), bytes(32)
    stream = xof.vector(FIELD128, front, secret, b"", 100)[1]
    words = [int.from_bytes(stream[i : i + 8], "little") for i in range(0, len(stream), 8)]

    found, raw = xof.vector(half, front, secret, b"", 50)

    assert found == [word for word in words if word < half.modulus][:50]
    assert raw == half.encode(found)
