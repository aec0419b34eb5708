"""The five validity circuits (VDAF draft 18, sections 7.4.1 to 7.4.5 and appendix A).

A circuit says which vectors are measurements. It is affine but for one gadget, called
``calls`` times on ``arity`` wires; :mod:`~inglenook_schema.prio3.flp` proves the gadget's
outputs and each circuit combines them. All circuits here have a gadget of degree two.

``one`` is 1 / shares where the measurement is a share, else 1: a constant is added once,
whoever adds it (section 7.3.2).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from inglenook_schema.errors import CallerError
from inglenook_schema.prio3.field import FIELD64, FIELD128, Field
from inglenook_schema.prio3.polynomial import dot

Measurement = TypeVar("Measurement")
Result = TypeVar("Result")


class Circuit(ABC, Generic[Measurement, Result]):
    """What a measurement is, how it is checked and what its sum means.

    Attributes:
        field: The field of everything.
        arity: Wires of the gadget.
        calls: How often the gadget is called.
        length: Elements of an encoded measurement.
        outputs: Elements of what is summed.
        joint: Elements of joint randomness, one a call or none.
        checks: Outputs of the circuit; all are zero if and only if it accepts.
    """

    field: Field
    arity: int
    calls: int
    length: int
    outputs: int
    joint: int
    checks: int

    @abstractmethod
    def encode(self, measurement: Measurement) -> list[int]:
        """The measurement as a vector.

        Raises:
            CallerError: It is none.
        """

    @abstractmethod
    def wires(self, meas: list[int], joint: list[int], one: int) -> list[list[int]]:
        """Each wire's input at every call."""

    @abstractmethod
    def gadget(self, columns: list[list[int]]) -> list[int]:
        """The gadget at many points at once: ``columns[j][i]`` is wire j at point i."""

    @abstractmethod
    def check(self, meas: list[int], called: list[int], one: int) -> list[int]:
        """The circuit's outputs, from what the calls gave; not reduced."""

    @abstractmethod
    def truncate(self, meas: list[int]) -> list[int]:
        """What of a measurement, or of a share of one, is summed."""

    @abstractmethod
    def result(self, total: list[int]) -> Result:
        """What the sum of all measurements says."""


class Count(Circuit[int, int]):
    """Zero or one (section 7.4.1)."""

    field = FIELD64
    arity, calls, length, outputs, joint, checks = 2, 1, 1, 1, 0, 1

    def encode(self, measurement: int) -> list[int]:
        return [_within(measurement, 1)]

    def wires(self, meas: list[int], joint: list[int], one: int) -> list[list[int]]:
        return [meas, meas]

    def gadget(self, columns: list[list[int]]) -> list[int]:
        return _products(self.field, columns)

    def check(self, meas: list[int], called: list[int], one: int) -> list[int]:
        return [called[0] - meas[0]]

    def truncate(self, meas: list[int]) -> list[int]:
        return meas

    def result(self, total: list[int]) -> int:
        return total[0]


class Sum(Circuit[int, int]):
    """An integer from zero to a largest one (section 7.4.2)."""

    field = FIELD64
    arity, outputs, joint = 1, 1, 0

    def __init__(self, largest: int) -> None:
        self.bits: Final = Bits(self.field, largest)
        self.calls = self.length = self.checks = self.bits.count

    def encode(self, measurement: int) -> list[int]:
        return self.bits.encode(measurement)

    def wires(self, meas: list[int], joint: list[int], one: int) -> list[list[int]]:
        return [meas]

    def gadget(self, columns: list[list[int]]) -> list[int]:
        q = self.field.modulus
        return [x * (x - 1) % q for x in columns[0]]

    def check(self, meas: list[int], called: list[int], one: int) -> list[int]:
        return called

    def truncate(self, meas: list[int]) -> list[int]:
        return [self.bits.decode(meas)]

    def result(self, total: list[int]) -> int:
        return total[0]


