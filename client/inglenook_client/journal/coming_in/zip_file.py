"""A zip that somebody else packed: what it claims is not believed, and nothing is unpacked to disk.

Rule 1: its list of contents is measured before it is read.
Rule 2: what is read of a member is bounded, whatever size the list says.
Rule 3: only plain and deflated members: other ways may ask for memory before they give a byte.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from inglenook_client.journal.coming_in.errors import (
    LockedFileError,
    TooMuchError,
    UnreadableFileError,
)
from inglenook_client.transports.errors import FileError

MAX_LIST: Final = 16 * 2**20
"""Bytes of the list of contents; a member takes 46 and its name, and ten times that in memory."""
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_LONG_END: Final = b"PK\x06\x06"
_TAIL: Final = _END_SIZE + 65_535 + 20 + 56
"""The end record with the longest comment, and in front of it what large files have besides."""
_PLAIN: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1
_UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError,
    OverflowError, struct.error,
)  # fmt: skip
_MANY: Final = 0xFFFFFFFF


class Zip:
    """A zip, open for reading."""

    def __init__(self, file: Path | IO[bytes]) -> None:
        """Look at its list of contents.

        Raises:
            UnreadableFileError: It is no zip, or a damaged one.
            TooMuchError: Its list of contents is too long.
            FileError: It cannot be read.
        """
        try:
            self._file: IO[bytes] = file.open("rb") if isinstance(file, Path) else file
        except OSError:
            raise FileError from None
        try:
            _measure(self._file)
            self._zip = zipfile.ZipFile(self._file)
        except _UNREADABLE:
            self._file.close()
            raise UnreadableFileError from None
        except OSError:
            self._file.close()
            raise FileError from None
        except BaseException:
            self._file.close()
            raise
        self._members = {member.filename: member for member in self._zip.infolist()}

    def __enter__(self) -> Zip:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self._zip.close()
        self._file.close()

    def names(self) -> list[str]:
        """Every member; a name may be anything and is no path here."""
        return list(self._members)

    def size(self, name: str) -> int | None:
        """Bytes of a member, as the list claims; None where there is none by that name."""
        member = self._members.get(name)
        return None if member is None else member.file_size

    def read(self, name: str, most: int) -> bytes:
        """All of a member, checked against its sum.

        Raises:
            UnreadableFileError: There is none, or it is damaged.
            LockedFileError: It is encrypted.
            TooMuchError: It has more than ``most`` bytes.
        """
        member = self._members.get(name)
        if member is None or member.compress_type not in _PLAIN:
            raise UnreadableFileError
        if member.flag_bits & _ENCRYPTED:
            raise LockedFileError
        if member.file_size > most:
            raise TooMuchError
        try:
            with self._zip.open(member) as opened:
                data = opened.read(most + 1)
        except _UNREADABLE:
            raise UnreadableFileError from None
        except OSError:
            raise FileError from None
        if len(data) > most:
            raise TooMuchError
        return data


def _measure(file: IO[bytes]) -> None:
    """Refuse a list of contents that would take more memory than all it leads to (APPNOTE 4.3)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    ends = {tail.rfind(_END), len(tail) - _END_SIZE} - {-1}
    claimed = [
        struct.unpack_from("<L", tail, at + 12)[0]
        for at in ends
        if at >= 0 and tail[at : at + 4] == _END and at + _END_SIZE <= len(tail)
    ]
    at = tail.find(_LONG_END)
    while 0 <= at <= len(tail) - 56:
        claimed.append(struct.unpack_from("<Q", tail, at + 40)[0])
        at = tail.find(_LONG_END, at + 1)
    if any(MAX_LIST < size < _MANY or size > _MANY for size in claimed):
        raise TooMuchError
