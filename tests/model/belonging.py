"""Who belongs and what counts, once more: protocol 2.5, 5.3 and 8 word by word, over sets of ids.

Nothing of the client's is used here. A past is the set of all events that can be reached, a cut
is such a set, a branch is a walk over ``prev``: no vectors, no lines, no places. So it is slow,
and where it and the client's fold differ, one of the two does not do what the page says.

It judges what is closed under ``prev`` and ``refs``: a ref to nothing is the store's business.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from inglenook_schema import body, control, invite, keys, suite
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
from inglenook_schema.header import Header, Kind


class Written(Protocol):
    """An event as it lies in a log."""

    @property
    def id(self) -> bytes: ...
    @property
    def header(self) -> Header: ...
    @property
    def body(self) -> bytes | None: ...


@dataclass(eq=False)
class Happened:
    """One event, with everything that it was written after."""

    id: bytes
    header: Header
    payload: object
    """Of a control event; None of content, and of what this version does not know."""
    past: set[bytes] = field(default_factory=set)

    @property
    def chain(self) -> bytes:
        return self.id[:16] if self.header.kind == Kind.OPEN else self.header.chain

    @property
    def seq(self) -> int:
        return self.header.seq


@dataclass
class Verdict:
    """What there is to be known of a log."""

    counted: set[bytes] = field(default_factory=set)
    """Ids of the content that counts."""
    people: dict[bytes, tuple[str, bool, bool]] = field(default_factory=dict)
    """[role, founder, gone]."""
    kems: dict[bytes, bytes] = field(default_factory=dict)
    """By chain that counts: the newest KEM key."""
    staying: set[bytes] = field(default_factory=set)
    """The chains that nothing ends, of people who stay: who gets the next wrap."""
    removed: set[bytes] = field(default_factory=set)
    void: set[bytes] = field(default_factory=set)
    tips: list[bytes] = field(default_factory=list)
    """Commitments; the first is the one to write to."""
    erased: set[tuple[bytes, bytes]] = field(default_factory=set)
    closed: bool = False
    stalled: bool = False


def judge(log: bytes, events: Collection[Written]) -> Verdict:
    """Judge a whole log."""
    return Judge(log, [Happened(e.id, e.header, _payload(e)) for e in events]).verdict


def _payload(event: Written) -> object:
    readers = {
        Kind.GENESIS: control.decode_genesis,
        Kind.OPEN: control.decode_open,
        Kind.MEMBER: control.decode_member,
        Kind.ROTATE: control.decode_rotate,
        Kind.ERASE: control.decode_erase,
    }
    if event.header.kind not in readers or event.body is None:
        return None
    try:
        return readers[Kind(event.header.kind)](body.data_of(event.body))
    except PeerError:
        return None


class Judge:
    """The strata of 8.1, one after the other."""

    def __init__(self, log: bytes, events: list[Happened]) -> None:
        self.log = log
        self.events = {event.id: event for event in events}
        for event in events:
            self._walk(event)
        self.opens = {e.chain: e for e in events if isinstance(e.payload, Open)}
        self.forks = self._forks()
        self.verdict = Verdict()
        self.cuts: dict[bytes, set[bytes]] = {}
        genesis = self.events.get(log)
        if genesis is None or not isinstance(genesis.payload, Genesis):
            return
        self.genesis = genesis.payload
        self.standing: list[tuple[Happened, bool]] = []  # [removal, whole]
        self.roots()
        self.devices()
        self.leavers = self.leaves()
        self.people()
        self.rest()

    # --- 2.5 ---

    def _walk(self, start: Happened) -> None:
        left = [start.id]
        while left:
            header = self.events[left.pop()].header
            for name in (header.prev, *(name for _, _, name in header.refs)):
                if name in self.events and name not in start.past:
                    start.past.add(name)
                    left.append(name)

    def _forks(self) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for event in self.events.values():
            twins = [
                o for o in self.events.values() if (o.chain, o.seq) == (event.chain, event.seq)
            ]
            if len(twins) > 1:
                found[event.chain] = min(event.seq, found.get(event.chain, event.seq))
        return found

    def line(self, event: Happened) -> list[Happened]:
        """An event and what stands before it in its chain, the open last."""
        found = [event]
        while found[-1].seq:
            found.append(self.events[found[-1].header.prev])
        return found

    # --- who is who ---

    def open_of(self, event: Happened) -> Open | None:
        opened = self.opens.get(event.chain)
        return opened.payload if opened and isinstance(opened.payload, Open) else None

    def device(self, chain: bytes) -> bytes:
        return self.certificate(chain).device

    def certificate(self, chain: bytes) -> keys.Certificate:
        opened = self.opens[chain].payload
        assert isinstance(opened, Open)
        return opened.certificates[-1]

    def person(self, chain: bytes) -> bytes:
        opened = self.opens[chain].payload
        assert isinstance(opened, Open)
        return opened.person.id

    # --- 3.3 and 8.3: what a removal may take, and takes ---

    def may_take(self, removal: Happened, chain: bytes) -> bool:
        assert isinstance(removal.payload, RemoveDevice)
        opened = self.opens[chain].payload
        assert isinstance(opened, Open)
        if self.person(chain) != self.person(removal.chain):
            return False
        ranks = [c.rank for c in opened.certificates if c.device == removal.payload.device]
        if not ranks:
            return False
        if removal.payload.root:
            return True
        author = self.certificate(removal.chain).rank
        return ranks[-1] >= author if self.own(removal) else ranks[-1] > author

    def own(self, removal: Happened) -> bool:
        """By which a device removes itself."""
        assert isinstance(removal.payload, RemoveDevice)
        return not removal.payload.root and self.device(removal.chain) == removal.payload.device

    def takes(self, removal: Happened, chain: bytes, *, whole: bool) -> bool:
        assert isinstance(removal.payload, RemoveDevice)
        if not self.may_take(removal, chain):
            return False
        if self.device(chain) == removal.payload.device:
            return whole or self.opens[chain].id in removal.past
        theirs = [
            c
            for c in self.opens
            if self.device(c) == self.device(chain) and self.person(c) == self.person(chain)
        ]
        return whole and not any(self.opens[c].id in removal.past for c in theirs)

    def cut(self, chain: bytes, act: Happened) -> None:
        """Of several the events inside every cut count; an act counts in its own chain."""
        inside = act.past | {act.id}
        self.cuts[chain] = self.cuts.get(chain, inside) & inside

    def inside(self, event: Happened) -> bool:
        return event.chain not in self.cuts or event.id in self.cuts[event.chain]

    def cut_by_those_that_stand(self) -> None:
        for removal, whole in self.standing:
            for chain in self.opens:
                if self.takes(removal, chain, whole=whole):
                    self.cut(chain, removal)

    # --- stratum 1 ---

    def roots(self) -> None:
        for act in self.events.values():
            if not isinstance(act.payload, RemoveDevice) or not act.payload.root:
                continue
            if self.root_signed(act) and not self.takes_nothing(act):
                self.standing.append((act, True))
            else:
                self.verdict.void.add(act.id)
        self.cut_by_those_that_stand()

    def root_signed(self, act: Happened) -> bool:
        """By the root of the person whose chain it stands in, over this very cut."""
        assert isinstance(act.payload, RemoveDevice)
        opened = self.open_of(act)
        if opened is None:
            return False
        header = act.header
        message = control.root_act(self.log, act.payload.device, header.prev, header.refs)
        try:
            suite.verify(opened.person.sign, act.payload.root, message)
        except PeerError:
            return False
        return True

    def takes_nothing(self, removal: Happened) -> bool:
        """Chains of the device are held, and it may take none of them."""
        assert isinstance(removal.payload, RemoveDevice)
        held = [c for c in self.opens if self.device(c) == removal.payload.device]
        return bool(held) and not any(self.may_take(removal, c) for c in held)

    # --- stratum 2 ---

    def devices(self) -> None:
        waiting = []
        for act in self.events.values():
            if isinstance(act.payload, RemoveDevice) and not act.payload.root:
                if self.open_of(act) is None or not self.inside(act):
                    self.verdict.void.add(act.id)
                else:
                    waiting.append(act)
        judged: list[tuple[Happened, bool]] = []
        while waiting:
            ranked = [(self.certificate(r.chain).rank, not self.own(r)) for r in waiting]
            first = [r for r, at in zip(waiting, ranked, strict=True) if at == min(ranked)]
            # each after those in its past
            act = next(r for r in first if not r.past & {other.id for other in first})
            waiting.remove(act)
            whole = self.stands(act, judged)
            if whole is None or self.takes_nothing(act):
                self.verdict.void.add(act.id)
            else:
                judged.append((act, whole))
        self.standing += judged
        self.cut_by_those_that_stand()

    def stands(self, act: Happened, judged: list[tuple[Happened, bool]]) -> bool | None:
        """Whether a removal stands whole (true) or limited (false); None where it is void."""
        whole = True
        for other, other_whole in judged:
            if not self.takes(other, act.chain, whole=other_whole):
                continue
            if other.id in act.past:
                return None
            if self.own(act) and self.own(other):
                continue
            if self.leaves_the_cut(act, other):
                return None
            if act.id not in other.past:
                whole = False
        return whole

    def leaves_the_cut(self, act: Happened, other: Happened) -> bool:
        """The cut goes on from an event of the act's branch by another branch, and not by it."""
        cut = other.past | {other.id}
        for after, before in pairwise(self.line(act)):
            if after.id in cut:
                continue
            if any(
                e.id in cut and e.header.prev == before.id and e.chain == act.chain
                for e in self.events.values()
                if e.seq
            ):
                return True
        return False

    def leaves(self) -> set[bytes]:
        acts = [e for e in self.events.values() if isinstance(e.payload, RemovePerson)]
        own = [a for a in acts if self.open_of(a) and self.person(a.chain) == self.whom(a)]
        gone = self.let_go(own)
        # of those whom their founder lets go: inside the cuts of their founder's own leaving
        founder = self.genesis.founder.id
        of_many = self.genesis.type in (LogType.PROGRAMME, LogType.COORDINATORS)
        others = [
            act
            for act in acts
            if of_many and self.open_of(act) and self.person(act.chain) == founder
        ]
        others = [act for act in others if self.whom(act) != founder]
        self.verdict.void |= {a.id for a in acts if a not in own and a not in others}
        return gone | self.let_go(others)

    def whom(self, act: Happened) -> bytes:
        assert isinstance(act.payload, RemovePerson)
        return act.payload.person

    def let_go(self, acts: list[Happened]) -> set[bytes]:
        standing = [act for act in acts if self.inside(act)]
        self.verdict.void |= {act.id for act in acts if act not in standing}
        for act in standing:
            for chain in self.opens:
                if self.person(chain) == self.whom(act):
                    self.cut(chain, act)
        return {self.whom(act) for act in standing}

    # --- stratum 3: people (8.2, 8.4) ---

    def people(self) -> None:
        founder = self.genesis.founder.id
        belong = {founder: (self.genesis.role, True)}
        places = {founder}
        adds = [e for e in self.events.values() if isinstance(e.payload, AddPerson)]
        for act in sorted(adds, key=lambda e: (self.had_seen(e), e.id)):
            assert isinstance(act.payload, AddPerson)
            person = act.payload.knock.person
            if not self.lets_in(act) or person is None:
                self.verdict.void.add(act.id)
                continue
            if self.genesis.type == LogType.PAIR and len(places | {person.id}) > 2:
                self.verdict.void.add(act.id)
                continue
            places.add(person.id)  # also where a fork voids it: nobody takes its place
            if act.seq >= self.forks.get(act.chain, act.seq + 1) or self.by_a_fork(act.chain):
                self.verdict.void.add(act.id)
            elif person.id not in belong:
                belong[person.id] = (act.payload.role, False)
        self.verdict.people = {
            name: (role, first, name in self.leavers) for name, (role, first) in belong.items()
        }

    def had_seen(self, act: Happened) -> int:
        highest: dict[bytes, int] = {}
        for event in (self.events[name] for name in act.past if name != self.log):
            highest[event.chain] = max(event.seq, highest.get(event.chain, 0))
        return sum(seq + 1 for seq in highest.values())

    def lets_in(self, act: Happened) -> bool:
        assert isinstance(act.payload, AddPerson)
        knock, founder = act.payload.knock, self.genesis.founder.id
        if self.open_of(act) is None or self.person(act.chain) != founder:
            return False
        if self.genesis.type == LogType.JOURNAL or knock.person is None or not self.inside(act):
            return False
        try:
            last = keys.check_chain(knock.certificates, knock.person)
            whole = self.genesis.type == LogType.COORDINATORS
            log = self.genesis.predecessor if whole else self.log
            invite.check_knock(knock, log, act.payload.nonce, founder)
        except PeerError:
            return False
        return last.sign == knock.device.sign

    def by_a_fork(self, chain: bytes) -> bool:
        """Its certificates pass through a device that forked, and its open has seen the fork."""
        opened = self.opens[chain]
        assert isinstance(opened.payload, Open)
        through = {c.device for c in opened.payload.certificates[:-1]}
        return any(
            self.device(forked) in through
            and any(
                self.events[name].chain == forked and self.events[name].seq >= at
                for name in opened.past
            )
            for forked, at in self.forks.items()
            if forked in self.opens
        )

    # --- stratum 3: everything else ---

    def counts(self, event: Happened) -> bool:
        return (
            event.chain in self.opens
            and self.person(event.chain) in self.verdict.people
            and self.inside(event)
            and not self.by_a_fork(event.chain)
        )

    def rest(self) -> None:
        found = self.verdict
        found.counted = {e.id for e in self.events.values() if self.is_content(e)}
        standing = [e for e in self.events.values() if self.is_act_that_stands(e)]
        for event in standing:
            if isinstance(event.payload, Erase):
                found.erased |= {(t, self.person(event.chain)) for t in event.payload.targets}
        left = self.genesis.type == LogType.PAIR and bool(self.leavers & set(found.people))
        found.closed = left or any(isinstance(e.payload, Close) for e in standing)
        self.epochs(standing)
        self.devices_that_stay()

    def is_content(self, event: Happened) -> bool:
        return event.header.kind == Kind.CONTENT and self.counts(event)

    def is_act_that_stands(self, event: Happened) -> bool:
        """Also says of all acts of stratum 3 which are void."""
        if event.header.kind in (Kind.GENESIS, Kind.OPEN, Kind.CONTENT):
            return False
        belongs = event.chain in self.opens and self.person(event.chain) in self.verdict.people
        judged = isinstance(event.payload, AddPerson | RemoveDevice | RemovePerson)
        if belongs and (judged or self.counts(event)):
            return True
        self.verdict.void.add(event.id)
        return False

    def epochs(self, standing: list[Happened]) -> None:
        rotates = [e for e in standing if isinstance(e.payload, Rotate)]
        order: dict[bytes, tuple[int, bytes]] = {}
        counted: list[Rotate] = []
        for act in sorted(rotates, key=lambda e: (self.certificate(e.chain).rank, e.id)):
            assert isinstance(act.payload, Rotate)
            if act.payload.commitment not in order:  # of two with one secret the first stands
                order[act.payload.commitment] = (self.certificate(act.chain).rank, act.id)
                counted.append(act.payload)
        parents = {parent for rotate in counted for parent in rotate.parents}
        self.verdict.tips = sorted((c for c in order if c not in parents), key=lambda c: order[c])
        version = max([self.genesis.version, *(r.version for r in counted)])
        unknown = any(e.payload is None for e in standing)
        self.verdict.stalled = any(r.suite > 1 for r in counted) or (unknown and version > 1)

    def devices_that_stay(self) -> None:
        found = self.verdict
        for chain, opened in self.opens.items():
            if self.person(chain) not in found.people:
                continue
            fresh = [
                (e.seq, e.id, e.payload.kem)
                for e in self.events.values()
                if e.chain == chain and isinstance(e.payload, RefreshKem) and self.counts(e)
            ]
            found.kems[chain] = max(fresh)[2] if fresh else self.certificate(chain).kem
            gone = found.people[self.person(chain)][2]
            if chain not in self.cuts and not self.by_a_fork(chain) and not gone:
                found.staying.add(opened.id[:16])
        for removal, whole in self.standing:
            assert isinstance(removal.payload, RemoveDevice)
            if self.person(removal.chain) not in found.people:
                continue
            held = [c for c in self.opens if self.device(c) == removal.payload.device]
            if (whole and not held) or any(self.takes(removal, c, whole=whole) for c in held):
                found.removed.add(removal.payload.device)
