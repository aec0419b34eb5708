"""What both operators sign at the end, and what anybody can check (protocol 11.11, 11.12).

Leaf        one answer, and which of its reports count
Frozen      the root of all leaves and how many count; signed by Relay and Witness
Sum         one operator's half of one question's sum, noise in it, sealed and signed
Transcript  all of it with the key that opens the halves: published, and read offline
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import exp
from typing import Annotated, Final

import msgspec

from inglenook_schema import canonical, dap, suite
from inglenook_schema.dap import sealing
from inglenook_schema.errors import BadSignatureError, MalformedMessageError
from inglenook_schema.ids import Count, Hash, Signature
from inglenook_schema.limits import KEM_PRIVATE, SUITE
from inglenook_schema.sums import tree
from inglenook_schema.sums.answers import KEY_ID
from inglenook_schema.sums.tasks import ROLES, Task, tasks
from inglenook_schema.sums.terms import (
    MAX_QUESTIONS,
    MAX_ROSTER,
    Cosigned,
    Party,
    Terms,
    open_cosigned,
    public_of,
)

LEVEL: Final = 0.95
"""How often the true number lies within the interval that is told."""
MAX_TRANSCRIPT: Final = 4_194_304
_FREEZE: Final = suite.domain("freeze") + bytes((SUITE,))
_SUM: Final = suite.domain("sum") + bytes((SUITE,))
_RESULT: Final = suite.domain("result") + bytes((SUITE,))


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    """An answer that counts."""

    answer: Hash
    counted: Annotated[int, msgspec.Meta(ge=1, lt=2**MAX_QUESTIONS)]
    """Bit q is set where its report about question q counts."""


class Frozen(msgspec.Struct, frozen=True, array_like=True):
    """The list that the sums are made of, and none other."""

    survey: Hash
    root: Hash
    answers: Count
    counts: Annotated[tuple[Count, ...], msgspec.Meta(min_length=1, max_length=MAX_QUESTIONS)]
    """Reports that count, a question each."""


class Sum(msgspec.Struct, frozen=True, array_like=True):
    """One operator's half of a sum."""

    sealed: Annotated[bytes, msgspec.Meta(max_length=4_096)]
    """A DAP ``AggregateShare``."""
    signature: Signature


class Transcript(msgspec.Struct, frozen=True, array_like=True):
    """A survey that was counted, whole."""

    cosigned: Cosigned
    frozen: Frozen
    relay: Signature
    witness: Signature
    leaves: Annotated[tuple[Leaf, ...], msgspec.Meta(max_length=MAX_ROSTER)]
    sums: Annotated[tuple[tuple[Sum, Sum] | None, ...], msgspec.Meta(max_length=MAX_QUESTIONS)]
    """The Relay's and the Witness's; nil where too few answered."""
    opener: Annotated[bytes, msgspec.Meta(min_length=KEM_PRIVATE, max_length=KEM_PRIVATE)]
    """The coordinator's KEM key for this survey, which opens these sums and nothing else."""


class Published(msgspec.Struct, frozen=True, array_like=True):
    """A transcript that the coordinator signed."""

    transcript: Annotated[bytes, msgspec.Meta(max_length=MAX_TRANSCRIPT)]
    signature: Signature


@dataclass(frozen=True)
class Outcome:
    """What one question came to."""

    count: int
    """Answers in it; exact."""
    numbers: tuple[int, ...] | None
    """With the noise of both operators in them; None where too few answered."""
    within: int
    """In 95 cases of 100 each true number is no further away than this."""


@dataclass(frozen=True)
class Counted:
    """A survey's result, checked."""

    survey: bytes
    terms: Terms
    answers: int
    outcomes: tuple[Outcome, ...]
    leaves: tuple[Leaf, ...]


def freeze(survey: bytes, questions: int, leaves: Sequence[Leaf]) -> Frozen:
    """The list as it is signed; ``leaves`` ascend strictly by answer."""
    counts = [sum(leaf.counted >> number & 1 for leaf in leaves) for number in range(questions)]
    return Frozen(survey, tree.root(encoded(leaves)), len(leaves), tuple(counts))


def encoded(leaves: Sequence[Leaf]) -> list[bytes]:
    """Leaves as the tree takes them."""
    return [canonical.encode(leaf) for leaf in leaves]


def ascending(leaves: Sequence[Leaf]) -> bool:
    """Whether no answer is there twice, and they stand in their one order."""
    names = [leaf.answer for leaf in leaves]
    return all(one < other for one, other in pairwise(names))


def sign_frozen(key: suite.SigningKey, party: Party, frozen: Frozen) -> bytes:
    """An operator's name under the list."""
    return key.sign(_frozen(party, frozen))


def check_frozen(terms: Terms, party: Party, frozen: Frozen, signature: bytes) -> None:
    """Check an operator's name under the list.

    Raises:
        BadSignatureError: It is not that operator's.
    """
    suite.verify(public_of(terms, party), signature, _frozen(party, frozen))


