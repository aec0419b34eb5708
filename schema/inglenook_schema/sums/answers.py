"""An answer as it travels: reports, a token, a secret that takes it back (protocol 11.10).

A member shards each answer on the device, seals the halves and forgets what was said. Each
report carries the answer's id in its metadata, under the shares' seals: no report can be
moved from one answer to another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec

from inglenook_schema import canonical, dap, suite
from inglenook_schema.dap import sealing
from inglenook_schema.errors import (
    BadSignatureError,
    CallerError,
    InvalidReportError,
    MalformedError,
    MalformedMessageError,
)
from inglenook_schema.ids import Hash, Secret
from inglenook_schema.limits import SUITE
from inglenook_schema.sums.tasks import ANSWER_EXTENSION, ROLES, Said, Task, days, measurement
from inglenook_schema.sums.terms import MAX_QUESTIONS, Operator, Terms
from inglenook_schema.sums.tokens import TokenBytes

KEY_ID: Final = 0
"""The number of each operator's one key for shares."""
MAX_REPORT: Final = 16_384
MAX_LETTER: Final = 2_048
_ANSWER: Final = suite.domain("answer") + bytes((SUITE,))
_WITHDRAW: Final = suite.domain("withdraw") + bytes((SUITE,))
_LETTER: Final = suite.domain("letter") + bytes((SUITE,))


class Head(msgspec.Struct, frozen=True, array_like=True):
    """What an answer is known by; its hash stands in each of its reports."""

    survey: Hash
    nonce: Hash
    """Of its token."""
    commitment: Hash
    """To the secret that withdraws it."""


class Numbered(msgspec.Struct, frozen=True, array_like=True):
    """A report about one question."""

    question: Annotated[int, msgspec.Meta(ge=0, lt=MAX_QUESTIONS)]
    report: Annotated[bytes, msgspec.Meta(max_length=MAX_REPORT)]
    """A DAP ``Report``."""


class Withdrawal(msgspec.Struct, frozen=True, array_like=True):
    """Takes an answer back: whoever knows the secret gave it."""

    survey: Hash
    answer: Hash
    secret: Secret


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """All reports of one person."""

    head: Head
    token: TokenBytes
    reports: Annotated[tuple[Numbered, ...], msgspec.Meta(min_length=1, max_length=MAX_QUESTIONS)]
    instead: Withdrawal | None
    """The answer that this one replaces."""


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """A withdrawal that the Witness alone can read; the Relay hands it on."""

    survey: Hash
    sealed: Annotated[bytes, msgspec.Meta(min_length=1_136, max_length=MAX_LETTER)]


def answer_id(head: Head) -> bytes:
    """What an answer is called, 32 bytes."""
    return suite.sha256(_ANSWER + canonical.encode(head))


def commitment(secret: bytes) -> bytes:
    """What binds an answer to the secret that withdraws it."""
    return suite.sha256(_WITHDRAW + secret)


def check_withdrawal(withdrawal: Withdrawal, head: Head) -> None:
    """Check that a withdrawal is by whoever gave the answer.

    Raises:
        BadSignatureError: It is not, or is about another answer.
    """
    fits = withdrawal.survey == head.survey and withdrawal.answer == answer_id(head)
    if not fits or commitment(withdrawal.secret) != head.commitment:
        raise BadSignatureError("That does not withdraw this answer.")


def make_reports(
    tasks: Sequence[Task],
    terms: Terms,
    said: Sequence[Said],
    head: Head,
    day: int,
    draw: Callable[[int], bytes],
) -> tuple[Numbered, ...]:
    """Split each answer and seal the halves.

    Args:
        tasks: The survey's.
        terms: What was asked.
        said: An answer to each question.
        head: What the answer is known by.
        day: Days since 1970-01-01: the only time in a report.
        draw: Gives random bytes.

    Raises:
        CallerError: Something said is no answer to its question, or nothing is left to send.
    """
    if len(said) != len(tasks):
        raise CallerError("There is not one answer to each question.")
    name = answer_id(head)
    made = []
    for task, one in zip(tasks, said, strict=True):
        measured = measurement(task.question, one)
        if measured is not None:
            report = _report(task, terms, measured, name, day, draw)
            made.append(Numbered(task.number, dap.encode(report)))
    if not made:
        raise CallerError("Nothing of that would be sent.")
    return tuple(made)


def check_metadata(metadata: dap.ReportMetadata, name: bytes) -> None:
    """Check that a report is the answer's that it came with, and has no other extension.

    Raises:
        InvalidReportError: It is another's; DAP's ``invalid_message``.
    """
    if metadata.public_extensions != (dap.Extension(ANSWER_EXTENSION, name),):
        raise InvalidReportError("A report belongs to another answer.")


def in_time(terms: Terms, time: int) -> bool:
    """Whether a report's time, in days, is within the survey's."""
    first, last = days(terms)
    return first <= time <= last


def seal_letter(witness: Operator, withdrawal: Withdrawal) -> Letter:
    """Write to the Witness."""
    info = _LETTER + withdrawal.survey
    return Letter(
        withdrawal.survey, suite.hpke_seal(witness.kem, canonical.encode(withdrawal), info)
    )


def open_letter(private: bytes, letter: Letter) -> Withdrawal:
    """Read a letter with the Witness's key of 96 bytes.

    Raises:
        WrongKeyError: It is to somebody else, or about another survey.
        MalformedMessageError: It is no withdrawal.
    """
    read = suite.hpke_open(private, letter.sealed, _LETTER + letter.survey)
    withdrawal = canonical.decode(read, Withdrawal, MalformedMessageError)
    if withdrawal.survey != letter.survey:
        raise MalformedMessageError("A withdrawal is about another survey.")
    return withdrawal


def _report(
    task: Task,
    terms: Terms,
    measured: int | list[int],
    name: bytes,
    day: int,
    draw: Callable[[int], bytes],
) -> dap.Report:
    report_id = dap.ReportID(draw(16))
    metadata = dap.ReportMetadata(
        report_id, dap.Time(day), (dap.Extension(ANSWER_EXTENSION, name),)
    )
    public, shares = task.vdaf.shard(
        task.context,
        measured,  # type: ignore[arg-type]  # the kind of question decides both
        report_id,
        draw(task.vdaf.RAND_SIZE),
    )
    aad = task.aad(metadata, public)
    configs = [sealing.hpke_config(KEY_ID, each.kem) for each in (terms.relay, terms.witness)]
    sealed = [
        sealing.seal_input_share(config, role, aad, dap.PlaintextInputShare((), share))
        for config, role, share in zip(configs, ROLES, shares, strict=True)
    ]
    return dap.Report(metadata, public, *sealed)


def read_report(data: bytes) -> dap.Report:
    """A DAP ``Report``.

    Raises:
        MalformedMessageError: It is none.
    """
    try:
        return dap.decode(dap.Report, data)
    except MalformedError:
        raise MalformedMessageError from None
