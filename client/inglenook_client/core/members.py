"""Who belongs to a log, and whose acts count: the fold over its control events (protocol 8).

Rule 1: the answer depends on the set of events alone, never on the order they came in.
Rule 2: no clock, no position on a relay, no name is read.
Rule 3: each act is judged in its own causal past, in strata: the roots' acts; removals
        (mutual ones both stand); then the rest.
Rule 4: evidence of a fork only takes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from inglenook_client.core.clocks import Past, covers
from inglenook_schema import invite, keys, suite
from inglenook_schema.control import (
    AddPerson,
    Close,
    Erase,
    Genesis,
    LogType,
    Member,
    Open,
    RefreshKem,
    RemoveDevice,
    RemovePerson,
    Rotate,
    root_act,
)
from inglenook_schema.errors import PeerError
from inglenook_schema.header import Ref
from inglenook_schema.limits import VERSION

Control: TypeAlias = Genesis | Open | Member | Rotate | Erase
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Act:
    """One control event with its causal past (itself left out)."""

    id: bytes
    chain: bytes
    seq: int
    past: Past
    prev: bytes
    refs: tuple[Ref, ...]
    payload: Control | None
    """None for a kind or act that this version does not know."""


@dataclass(frozen=True, slots=True)
class Seat:
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

    def counts(self, seq: int) -> bool:
        """Whether the event at ``seq`` of this chain counts."""
        return self.last is None or seq <= self.last


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in the log."""

    person: keys.Person
    role: str
    founder: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class Epoch:
    """A rotate that counts."""

    act: bytes
    rotate: Rotate
    order: tuple[int, bytes]
    """Rank of the author, then event id: the lowest tip is written to."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The outcome of the fold."""

    genesis: Genesis | None
    people: Mapping[bytes, Membership] = field(default_factory=dict)
    seats: Mapping[bytes, Seat] = field(default_factory=dict)
    epochs: Mapping[bytes, Epoch] = field(default_factory=dict)
    """By commitment."""
    erased: tuple[tuple[bytes, bytes], ...] = ()
    """[event id, person who may erase only their own], ascending."""
    closed: bool = False
    """Nothing new is written: somebody closed it, or left a pair."""
    void: frozenset[bytes] = frozenset()
    stalled: bool = False
    """An unknown control act counts here: this device must be updated before it writes."""

    @property
    def tips(self) -> list[bytes]:
        """Commitments that no later epoch has merged, best first."""
        parents = {p for epoch in self.epochs.values() for p in epoch.rotate.parents}
        tips = [c for c in self.epochs if c not in parents]
        return sorted(tips, key=lambda c: self.epochs[c].order)

    def counts(self, chain: bytes, seq: int) -> bool:
        """Whether an event counts; one of an unknown chain or person never does."""
        seat = self.seats.get(chain)
        return seat is not None and seat.counts(seq)


def fold(log: bytes, acts: Iterable[Act], forks: Mapping[bytes, int] | None = None) -> Roster:
    """Judge all control events of a log.

    Args:
        log: The 32-byte log id.
        acts: In any order; every one sealed and in its chain.
        forks: First forked sequence number by chain, from evidence.
    """
    ordered = sorted(acts, key=lambda a: (sum(seq + 1 for seq in a.past.values()), a.id))
    return _Fold(log, ordered, forks or {}).roster()


