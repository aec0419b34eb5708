"""The hidden part of an event: salt and padded payload (protocol 2.2).

    body = salt 32 ‖ payload          payload = length 4 ‖ data ‖ zeros, a multiple of 64

Erasing the body leaves a commitment that nothing can be guessed against.
"""

from __future__ import annotations

from inglenook_schema import suite
from inglenook_schema.errors import InvalidEventError, MalformedEventError
from inglenook_schema.limits import MAX_PAYLOAD, PAYLOAD_STEP

_PAYLOAD = suite.domain("payload")
_LENGTH = 4
_SALT = 32


def make(data: bytes, salt: bytes) -> bytes:
    """Pad ``data`` and put its 32 random bytes of salt in front.

    Raises:
        InvalidEventError: Longer than 262,140 bytes.
    """
    length = _LENGTH + len(data)
    padded = -(-length // PAYLOAD_STEP) * PAYLOAD_STEP
    if padded > MAX_PAYLOAD:
        raise InvalidEventError("That is longer than one event can hold (about 256,000 letters).")
    return b"".join((salt, len(data).to_bytes(_LENGTH, "big"), data, bytes(padded - length)))


def commitment(body: bytes) -> bytes:
    """``pcommit``: 32 bytes that bind the payload and hide it."""
    return suite.hmac(body[:_SALT], _PAYLOAD + body[_SALT:])


def data_of(body: bytes) -> bytes:
    """The payload's data, without salt, length and padding.

    Raises:
        MalformedEventError: The size is no multiple of 64, the length does not fit, or the
            padding is not zero.
    """
    size = len(body) - _SALT
    if size < PAYLOAD_STEP or size % PAYLOAD_STEP or size > MAX_PAYLOAD:
        raise MalformedEventError
    start = _SALT + _LENGTH
    end = start + int.from_bytes(body[_SALT:start], "big")
    if end > len(body) or body.count(0, end) != len(body) - end:
        raise MalformedEventError("An event's padding was not as it must be.")
    return body[start:end]
