"""Bytes that were valid and are not quite any more: flipped, cut, doubled, spliced, and msgpack
values with one of their parts replaced, which get past whoever only looks at the shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

CLAIMS = (
    bytes.fromhex("ddffffffff"),  # an array of four thousand million
    bytes.fromhex("c6ffffffff"),  # bytes of four gibibytes
    bytes.fromhex("dfffffffff") + bytes(64),
    bytes.fromhex("c6ffffffff") + bytes(64),
    b"\x91" * 100_000,  # arrays in arrays
    b"\xff" * 4096,
    b"",
)
"""What claims to be more than it is."""
_ODD: tuple[Any, ...] = (
    None,
    0,
    -1,
    2**63,
    2**64 - 1,
    True,
    b"",
    b"\0" * 33,
    "",
    "\0",
    "é" * 300,
    (),
    1.5,
    {},
)


def nearly(seeds: Sequence[bytes]) -> SearchStrategy[bytes]:
    """A seed with a few things wrong; now and then bytes of any kind."""
    whole = st.sampled_from(sorted(seeds, key=len))
    broken = _broken(whole)
    return st.one_of(
        broken, broken, _shaped(whole), st.binary(max_size=64), st.sampled_from(CLAIMS)
    )


@st.composite
def _broken(draw: DrawFn, whole: SearchStrategy[bytes]) -> bytes:
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(1, 40))
        match draw(st.integers(0, 6)):
            case 0 if data:
                data[at] ^= draw(st.integers(1, 255))
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size]
            case 3:
                data[at:at] = draw(st.binary(min_size=1, max_size=9))
            case 4:
                del data[at:]
            case 5:
                data[at : at + size] = draw(whole)[at : at + size]
            case _:
                data += draw(st.binary(min_size=1, max_size=9))
    return bytes(data)


@st.composite
def _shaped(draw: DrawFn, whole: SearchStrategy[bytes]) -> bytes:
    """One part of a msgpack value replaced by another, written in canonical form again."""
    data = draw(whole)
    try:
        value = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return data[: len(data) // 2]
    odd = draw(st.sampled_from(_ODD))
    return msgspec.msgpack.encode(_replaced(draw, value, odd))


def _replaced(draw: DrawFn, value: Any, odd: object) -> Any:
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(value) - 1))
        return [_replaced(draw, v, odd) if n == at else v for n, v in enumerate(value)]
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value, key=str)))
        return {**value, key: _replaced(draw, value[key], odd)}
    if isinstance(value, int) and draw(st.booleans()):
        return min(value + 1, 2**64 - 1)
    return odd
