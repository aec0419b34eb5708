"""A folder that a person carries: written whole or not at all, for this person alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from inglenook_client import ambient
from inglenook_client.transports.errors import FileError


def write(path: Path, files: Iterable[tuple[str, bytes]]) -> bool:
    """Write a folder, mode 0700, with files, mode 0600; whether it was written.

    Args:
        path: Its name, in a folder that is there.
        files: [name, all of it]; names may have folders in front, with slashes.

    Returns:
        False where there is something of that name already: a folder is never replaced.

    Raises:
        FileError: It cannot be written there; nothing was changed.
    """
    part = path.with_name(f".{ambient.random_bytes(8).hex()}.part")
    try:
        if os.path.lexists(path):
            return False
        part.mkdir(0o700)
        for name, data in files:
            _keep(part / name, data)
        _sync(part)
        part.rename(path)  # fails where a folder with anything in it came there meanwhile
        _sync(path.parent)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise FileError from None
        raise
    return True


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
