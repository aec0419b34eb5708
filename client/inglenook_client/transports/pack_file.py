"""A file that a person carries: written whole or not at all, for this person alone."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from inglenook_client import ambient
from inglenook_client.transports.errors import FileError

_PART: Final = re.compile(r"\.[0-9a-f]{16}\.part")
_OLD_S: Final = 3_600


def write(path: Path, data: Iterable[bytes], *, replace: bool) -> bool:
    """Write a file, mode 0600; whether it was written.

    Args:
        path: In a folder that is there.
        data: All of it, piece by piece.
        replace: Whether a file of this name may give way.

    Returns:
        False where there is one already and it is to stay.

    Raises:
        FileError: It cannot be written there; nothing was changed.
    """
    part = path.with_name(f".{ambient.random_bytes(8).hex()}.part")
    try:
        if not replace and os.path.lexists(path):
            return False
        _tidy(path.parent)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.writelines(data)
            opened.flush()
            os.fsync(file)
        part.rename(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise FileError from None
        raise
    return True


def _tidy(folder: Path) -> None:
    """Remove what writers that were killed left in a folder: it may hold words in clear.

    One that still writes is younger than an hour.
    """
    old = ambient.now_ms() / 1000 - _OLD_S
    for left in folder.iterdir():
        if _PART.fullmatch(left.name) is None:
            continue
        with suppress(OSError):
            found = left.lstat()
            own = found.st_uid == os.getuid() and stat.S_ISREG(found.st_mode)
            if own and found.st_mtime < old:
                left.unlink()


def read(path: Path, limit: int) -> bytes | None:
    """A file's content; None where there is none, or one that is longer than the limit.

    Raises:
        FileError: It cannot be read.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # waits for no pipe
        with os.fdopen(file, "rb") as opened:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return None
            data = opened.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError:
        raise FileError from None
    return data if len(data) <= limit else None
