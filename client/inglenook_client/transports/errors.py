"""What can go wrong on the way to a relay, as the person reads it."""

from __future__ import annotations

from typing import ClassVar

from inglenook_schema.errors import WorldError


class OfflineError(WorldError):
    """Couldn't reach the relay. What you wrote is saved here."""

    code = "offline"
    exit_code: ClassVar[int] = 3


class RelayError(OfflineError):
    """The relay answered, but not in a way this device understands."""

    code = "relay"


class FolderError(OfflineError):
    """That folder cannot be used. What you wrote is saved here."""

    code = "folder"


class FolderMissingError(FolderError):
    """There is no such folder. Is the stick plugged in? What you wrote is saved here."""

    code = "folder-missing"


class FolderGoneError(FolderError):
    """The folder could not be read or written any more. What you wrote is saved here."""

    code = "folder-gone"


class FolderFullError(FolderError):
    """There is no more room in that folder. What you wrote is saved here."""

    code = "folder-full"


class FolderReadOnlyError(FolderError):
    """Nothing can be written to that folder. What you wrote is saved here."""

    code = "folder-read-only"
