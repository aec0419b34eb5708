"""What epoch records hold besides packs: batches, rotates, acks (protocol 4.4, 4.6, 4.7)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from inglenook_schema import canonical, suite
from inglenook_schema.control import Wraps
from inglenook_schema.errors import MalformedRecordError
from inglenook_schema.header import Ref
from inglenook_schema.ids import (
    Address,
    BodyBytes,
    Count,
    DeviceId,
    EventId,
    Hash,
    HeaderBytes,
    LogId,
    Origin,
    Signature,
)
from inglenook_schema.limits import MAX_BATCH_EVENTS, MAX_RELAYS, SUITE


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive events of one chain, the last of them sealed."""

    events: Annotated[
        tuple[tuple[HeaderBytes, BodyBytes | None], ...],
        msgspec.Meta(min_length=1, max_length=MAX_BATCH_EVENTS),
    ]
    """A body is nil where it was erased."""
    seal: Signature


class RotateRecord(msgspec.Struct, frozen=True, array_like=True):
    """A rotate event with its wraps, left in the old mailbox as forwarding address."""

    header: HeaderBytes
    body: BodyBytes
    seal: Signature
    wraps: Wraps


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """How far a device has read one mailbox at one relay."""

    relay: Origin
    address: Address
    n: Count
    head: Hash


class Ack(msgspec.Struct, frozen=True, array_like=True):
    """A device's signed word on what it holds; the newest counter replaces the older."""

    log: LogId
    device: DeviceId
    counter: Count
    heads: Annotated[tuple[Ref, ...], msgspec.Meta(max_length=1024)]
    """Ascending."""
    missing: Annotated[tuple[EventId, ...], msgspec.Meta(max_length=1024)]
    """Events it knows of and has no body for."""
    cursors: Annotated[tuple[Cursor, ...], msgspec.Meta(max_length=MAX_RELAYS)]
    signature: Signature


_ACK = suite.domain("ack") + bytes((SUITE,))


def decode_batch(inner: bytes) -> Batch:
    """Read a batch; raises MalformedRecordError."""
    return canonical.decode(inner, Batch, MalformedRecordError)


def decode_rotate(inner: bytes) -> RotateRecord:
    """Read a rotate record; raises MalformedRecordError (also for wraps out of order)."""
    record = canonical.decode(inner, RotateRecord, MalformedRecordError)
    names = [name for name, _ in record.wraps]
    if names != sorted(set(names)):
        raise MalformedRecordError
    return record


def decode_ack(inner: bytes) -> Ack:
    """Read an ack; raises MalformedRecordError (also for heads out of order).

    Its signature is not checked yet.
    """
    ack = canonical.decode(inner, Ack, MalformedRecordError)
    if list(ack.heads) != sorted(set(ack.heads)):
        raise MalformedRecordError
    return ack


def sign_ack(key: suite.SigningKey, unsigned: Ack) -> Ack:
    """The same ack, signed."""
    return msgspec.structs.replace(unsigned, signature=key.sign(_ack_message(unsigned)))


def check_ack(public: bytes, ack: Ack) -> None:
    """Raises BadSignatureError where the device did not sign this ack."""
    suite.verify(public, ack.signature, _ack_message(ack))


def _ack_message(ack: Ack) -> bytes:
    fields = (ack.log, ack.device, ack.counter, ack.heads, ack.missing, ack.cursors)
    return _ACK + canonical.encode(fields)
