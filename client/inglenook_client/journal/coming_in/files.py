"""Files as readers get them: bounded, and text where text is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from inglenook_client.journal.coming_in.errors import TooMuchError, UnreadableFileError
from inglenook_client.journal.coming_in.found import MAX_TEXT
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.transports import pack_file
from inglenook_client.transports.errors import FileError
from inglenook_client.words import _

HEAD: Final = 65_536
"""Bytes from the beginning of a file that formats are told by."""


def content(path: Path, most: int = MAX_TEXT) -> bytes:
    """All of a file.

    Raises:
        NotFoundError: There is none.
        TooMuchError: It is longer than ``most`` bytes.
        FileError: It cannot be read.
    """
    data = pack_file.read(path, most)
    if data is None:
        if path.is_file():
            raise TooMuchError
        raise NotFoundError(_("There is no such file."))
    return data


def head(path: Path) -> bytes:
    """The beginning of a file; nothing of a folder.

    Raises:
        NotFoundError: There is neither.
        FileError: It cannot be read.
    """
    if path.is_dir():
        return b""
    if not path.is_file():
        raise NotFoundError(_("There is no such file."))
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        raise FileError from None


def text(data: bytes) -> str:
    """What bytes say in UTF-8, without a mark at their beginning; line ends as line feeds.

    Raises:
        UnreadableFileError: They are no UTF-8.
    """
    try:
        said = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFileError from None
    return said.replace("\r\n", "\n").replace("\r", "\n")
