"""What the processes of one relay tell each other: which mailboxes grew, and how long they are.

A message is msgpack: an array of pairs [address, n], at most ``MAX_BATCH`` of them. None at
all means: something may have been missed, look in the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

import msgspec

from inglenook_schema.errors import MalformedError

MAX_BATCH: Final = 8_192
"""About 200 kB, of the 1 MiB that a NATS server takes unless told otherwise."""
LOOK: Final[Mapping[bytes, int]] = {}
"""For whoever lost count."""
_Address: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Length: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
_Pairs: TypeAlias = Annotated[
    tuple[tuple[_Address, _Length], ...], msgspec.Meta(max_length=MAX_BATCH)
]
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Pairs).decode


def encode(grown: Mapping[bytes, int]) -> bytes:
    """Write one message, of at most ``MAX_BATCH`` mailboxes."""
    return _encode(tuple(grown.items()))


def decode(data: bytes) -> dict[bytes, int]:
    """Read one message.

    Raises:
        MalformedError: It is none.
    """
    try:
        return dict(_decode(data))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise MalformedError from None
