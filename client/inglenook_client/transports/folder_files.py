"""Files in a folder that anybody may change at any time: no links followed, all durable.

Everything is reached from the folder that was opened first, so that nothing put in the way
afterwards leads elsewhere. At rest no time finer than a day is told.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from inglenook_client import ambient
from inglenook_client.core.folder import PART
from inglenook_client.transports.errors import (
    FolderError,
    FolderFullError,
    FolderGoneError,
    FolderMissingError,
    FolderReadOnlyError,
)

_DAY_NS: Final = 86_400 * 10**9
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MOST_FILES: Final = 2**20
"""A folder with more files than these is no mailbox of anybody."""


class Found(NamedTuple):
    """One regular file."""

    size: int
    stamp: tuple[int, int, int]
    """Changes where the file does: inode, size, nanoseconds of its last change."""


def open_top(path: Path) -> int:
    """Open the folder a person named; a link that they made themselves is followed.

    Raises:
        FolderError: It is not there, or closed to this person.
    """
    try:
        return os.open(path, _FOLDER)
    except PermissionError:
        raise FolderError from None
    except (OSError, ValueError):
        raise FolderMissingError from None


def open_inside(folder: int, name: str) -> int | None:
    """Open a folder in a folder; None where there is none, or a link or file in its place."""
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise


def make_inside(folder: int, name: str) -> int:
    """Open a folder in a folder, making it where it is not there.

    Raises:
        FolderError: Something else is in its place.
    """
    opened = open_inside(folder, name)
    if opened is None:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
        settle(folder)
        opened = open_inside(folder, name)
    if opened is None:
        raise FolderError
    return opened


def files(folder: int) -> tuple[dict[str, Found], list[str]]:
    """Regular files by name, and the names of everything else.

    Raises:
        FolderError: There are more than any mailbox has.
    """
    found = dict[str, Found]()
    others = list[str]()
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) + len(others) == MOST_FILES:
                raise FolderError
            kind = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(kind.st_mode):
                stamp = (kind.st_ino, kind.st_size, kind.st_ctime_ns)
                found[entry.name] = Found(kind.st_size, stamp)
            else:
                others.append(entry.name)
    return found, others


def read(folder: int, name: str, limit: int) -> bytes | None:
    """A file's content; None where it is none, longer than the limit, or cannot be read."""
    try:
        file = os.open(name, _FILE, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EACCES, errno.EISDIR):
            return None
        raise
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        data = opened.read(limit + 1)
    return data if len(data) <= limit else None


def write(folder: int, name: str, data: bytes) -> None:
    """Write a file whole or not at all; :func:`settle` makes its name durable.

    Whoever else may use the folder may read it: what is written is sealed.
    """
    part = ambient.random_bytes(12).hex() + PART
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(data)
            opened.flush()
            _age(file)
            os.fsync(file)
        os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise


def remove(folder: int, name: str) -> None:
    """Take a file away, if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def settle(folder: int) -> None:
    """Make the names in a folder durable, where the system can."""
    with suppress(OSError):  # not every file system lets a folder's times be set
        _age(folder)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def tidy(folder: int) -> None:
    """Take away what a writer left half done on an earlier day."""
    today = ambient.now_ms() * 1_000_000 // _DAY_NS
    for name, found in files(folder)[0].items():
        if name.endswith(PART) and found.stamp[2] // _DAY_NS < today:
            remove(folder, name)


def _age(file: int) -> None:
    day = ambient.now_ms() * 1_000_000 // _DAY_NS * _DAY_NS
    os.utime(file, ns=(day, day))


def failure(error: OSError) -> FolderError:
    """Our error for the system's."""
    if error.errno in _FULL:
        return FolderFullError()
    if error.errno in _READ_ONLY:
        return FolderReadOnlyError()
    return FolderGoneError()


@contextmanager
def closing(folder: int) -> Iterator[int]:
    """Close it afterwards."""
    try:
        yield folder
    finally:
        os.close(folder)