class _Chunked(Circuit[Measurement, list[int]]):
    """All elements are zero or one, ``chunk`` of them a call (sections 7.4.3 and A.3).

    With r the call's joint randomness and m the j-th element of its chunk, the gadget's
    wires 2j and 2j + 1 are r^(j+1) * m and m - 1; it sums their products.
    """

    field = FIELD128

    def __init__(self, length: int, outputs: int, chunk: int) -> None:
        self.chunk: Final = _positive(chunk)
        self.length = length
        self.outputs = outputs
        self.arity = 2 * chunk
        self.calls = self.joint = -(-length // chunk)

    def wires(self, meas: list[int], joint: list[int], one: int) -> list[list[int]]:
        q, chunk = self.field.modulus, self.chunk
        padded = meas + [0] * (self.calls * chunk - self.length)
        wires: list[list[int]] = []
        powers = joint
        for j in range(chunk):
            column = padded[j::chunk]
            wires.append([r * m % q for r, m in zip(powers, column, strict=True)])
            wires.append([m - one for m in column])
            powers = [r * first % q for r, first in zip(powers, joint, strict=True)]
        return wires

    def gadget(self, columns: list[list[int]]) -> list[int]:
        return _products(self.field, columns)

    def result(self, total: list[int]) -> list[int]:
        return total


class SumVec(_Chunked[Sequence[int]]):
    """A vector of integers from zero to a largest one (section 7.4.3)."""

    checks = 1

    def __init__(self, length: int, largest: int, chunk: int) -> None:
        self.bits: Final = Bits(self.field, largest)
        super().__init__(_positive(length) * self.bits.count, length, chunk)

    def encode(self, measurement: Sequence[int]) -> list[int]:
        return [
            bit for each in _of_length(measurement, self.outputs) for bit in self.bits.encode(each)
        ]

    def check(self, meas: list[int], called: list[int], one: int) -> list[int]:
        return [sum(called)]

    def truncate(self, meas: list[int]) -> list[int]:
        count = self.bits.count
        return [self.bits.decode(meas[i : i + count]) for i in range(0, self.length, count)]


class Histogram(_Chunked[int]):
    """One of ``length`` buckets (section 7.4.4)."""

    checks = 2

    def __init__(self, length: int, chunk: int) -> None:
        super().__init__(_positive(length), length, chunk)

    def encode(self, measurement: int) -> list[int]:
        encoded = [0] * self.length
        encoded[_within(measurement, self.length - 1)] = 1
        return encoded

    def check(self, meas: list[int], called: list[int], one: int) -> list[int]:
        return [sum(called), sum(meas) - one]

    def truncate(self, meas: list[int]) -> list[int]:
        return meas


class MultihotCountVec(_Chunked[Sequence[int]]):
    """``length`` yes-or-no values, at most ``most`` of them yes (section 7.4.5)."""

    checks = 2

    def __init__(self, length: int, most: int, chunk: int) -> None:
        self.bits: Final = Bits(self.field, most)
        if most > _positive(length):
            raise CallerError("More choices are allowed than there are.")
        super().__init__(length + self.bits.count, length, chunk)

    def encode(self, measurement: Sequence[int]) -> list[int]:
        chosen = [_within(each, 1) for each in _of_length(measurement, self.outputs)]
        return chosen + self.bits.encode(sum(chosen))

    def check(self, meas: list[int], called: list[int], one: int) -> list[int]:
        claimed = self.bits.decode(meas[self.outputs :])
        return [sum(called), sum(meas[: self.outputs]) - claimed]

    def truncate(self, meas: list[int]) -> list[int]:
        return meas[: self.outputs]


class Bits:
    """Integers from zero to ``largest`` as zeros and ones with weights (section 7.4.2).

    The weights are powers of two but the last, which makes their sum ``largest``: no vector
    of zeros and ones is out of range.

    Raises:
        CallerError: ``largest`` is not positive, or does not fit the field.
    """

    def __init__(self, field: Field, largest: int) -> None:
        if _positive(largest) >= field.modulus:
            raise CallerError("The largest answer does not fit the field.")
        self.field: Final = field
        self.largest: Final = largest
        self.count: Final = largest.bit_length()
        self.weights: Final = [1 << i for i in range(self.count - 1)]
        self.weights.append(largest - sum(self.weights))

    def encode(self, answer: object) -> list[int]:
        """The zeros and ones of ``answer``.

        Raises:
            CallerError: It is not from zero to ``largest``.
        """
        value = _within(answer, self.largest)
        last = int(value >= 1 << (self.count - 1))
        rest = value - last * self.weights[-1]
        return [rest >> i & 1 for i in range(self.count - 1)] + [last]

    def decode(self, encoded: list[int]) -> int:
        """The value of an encoding or of a share of one."""
        return dot(self.weights, encoded) % self.field.modulus


def _products(field: Field, columns: list[list[int]]) -> list[int]:
    """At each point the sum of the products of wires 0 and 1, 2 and 3, and so on."""
    q = field.modulus
    return [dot(row[::2], row[1::2]) % q for row in zip(*columns, strict=True)]


def _positive(number: object) -> int:
    if not isinstance(number, int) or number < 1:
        raise CallerError("The size of a survey question is not a positive number.")
    return number


def _within(number: object, largest: int) -> int:
    if not isinstance(number, int) or not 0 <= number <= largest:
        raise CallerError("That answer does not fit the question.")
    return number


def _of_length(numbers: object, length: int) -> Sequence[object]:
    if not isinstance(numbers, Sequence) or isinstance(numbers, str | bytes):
        raise CallerError("That answer does not fit the question.")
    if len(numbers) != length:
        raise CallerError("That answer does not fit the question.")
    return numbers
