"""Causal pasts: which events an event was written after (protocol 2.5).

A past is a map from chain to the highest sequence number it covers. It is kept only for
events with refs, and for those that begin a chain or a branch of one; every other event has
the past of the one before it. Where a chain forked, a past names beside the chain each branch
of it that it covers, since a place there holds several events.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from inglenook_client.core.branches import NONE, Branches
from inglenook_schema.header import Ref

Past: TypeAlias = Mapping[bytes, int]
"""Highest sequence number by 16-byte chain id, and by 32-byte branch (the id of its first
event) where the chain forked."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[bytes, int]).decode


@dataclass(frozen=True, slots=True)
class Joint:
    """An event whose past is kept, as far as causality is concerned."""

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


def covers(past: Past, line: bytes, seq: int) -> bool:
    """Whether the event at ``seq`` of a chain, or of a branch, lies in this past."""
    return past.get(line, -1) >= seq


def widen(past: dict[bytes, int], chain: bytes, line: bytes, seq: int) -> None:
    """Take one event into a past, in place, with what stands before it on its line."""
    merge(past, {chain: seq, line: seq})


def recompute(joints: Iterable[Joint], branches: Branches = NONE) -> dict[bytes, dict[bytes, int]]:
    """The past of every joint of one log by event id, whatever order they arrived in.

    An event that refers to one that is not here has what is known of it: the refs
    themselves and all that lies behind those that are here; of a chain that forked, what
    stands before the fork.

    Args:
        joints: Every event with refs, every open, and the first event of every branch.
        branches: Of the chains that forked. Where they are left out, a place with several
            events stands for all of them.
    """
    lines = dict[bytes, list[Joint]]()
    for joint in sorted(joints, key=lambda j: (j.chain, j.seq, j.id)):
        lines.setdefault(branches.line(joint.id, joint.chain), []).append(joint)
    everything = [joint for joints in lines.values() for joint in joints]
    named = {joint.id: _named(joint, branches) for joint in everything}
    waits = {joint.id: _parents(joint, lines, branches) for joint in everything}
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
        past = named[joint.id]
        for parent in waits[joint.id]:
            merge(past, done[parent])
        done[joint.id] = past
        for child in after.get(joint.id, ()):
            left[child.id] -= 1
            if not left[child.id]:
                ready.append(child)
    _untie([joint for joint in everything if joint.id not in done], waits, named, done)
    for joint in everything:
        if joint.id not in branches.line_of:
            done[joint.id].pop(joint.chain, None)  # its own place says as much
    return done


def _named(joint: Joint, branches: Branches) -> dict[bytes, int]:
    """What an event itself names: its refs, and on a branch the event before it."""
    past = {chain: seq for chain, seq, _ in joint.refs}  # ascending: the highest stays
    if not branches.line_of:
        return past
    for chain, seq, name in joint.refs:
        widen(past, chain, branches.line(name, chain), seq)
    line = branches.line_of.get(joint.id)
    if line is not None:
        widen(past, joint.chain, branches.before(line, joint.seq), joint.seq - 1)
    return past


def _untie(
    knot: list[Joint],
    waits: Mapping[bytes, set[bytes]],
    named: dict[bytes, dict[bytes, int]],
    done: dict[bytes, dict[bytes, int]],
) -> None:
    """Pasts of joints that build on each other: only refs to what is not here make such."""
    done.update({joint.id: named[joint.id] for joint in knot})
    grown = True
    while grown:
        grown = False
        for joint in knot:
            past = done[joint.id]
            before = dict(past)
            for parent in waits[joint.id]:
                merge(past, done[parent])
            grown = grown or past != before


def _parents(joint: Joint, lines: Mapping[bytes, list[Joint]], branches: Branches) -> set[bytes]:
    """The nearest joints at or below what this one builds on."""
    line = branches.line(joint.id, joint.chain)
    places = [(branches.before(line, joint.seq), joint.seq - 1)]
    places += [(branches.line(name, chain), seq) for chain, seq, name in joint.refs]
    return {
        parent.id
        for line, seq in places
        for parent in _nearest(lines.get(line, []), seq)
        if parent.id != joint.id
    }


def _nearest(joints: list[Joint], seq: int) -> list[Joint]:
    """All joints at the highest place at or below ``seq`` of a line.

    There is one, but where a fork is not known of yet.
    """
    end = bisect_right(joints, seq, key=lambda j: j.seq)
    start = bisect_left(joints, joints[end - 1].seq, key=lambda j: j.seq) if end else 0
    return joints[start:end]