class _Fold:
    def __init__(self, log: bytes, acts: list[Act], forks: Mapping[bytes, int]) -> None:
        self.log = log
        self.acts = acts
        self.forks = forks
        self.opens = {
            act.id[:16]: (act, act.payload) for act in acts if isinstance(act.payload, Open)
        }
        self.cuts = dict[bytes, int]()
        self.void = set[bytes]()

    def roster(self) -> Roster:
        genesis = next((a.payload for a in self.acts if isinstance(a.payload, Genesis)), None)
        if genesis is None:
            return Roster(None)
        self._roots()
        self._removals()
        people = self._people(genesis)
        seats = {c: s for c in self.opens if (s := self._seat(c, people)) is not None}
        seats = self._fresh_kems(seats)
        return self._rest(genesis, people, seats)

    # --- strata 1 and 2: removals ---

    def _roots(self) -> None:
        for act in self.acts:
            remove = act.payload
            if isinstance(remove, RemoveDevice) and remove.root and self._root_stands(act, remove):
                self._cut_device(remove.device, act)

    def _root_stands(self, act: Act, remove: RemoveDevice) -> bool:
        author = self.opens.get(act.chain)
        targets = [o for _, o in self.opens.values() if _cert(o).device == remove.device]
        if author is None or not all(t.person.id == author[1].person.id for t in targets):
            self.void.add(act.id)
            return False
        try:
            message = root_act(self.log, remove.device, act.prev, act.refs)
            suite.verify(author[1].person.sign, remove.root, message)
        except PeerError:
            self.void.add(act.id)
            return False
        return True

    def _removals(self) -> None:
        root_cuts = dict(self.cuts)
        standing = list[tuple[Act, bytes]]()
        for act in self.acts:
            match act.payload:
                case RemoveDevice(device=device, root=b"") if self._may_remove(
                    act, device, root_cuts, standing
                ):
                    standing.append((act, device))
                case RemoveDevice(root=b""):
                    self.void.add(act.id)
                case _:
                    pass
        for act, device in standing:
            self._cut_device(device, act)
        for act in self.acts:
            if isinstance(act.payload, RemovePerson):
                self._leave(act, act.payload)

    def _may_remove(
        self,
        act: Act,
        device: bytes,
        root_cuts: Mapping[bytes, int],
        standing: list[tuple[Act, bytes]],
    ) -> bool:
        author = self.opens.get(act.chain)
        if author is None or act.seq > root_cuts.get(act.chain, act.seq):
            return False
        mine = _cert(author[1])
        if any(d == mine.device and covers(act.past, a.chain, a.seq) for a, d in standing):
            return False
        targets = [_cert(o) for _, o in self.opens.values() if _cert(o).device == device]
        return bool(targets) and all(
            t.person == mine.person and (t.device == mine.device or mine.rank < t.rank)
            for t in targets
        )

    def _leave(self, act: Act, remove: RemovePerson) -> None:
        author = self.opens.get(act.chain)
        allowed = self.cuts.get(act.chain, act.seq) >= act.seq
        if author is None or author[1].person.id != remove.person or not allowed:
            self.void.add(act.id)
            return
        for chain, (_, opened) in self.opens.items():
            if opened.person.id == remove.person:
                self._cut(chain, act)

    def _cut_device(self, device: bytes, act: Act) -> None:
        for chain, (opening, opened) in self.opens.items():
            names = [cert.device for cert in opened.certificates]
            if names[-1] == device:
                self._cut(chain, act)
            elif device in names and not covers(act.past, chain, opening.seq):
                # protocol 8.2: certified through the lost device, unseen by the removal
                self.cuts[chain] = _NEVER

    def _cut(self, chain: bytes, act: Act) -> None:
        last = act.seq if chain == act.chain else act.past.get(chain, _NEVER)
        self.cuts[chain] = min(last, self.cuts.get(chain, last))

    # --- stratum 3: the rest ---

    def _allowed(self, act: Act) -> bool:
        return act.seq <= self.cuts.get(act.chain, act.seq)

    def _people(self, genesis: Genesis) -> dict[bytes, Membership]:
        founder = genesis.founder.id
        people = {founder: (genesis.founder, genesis.role, True)}
        taken = {founder}
        adds = [a for a in self.acts if isinstance(a.payload, AddPerson)]
        for act in adds:
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
            if self.forks.get(act.chain, act.seq + 1) <= act.seq:
                self.void.add(act.id)
                continue
            people.setdefault(person.id, (person, add.role, False))
        gone = {
            a.payload.person
            for a in self.acts
            if isinstance(a.payload, RemovePerson) and a.id not in self.void
        }
        return {
            name: Membership(person, role, first, name in gone)
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
            or not self._allowed(act)
        ):
            return False
        try:
            cert = keys.check_chain(add.knock.certificates, person)
            invite.check_knock(add.knock, self.log, add.nonce, genesis.founder.id)
        except PeerError:
            return False
        return cert.sign == add.knock.device.sign

    def _seat(self, chain: bytes, people: Mapping[bytes, Membership]) -> Seat | None:
        act, opened = self.opens[chain]
        if opened.person.id not in people:
            return None
        cert, last = _cert(opened), self.cuts.get(chain)
        for issuer in opened.certificates[:-1]:
            forked = self._fork_of(issuer.device)
            if any(covers(act.past, c, at) for c, at in forked.items()):
                last = _NEVER
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
            if isinstance(act.payload, RefreshKem) and seat and seat.counts(act.seq):
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
        erased = set[tuple[bytes, bytes]]()
        closed = unknown = False
        for act in self.acts:
            seat = seats.get(act.chain)
            if isinstance(act.payload, Genesis | Open):
                continue
            if seat is None or not seat.counts(act.seq):
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
        return Roster(
            genesis,
            people,
            seats,
            epochs,
            tuple(sorted(erased)),
            closed or _is_over(genesis, people),
            frozenset(self.void),
            unknown and version > VERSION,
        )


def _is_over(genesis: Genesis, people: Mapping[bytes, Membership]) -> bool:
    """Protocol 8.2: a pair that one of the two left is closed for the other too."""
    return genesis.type == LogType.PAIR and any(member.gone for member in people.values())


def _cert(opened: Open) -> keys.Certificate:
    return opened.certificates[-1]


def _with_kem(seat: Seat, kem: bytes) -> Seat:
    return replace(seat, kem=kem)
