"""The two prime fields of Prio3, over plain integers (VDAF draft 18, sections 6.1 and 6.1.4).

An element is an ``int`` in [0, modulus); a vector is a list of them. There is no class of
elements: a survey's report has some forty of them and is checked in tens of microseconds.
Python's integers are not constant-time.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from inglenook_schema.errors import MalformedReportError

_LOW: Final = 2**64 - 1


@dataclass(frozen=True)
class Field:
    """A field with a multiplicative subgroup whose order is a power of two.

    Args:
        modulus: Just under 2^64 or 2^128, so that random bytes are nearly always canonical.
        size: Bytes of an encoded element, 8 or 16.
        generator: Of the subgroup.
        log_order: The subgroup has 2 ** ``log_order`` elements.
    """

    modulus: int
    size: int
    generator: int
    log_order: int

    def encode(self, vector: Sequence[int]) -> bytes:
        """Little-endian, one element after the other (section 6.1.1)."""
        if self.size == 8:
            return struct.pack(f"<{len(vector)}Q", *vector)
        size = self.size
        return b"".join([x.to_bytes(size, "little") for x in vector])

    def split(self, data: bytes) -> list[int]:
        """The integers that ``data`` spells; they may lie beyond the modulus.

        Args:
            data: Of a length that is a multiple of ``size``.
        """
        words = struct.unpack(f"<{len(data) // 8}Q", data)
        if self.size == 8:
            return list(words)
        return [low | high << 64 for low, high in zip(words[::2], words[1::2], strict=True)]

    def decode(self, data: bytes, length: int) -> list[int]:
        """Undo :meth:`encode` (section 6.1.1).

        Raises:
            MalformedReportError: Not ``length`` elements, or one is not canonical.
        """
        if len(data) != length * self.size:
            raise MalformedReportError("Part of a survey answer has the wrong length.")
        vector = self.split(data)
        if max(vector, default=0) >= self.modulus:
            raise MalformedReportError("Part of a survey answer is not in canonical form.")
        return vector

    def inverse(self, x: int) -> int:
        """1 / ``x``; ``x`` is not zero."""
        return pow(x, -1, self.modulus)


FIELD64: Final = Field(2**32 * 4294967295 + 1, 8, pow(7, 4294967295, 2**64 - 2**32 + 1), 32)
FIELD128: Final = Field(
    2**66 * 4611686018427387897 + 1,
    16,
    pow(7, 4611686018427387897, 2**66 * 4611686018427387897 + 1),
    66,
)


@lru_cache(maxsize=256)
def root_powers(field: Field, n: int) -> tuple[int, ...]:
    """The powers 0 to n - 1 of the principal n-th root of unity (section 6.1.2).

    Args:
        field: Whose roots.
        n: A power of two, at most 2 ** ``field.log_order``.
    """
    log_n = n.bit_length() - 1
    root = pow(field.generator, 1 << (field.log_order - log_n), field.modulus)
    powers = [1] * n
    for i in range(1, n):
        powers[i] = powers[i - 1] * root % field.modulus
    return tuple(powers)
