"""Proofs that an answer is in the list that both operators signed."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inglenook_schema import suite
from inglenook_schema.errors import BadSignatureError, CallerError
from inglenook_schema.sums import tree

lists = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def by_the_rfc(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return hashlib.sha256(suite.domain("leaf") + b"\1" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    pair = by_the_rfc(leaves[:k]) + by_the_rfc(leaves[k:])
    return hashlib.sha256(suite.domain("node") + b"\1" + pair).digest()


@given(lists)
def test_the_root_is_the_rfcs(leaves: list[bytes]) -> None:
    assert tree.root(leaves) == by_the_rfc(leaves)


@given(lists, st.data())
def test_every_leaf_has_a_path_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))

    tree.check_path(leaves[index], index, len(leaves), tree.path(leaves, index), tree.root(leaves))


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=40, unique=True), st.data())
def test_nothing_else_has(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    count, way, root = len(leaves), tree.path(leaves, index), tree.root(leaves)
    other = (index + data.draw(st.integers(1, count - 1))) % count

    for leaf, at, of, hashes in (
        (leaves[other], index, count, way),
        (leaves[index], other, count, way),
        (leaves[index], index, count, way[:-1]),
        (leaves[index], index, count, (*way, bytes(32))),
        (leaves[index], count, count, way),
    ):
        with pytest.raises(BadSignatureError):
            tree.check_path(leaf, at, of, hashes, root)


def test_a_list_of_none_has_zeros_for_a_root_and_no_path() -> None:
    assert tree.root([]) == bytes(32)
    with pytest.raises(CallerError):
        tree.path([], 0)
