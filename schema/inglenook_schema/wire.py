"""Frames between a client and a relay, over HTTP, WebSocket or a folder (protocol 6).

One :class:`ToRelay` asks, one :class:`ToClient` answers. Elements are arrays; where there
is nothing to say there is an empty array.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final, TypeAlias

import msgspec

from inglenook_schema import canonical
from inglenook_schema.errors import MalformedError
from inglenook_schema.ids import Address, Count, Hash, OptionalHash, Secret
from inglenook_schema.limits import MAX_FRAME, MAX_RECORD, MAX_WANTS

MAX_ACTS: Final = 4_096

Blob: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=MAX_RECORD)]
"""A record, or where a :class:`Shape` says so the 32-byte rid that stands for it."""
Optional16: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=64)]


class Make(msgspec.Struct, frozen=True, array_like=True):
    """Create a mailbox; doing it twice is harmless."""

    address: Address
    read: Hash
    write: Hash
    owner: OptionalHash
    """Hash of the owner token, or none."""
    days: Annotated[int, msgspec.Meta(ge=1, le=800)]
    """Idle days after which the relay may drop it."""
    pass_: Optional16
    """A voucher or a proof of work, where the relay asks for one; else none."""


class Want(msgspec.Struct, frozen=True, array_like=True):
    """Records after position ``n``, where the running head was ``head``."""

    address: Address
    read: Secret
    n: Count
    head: Hash


class Put(msgspec.Struct, frozen=True, array_like=True):
    """Append one record; idempotent by the blob's rid."""

    address: Address
    write: Secret
    blob: Blob
    work: Optional16
    """A proof of work, where the mailbox is nearly full; else none."""


class Ids(msgspec.Struct, frozen=True, array_like=True):
    """Only the rids after ``n``."""

    address: Address
    read: Secret
    n: Count


class Erase(msgspec.Struct, frozen=True, array_like=True):
    """Null one record, shown by its erase token or the box's owner token.

    ``n`` 0 with an owner token closes the box: every record is nulled, no put is taken.
    """

    address: Address
    n: Count
    token: Secret


class ToRelay(msgspec.Struct, frozen=True, array_like=True):
    """One question: make, then put, then erase, then want and ids; in this order."""

    make: Annotated[tuple[Make, ...], msgspec.Meta(max_length=MAX_WANTS)] = ()
    want: Annotated[tuple[Want, ...], msgspec.Meta(max_length=MAX_WANTS)] = ()
    put: Annotated[tuple[Put, ...], msgspec.Meta(max_length=MAX_ACTS)] = ()
    ids: Annotated[tuple[Ids, ...], msgspec.Meta(max_length=MAX_WANTS)] = ()
    erase: Annotated[tuple[Erase, ...], msgspec.Meta(max_length=MAX_ACTS)] = ()
    subscribe: bool = False
    """On a live connection: push what comes to the wanted mailboxes from now on."""


class Status(IntEnum):
    """How a mailbox or an act was answered."""

    OK = 0
    FORK = 1
    """The cursor's head is not this mailbox's at that position, or n is past its end."""
    UNKNOWN = 2
    """No such mailbox, or not with this token: one answer for both."""
    FULL = 3
    REFUSED = 4
    """The relay wants a voucher or a proof of work."""
    TOO_LARGE = 5
    CLOSED = 6


class Shape(IntEnum):
    """How one record comes back."""

    BLOB = 0
    ERASED = 1
    """The blob was erased; its rid stands for it."""
    OWN = 2
    """Put in this same frame; its rid stands for it."""
    RID = 3
    """Only the rid was asked for."""


Item: TypeAlias = tuple[Shape, Blob]
"""[shape, blob or rid]."""


class Box(msgspec.Struct, frozen=True, array_like=True):
    """The answer to one want or ids, in the order asked."""

    status: Status
    n: Count
    """Records in the mailbox now."""
    head: OptionalHash
    """Running head at ``n``; none where nothing came after the cursor."""
    records: tuple[Item, ...]
    """Consecutive from the cursor on."""
    more: bool
    """The frame was full: ask again from the last record on."""


class Done(msgspec.Struct, frozen=True, array_like=True):
    """The answer to one make, put or erase, in the order asked."""

    status: Status
    n: Count
    """A put's position; 0 otherwise."""


class Fault(IntEnum):
    """Why a whole frame was not answered."""

    NONE = 0
    MALFORMED = 1
    OVERSIZED = 2
    BUSY = 3
    VERSION = 4


class ToClient(msgspec.Struct, frozen=True, array_like=True):
    """One answer. On a live connection one may come unasked: boxes with their addresses."""

    fault: Fault = Fault.NONE
    made: Annotated[tuple[Done, ...], msgspec.Meta(max_length=MAX_WANTS)] = ()
    boxes: Annotated[tuple[Box, ...], msgspec.Meta(max_length=MAX_WANTS)] = ()
    acks: Annotated[tuple[Done, ...], msgspec.Meta(max_length=MAX_ACTS)] = ()
    ids: Annotated[tuple[Box, ...], msgspec.Meta(max_length=MAX_WANTS)] = ()
    erased: Annotated[tuple[Done, ...], msgspec.Meta(max_length=MAX_ACTS)] = ()
    pushed: Annotated[tuple[tuple[Address, Count], ...], msgspec.Meta(max_length=MAX_ACTS)] = ()
    """Mailboxes that grew, with their new length: a hint to ask, never data."""


def encode(frame: ToRelay | ToClient) -> bytes:
    """Canonical bytes of a frame."""
    return canonical.encode(frame)


def decode_to_relay(data: bytes) -> ToRelay:
    """Read a question; raises MalformedError."""
    if len(data) > MAX_FRAME:
        raise MalformedError
    frame = canonical.decode(data, ToRelay)
    if any(len(make.owner) not in (0, 32) for make in frame.make):
        raise MalformedError
    return frame


def decode_to_client(data: bytes) -> ToClient:
    """Read an answer; raises MalformedError."""
    if len(data) > 2 * MAX_FRAME:
        raise MalformedError
    frame = canonical.decode(data, ToClient)
    for box in (*frame.boxes, *frame.ids):
        if len(box.head) not in (0, 32):
            raise MalformedError
        if any(shape != Shape.BLOB and len(data) != 32 for shape, data in box.records):
            raise MalformedError
    return frame
