"""Epoch secrets: commitments and wraps (protocol 5.1, 5.3)."""

from __future__ import annotations

from inglenook_schema import suite
from inglenook_schema.control import Wraps
from inglenook_schema.errors import MalformedError, WrongKeyError
from inglenook_schema.keys import kem_hash
from inglenook_schema.limits import SUITE

_EPOCH = suite.domain("epoch")
_WRAP = suite.domain("wrap") + bytes((SUITE,))


def commitment(log: bytes, secret: bytes) -> bytes:
    """What a rotate says of its epoch's 32-byte secret."""
    return suite.sha256(_EPOCH + log + secret)


def wrap(secret: bytes, log: bytes, recipients: list[bytes]) -> Wraps:
    """Seal an epoch secret to each KEM public key, ascending by key hash.

    A key that nothing can be sealed to gets no wrap: whoever announced it must not keep
    the others from a new epoch.
    """
    committed = commitment(log, secret)
    wraps = list[tuple[bytes, bytes]]()
    for kem in set(recipients):
        name = kem_hash(kem)
        try:
            wraps.append((name, suite.hpke_seal(kem, secret, _info(log, committed, name))))
        except MalformedError:
            continue
    return tuple(sorted(wraps))


def unwrap(wraps: Wraps, private: bytes, log: bytes, committed: bytes) -> bytes:
    """Find and open this device's wrap; returns the 32-byte secret.

    Raises:
        WrongKeyError: There is none for this key, it does not open, or what is in it is
            not what the rotate committed to.
    """
    name = kem_hash(suite.kem_public(private))
    for recipient, sealed in wraps:
        if recipient == name:
            secret = suite.hpke_open(private, sealed, _info(log, committed, name))
            if len(secret) != len(committed) or commitment(log, secret) != committed:
                raise WrongKeyError("A new key did not fit what was promised for it.")
            return secret
    raise WrongKeyError("This device was left out of a new key.")


def _info(log: bytes, committed: bytes, recipient: bytes) -> bytes:
    return _WRAP + log + committed + recipient
