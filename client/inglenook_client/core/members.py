"""Who belongs to a log, and whose acts count: the fold over its control events (protocol 8).

Rule 1: the answer depends on the set of events alone, never on the order they came in.
Rule 2: no clock, no position on a relay, no name is read.
Rule 3: each act is judged in its own causal past, in strata: the roots' acts and removals
        (``removals``), then the rest.
Rule 4: evidence of a fork only takes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from inglenook_client.core.acts import Act
from inglenook_client.core.branches import NONE, Branches
from inglenook_client.core.clocks import covers
from inglenook_client.core.removals import Cut, Removals
from inglenook_schema import invite, keys
from inglenook_schema.control import (
    AddPerson,
    Close,
    Erase,
    Genesis,
    LogType,
    Open,
    RefreshKem,
    RemoveDevice,
    RemovePerson,
    Rotate,
)
from inglenook_schema.errors import PeerError
from inglenook_schema.limits import SUITE, VERSION

_NEVER = -1
_SHORT = 16


class Seat(msgspec.Struct, frozen=True):
    """A chain: one device of one person, and up to where it counts."""

    chain: bytes
    device: bytes
    person: bytes
    sign: bytes
    kem: bytes
    """The newest KEM public key announced."""
    rank: int
    label: str
    since: int
    """Claimed instant of its first event, ms UTC; for people."""
    last: int | None
    """Highest sequence number that counts; None for no end, -1 for nothing."""
    ends: Mapping[bytes, int] = msgspec.field(default_factory=dict)
    """Where the chain forked and has an end: how far each branch counts, by the 32-byte id of
    its first event; a branch that is not here does not count at all."""

    def counts(self, seq: int, branch: bytes | None = None) -> bool:
        """Whether the event at ``seq`` of this chain counts.

        Args:
            seq: Its place.
            branch: The one it is on, from the first fork of the chain on.
        """
        if self.last is None:
            return True
        return seq <= (self.last if branch is None else self.ends.get(branch, _NEVER))


class Membership(msgspec.Struct, frozen=True):
    """A person in the log."""

    person: keys.Person
    role: str
    founder: bool
    gone: bool


class Epoch(msgspec.Struct, frozen=True):
    """A rotate that counts."""

    act: bytes
    rotate: Rotate
    order: tuple[int, bytes]
    """Rank of the author, then event id: the lowest tip is written to."""


class Roster(msgspec.Struct, frozen=True):
    """The outcome of the fold."""

    genesis: Genesis | None
    people: Mapping[bytes, Membership] = msgspec.field(default_factory=dict)
    seats: Mapping[bytes, Seat] = msgspec.field(default_factory=dict)
    epochs: Mapping[bytes, Epoch] = msgspec.field(default_factory=dict)
    """By commitment."""
    erased: tuple[tuple[bytes, bytes], ...] = ()
    """[event id, person who may erase only their own], ascending."""
    closed: bool = False
    """Nothing new is taken: it was closed, or is a pair that somebody left."""
    removed: frozenset[bytes] = frozenset()
    """Devices that a removal names which stands and whose author belongs, those too of which
    no chain is known yet."""
    void: frozenset[bytes] = frozenset()
    stalled: bool = False
    """An unknown control act counts here, or a suite: this device must be updated before it
    writes."""

    @property
    def tips(self) -> list[bytes]:
        """Commitments that no later epoch has merged, best first."""
        parents = {p for epoch in self.epochs.values() for p in epoch.rotate.parents}
        tips = [c for c in self.epochs if c not in parents]
        return sorted(tips, key=lambda c: self.epochs[c].order)

    def counts(self, chain: bytes, seq: int, branch: bytes | None = None) -> bool:
        """Whether an event counts; one of an unknown chain or person never does."""
        seat = self.seats.get(chain)
        return seat is not None and seat.counts(seq, branch)


def fold(
    log: bytes,
    acts: Iterable[Act],
    forks: Mapping[bytes, int] | None = None,
    branches: Branches = NONE,
) -> Roster:
    """Judge all control events of a log.

    Args:
        log: The 32-byte log id.
        acts: In any order; every one sealed and in its chain.
        forks: First forked sequence number by chain, from evidence.
        branches: Of the chains that forked; the pasts name them.
    """
    # causal order: whoever saw more has the greater sum
    ordered = sorted(acts, key=lambda a: (sum(seq + 1 for seq in a.past.values()), a.id))
    return _Fold(log, ordered, forks or {}, branches).roster()


class _Fold:
    def __init__(
        self, log: bytes, acts: list[Act], forks: Mapping[bytes, int], branches: Branches
    ) -> None:
        self.log = log
        self.acts = acts
        self.forks = forks
        self.branches = branches
        self.opens = {
            act.id[:16]: (act, act.payload) for act in acts if isinstance(act.payload, Open)
        }
        self.removals = Removals(self.opens, branches)
        self.void = self.removals.void

    def roster(self) -> Roster:
        genesis = next((a.payload for a in self.acts if isinstance(a.payload, Genesis)), None)
        if genesis is None:
            return Roster(None)
        self.removals.judge_roots(self.log, self.acts)
        self.removals.judge_devices(self.acts)
        of_many = genesis.type in (LogType.PROGRAMME, LogType.COORDINATORS)
        self.removals.judge_leaves(self.acts, genesis.founder.id if of_many else None)
        people = self._people(genesis)
        seats = {c: s for c in self.opens if (s := self._seat(c, people)) is not None}
        seats = self._fresh_kems(seats)
        return self._rest(genesis, people, seats)

    def _people(self, genesis: Genesis) -> dict[bytes, Membership]:
        founder = genesis.founder.id
        people = {founder: (genesis.founder, genesis.role, True)}
        taken = {founder}
        adds = [a for a in self.acts if isinstance(a.payload, AddPerson)]
        for act in sorted(adds, key=_size):
            add = act.payload
            assert isinstance(add, AddPerson)  # noqa: S101 - narrowed above
            person = add.knock.person
            if (
                person is None
                or not self._add_stands(act, add, genesis)
                or (genesis.type == LogType.PAIR and len(taken | {person.id}) > 2)
            ):
                self.void.add(act.id)
                continue
            taken.add(person.id)
            # rule 4: what a fork takes away gives its place to nobody else
            if self.forks.get(act.chain, act.seq + 1) <= act.seq or self._forked(act.chain):
                self.void.add(act.id)
                continue
            people.setdefault(person.id, (person, add.role, False))
        return {
            name: Membership(person, role, first, name in self.removals.left)
            for name, (person, role, first) in people.items()
        }

    def _add_stands(self, act: Act, add: AddPerson, genesis: Genesis) -> bool:
        author = self.opens.get(act.chain)
        person = add.knock.person
        if (
            author is None
            or person is None
            or author[1].person.id != genesis.founder.id
            or genesis.type == LogType.JOURNAL
            or not self.removals.inside(act)
        ):
            return False
        try:
            cert = keys.check_chain(add.knock.certificates, person)
            # protocol 12.2: who joined a programme as a coordinator joined its coordinators
            whole = genesis.type == LogType.COORDINATORS
            consented = genesis.predecessor if whole else self.log
            invite.check_knock(add.knock, consented, add.nonce, genesis.founder.id)
        except PeerError:
            return False
        return cert.sign == add.knock.device.sign

    def _seat(self, chain: bytes, people: Mapping[bytes, Membership]) -> Seat | None:
        opened = self.opens[chain][1]
        if opened.person.id not in people:
            return None
        cert, cut = _cert(opened), self.removals.cuts.get(chain)
        if self._forked(chain):
            cut = {}
        last, ends = self._end(chain, cut)
        return Seat(
            chain,
            cert.device,
            cert.person,
            cert.sign,
            cert.kem,
            cert.rank,
            opened.label,
            opened.at,
            last,
            ends,
        )

    def _end(self, chain: bytes, cut: Cut | None) -> tuple[int | None, dict[bytes, int]]:
        """Where a chain ends, and each of its branches."""
        if cut is None:
            return None, {}
        ends = {branch: cut[branch] for branch in self.branches.of(chain) if branch in cut}
        fork = min((self.branches.first[b] for b in self.branches.of(chain)), default=None)
        last = cut.get(chain, _NEVER)
        if fork is not None:  # the chain's own number may be that of a branch that is out
            last = max(min(last, fork - 1), *ends.values(), _NEVER)
        return last, ends

    def _counts(self, seat: Seat, act: Act) -> bool:
        return seat.counts(act.seq, self.branches.line_of.get(act.id))

    def _forked(self, chain: bytes) -> bool:
        """Whether its certificates pass through a device whose fork its open has seen."""
        act, opened = self.opens[chain]
        return any(
            covers(act.past, forked, at)
            for issuer in opened.certificates[:-1]
            for forked, at in self._fork_of(issuer.device).items()
        )

    def _fork_of(self, device: bytes) -> dict[bytes, int]:
        return {
            chain: at
            for chain, at in self.forks.items()
            if chain in self.opens and _cert(self.opens[chain][1]).device == device
        }

    def _fresh_kems(self, seats: dict[bytes, Seat]) -> dict[bytes, Seat]:
        newest = dict[bytes, tuple[int, bytes, bytes]]()
        for act in self.acts:
            seat = seats.get(act.chain)
            if isinstance(act.payload, RefreshKem) and seat and self._counts(seat, act):
                place = (act.seq, act.id, act.payload.kem)
                newest[act.chain] = max(place, newest.get(act.chain, place))
        return {
            chain: _with_kem(seat, newest[chain][2]) if chain in newest else seat
            for chain, seat in seats.items()
        }

    def _rest(
        self, genesis: Genesis, people: dict[bytes, Membership], seats: dict[bytes, Seat]
    ) -> Roster:
        epochs = dict[bytes, Epoch]()
        # protocol 8.2: a pair of one takes nothing new
        left = genesis.type == LogType.PAIR and any(p.gone for p in people.values())
        erased = set[tuple[bytes, bytes]]()
        closed = unknown = False
        for act in self.acts:
            seat = seats.get(act.chain)
            if isinstance(act.payload, Genesis | Open):
                continue
            judged = isinstance(act.payload, AddPerson | RemoveDevice | RemovePerson)
            if seat is None or not (judged or self._counts(seat, act)):
                self.void.add(act.id)
                continue
            match act.payload:
                case Rotate() as rotate:
                    epoch = Epoch(act.id, rotate, (seat.rank, act.id))
                    known = epochs.get(rotate.commitment)
                    if known is None or epoch.order < known.order:
                        epochs[rotate.commitment] = epoch
                case Erase(targets=targets):
                    erased.update((target, seat.person) for target in targets)
                case Close():
                    closed = True
                case None:
                    unknown = True
                case _:
                    pass
        # protocol 2.6: an unknown control act is content unless a version that has it counts
        version = max([genesis.version, *(e.rotate.version for e in epochs.values())])
        newer = any(e.rotate.suite > SUITE for e in epochs.values())  # protocol 1.1
        return Roster(
            genesis,
            people,
            seats,
            epochs,
            tuple(sorted(erased)),
            closed or left,
            self.removals.removed(people),
            frozenset(self.void),
            newer or (unknown and version > VERSION),
        )


def _size(act: Act) -> tuple[int, bytes]:
    """How much of the chains an act had seen; later evidence of a fork does not change it."""
    return sum(seq + 1 for line, seq in act.past.items() if len(line) == _SHORT), act.id


def _cert(opened: Open) -> keys.Certificate:
    return opened.certificates[-1]


def _with_kem(seat: Seat, kem: bytes) -> Seat:
    return msgspec.structs.replace(seat, kem=kem)
