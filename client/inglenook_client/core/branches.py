"""On which branch of a forked chain an event is (protocol 2.5, 8.4).

    open --- 1 --- 2 +-- 3 --- 4             a line by the chain's id, up to the fork
                     +-- 3' -- 4' +-- 5'     a branch by the id of its first event:
                                  +-- 5"     3, 3', 5' and 5"

Where nothing forked, a chain is one line and nothing here is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Place(NamedTuple):
    """Where an event of a forked chain stands."""

    chain: bytes
    seq: int
    id: bytes
    prev: bytes


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of all forked chains of one log.

    A *line* is named by the 16-byte chain id up to the chain's first fork, and by the 32-byte
    id of a branch's first event from there on.
    """

    line_of: Mapping[bytes, bytes] = field(default_factory=dict)
    """The branch of each event from the first fork of its chain on, by event id."""
    above: Mapping[bytes, bytes] = field(default_factory=dict)
    """The line that a branch leaves at its end, by branch."""
    first: Mapping[bytes, int] = field(default_factory=dict)
    """Sequence number of a branch's first event, by branch."""
    chain_of: Mapping[bytes, bytes] = field(default_factory=dict)
    """By branch."""

    @property
    def forked(self) -> frozenset[bytes]:
        """The chains that have branches."""
        return frozenset(self.chain_of.values())

    def line(self, event: bytes, chain: bytes) -> bytes:
        """The line that an event of this chain is on."""
        return self.line_of.get(event, chain)

    def before(self, line: bytes, seq: int) -> bytes:
        """The line of the event before the one at ``seq`` of this line."""
        return self.above[line] if self.first.get(line) == seq else line

    def path(self, line: bytes) -> list[bytes]:
        """The branches that lead to a line, itself last; empty for a chain's first line."""
        found = list[bytes]()
        while line in self.above:
            found.append(line)
            line = self.above[line]
        return found[::-1]

    def beside(self, branch: bytes) -> list[bytes]:
        """The other branches that begin where this one does."""
        above = self.above[branch]
        return [other for other, line in self.above.items() if line == above and other != branch]

    def of(self, chain: bytes) -> list[bytes]:
        """The branches of a chain."""
        return [branch for branch, name in self.chain_of.items() if name == chain]


NONE = Branches()
"""Nothing forked."""


def trace(places: Iterable[Place]) -> Branches:
    """Find the branches; the same ones in whatever order the events come.

    Args:
        places: The events of forked chains from the first forked place of each on.
    """
    ordered = sorted(places, key=lambda p: (p.seq, p.id))
    children = dict[bytes, int]()
    for place in ordered:
        children[place.prev] = children.get(place.prev, 0) + 1
    line_of, above = dict[bytes, bytes](), dict[bytes, bytes]()
    first, chain_of = dict[bytes, int](), dict[bytes, bytes]()
    for chain, seq, name, prev in ordered:
        line = line_of.get(prev)
        if line is None or children[prev] > 1:
            above[name], first[name], chain_of[name] = line or chain, seq, chain
            line = name
        line_of[name] = line
    return Branches(line_of, above, first, chain_of)
