"""The key file on the disk: whole or not there, never over another (architecture 2)."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from inglenook_client.keys import keyfile
from inglenook_client.keys.errors import (
    KeyFileAccessError,
    KeyFileError,
    KeyFileExistsError,
    NoKeyFileError,
)

NAME: Final = "key"
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems without hard links (FAT) answer."""


def exists(home: Path) -> bool:
    """Whether the data folder ``home`` has a key file, of whatever sort."""
    return os.path.lexists(home / NAME)


def read(home: Path) -> keyfile.KeyFile:
    """Read and check the key file of ``home``.

    Raises:
        NoKeyFileError: There is none.
        KeyFileError: It is no regular file, or not what ``decode`` accepts.
        KeyFileAccessError: The disk said no.
    """
    try:
        with open(home / NAME, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise KeyFileError
            data = file.read(keyfile.MAX_FILE + 1)  # what is longer does not decode
    except FileNotFoundError:
        raise NoKeyFileError from None
    except IsADirectoryError:
        raise KeyFileError from None
    except OSError:
        raise KeyFileAccessError from None
    return keyfile.decode(data)


def write_new(home: Path, file: keyfile.KeyFile) -> None:
    """Write the first key file of ``home``, which is made (0700) if it is not there.

    Raises:
        KeyFileExistsError: There is one already, also if it came this very moment.
        KeyFileAccessError: The disk said no; nothing is left behind.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise KeyFileAccessError from None
    try:
        _write(home, keyfile.encode(file), _link_new)
    except FileExistsError:
        raise KeyFileExistsError from None
    except OSError:
        raise KeyFileAccessError from None


def replace(home: Path, file: keyfile.KeyFile) -> None:
    """Put ``file`` in the place of the key file of ``home``, in one step.

    Raises:
        KeyFileAccessError: The disk said no; the old file is as it was.
    """
    try:
        _write(home, keyfile.encode(file), os.replace)
    except OSError:
        raise KeyFileAccessError from None


def _write(home: Path, data: bytes, place: Callable[[str, Path], None]) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=".key-", dir=home)  # 0600 by its contract
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        place(draft, home / NAME)
    finally:
        Path(draft).unlink(missing_ok=True)
    _fsync_folder(home)


def _link_new(draft: str, target: Path) -> None:
    try:
        os.link(draft, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Claims the name first, so that of two that start at once one is refused.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        os.replace(draft, target)  # noqa: PTH105 - the sibling of os.link


def _at_once(path: str, flags: int) -> int:
    """Open without waiting, as a named pipe without a writer would make us."""
    return os.open(path, flags | os.O_NONBLOCK)


def _fsync_folder(home: Path) -> None:
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
