"""What both operators do with halves of answers: open, check, add up, add noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

from inglenook_schema import dap, noise, suite
from inglenook_schema.dap import sealing
from inglenook_schema.errors import (
    InvalidReportError,
    MalformedError,
    MalformedReportError,
    WrongKeyError,
)
from inglenook_schema.noise import Draw
from inglenook_schema.sums import answers
from inglenook_schema.sums.tasks import KNOWN_EXTENSIONS, ROLES, Task
from inglenook_server.core.sums.errors import ReportRejectedError

INITIALIZE, FINISH = b"\0", b"\2"
"""Types of ping-pong messages (VDAF draft 18, section 5.7.1); Prio3 never continues."""
_LENGTH: Final = 4


@dataclass(frozen=True)
class OperatorKeys:
    """An operator's own."""

    sign: suite.SigningKey
    kem_private: bytes

    @cached_property
    def kem(self) -> suite.KemKey:
        """Read once for many openings."""
        return suite.KemKey(self.kem_private)


def open_share(
    task: Task,
    kem: suite.KemKey,
    who: int,
    share: dap.ReportShare,
    answer: bytes,
) -> bytes:
    """Open one operator's half of a report (DAP draft 18, sections 4.5.3.3 and 4.5.3.4).

    Raises:
        ReportRejectedError: Always with the code that DAP has for it.
    """
    sealed = share.encrypted_input_share
    if sealed.config_id != answers.KEY_ID:
        raise ReportRejectedError(dap.ReportError.HPKE_UNKNOWN_CONFIG_ID)
    aad = task.aad(share.report_metadata, share.public_share)
    try:
        answers.check_metadata(share.report_metadata, answer)
        opened = sealing.open_input_share(kem, answers.KEY_ID, ROLES[who], aad, sealed)
        dap.check_extensions(share.report_metadata, opened, KNOWN_EXTENSIONS)
    except WrongKeyError:
        raise ReportRejectedError(dap.ReportError.HPKE_DECRYPT_ERROR) from None
    except (InvalidReportError, MalformedError):
        raise ReportRejectedError(dap.ReportError.INVALID_MESSAGE) from None
    return opened.payload


def begin(
    task: Task, verify_key: bytes, who: int, share: dap.ReportShare, payload: bytes
) -> tuple[bytes, bytes]:
    """The state of a check, and the verifier share.

    Raises:
        ReportRejectedError: The half cannot be one of an answer.
    """
    try:
        return task.vdaf.verify_init(
            *(verify_key, task.context, who, share.report_metadata.report_id),
            *(share.public_share, payload),
        )
    except (MalformedReportError, InvalidReportError):
        raise ReportRejectedError(dap.ReportError.VDAF_VERIFY_ERROR) from None


def decide(task: Task, leader: bytes, helper: bytes) -> bytes:
    """Whether both halves together are an answer; the message that says so.

    Raises:
        ReportRejectedError: They are not.
    """
    try:
        return task.vdaf.verifier_shares_to_message(task.context, (leader, helper))
    except (MalformedReportError, InvalidReportError):
        raise ReportRejectedError(dap.ReportError.VDAF_VERIFY_ERROR) from None


def finish(task: Task, state: bytes, message: bytes) -> bytes:
    """The out share.

    Raises:
        ReportRejectedError: The message does not fit the state.
    """
    try:
        return task.vdaf.verify_next(state, message)
    except (MalformedReportError, InvalidReportError):
        raise ReportRejectedError(dap.ReportError.VDAF_VERIFY_ERROR) from None


def say(kind: bytes, data: bytes) -> bytes:
    """A ping-pong message."""
    return kind + len(data).to_bytes(_LENGTH, "big") + data


def hear(kind: bytes, message: bytes) -> bytes:
    """Read a ping-pong message of the expected type.

    Raises:
        ReportRejectedError: It is none.
    """
    head = 1 + _LENGTH
    data = message[head:]
    if message[:1] != kind or message[1:head] != len(data).to_bytes(_LENGTH, "big"):
        raise ReportRejectedError(dap.ReportError.VDAF_VERIFY_ERROR)
    return data


def checksum(report_ids: Iterable[bytes]) -> bytes:
    """The exclusive or of their hashes (DAP draft 18, section 4.5.5)."""
    total = 0
    for report_id in report_ids:
        total ^= int.from_bytes(suite.sha256(report_id), "big")
    return total.to_bytes(32, "big")


def noised_sum(task: Task, out_shares: Sequence[bytes], draw: Draw) -> bytes:
    """This operator's half of a sum, with its own noise in each number."""
    total = task.vdaf.aggregate(out_shares)
    return task.vdaf.add_noise(total, _noise(task.outputs, task.scale, draw))


def _noise(count: int, scale: Fraction, draw: Draw) -> list[int]:
    return noise.laplaces(count, scale, draw)
