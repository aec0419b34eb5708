"""What can go wrong with a key, and the exit code of each.

    CallerError                  the person
    ├── LockedError              2   no way to the key without the person
    │   └── WrongPassphraseError 2
    ├── NoKeyFileError           1
    ├── KeyFileExistsError       1
    ├── KdfCostError             1
    ├── PassphraseError          1   cannot be used as a passphrase
    ├── PassphraseFileError      1
    └── UnlockTimeError          1
    WorldError                   disk, another program
    ├── KeyFileError             4   damaged, or it keeps another key than this
    ├── KeyFileAccessError       5
    ├── KeyringRefusedError      1
    └── AgentError               1

The docstring is what a person reads. Messages given when raising are constant, so that
they can stand in the catalogue; none holds a path, a key or a passphrase.
"""

from __future__ import annotations

from typing import ClassVar

from inglenook_schema.errors import CallerError, WorldError


class LockedError(CallerError):
    """The journal is locked; without a terminal, name a file in INGLENOOK_PASSPHRASE_FILE."""

    code = "locked"
    exit_code: ClassVar[int] = 2


class WrongPassphraseError(LockedError):
    """That is not the passphrase of this journal."""

    code = "wrong-passphrase"


class NoKeyFileError(CallerError):
    """There is no journal here yet. To start one: inglenook init."""

    code = "no-key-file"
    exit_code: ClassVar[int] = 1


class KeyFileExistsError(CallerError):
    """This data folder has a key file already; nothing was changed."""

    code = "key-file-exists"
    exit_code: ClassVar[int] = 1


class KdfCostError(CallerError):
    """The memory for the passphrase (--kdf-mib) is a whole number from 64 to 4096."""

    code = "kdf-cost"
    exit_code: ClassVar[int] = 1


class PassphraseError(CallerError):
    """That cannot be used as a passphrase."""

    code = "passphrase"
    exit_code: ClassVar[int] = 1


class PassphraseFileError(CallerError):
    """The file named in INGLENOOK_PASSPHRASE_FILE cannot be used."""

    code = "passphrase-file"
    exit_code: ClassVar[int] = 1


class UnlockTimeError(CallerError):
    """A journal stays unlocked for 1 second up to 24 hours (unlock --for)."""

    code = "unlock-time"
    exit_code: ClassVar[int] = 1


class KeyFileError(WorldError):
    """The key file is damaged; put it back from a backup of the data folder."""

    code = "key-file"
    exit_code: ClassVar[int] = 4


class KeyFileAccessError(WorldError):
    """The key file could not be read or written; nothing was changed."""

    code = "key-file-access"
    exit_code: ClassVar[int] = 5


class KeyringRefusedError(WorldError):
    """This computer has no keyring that keeps a key safe; use a passphrase instead."""

    code = "keyring-refused"
    exit_code: ClassVar[int] = 1


class AgentError(WorldError):
    """No agent could be started; the journal stays locked for the next command."""

    code = "agent"
    exit_code: ClassVar[int] = 1
