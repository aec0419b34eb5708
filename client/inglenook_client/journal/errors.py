"""What a person can get wrong, as they read it."""

from __future__ import annotations

from inglenook_schema.errors import CallerError


class NotFoundError(CallerError):
    """There is nothing by that name here."""

    code = "not-found"


class AmbiguousError(CallerError):
    """More than one thing fits; say which."""

    code = "ambiguous"


class WrongWordsError(CallerError):
    """Those are not the words of a recovery kit."""

    code = "wrong-words"


class NotReadyError(CallerError):
    """This device waits to be let in. Approve it on the other device, then: inglenook sync."""

    code = "not-ready"


class LastRelayError(CallerError):
    """Your journal lies at no other relay, and would stay on this device only."""

    code = "last-relay"


class PackFileError(CallerError):
    """That file is damaged, or was not written by pack export; nothing was changed."""

    code = "pack-file"


class ForeignPackError(CallerError):
    """Nothing in that file opens on this device; nothing was changed."""

    code = "foreign-pack"


class FileExistsAlreadyError(CallerError):
    """There is a file of that name already; nothing was changed. To replace it, add --force."""

    code = "file-exists"


class NotThereError(CallerError):
    """That file is not at the relay. The device that it was attached on sends it when it syncs."""

    code = "not-there"


class UncleanPictureError(CallerError):
    """That picture cannot be freed of what it says about where it was taken."""

    code = "unclean-picture"


class FolderExistsError(CallerError):
    """There is something of that name already, and a folder is never replaced: name another."""

    code = "folder-exists"
