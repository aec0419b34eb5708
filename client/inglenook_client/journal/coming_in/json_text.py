"""JSON that another program wrote: one document, and the things in it one by one."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from inglenook_client.journal.coming_in.errors import TooMuchError, UnreadableFileError
from inglenook_client.journal.coming_in.found import MAX_PIECES

T = TypeVar("T")
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)


class Entries(msgspec.Struct, frozen=True):
    """A document whose entries are looked at one by one, so that a bad one costs no other."""

    entries: list[msgspec.Raw]


def entries(data: bytes) -> list[msgspec.Raw]:
    """The entries of a document ``{"entries": [...]}``, each still JSON.

    Raises:
        UnreadableFileError: It is none.
        TooMuchError: It has too many.
    """
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Entries).entries
    except _UNREADABLE:
        raise UnreadableFileError from None
    if len(found) > MAX_PIECES:
        raise TooMuchError
    return found


def shaped(raw: msgspec.Raw, shape: type[T]) -> T | None:
    """One entry as it should be; None where it is otherwise."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except _UNREADABLE:
        return None


def has(head: bytes, *names: str) -> bool:
    """Whether the beginning of a file looks like a JSON object with these keys somewhere."""
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return False
    return all(f'"{name}"'.encode() in head for name in names)
