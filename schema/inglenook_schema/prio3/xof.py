"""XofTurboShake128 (VDAF draft 18, section 6.2.1; RFC 9861): the only caller of ``Crypto``.

TurboSHAKE128 is in ``pycryptodome`` and not in ``cryptography``. One call costs four
microseconds whatever it yields, so outputs are read in one piece.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from Crypto.Hash import TurboSHAKE128

from inglenook_schema.errors import CallerError
from inglenook_schema.prio3.field import Field

SEED: Final = 32
"""Bytes of a seed, of a verification key and of a blind."""
VERSION: Final = 18
"""The draft whose wire this is (section 2); part of every domain separation tag."""

MEAS_SHARE: Final = 1
PROOF_SHARE: Final = 2
JOINT_RANDOMNESS: Final = 3
PROVE_RANDOMNESS: Final = 4
QUERY_RANDOMNESS: Final = 5
JOINT_RAND_SEED: Final = 6
JOINT_RAND_PART: Final = 7
"""What an output is used for (section 7.2, table of constants)."""

_DOMAIN: Final = 1
_MAX_TAG: Final = 0xFFFF
_SEED_LENGTH: Final = bytes([SEED])


def tag(algorithm: int, usage: int, ctx: bytes) -> bytes:
    """The domain separation tag of a VDAF (sections 5 and 6.2.3).

    Args:
        algorithm: The VDAF's identifier, 32 bits.
        usage: One of the constants above.
        ctx: The application's context.
    """
    return b"".join(
        (bytes([VERSION, 0]), algorithm.to_bytes(4, "big"), usage.to_bytes(2, "big"), ctx)
    )


@lru_cache(maxsize=512)
def heads(algorithm: int, ctx: bytes) -> tuple[bytes, ...]:
    """What stands in front of the seed, by usage; a task's reports share them.

    Raises:
        CallerError: ``ctx`` is too long for a tag.
    """
    return tuple(head(tag(algorithm, usage, ctx)) for usage in range(JOINT_RAND_PART + 1))


def head(dst: bytes) -> bytes:
    """A domain separation tag and the length of the 32-byte seed that follows it.

    Raises:
        CallerError: The tag is too long.
    """
    if len(dst) > _MAX_TAG:
        raise CallerError("The context of a survey is too long.")
    return len(dst).to_bytes(2, "little") + dst + _SEED_LENGTH


def seed(front: bytes, secret: bytes, binder: bytes) -> bytes:
    """Derive 32 bytes from the 32 of ``secret``.

    Args:
        front: One of :func:`heads`.
        secret: The seed to derive from.
        binder: What all parties must agree on.
    """
    return TurboSHAKE128.new(domain=_DOMAIN, data=front + secret + binder).read(SEED)


def vector(
    field: Field, front: bytes, secret: bytes, binder: bytes, length: int
) -> tuple[list[int], bytes]:
    """Expand the 32 bytes of ``secret`` into ``length`` field elements.

    Returns:
        The elements and their encoding.
    """
    stream = TurboSHAKE128.new(domain=_DOMAIN, data=front + secret + binder)
    raw = stream.read(length * field.size)
    found = field.split(raw)
    if max(found) < field.modulus:
        return found, raw
    # Section 6.2: what lies beyond the modulus is passed over, once in 2^32 or 2^59 elements.
    found = [x for x in found if x < field.modulus]
    while len(found) < length:
        x = int.from_bytes(stream.read(field.size), "little")
        if x < field.modulus:
            found.append(x)
    return found, field.encode(found)
