"""The types of question that Prio3 sums (VDAF draft 18, section 7.4), two aggregators or more."""

from __future__ import annotations

from collections.abc import Sequence

from inglenook_schema.prio3.circuits import Count, Histogram, MultihotCountVec, Sum, SumVec
from inglenook_schema.prio3.vdaf import Prio3


class Prio3Count(Prio3[int, int]):
    """How many say yes: each measurement is 0 or 1.

    Raises:
        CallerError: A parameter is out of range; so in all types.
    """

    ID = 1

    def __init__(self, shares: int) -> None:
        super().__init__(shares, Count())


class Prio3Sum(Prio3[int, int]):
    """The sum of integers from 0 to ``max_measurement``."""

    ID = 2

    def __init__(self, shares: int, max_measurement: int) -> None:
        super().__init__(shares, Sum(max_measurement))


class Prio3SumVec(Prio3[Sequence[int], list[int]]):
    """The sums of vectors of ``length`` integers from 0 to ``max_measurement``."""

    ID = 3

    def __init__(self, shares: int, length: int, max_measurement: int, chunk_length: int) -> None:
        super().__init__(shares, SumVec(length, max_measurement, chunk_length))


class Prio3Histogram(Prio3[int, list[int]]):
    """How often each of ``length`` buckets was chosen; a measurement is a bucket's number."""

    ID = 4

    def __init__(self, shares: int, length: int, chunk_length: int) -> None:
        super().__init__(shares, Histogram(length, chunk_length))


class Prio3MultihotCountVec(Prio3[Sequence[int], list[int]]):
    """How often each of ``length`` things was chosen, by people who choose ``max_weight`` at most.

    A measurement is a list of ``length`` zeros and ones.
    """

    ID = 5

    def __init__(self, shares: int, length: int, max_weight: int, chunk_length: int) -> None:
        super().__init__(shares, MultihotCountVec(length, max_weight, chunk_length))
