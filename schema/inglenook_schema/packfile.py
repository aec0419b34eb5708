"""Packs in a file: whole logs, sealed, for whoever holds their epochs' secrets (protocol 10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

from inglenook_schema import canonical
from inglenook_schema.errors import MalformedError, UnsupportedSuiteError
from inglenook_schema.ids import Box
from inglenook_schema.limits import (
    FRAMING,
    MAX_FILE_LOGS,
    MAX_PACK_PARTS,
    MAX_RECORD,
    MIN_PLAIN,
    SUITE,
    WRAP,
)

MAGIC: Final = b"inglenook pack\r\n"
"""Its line end tells a file that was carried as text."""

Blob = Annotated[bytes, msgspec.Meta(min_length=FRAMING + MIN_PLAIN, max_length=MAX_RECORD - WRAP)]


class Section(msgspec.Struct, frozen=True, array_like=True):
    """One log: the name of its newest epoch's box, and the pack's records, part 1 first."""

    box: Box
    records: Annotated[tuple[Blob, ...], msgspec.Meta(min_length=1, max_length=MAX_PACK_PARTS + 1)]


_Sections = Annotated[tuple[Section, ...], msgspec.Meta(min_length=1, max_length=MAX_FILE_LOGS)]


def encode(sections: Iterable[Section]) -> bytes:
    """The bytes of a file, its sections ascending by box: their order tells nothing."""
    ordered = tuple(sorted(sections, key=lambda section: section.box))
    return MAGIC + bytes((SUITE,)) + canonical.encode(ordered)


def decode(data: bytes) -> tuple[Section, ...]:
    """Read a file.

    Raises:
        MalformedError: No such file, cut off, altered, or a box twice or out of order.
        UnsupportedSuiteError: Another suite.
    """
    head = len(MAGIC)
    if data[:head] != MAGIC or len(data) == head:
        raise MalformedError
    if data[head] != SUITE:
        raise UnsupportedSuiteError
    sections: tuple[Section, ...] = canonical.decode(data[head + 1 :], _Sections)
    names = [section.box for section in sections]
    if names != sorted(set(names)):
        raise MalformedError
    return sections
