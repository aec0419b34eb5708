"""Reports, from the client to the leader (DAP draft 18, section 4.4)."""

from __future__ import annotations

from typing import Annotated

from inglenook_schema.dap.basic import (
    Extension,
    HpkeCiphertext,
    ReportError,
    ReportID,
    TaskID,
    Time,
    increasing,
)
from inglenook_schema.dap.codec import Message, Opaque, Rest, Vector
from inglenook_schema.dap.task import TaskConfiguration
from inglenook_schema.errors import InvalidReportError


class ReportMetadata(Message, frozen=True):
    """What both aggregators see of a report (section 4.4.2)."""

    report_id: ReportID
    time: Time
    public_extensions: Annotated[tuple[Extension, ...], Vector(2)]


class Report(Message, frozen=True):
    """A report as it is uploaded."""

    report_metadata: ReportMetadata
    public_share: Annotated[bytes, Opaque(4)]
    leader_encrypted_input_share: HpkeCiphertext
    helper_encrypted_input_share: HpkeCiphertext


class UploadRequest(Message, frozen=True):
    """Any number of reports."""

    reports: Annotated[tuple[Report, ...], Rest()]


class ReportUploadStatus(Message, frozen=True):
    """Why one report was not accepted."""

    id: ReportID
    error: ReportError


class UploadErrors(Message, frozen=True):
    """The reports that were not accepted, in the order of the request."""

    status: Annotated[tuple[ReportUploadStatus, ...], Rest()]


class PlaintextInputShare(Message, frozen=True):
    """What is sealed to one aggregator; ``payload`` is its input share."""

    private_extensions: Annotated[tuple[Extension, ...], Vector(2)]
    payload: Annotated[bytes, Opaque(4, 1)]


class InputShareAad(Message, frozen=True):
    """What an input share is sealed under: change a letter of it, and the share is lost."""

    task_id: TaskID
    task_configuration: TaskConfiguration
    report_metadata: ReportMetadata
    public_share: Annotated[bytes, Opaque(4)]


def check_extensions(
    metadata: ReportMetadata, share: PlaintextInputShare, known: frozenset[int]
) -> None:
    """Judge a report's extensions (section 4.5.3.4, items 5 to 7).

    Decoding does not: one report's fault must not take a whole job down.

    Args:
        metadata: The report's.
        share: This aggregator's.
        known: Extension types that this aggregator supports.

    Raises:
        InvalidReportError: One is unknown, stands twice, or is out of order; DAP's
            ``invalid_message``.
    """
    public = [int(each.extension_type) for each in metadata.public_extensions]
    private = [int(each.extension_type) for each in share.private_extensions]
    both = [*public, *private]
    if len(set(both)) != len(both) or not known.issuperset(both):
        raise InvalidReportError("A survey answer has an extension that is unknown or twice there.")
    if not (increasing(public) and increasing(private)):
        raise InvalidReportError("The extensions of a survey answer are out of order.")
