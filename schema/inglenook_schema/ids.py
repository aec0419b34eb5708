"""Names for byte strings of fixed size, and how they are written for people."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from inglenook_schema import limits


def _sized(size: int) -> msgspec.Meta:
    return msgspec.Meta(min_length=size, max_length=size)


_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"


def sized_bytes(most: int) -> msgspec.Meta:
    """Of 1 to ``most`` bytes; what JSON Schema cannot tell from any text otherwise."""
    return msgspec.Meta(min_length=1, max_length=most, extra_json_schema={"pattern": _BASE64})


EventId: TypeAlias = Annotated[bytes, _sized(limits.ID)]
"""SHA-256 of a header (protocol 2.3)."""
LogId: TypeAlias = Annotated[bytes, _sized(limits.ID)]
"""The event id of a log's genesis."""
PersonId: TypeAlias = Annotated[bytes, _sized(limits.ID)]
"""Hash of a person's root public keys (protocol 3.1)."""
Hash: TypeAlias = Annotated[bytes, _sized(limits.ID)]
Secret: TypeAlias = Annotated[bytes, _sized(limits.TOKEN)]
ChainId: TypeAlias = Annotated[bytes, _sized(limits.SHORT_ID)]
"""First 16 bytes of the id of a chain's ``open`` event."""
DeviceId: TypeAlias = Annotated[bytes, _sized(limits.SHORT_ID)]
Address: TypeAlias = Annotated[bytes, _sized(limits.SHORT_ID)]
Box: TypeAlias = Annotated[bytes, _sized(limits.SHORT_ID)]
Nonce: TypeAlias = Annotated[bytes, _sized(limits.SHORT_ID)]
ImportId: TypeAlias = Annotated[bytes, _sized(limits.SHORT_ID)]
"""What is the same wherever it is imported (protocol 2.8)."""
Signature: TypeAlias = Annotated[bytes, _sized(limits.SIGNATURE)]
SignPublic: TypeAlias = Annotated[bytes, _sized(limits.SIGN_PUBLIC)]
KemPublic: TypeAlias = Annotated[bytes, _sized(limits.KEM_PUBLIC)]
Wrap: TypeAlias = Annotated[bytes, _sized(limits.WRAP)]
OptionalHash: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=limits.ID)]
"""32 bytes, or none at all."""
MAX_COUNT = 2**63 - 1
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=limits.MAX_NAME)]
Origin: TypeAlias = Annotated[str, msgspec.Meta(max_length=limits.MAX_ORIGIN)]
"""Where a relay is: scheme, lower-case host and port as entered (protocol 5.2)."""
HeaderBytes: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=limits.MAX_HEADER)]
BodyBytes: TypeAlias = Annotated[
    bytes, msgspec.Meta(min_length=32 + limits.PAYLOAD_STEP, max_length=32 + limits.MAX_PAYLOAD)
]
"""Salt and padded payload."""
Relays: TypeAlias = Annotated[tuple[Origin, ...], msgspec.Meta(max_length=limits.MAX_RELAYS)]

ZERO_ID = bytes(limits.ID)
ZERO_SHORT = bytes(limits.SHORT_ID)
