"""A device's signature over the last event of a batch, and so over all before it (protocol 2.4)."""

from __future__ import annotations

from inglenook_schema import suite
from inglenook_schema.limits import SUITE

_SEAL = suite.domain("seal") + bytes((SUITE,))


def make(key: suite.SigningKey, log: bytes, event: bytes) -> bytes:
    """Seal ``event`` (32-byte id) of ``log`` (32-byte id; a genesis's own id is its log)."""
    return key.sign(_SEAL + log + event)


def check(public: bytes, signature: bytes, log: bytes, event: bytes) -> None:
    """Check a seal.

    Raises:
        BadSignatureError: It is not this device's seal of this event in this log.
    """
    suite.verify(public, signature, _SEAL + log + event)
