"""Checking reports, between leader and helper (DAP draft 18, section 4.5)."""

from __future__ import annotations

from enum import unique
from typing import Annotated

from inglenook_schema.dap.basic import (
    HpkeCiphertext,
    ReportError,
    ReportID,
    Uint8,
    Uint16,
    increasing,
)
from inglenook_schema.dap.codec import (
    Code,
    Message,
    Number,
    Opaque,
    Reader,
    Rest,
    Vector,
    Writer,
    decode_part,
    encode,
)
from inglenook_schema.dap.upload import ReportMetadata
from inglenook_schema.errors import CallerError

Payload = Annotated[bytes, Opaque(4, 1)]
"""A message of the VDAF's ping-pong exchange."""


class AggregationJobExtensionType(Number):
    """An aggregation job extension of the registry in section 9.2.3."""

    SIZE = 2


LEADER_SELECTED_BATCH_ID = AggregationJobExtensionType(1)
"""Its data is a ``BatchID`` (section 5.2.2)."""


class AggregationJobExtension(Message, frozen=True):
    """More that the helper must know about a job (section 4.5.1)."""

    extension_type: AggregationJobExtensionType
    extension_data: Annotated[bytes, Opaque(2)]


class ReportShare(Message, frozen=True):
    """A report as the helper gets it (section 4.5.3.1)."""

    report_metadata: ReportMetadata
    public_share: Annotated[bytes, Opaque(4)]
    encrypted_input_share: HpkeCiphertext


class VerifyInit(Message, frozen=True):
    """A report and the leader's first word about it."""

    report_share: ReportShare
    payload: Payload


class AggregationJobInitReq(Message, frozen=True):
    """The leader begins a job (section 4.5.3.1)."""

    verification_key_id: Uint8
    agg_param: Annotated[bytes, Opaque(4)]
    extensions: Annotated[tuple[AggregationJobExtension, ...], Vector(2)]
    verify_inits: Annotated[tuple[VerifyInit, ...], Rest()]

    def in_order(self) -> bool:
        """Section 4.5.3.2: extensions out of order make the message invalid."""
        return increasing([each.extension_type for each in self.extensions])


@unique
class VerifyRespType(Code):
    """What the helper says about a report (section 4.5.3.2)."""

    CONTINUE = 0
    FINISH = 1
    REJECT = 2


class VerifyResp(Message, frozen=True):
    """The helper's word about one report.

    ``payload`` is there with ``CONTINUE`` and ``report_error`` with ``REJECT``, else None.
    """

    report_id: ReportID
    verify_resp_type: VerifyRespType
    payload: bytes | None = None
    report_error: ReportError | None = None

    @staticmethod
    def form() -> tuple[Writer, Reader]:
        """The draft's ``select``: the type says what follows."""
        return _write_resp, _read_resp


class AggregationJobResp(Message, frozen=True):
    """The helper's answers, in the order of the request."""

    verify_resps: Annotated[tuple[VerifyResp, ...], Rest()]


class VerifyContinue(Message, frozen=True):
    """The leader's next word about a report (section 4.5.4.1); Prio3 never gets there."""

    report_id: ReportID
    payload: Payload


class AggregationJobContinueReq(Message, frozen=True):
    """The leader takes a job to its next step."""

    step: Uint16
    verify_continues: Annotated[tuple[VerifyContinue, ...], Rest()]


class _Continued(Message, frozen=True):
    payload: Payload


def _write_resp(resp: VerifyResp) -> bytes:
    head = encode(resp.report_id) + encode(resp.verify_resp_type)
    match resp:
        case VerifyResp(
            verify_resp_type=VerifyRespType.CONTINUE, payload=bytes(payload), report_error=None
        ):
            return head + encode(_Continued(payload))
        case VerifyResp(verify_resp_type=VerifyRespType.FINISH, payload=None, report_error=None):
            return head
        case VerifyResp(
            verify_resp_type=VerifyRespType.REJECT,
            payload=None,
            report_error=ReportError() as error,
        ):
            return head + encode(error)
        case _:
            raise CallerError("The answer about a report has parts that do not fit together.")


def _read_resp(data: bytes, at: int) -> tuple[VerifyResp, int]:
    report_id, at = decode_part(ReportID, data, at)
    kind, at = decode_part(VerifyRespType, data, at)
    match kind:
        case VerifyRespType.CONTINUE:
            continued, at = decode_part(_Continued, data, at)
            return VerifyResp(report_id, kind, payload=continued.payload), at
        case VerifyRespType.FINISH:
            return VerifyResp(report_id, kind), at
        case VerifyRespType.REJECT:
            error, at = decode_part(ReportError, data, at)
            return VerifyResp(report_id, kind, report_error=error), at
