"""Causal pasts: which events an event was written after (protocol 2.5).

A past is a map from chain to the highest sequence number it covers. It is kept only for
events with refs; every other event has the past of the one before it in its chain.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from inglenook_schema.header import Ref

Past: TypeAlias = Mapping[bytes, int]
"""Highest sequence number by 16-byte chain id."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[bytes, int]).decode


@dataclass(frozen=True, slots=True)
class Joint:
    """An event with refs, as far as causality is concerned."""

    chain: bytes
    seq: int
    id: bytes
    refs: tuple[Ref, ...]


def pack(past: Past) -> bytes:
    """Bytes for the store."""
    return _encode(dict(past))


def unpack(data: bytes) -> dict[bytes, int]:
    """Undo :func:`pack`."""
    return _decode(data)


def merge(past: dict[bytes, int], other: Past) -> None:
    """Widen ``past`` by ``other``, in place."""
    for chain, seq in other.items():
        if seq > past.get(chain, -1):
            past[chain] = seq


def covers(past: Past, chain: bytes, seq: int) -> bool:
    """Whether the event at ``seq`` of ``chain`` lies in this past."""
    return past.get(chain, -1) >= seq


def recompute(joints: Iterable[Joint]) -> dict[bytes, dict[bytes, int]]:
    """The past of every joint of one log by event id, whatever order they arrived in.

    An event that refers to one that is not here has what is known of it: the refs
    themselves and all that lies behind those that are here.
    """
    chains = dict[bytes, list[Joint]]()
    for joint in sorted(joints, key=lambda j: (j.chain, j.seq, j.id)):
        chains.setdefault(joint.chain, []).append(joint)
    everything = [joint for joints in chains.values() for joint in joints]
    waits = {joint.id: _parents(joint, chains) for joint in everything}
    after = dict[bytes, list[Joint]]()
    ready = deque[Joint]()
    left = dict[bytes, int]()
    for joint in everything:
        left[joint.id] = len(waits[joint.id])
        for parent in waits[joint.id]:
            after.setdefault(parent, []).append(joint)
    ready.extend(joint for joint in everything if not left[joint.id])
    done = dict[bytes, dict[bytes, int]]()
    while ready:
        joint = ready.popleft()
        past = {chain: seq for chain, seq, _ in joint.refs}  # ascending: the highest stays
        for parent in waits[joint.id]:
            merge(past, done[parent])
        done[joint.id] = past
        for child in after.get(joint.id, ()):
            left[child.id] -= 1
            if not left[child.id]:
                ready.append(child)
    _untie([joint for joint in everything if joint.id not in done], waits, done)
    for joint in everything:
        done[joint.id].pop(joint.chain, None)
    return done


def _untie(
    knot: list[Joint], waits: Mapping[bytes, set[bytes]], done: dict[bytes, dict[bytes, int]]
) -> None:
    """Pasts of joints that build on each other: only two branches of one chain make such."""
    done.update({j.id: {chain: seq for chain, seq, _ in j.refs} for j in knot})
    grown = True
    while grown:
        grown = False
        for joint in knot:
            past = done[joint.id]
            before = dict(past)
            for parent in waits[joint.id]:
                merge(past, done[parent])
            grown = grown or past != before


def _parents(joint: Joint, chains: Mapping[bytes, list[Joint]]) -> set[bytes]:
    """The nearest joints at or below what this one builds on."""
    places = [(joint.chain, joint.seq - 1), *((chain, seq) for chain, seq, _ in joint.refs)]
    return {
        parent.id
        for chain, seq in places
        for parent in _nearest(chains.get(chain, []), seq)
        if parent.id != joint.id
    }


def _nearest(joints: list[Joint], seq: int) -> list[Joint]:
    """All joints at the highest place at or below ``seq``; several where a chain forked."""
    end = bisect_right(joints, seq, key=lambda j: j.seq)
    start = bisect_left(joints, joints[end - 1].seq, key=lambda j: j.seq) if end else 0
    return joints[start:end]
