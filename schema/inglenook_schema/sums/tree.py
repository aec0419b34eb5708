"""The frozen list of answers as a Merkle tree (protocol 11.11; the tree of RFC 9162, section 2.1).

Leaves are hashed under another domain than nodes, so that no node can pass for a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inglenook_schema import suite
from inglenook_schema.errors import BadSignatureError, CallerError
from inglenook_schema.limits import SUITE

_LEAF: Final = suite.domain("leaf") + bytes((SUITE,))
_NODE: Final = suite.domain("node") + bytes((SUITE,))


def root(leaves: Sequence[bytes]) -> bytes:
    """The 32 bytes that stand for all leaves in their order; zeros for none."""
    return _levels(leaves)[-1][0] if leaves else bytes(32)


def path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that lead from one leaf to the root, the lowest first.

    Raises:
        CallerError: There is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise CallerError("That is not in the list.")
    found = []
    for level in _levels(leaves)[:-1]:
        beside = index ^ 1
        if beside < len(level):
            found.append(level[beside])
        index //= 2
    return tuple(found)


def check_path(leaf: bytes, index: int, count: int, hashes: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is in a list of ``count`` at ``index``.

    Raises:
        BadSignatureError: The path does not lead to the root.
    """
    if not 0 <= index < count:
        raise BadSignatureError("A proof does not lead to the list that both signed.")
    found = suite.sha256(_LEAF + leaf)
    left, size, rest = index, count, list(hashes)
    while size > 1:
        beside = left ^ 1
        if beside < size:
            if not rest:
                break
            other = rest.pop(0)
            pair = found + other if beside > left else other + found
            found = suite.sha256(_NODE + pair)
        left, size = left // 2, (size + 1) // 2
    if size > 1 or rest or found != root:
        raise BadSignatureError("A proof does not lead to the list that both signed.")


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Hashes of the leaves, then of each level above; one without a neighbour rises."""
    levels = [[suite.sha256(_LEAF + leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [suite.sha256(_NODE + below[i] + below[i + 1]) for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels
