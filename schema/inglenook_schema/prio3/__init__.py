"""Prio3 of draft-irtf-cfrg-vdaf-18: sums of answers that nobody sees (architecture 8)."""

from inglenook_schema.prio3.types import (
    Prio3Count,
    Prio3Histogram,
    Prio3MultihotCountVec,
    Prio3Sum,
    Prio3SumVec,
)
from inglenook_schema.prio3.vdaf import Prio3

__all__ = [
    "Prio3",
    "Prio3Count",
    "Prio3Histogram",
    "Prio3MultihotCountVec",
    "Prio3Sum",
    "Prio3SumVec",
]
