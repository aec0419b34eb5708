"""How a sentence looks in the encodings in which it might leak."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator


def needles(sentence: str) -> Iterator[bytes]:
    """The sentence in UTF-8, UTF-16, base64 (three alignments), hex, and reversed."""
    plain = sentence.encode()
    yield plain
    yield plain[::-1]
    yield sentence.encode("utf-16-le")
    yield sentence.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + plain)
        whole = coded[-(-shift * 8 // 6) : -4]  # the ends depend on what stands around it
        yield whole
        yield base64.b64encode(bytes(shift) + plain[::-1])[-(-shift * 8 // 6) : -4]


def finds(data: bytes, wanted: Iterable[bytes]) -> bool:
    """Whether any of the needles lies in the data."""
    return any(needle in data for needle in wanted)
