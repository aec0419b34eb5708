"""Records: padded AEAD blobs, the only thing a relay ever holds (protocol 4).

    record = suite ‖ salt32 ‖ commit16 ‖ AES-256-GCM(key, kind1 ‖ len4 ‖ inner ‖ zeros)

Salt and key come from the content, so that equal plaintexts give equal blobs, and whoever
may erase a blob can show it: the relay checks that the salt is the hash of the token.
"""

from __future__ import annotations

import hmac as _compare
from enum import IntEnum
from typing import Final, NamedTuple

from inglenook_schema import suite
from inglenook_schema.errors import MalformedRecordError, UnsupportedSuiteError, WrongKeyError
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.limits import (
    FRAMING,
    MAX_INNER,
    MAX_PLAIN,
    MAX_SEALED_RECORD,
    MAX_STEPPED_PLAIN,
    MIN_PLAIN,
    PLAIN_HEAD,
    PLAIN_STEP,
    SUITE,
    WRAP,
)


class BoxType(IntEnum):
    """What a mailbox serves."""

    EPOCH = 1
    INVITE = 2
    RECOVERY = 3
    SEALED = 4
    FILE = 5


class RecordKind(IntEnum):
    """What a record holds."""

    BATCH = 1
    PACK = 2
    ROTATE = 3
    ACK = 4
    OFFER = 5
    KNOCK = 6
    WELCOME = 7
    BUNDLE = 8
    SEALED = 9
    CHUNK = 10


ALLOWED: Final = {
    BoxType.EPOCH: frozenset(
        {RecordKind.BATCH, RecordKind.PACK, RecordKind.ROTATE, RecordKind.ACK}
    ),
    BoxType.INVITE: frozenset({RecordKind.OFFER, RecordKind.KNOCK, RecordKind.WELCOME}),
    BoxType.RECOVERY: frozenset({RecordKind.BUNDLE}),
    BoxType.SEALED: frozenset({RecordKind.SEALED}),
    BoxType.FILE: frozenset({RecordKind.CHUNK}),
}
_WRAPPED: Final = frozenset({BoxType.RECOVERY, BoxType.SEALED})
_HEAD: Final = 49
_RECORD = suite.domain("record")
_SALT = suite.domain("salt")
_ERASE = suite.domain("erase")
_ERASE_KEY = suite.domain("erase-key")
_PLAINTEXT = suite.domain("plaintext")
_RID = suite.domain("rid")


class Place(NamedTuple):
    """Where a record belongs and what opens it."""

    box_type: BoxType
    box: bytes
    """16 bytes, the same at every relay."""
    secret: bytes
    """32 bytes: the epoch secret, or the box's own."""


class Opened(NamedTuple):
    """A record that opened."""

    kind: RecordKind
    inner: bytes


class Erasable(NamedTuple):
    """A record that was just made."""

    blob: bytes
    token: bytes
    """32 bytes that null it at a relay (protocol 6.4)."""


def erase_key(secret: bytes, place: bytes = ZERO_ID) -> bytes:
    """``k`` of the erase token (protocol 4.3).

    Args:
        secret: The author person's secret for batches and rotate records, the device's own
            for bundles, else the secret of the box.
        place: The log id, or zeros for a box without a log.
    """
    return suite.expand(secret, _ERASE_KEY + place)


