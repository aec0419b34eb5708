"""A passphrase, from a file or a terminal, in the one form that the key is made of.

Read alike wherever it was typed: UTF-8 of Unicode NFC, with every space character as the
plain space (OpaqueString of RFC 8265 section 4.2). This freezes with the first key file.
"""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
import warnings
from pathlib import Path
from typing import Final

from inglenook_client.keys.errors import LockedError, PassphraseError, PassphraseFileError

MAX_PASSPHRASE: Final = 4_096
"""Bytes of UTF-8, so that a wrong file named by mistake is not read to its end."""

_NO_FILE: Final = "What INGLENOOK_PASSPHRASE_FILE names is not a regular file."
_OPEN_TO_OTHERS: Final = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


def normalise(text: str) -> bytes:
    """The bytes that a passphrase stands for.

    Raises:
        PassphraseError: Empty, longer than ``MAX_PASSPHRASE``, or not text.
    """
    if not text:
        raise PassphraseError("A passphrase cannot be empty.")
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    try:
        data = unicodedata.normalize("NFC", spaced).encode()
    except UnicodeEncodeError:
        raise PassphraseError from None
    if len(data) > MAX_PASSPHRASE:
        raise PassphraseError("A passphrase has at most 4096 bytes.")
    return data


def from_file(path: Path) -> bytes:
    r"""The first line of ``path`` without its line end (``\n`` or ``\r\n``), normalised.

    Raises:
        PassphraseFileError: It cannot be read, is no regular file, belongs to somebody
            else (root may own it), others can read or write it, or its first line is
            empty, too long or not UTF-8.
    """
    line = _first_line(path)
    if not line:
        raise PassphraseFileError(
            "The first line of the file named in INGLENOOK_PASSPHRASE_FILE is empty."
        )
    try:
        return normalise(line.decode("utf-8-sig"))
    except (UnicodeDecodeError, PassphraseError):
        raise PassphraseFileError(
            "The first line of the file named in INGLENOOK_PASSPHRASE_FILE is no passphrase:"
            " UTF-8 text of at most 4096 bytes is."
        ) from None


def ask(question: str) -> str:
    """Ask on the terminal, without showing what is typed.

    Raises:
        LockedError: There is no terminal, or it was closed instead of an answer.
    """
    import getpass  # noqa: PLC0415 - costs start-up

    if not (sys.stdin.isatty() or sys.stderr.isatty()):
        raise LockedError
    try:
        with warnings.catch_warnings():
            # Getpass would go on in plain sight, with a warning only.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(question)
    except (EOFError, OSError, UnicodeDecodeError, getpass.GetPassWarning):
        raise LockedError from None


def ask_new(question: str, again: str) -> str:
    """Ask for a new passphrase, twice.

    Raises:
        PassphraseError: There is no terminal, the two differ, or :func:`normalise`
            refuses one.
    """
    try:
        first = ask(question)
        chosen = normalise(first)
        repeated = normalise(ask(again))
    except LockedError:
        raise PassphraseError(
            "A new journal needs a passphrase: type it on a terminal, or name a file that"
            " holds it in INGLENOOK_PASSPHRASE_FILE."
        ) from None
    if chosen != repeated:
        raise PassphraseError("The two passphrases differ; nothing was changed.")
    return first


def _first_line(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_at_once) as file:
            _refuse_unsafe(os.fstat(file.fileno()))
            line = file.readline(2 * MAX_PASSPHRASE)
    except FileNotFoundError:
        raise PassphraseFileError(
            "The file named in INGLENOOK_PASSPHRASE_FILE does not exist."
        ) from None
    except IsADirectoryError:
        raise PassphraseFileError(_NO_FILE) from None
    except OSError:
        raise PassphraseFileError(
            "The file named in INGLENOOK_PASSPHRASE_FILE cannot be read."
        ) from None
    ended = line.removesuffix(b"\n")
    return ended.removesuffix(b"\r") if ended != line else line


def _at_once(path: str, flags: int) -> int:
    """Open without waiting, as a named pipe without a writer would make us."""
    return os.open(path, flags | os.O_NONBLOCK)


def _refuse_unsafe(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise PassphraseFileError(_NO_FILE)
    if found.st_uid not in {os.geteuid(), 0}:
        raise PassphraseFileError(
            "The file named in INGLENOOK_PASSPHRASE_FILE belongs to somebody else."
        )
    if found.st_mode & _OPEN_TO_OTHERS:
        raise PassphraseFileError(
            "Others can read or write the file named in INGLENOOK_PASSPHRASE_FILE;"
            " `chmod 600` closes it."
        )
