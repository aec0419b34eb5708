"""What an operator of a survey raises and answers itself; nobody else sees it."""

from __future__ import annotations

from inglenook_schema.dap import ReportError
from inglenook_schema.errors import PeerError


class ReportRejectedError(PeerError):
    """A report does not count."""

    code = "report-rejected"

    def __init__(self, error: ReportError) -> None:
        super().__init__()
        self.error = error


class RefusedError(PeerError):
    """A question to an operator is answered with no.

    Args:
        code: The last part of DAP's error URN, or one of ours (protocol 11.13).
        reports: Questions, with the code of each report's own.
    """

    code = "refused"

    def __init__(self, code: str, reports: tuple[tuple[int, int], ...] = ()) -> None:
        super().__init__()
        self.said = code
        self.reports = reports