def padded_size(size: int) -> int:
    """The plaintext size that ``size`` bytes are padded to.

    At least 512, steps of 256 to 4 KiB, PADMÉ above (at most 12 % more; Nikitin et al.
    2019, section 4).

    Raises:
        MalformedRecordError: More than one record can hold.
    """
    if size <= MIN_PLAIN:
        return MIN_PLAIN
    if size <= MAX_STEPPED_PLAIN:
        return -(-size // PLAIN_STEP) * PLAIN_STEP
    padded = padme(size)
    if padded > MAX_PLAIN:
        raise MalformedRecordError("That is more than one record can hold.")
    return padded


def padme(size: int) -> int:
    """The size that PADMÉ gives, whatever it is for."""
    exponent = size.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-size // step) * step


def seal(kind: RecordKind, inner: bytes, place: Place, key: bytes, wrap: bytes = b"") -> bytes:
    """Make the blob of a record.

    Args:
        kind: Must be allowed in ``place.box_type``.
        inner: At most 1,032,187 bytes.
        place: The box it is for.
        key: The 32-byte erase key ``k``.
        wrap: For sealed boxes and bundles the 1,168-byte HPKE wrap of ``place.secret``.

    Raises:
        MalformedRecordError: ``inner`` is too long.
    """
    return seal_erasable(kind, inner, place, key, wrap).blob


def seal_erasable(
    kind: RecordKind, inner: bytes, place: Place, key: bytes, wrap: bytes = b""
) -> Erasable:
    """As :func:`seal`, with the token that nulls it at a relay."""
    plaintext = _plaintext(kind, inner)
    token = _token(plaintext, place.box, key)
    salt = suite.sha256(_SALT + token)
    derived = suite.expand(place.secret, _RECORD + salt, 48)
    aad = bytes((SUITE, place.box_type)) + place.box + wrap
    ciphertext = suite.aead_seal(derived[:32], plaintext, aad)
    blob = b"".join((bytes((SUITE,)), salt, derived[32:], wrap, ciphertext))
    return Erasable(blob, token)


def erase_token(kind: RecordKind, inner: bytes, box: bytes, key: bytes) -> bytes:
    """The 32 bytes that let a relay null this record (protocol 4.3)."""
    return _token(_plaintext(kind, inner), box, key)


def open_record(blob: bytes, place: Place) -> Opened:
    """Open one record fetched from a box.

    For sealed boxes and bundles, take the wrap with :func:`wrap_of` and open it first.

    Raises:
        UnsupportedSuiteError: The suite byte is not 1.
        MalformedRecordError: Too short or long, a kind that this box may not hold, or
            padding that is not canonical.
        WrongKeyError: The key commitment or the tag does not verify.
    """
    _check_frame(blob)
    start = _HEAD + (WRAP if place.box_type in _WRAPPED else 0)
    if place.box_type in _WRAPPED and len(blob) > MAX_SEALED_RECORD:
        raise MalformedRecordError
    derived = suite.expand(place.secret, _RECORD + blob[1:33], 48)
    if not _compare.compare_digest(derived[32:], blob[33:_HEAD]):
        raise WrongKeyError
    aad = bytes((SUITE, place.box_type)) + place.box + blob[_HEAD:start]
    return _unpad(suite.aead_open(derived[:32], blob[start:], aad), place.box_type)


def wrap_of(blob: bytes) -> bytes:
    """The 1,168-byte HPKE wrap in front of a sealed record's or bundle's ciphertext."""
    _check_frame(blob)
    if len(blob) < FRAMING + WRAP + MIN_PLAIN:
        raise MalformedRecordError
    return blob[_HEAD : _HEAD + WRAP]


def rid(blob: bytes) -> bytes:
    """The 32-byte name of a blob at every relay (protocol 6.2)."""
    return suite.sha256(_RID + blob)


def may_erase(blob: bytes, token: bytes) -> bool:
    """Whether ``token`` is this blob's erase token; what a relay checks."""
    return len(blob) >= FRAMING and _compare.compare_digest(suite.sha256(_SALT + token), blob[1:33])


def _plaintext(kind: RecordKind, inner: bytes) -> bytes:
    if len(inner) > MAX_INNER:
        raise MalformedRecordError("That is more than one record can hold.")
    size = PLAIN_HEAD + len(inner)
    padding = bytes(padded_size(size) - size)
    return b"".join((bytes((kind,)), len(inner).to_bytes(4, "big"), inner, padding))


def _token(plaintext: bytes, box: bytes, key: bytes) -> bytes:
    return suite.hmac(key, _ERASE + box + suite.sha256(_PLAINTEXT + plaintext))


def _check_frame(blob: bytes) -> None:
    if not FRAMING + MIN_PLAIN <= len(blob) <= FRAMING + MAX_PLAIN + WRAP:
        raise MalformedRecordError
    if blob[0] != SUITE:
        raise UnsupportedSuiteError


def _unpad(plaintext: bytes, box_type: BoxType) -> Opened:
    length = int.from_bytes(plaintext[1:PLAIN_HEAD], "big")
    end = PLAIN_HEAD + length
    if (
        length > MAX_INNER
        or end > len(plaintext)
        or padded_size(end) != len(plaintext)
        or plaintext.count(0, end) != len(plaintext) - end
    ):
        raise MalformedRecordError("A record's padding was not as it must be.")
    kind = plaintext[0]
    if kind not in ALLOWED[box_type]:
        raise MalformedRecordError("A record stood in a box that may not hold it.")
    return Opened(RecordKind(kind), plaintext[PLAIN_HEAD:end])
