"""Each question as one task of DAP: configuration, shares, and what a sum says (protocol 11.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Final, TypeAlias

from inglenook_schema import dap, noise, suite
from inglenook_schema.errors import CallerError
from inglenook_schema.limits import SUITE
from inglenook_schema.prio3 import (
    Prio3,
    Prio3Count,
    Prio3Histogram,
    Prio3MultihotCountVec,
    Prio3Sum,
)
from inglenook_schema.sums.terms import Kind, Question, Terms

DAY_S: Final = 86_400
ANSWER_EXTENSION: Final = dap.ExtensionType(0xFF01)
"""A public report extension of ours: the id of the answer that the report belongs to."""
KNOWN_EXTENSIONS: Final = frozenset({int(ANSWER_EXTENSION)})
COLLECTION: Final = dap.CollectionJobReq(dap.Query(dap.BatchMode.LEADER_SELECTED, b""), b"", ())
"""The one collection that a task has."""
LEADER, HELPER = 0, 1
ROLES: Final = (dap.Role.LEADER, dap.Role.HELPER)
_INFO: Final = b"inglenook survey "
_TASK: Final = suite.domain("task") + bytes((SUITE,))
_BY_MAILBOX: Final = b"mailbox"

Said: TypeAlias = bool | int | tuple[int, ...] | None
"""An answer: ticked or not; a number; the place of an option; places of options; None where the
person would rather not say."""
_Vdaf: TypeAlias = "Prio3[int, int] | Prio3[int, list[int]] | Prio3[Sequence[int], list[int]]"


@dataclass(frozen=True)
class Task:
    """One question of a survey, as both aggregators see it."""

    number: int
    question: Question
    task_id: dap.TaskID
    configuration: dap.TaskConfiguration
    vdaf: _Vdaf

    @property
    def context(self) -> bytes:
        """What Prio3's randomness is bound to (protocol 11.1)."""
        return b"dap-18" + self.task_id

    @property
    def scale(self) -> Fraction:
        """The scale of each aggregator's noise."""
        return noise.scale(sensitivity(self.question), self.question.epsilon)

    @property
    def outputs(self) -> int:
        """Numbers in the sum."""
        return outputs(self.question)

    def aad(self, metadata: dap.ReportMetadata, public_share: bytes) -> dap.InputShareAad:
        """What an input share is sealed under."""
        return dap.InputShareAad(self.task_id, self.configuration, metadata, public_share)

    def sum_aad(self) -> dap.AggregateShareAad:
        """What an aggregate share is sealed under."""
        return dap.AggregateShareAad(self.task_id, self.configuration, COLLECTION)


def tasks(survey: bytes, terms: Terms) -> tuple[Task, ...]:
    """The tasks of a survey, in the order of its questions."""
    return tuple(_task(survey, terms, number) for number in range(len(terms.questions)))


def days(terms: Terms) -> tuple[int, int]:
    """The first and the last day on which an answer may be given, since 1970-01-01 in UTC."""
    return terms.opens // DAY_S, (terms.closes - 1) // DAY_S


def sensitivity(question: Question) -> int:
    """By how much one person's other answer changes the sum (protocol 11.2)."""
    match question.kind:
        case Kind.TICK:
            return 1
        case Kind.MEAN:
            return question.high - question.low
        case Kind.CHOICE:
            return 2
        case Kind.CHOICES:
            return 2 * question.most


def outputs(question: Question) -> int:
    """Numbers in a question's sum; the last of a choice counts those who would rather not say."""
    match question.kind:
        case Kind.TICK | Kind.MEAN:
            return 1
        case Kind.CHOICE:
            return question.options + 1
        case Kind.CHOICES:
            return question.options


def measurement(question: Question, said: Said) -> int | list[int] | None:
    """What is split in two halves for an answer; None where nothing is sent.

    Who would rather not say is counted as that in a choice, looks as if nothing was ticked in
    a tick and in choices, and sends no report about a mean: the two operators see that.

    Raises:
        CallerError: That is no answer to this question.
    """
    match question.kind, said:
        case Kind.TICK, bool() | None:
            return int(bool(said))
        case Kind.MEAN, None:
            return None
        case Kind.MEAN, int() if type(said) is int and question.low <= said <= question.high:
            return said - question.low
        case Kind.CHOICE, None:
            return question.options
        case Kind.CHOICE, int() if type(said) is int and 0 <= said < question.options:
            return said
        case Kind.CHOICES, None:
            return [0] * question.options
        case Kind.CHOICES, tuple() if _are_choices(question, said):
            return [int(place in said) for place in range(question.options)]
        case _:
            raise CallerError("That is no answer to this question.")


def _are_choices(question: Question, said: tuple[int, ...]) -> bool:
    places = set(said)
    return (
        len(places) == len(said) <= question.most
        and all(type(place) is int for place in said)
        and places <= set(range(question.options))
    )


@lru_cache(maxsize=64)
def _task(survey: bytes, terms: Terms, number: int) -> Task:
    question = terms.questions[number]
    vdaf_type, vdaf_config = _config(question)
    first, last = days(terms)
    interval = dap.Interval(dap.Time(first), dap.Duration(last - first + 1))
    configuration = dap.TaskConfiguration(
        _INFO + survey + bytes((number,)),
        terms.relay.origin.encode(),
        terms.witness.origin.encode() or _BY_MAILBOX,
        dap.TimePrecision(DAY_S),
        question.k,
        dap.BatchModeCode(dap.BatchMode.LEADER_SELECTED),
        b"",
        dap.VdafType(vdaf_type),
        vdaf_config,
        (
            dap.TaskExtension(
                dap.TASK_INTERVAL, dap.encode(dap.TaskIntervalTaskExtension(interval))
            ),
        ),
    )
    name = dap.TaskID(suite.sha256(_TASK + dap.encode(configuration)))
    return Task(number, question, name, configuration, _vdaf(question))


def _chunk(length: int) -> int:
    return max(1, isqrt(length))


def _config(question: Question) -> tuple[dap.Vdaf, bytes]:
    size = outputs(question)
    match question.kind:
        case Kind.TICK:
            return dap.Vdaf.PRIO3_COUNT, b""
        case Kind.MEAN:
            most = question.high - question.low
            return dap.Vdaf.PRIO3_SUM, dap.encode(dap.Prio3SumConfig(most))
        case Kind.CHOICE:
            histogram = dap.Prio3HistogramConfig(size, _chunk(size))
            return dap.Vdaf.PRIO3_HISTOGRAM, dap.encode(histogram)
        case Kind.CHOICES:
            several = dap.Prio3MultihotCountVecConfig(size, _chunk(size), question.most)
            return dap.Vdaf.PRIO3_MULTIHOT_COUNT_VEC, dap.encode(several)


def _vdaf(question: Question) -> _Vdaf:
    size = outputs(question)
    match question.kind:
        case Kind.TICK:
            return Prio3Count(2)
        case Kind.MEAN:
            return Prio3Sum(2, question.high - question.low)
        case Kind.CHOICE:
            return Prio3Histogram(2, size, _chunk(size))
        case Kind.CHOICES:
            return Prio3MultihotCountVec(2, size, question.most, _chunk(size))
