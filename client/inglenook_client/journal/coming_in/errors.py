"""Why a file does not come in; nothing was changed by then."""

from __future__ import annotations

from inglenook_schema.errors import CallerError


class UnreadableFileError(CallerError):
    """That file is damaged, or is not of that format; nothing was changed."""

    code = "unreadable-file"


class UnknownFormatError(CallerError):
    """No format that Inglenook reads was found in that; nothing was changed."""

    code = "unknown-format"


class TooMuchError(CallerError):
    """That is more than one import takes; take it in parts. Nothing was changed."""

    code = "too-much"


class LockedFileError(CallerError):
    """That file is encrypted: let its own program write it as plain text first."""

    code = "locked-file"
