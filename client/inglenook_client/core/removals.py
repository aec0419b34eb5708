"""Who removed whom, and what that leaves of each chain: the first two strata (protocol 8.3).

Rule 1: a removal's causal past is its cut; of several the events inside every cut count.
Rule 2: roots first, then devices from the lowest rank up. Only a lower rank, the device
        itself or the root ends a device, so what judges a removal is always judged already.
Rule 3: a removal by a device that was removed, neither having seen the other, takes away
        only what it had seen: nobody evicts those who came later by looking away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from inglenook_client.core.acts import Act
from inglenook_client.core.branches import Branches
from inglenook_client.core.clocks import Past, covers, widen
from inglenook_schema import suite
from inglenook_schema.control import Open, RemoveDevice, RemovePerson, root_act
from inglenook_schema.errors import PeerError

Cut: TypeAlias = Mapping[bytes, int]
"""Of one chain: the highest sequence number inside, by line (see ``branches``)."""


@dataclass(slots=True)
class Removal:
    """A removal of a device that stands."""

    act: Act
    device: bytes
    author: Open
    rank: int
    """Of the author; 0 for the root."""
    whole: bool = True
    """Whether it also takes away what it had not seen."""

    @property
    def own(self) -> bool:
        """Whether a device removes itself."""
        return self.rank > 0 and self.author.certificates[-1].device == self.device


@dataclass(slots=True)
class Removals:
    """The outcome for one log."""

    opens: Mapping[bytes, tuple[Act, Open]]
    branches: Branches
    standing: list[Removal] = field(default_factory=list)
    left: set[bytes] = field(default_factory=set)
    """People who left."""
    void: set[bytes] = field(default_factory=set)
    cuts: dict[bytes, Cut] = field(default_factory=dict)
    """By chain, where something ends it."""

    def inside(self, act: Act) -> bool:
        """Whether an act is inside every cut of its chain."""
        cut = self.cuts.get(act.chain)
        return cut is None or self._holds(cut, act)

    def removed(self, people: Mapping[bytes, object]) -> frozenset[bytes]:
        """Devices that a removal by somebody who belongs names, and takes something from.

        One of which nothing is known yet is among them, but where only what was seen is taken.
        """
        mine = [r for r in self.standing if r.author.person.id in people]
        known = {self._device(chain) for chain in self.opens}
        return frozenset(
            r.device
            for r in mine
            if (r.whole and r.device not in known)
            or any(
                self._device(chain) == r.device and self._reaches(r, chain) for chain in self.opens
            )
        )

    # --- stratum 1 ---

    def judge_roots(self, log: bytes, acts: Sequence[Act]) -> None:
        """Let stand what a root signed, and cut."""
        for act in acts:
            remove = act.payload
            if not isinstance(remove, RemoveDevice) or not remove.root:
                continue
            author = self.opens.get(act.chain)
            if author is None or not _root_signed(log, act, remove, author[1]):
                self.void.add(act.id)
                continue
            removal = Removal(act, remove.device, author[1], 0)
            if self._may(removal):
                self.standing.append(removal)
            else:
                self.void.add(act.id)  # a device of another person
        for removal in self.standing:
            self._cut_by(removal)

    # --- stratum 2 ---

    def judge_devices(self, acts: Sequence[Act]) -> None:
        """Judge removals by devices, and cut; ``acts`` stand in causal order."""
        waiting = list[Removal]()
        for act in acts:
            remove = act.payload
            if not isinstance(remove, RemoveDevice) or remove.root:
                continue
            author = self.opens.get(act.chain)
            if author is None or not self.inside(act):
                self.void.add(act.id)
                continue
            rank = author[1].certificates[-1].rank
            waiting.append(Removal(act, remove.device, author[1], rank))
        mine = list[Removal]()
        for removal in sorted(waiting, key=lambda r: (r.rank, not r.own)):
            if self._stands(removal, mine) and self._may(removal):
                mine.append(removal)
            else:
                self.void.add(removal.act.id)
        self.standing += mine
        for removal in mine:
            self._cut_by(removal)

    def judge_leaves(self, acts: Sequence[Act], founder: bytes | None = None) -> None:
        """Let people go who left by a device of theirs that counted; then who was let go.

        Args:
            acts: In any order.
            founder: Who may let others go, where the log's type has somebody who may.
        """
        leaves = [(a, a.payload.person) for a in acts if isinstance(a.payload, RemovePerson)]
        own = [(a, p) for a, p in leaves if self._author(a) == p]
        self._let_go(own)
        # after that: a founder who left lets nobody go any more
        named = [(a, p) for a, p in leaves if founder is not None and self._author(a) == founder]
        others = [each for each in named if each not in own]
        self._let_go(others)
        judged = {act.id for act, _ in (*own, *others)}
        self.void.update(act.id for act, _ in leaves if act.id not in judged)

    def _author(self, act: Act) -> bytes | None:
        opened = self.opens.get(act.chain)
        return opened[1].person.id if opened else None

    def _let_go(self, leaves: Sequence[tuple[Act, bytes]]) -> None:
        standing = [(act, person) for act, person in leaves if self.inside(act)]
        self.void.update(act.id for act, _ in leaves if not self.inside(act))
        for act, person in standing:
            self.left.add(person)
            for chain, (_, opened) in self.opens.items():
                if opened.person.id == person:
                    self._cut(chain, act)

    def _stands(self, removal: Removal, others: Sequence[Removal]) -> bool:
        """Judge by the removals of its author that are judged; may make it less than whole."""
        act = removal.act
        for other in others:
            if not self._reaches(other, act.chain):
                continue
            if self._before(other.act, act.past):
                return False
            if removal.own and other.own:
                continue  # two goodbyes of one device: neither outranks the other
            cut = self._cut_of(other.act, act.chain)
            if self._turned_off(cut, act):
                return False
            removal.whole = removal.whole and self._holds(cut, act)
        return True

    def _may(self, removal: Removal) -> bool:
        """Whether the ranks allow it, of a device that is not known yet too."""
        targets = [chain for chain in self.opens if self._device(chain) == removal.device]
        return not targets or any(self._allowed(removal, chain) for chain in targets)

    # --- what a removal takes away ---

    def _allowed(self, removal: Removal, chain: bytes) -> bool:
        """Whether the author may take this chain from the device: same person, lower rank.

        Judged chain by chain: a removed device could else hide behind a chain that it opens
        with its key under a person of its own making, or under another certificate.
        """
        opened = self.opens[chain][1]
        certs = [c for c in opened.certificates if c.device == removal.device]
        if not certs or opened.person.id != removal.author.person.id:
            return False
        rank = certs[-1].rank
        return rank >= removal.rank if removal.own else rank > removal.rank

    def _reaches(self, removal: Removal, chain: bytes) -> bool:
        if not self._allowed(removal, chain):
            return False
        if self._device(chain) == removal.device:
            return removal.whole or covers(removal.act.past, chain, 0)
        # certified through the lost device, which the removal knew nothing of
        return removal.whole and not self._knew(removal, self._device(chain))

    def _knew(self, removal: Removal, device: bytes) -> bool:
        """Whether a removal had seen this device of its author's person begin a chain."""
        mine = removal.author.person.id
        return any(
            covers(removal.act.past, chain, 0)
            for chain, (_, opened) in self.opens.items()
            if self._device(chain) == device and opened.person.id == mine
        )

    def _device(self, chain: bytes) -> bytes:
        return self.opens[chain][1].certificates[-1].device

    def _cut_by(self, removal: Removal) -> None:
        for chain in self.opens:
            if self._reaches(removal, chain):
                self._cut(chain, removal.act)

    def _cut(self, chain: bytes, act: Act) -> None:
        cut, before = self._cut_of(act, chain), self.cuts.get(chain)
        self.cuts[chain] = cut if before is None else _both(cut, before)

    def _cut_of(self, act: Act, chain: bytes) -> Cut:
        """What an act had seen of a chain; of its own also itself."""
        lines = (chain, *self.branches.of(chain))
        cut = {line: act.past[line] for line in lines if line in act.past}
        if chain == act.chain:
            widen(cut, chain, self.branches.line(act.id, chain), act.seq)
        return cut

    # --- where an act stands ---

    def _holds(self, cut: Cut, act: Act) -> bool:
        return covers(cut, self.branches.line(act.id, act.chain), act.seq)

    def _before(self, act: Act, past: Past) -> bool:
        return covers(past, self.branches.line(act.id, act.chain), act.seq)

    def _turned_off(self, cut: Cut, act: Act) -> bool:
        """Whether an act is on a branch that leaves what the cut holds of its chain."""
        for branch in self.branches.path(self.branches.line(act.id, act.chain)):
            if branch not in cut:
                return any(other in cut for other in self.branches.beside(branch))
        return False


def _both(one: Cut, other: Cut) -> Cut:
    return {line: min(seq, other[line]) for line, seq in one.items() if line in other}


def _root_signed(log: bytes, act: Act, remove: RemoveDevice, author: Open) -> bool:
    message = root_act(log, remove.device, act.prev, act.refs)
    try:
        suite.verify(author.person.sign, remove.root, message)
    except PeerError:
        return False
    return True