def make_sum(
    key: suite.SigningKey, party: Party, survey: bytes, task: Task, terms: Terms, share: bytes
) -> Sum:
    """Seal a half of a sum, noise and all, to the coordinator and sign it.

    Args:
        key: The operator's.
        party: Which operator.
        survey: The survey's id.
        task: The question's.
        terms: What was asked.
        share: An aggregate share with this operator's noise in it.
    """
    role = ROLES[_place(party)]
    config = sealing.hpke_config(KEY_ID, terms.collector.kem)
    sealed = sealing.seal_aggregate_share(config, role, task.sum_aad(), share)
    message = dap.encode(dap.AggregateShare(sealed))
    return Sum(message, key.sign(_summed(party, survey, task.number, message)))


def open_sum(
    opener: suite.KemKey, party: Party, survey: bytes, task: Task, terms: Terms, half: Sum
) -> bytes:
    """Undo :func:`make_sum`; gives the aggregate share.

    Raises:
        BadSignatureError: It is not that operator's, or about another question.
        WrongKeyError: It does not open.
        MalformedMessageError: It is no aggregate share.
    """
    signed = _summed(party, survey, task.number, half.sealed)
    suite.verify(public_of(terms, party), half.signature, signed)
    message = dap.decode(dap.AggregateShare, half.sealed)
    return sealing.open_aggregate_share(
        opener,
        KEY_ID,
        ROLES[_place(party)],
        task.sum_aad(),
        message.encrypted_aggregate_share,
    )


def publish(key: suite.SigningKey, transcript: Transcript) -> bytes:
    """Sign a transcript as its coordinator; gives what is published."""
    data = canonical.encode(transcript)
    return canonical.encode(Published(data, key.sign(_RESULT + suite.sha256(data))))


def replay(published: bytes) -> Counted:
    """Check everything in a published transcript and count again; needs nothing else.

    Raises:
        MalformedMessageError: It cannot be read, or its parts do not fit together.
        SurveyRefusedError: The survey breaks a rule that protects people.
        BadSignatureError: Somebody did not sign what stands here, or the list differs.
        WrongKeyError: A half of a sum does not open.
    """
    if len(published) > MAX_TRANSCRIPT:
        raise MalformedMessageError("A result is longer than a result may be.")
    outer = canonical.decode(published, Published, MalformedMessageError)
    read = canonical.decode(outer.transcript, Transcript, MalformedMessageError)
    survey, terms = open_cosigned(read.cosigned)
    suite.verify(terms.collector.sign, outer.signature, _RESULT + suite.sha256(outer.transcript))
    check_list(survey, terms, read.frozen, read.leaves)
    check_frozen(terms, Party.RELAY, read.frozen, read.relay)
    check_frozen(terms, Party.WITNESS, read.frozen, read.witness)
    opener = suite.KemKey(read.opener)
    if opener.public != terms.collector.kem or len(read.sums) != len(terms.questions):
        raise MalformedMessageError("The parts of a result do not fit together.")
    outcomes = [
        _outcome(opener, survey, task, terms, read.frozen.counts[task.number], halves)
        for task, halves in zip(tasks(survey, terms), read.sums, strict=True)
    ]
    return Counted(survey, terms, read.frozen.answers, tuple(outcomes), read.leaves)


def check_list(survey: bytes, terms: Terms, frozen: Frozen, leaves: Sequence[Leaf]) -> None:
    """Check that leaves are the list that is frozen.

    Raises:
        MalformedMessageError: They are not.
    """
    fits = ascending(leaves) and len(leaves) <= terms.enrolled
    if not fits or frozen != freeze(survey, len(terms.questions), leaves):
        raise MalformedMessageError("The list of a survey's answers is not the one that is signed.")


def within(scale: Fraction) -> int:
    """How far off a number is at most in 95 cases of 100, both operators' noise together.

    Two discrete Laplace variables with p = exp(-1 / scale) have the sum x with the probability
    ((1 - p) / (1 + p))² · p^|x| · (|x| + 1 + 2p² / (1 - p²)).
    """
    p = exp(-1 / float(scale))
    weight = ((1 - p) / (1 + p)) ** 2
    beyond = 2 * p * p / (1 - p * p)
    far, covered = 0, weight * (1 + beyond)
    while covered < LEVEL:
        far += 1
        covered += 2 * weight * p**far * (far + 1 + beyond)
    return far


def _outcome(
    opener: suite.KemKey,
    survey: bytes,
    task: Task,
    terms: Terms,
    count: int,
    halves: tuple[Sum, Sum] | None,
) -> Outcome:
    far = within(task.scale)
    if (halves is None) is not (count < task.question.k):
        raise MalformedMessageError("A sum is there that must not be, or is missing.")
    if halves is None:
        return Outcome(count, None, far)
    shares = [
        open_sum(opener, party, survey, task, terms, half)
        for party, half in zip((Party.RELAY, Party.WITNESS), halves, strict=True)
    ]
    return Outcome(count, tuple(task.vdaf.unshard_noised(shares, count)), far)


def _place(party: Party) -> int:
    if party not in (Party.RELAY, Party.WITNESS):
        raise BadSignatureError("Only a survey's two operators hold shares.")
    return party - Party.RELAY


def _frozen(party: Party, frozen: Frozen) -> bytes:
    return _FREEZE + bytes((party,)) + canonical.encode(frozen)


def _summed(party: Party, survey: bytes, number: int, sealed: bytes) -> bytes:
    return _SUM + bytes((party,)) + survey + bytes((number,)) + suite.sha256(sealed)
