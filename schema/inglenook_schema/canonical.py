"""Canonical msgpack: one encoding a value, or refused (protocol 1.3).

msgspec alone accepts several encodings of one value and drops surplus elements of an
array; encoding again and comparing bytes closes both.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec

from inglenook_schema.errors import MalformedError

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


@lru_cache(maxsize=128)
def _decoder(shape: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(cast("Any", shape))


def encode(value: object) -> bytes:
    """The one encoding of ``value``: minimal integers, ``bin`` for bytes, exact arrays."""
    return _encoder.encode(value)


def decode(data: bytes, shape: type[T], error: type[MalformedError] = MalformedError) -> T:
    """Decode ``data`` as ``shape``.

    Raises:
        MalformedError: Or ``error``: not msgpack, not this shape, a length out of its
            bounds, surplus bytes or elements, or not the one canonical encoding.
    """
    try:
        value: T = _decoder(cast("Hashable", shape)).decode(data)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise error from None
    if _encoder.encode(value) != data:
        raise error("Something from outside was not in its one proper encoding.")
    return value
