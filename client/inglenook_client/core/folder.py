"""What the names of files in a folder say: a mailbox without a relay (protocol 6.6), no I/O.

    inglenook/origin                               16 random bytes
    inglenook/<address>/box                        hashes of the mailbox's tokens
    inglenook/<address>/<position>-<rid>           a record; eight digits, 64 hex digits
    inglenook/<address>/<position>-<rid>.gone      an erased one, empty
    inglenook/<address>/closed                     there once its owner closed it

Rule 1: the order is that of the names, so that two who could not see each other merge.
Rule 2: where a rid stands twice, the first place counts; where it is gone once, it is gone.
Rule 3: a name of any other form is no record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from inglenook_schema import mailbox
from inglenook_schema.mailbox import EMPTY_HEAD, next_head

PLACE: Final = "inglenook"
ORIGIN: Final = "origin"
BOX: Final = "box"
CLOSED: Final = "closed"
PART: Final = ".part"
"""Ends the name of a file that is being written."""
LAST_PLACE: Final = 99_999_999
_GONE: Final = ".gone"
_RECORD: Final = re.compile(r"([0-9]{8})-([0-9a-f]{64})(\.gone)?")


class Name(NamedTuple):
    """The name of one record's file, taken apart."""

    place: int
    """Sorts it; the length of the mailbox when it was written, at least."""
    rid: bytes
    gone: bool

    @property
    def text(self) -> str:
        """As the file is called."""
        return f"{self.place:08d}-{self.rid.hex()}{_GONE if self.gone else ''}"


def read_name(text: str) -> Name | None:
    """What a file's name says; None where it is no record's."""
    found = _RECORD.fullmatch(text)
    return Name(int(found[1]), bytes.fromhex(found[2]), bool(found[3])) if found else None


def is_ours(text: str) -> bool:
    """Whether a file that is no record belongs in a mailbox's folder all the same."""
    return text in (BOX, CLOSED) or text.endswith(PART)


@dataclass(frozen=True)
class Shelf:
    """The records of one mailbox, in order."""

    names: tuple[Name, ...]
    """One for each rid; from 1 on, its position is its place here."""
    hashes: tuple[bytes, bytes, bytes]
    """Of the read, write and owner tokens; the last may be empty."""
    closed: bool = False
    damaged: Mapping[bytes, Name] = field(default_factory=dict)
    """By rid, files whose content is not the record: they wait to be written again."""
    size: int = 0
    """Bytes of all records that are not gone."""

    @cached_property
    def heads(self) -> list[bytes]:
        """The running head at each length, from 0 on."""
        found = [EMPTY_HEAD]
        for name in self.names:
            found.append(next_head(found[-1], name.rid))
        return found

    @cached_property
    def positions(self) -> dict[bytes, int]:
        """Where each rid stands, from 1 on."""
        return {name.rid: n for n, name in enumerate(self.names, start=1)}

    @property
    def next_place(self) -> int:
        """Sorts a new record behind all others."""
        last = self.names[-1].place if self.names else 0
        return min(last + 1, LAST_PLACE)


def in_order(names: Iterable[Name]) -> tuple[Name, ...]:
    """One name for each rid, as they count."""
    first = dict[bytes, Name]()
    gone = set[bytes]()
    for name in sorted(names):
        first.setdefault(name.rid, name)
        if name.gone:
            gone.add(name.rid)
    return tuple(name._replace(gone=rid in gone) for rid, name in first.items())


def write_box(read: bytes, write: bytes, owner: bytes) -> bytes:
    """The content of a mailbox's file ``box``."""
    return read + write + owner


def read_box(address: bytes, data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The hashes in it; None where they are not those that make the address (protocol 5.2)."""
    hashes = (data[:32], data[32:64], data[64:])
    whole = len(data) in (64, 96) and hashes[2] != bytes(32)
    return hashes if whole and mailbox.address(*hashes) == address else None
