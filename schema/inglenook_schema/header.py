"""The signed part of an event: its header, and the id that names it (protocol 2.1-2.3)."""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise
from typing import Annotated, TypeAlias

import msgspec

from inglenook_schema import canonical, suite
from inglenook_schema.errors import MalformedEventError, UnsupportedSuiteError
from inglenook_schema.ids import ZERO_ID, ZERO_SHORT, ChainId, Count, EventId, Hash
from inglenook_schema.limits import MAX_HEADER, MAX_PAYLOAD, MAX_REFS, PAYLOAD_STEP, SUITE


class Kind(IntEnum):
    """The closed numbers a header's ``kind`` may have where version 1 counts."""

    CONTENT = 0
    GENESIS = 1
    OPEN = 2
    MEMBER = 3
    ROTATE = 4
    ERASE = 5


Ref: TypeAlias = tuple[ChainId, Count, EventId]
"""The head of another chain that moved since this chain's last event."""
Refs: TypeAlias = Annotated[tuple[Ref, ...], msgspec.Meta(max_length=MAX_REFS)]
"""Strictly ascending; none of the event's own chain."""
PayloadSize: TypeAlias = Annotated[
    int, msgspec.Meta(ge=PAYLOAD_STEP, le=MAX_PAYLOAD, multiple_of=PAYLOAD_STEP)
]
"""Padded payload in bytes."""


class Header(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Nine elements, exactly (protocol 2.1)."""

    suite: Annotated[int, msgspec.Meta(ge=1, le=255)]
    log: ChainId
    """First 16 bytes of the log id; zeros in a genesis."""
    chain: ChainId
    """First 16 bytes of the id of the chain's ``open``; zeros in a genesis or ``open``."""
    seq: Count
    prev: Hash
    """Id of ``seq - 1`` in this chain; in an ``open`` the log id, in a genesis zeros."""
    kind: Annotated[int, msgspec.Meta(ge=0, le=255)]
    psize: PayloadSize
    pcommit: Hash
    refs: Refs


_encode = msgspec.msgpack.Encoder().encode
_GENESIS, _OPEN = int(Kind.GENESIS), int(Kind.OPEN)  # an enum's members are slow to look up
_EVENT = suite.domain("event")


def encode(header: Header) -> bytes:
    """The canonical bytes; at most 4 KiB."""
    return _encode(header)


def event_id(header: bytes) -> bytes:
    """The id of the event with these header bytes."""
    return suite.sha256(_EVENT + header)


def decode(data: bytes) -> Header:
    """Read header bytes from outside.

    Raises:
        UnsupportedSuiteError: A suite this version does not know.
        MalformedEventError: Not canonical, over 4 KiB, refs not ascending or of its own
            chain, or zeros where there must be none (and the other way round).
    """
    if len(data) > MAX_HEADER:
        raise MalformedEventError
    header = canonical.decode(data, Header, MalformedEventError)
    if header.suite != SUITE:
        raise UnsupportedSuiteError
    check(header)
    return header


def check(header: Header) -> None:
    """Check what the types of its elements do not say: refs and place.

    Raises:
        MalformedEventError: As :func:`decode`.
    """
    if header.refs:
        _check_refs(header)
    _check_place(header)


def _check_refs(header: Header) -> None:
    refs = header.refs
    if any(a >= b for a, b in pairwise(refs)):
        raise MalformedEventError("References of an event were not in order.")
    if any(ref[0] in (header.chain, ZERO_SHORT) for ref in refs):
        raise MalformedEventError("An event referred to its own chain, or to none.")


def _check_place(header: Header) -> None:
    genesis = header.kind == _GENESIS
    first = genesis or header.kind == _OPEN
    if (
        first != (header.chain == ZERO_SHORT)
        or first != (header.seq == 0)
        or genesis != (header.log == ZERO_SHORT)
        or genesis != (header.prev == ZERO_ID)
        or (first and not genesis and header.prev[:16] != header.log)
        or (genesis and header.refs)
    ):
        raise MalformedEventError("An event does not stand where its header says.")
