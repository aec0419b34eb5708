"""Taking others' events in: what is verified now, what must wait, what is refused.

Rule 1: nothing is accepted but under a seal of the chain's own device.
Rule 2: only a missing ``prev`` or ``open`` holds an event back; a missing ref marks it.
Rule 3: what is accepted, and its causal past, depends on the set of events alone.

    Run --signer unknown, or prev missing--> waiting
    Run --seal, certificates, prev fit-----> accepted, oldest first
    Run --anything else--------------------> refused, kept as evidence
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from inglenook_client.core.clocks import merge
from inglenook_client.core.events import Event, Run, control_of
from inglenook_schema import keys, seal
from inglenook_schema.control import Genesis, Open
from inglenook_schema.errors import BadSignatureError, PeerError
from inglenook_schema.header import Kind


class Lookup(Protocol):
    """What the store knows of one log."""

    def ids_at(self, chain: bytes, seq: int) -> list[bytes]:
        """Ids of the stored events at one place; several where a chain forked."""
        ...

    def past_at(self, chain: bytes, seq: int) -> dict[bytes, int]:
        """Causal past of the nearest event with refs at or below ``seq``; else empty."""
        ...


@dataclass(slots=True)
class Chain:
    """One chain as this device holds it."""

    sign: bytes
    """Ed25519 public key of its device."""
    tip_seq: int
    tip_id: bytes
    past: dict[bytes, int]
    """Causal past of the tip, its own chain left out."""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """One event to store."""

    event: Event
    past: dict[bytes, int] | None
    """Kept where the event has refs, or starts a chain; else None."""
    awaits: tuple[tuple[bytes, int, bytes], ...] = ()
    """Refs to events that are not here yet."""


@dataclass(slots=True)
class Outcome:
    """What became of some runs."""

    accepted: list[Accepted] = field(default_factory=list)
    seals: list[tuple[Event, bytes]] = field(default_factory=list)
    opened: list[tuple[Event, Open]] = field(default_factory=list)
    refilled: list[Event] = field(default_factory=list)
    """Events known without a body whose body came."""
    waiting: list[int] = field(default_factory=list)
    """Indexes of runs that are held back."""
    refused: list[tuple[int, PeerError]] = field(default_factory=list)
    forked: list[tuple[bytes, int]] = field(default_factory=list)
    """Places where a chain has two events."""
    reclock: bool = False
    """The pasts of what was accepted must be computed anew with what is stored."""
    plain: int = 0
    """How many more events there are, without refs, whose rows are stored already."""
    bare: list[tuple[bytes, int]] = field(default_factory=list)
    """Chain and seq of the content events that a pack brought without their bodies."""
    plain_tips: dict[bytes, int] = field(default_factory=dict)
    """Highest seq of those, by chain."""

    @property
    def count(self) -> int:
        """How many events are new here."""
        return len(self.accepted) + self.plain

    def newest(self) -> dict[bytes, int]:
        """Highest new seq by chain."""
        newest = dict(self.plain_tips)
        for accepted in self.accepted:
            chain, seq = accepted.event.chain, accepted.event.seq
            newest[chain] = max(seq, newest.get(chain, -1))
        return newest


class Intake:
    """Takes runs of one log in."""

    def __init__(self, log: bytes, chains: dict[bytes, Chain], lookup: Lookup) -> None:
        """Start from what is stored; ``chains`` is changed as runs are accepted."""
        self._log = log
        self._chains = chains
        self._lookup = lookup
        self._new = dict[tuple[bytes, int], list[bytes]]()
        self._pasts = dict[bytes, list[tuple[int, dict[bytes, int]]]]()
        self._outcome = Outcome()

    def take(self, runs: Sequence[Run]) -> Outcome:
        """Accept what can be accepted; runs whose refs are here go first."""
        left = dict(enumerate(runs))
        patient = True
        while left:
            progress = False
            for index, run in list(left.items()):
                verdict = self._try(run, patient=patient)
                if verdict is not None:
                    del left[index]
                    progress = True
                    if isinstance(verdict, PeerError):
                        self._outcome.refused.append((index, verdict))
            if progress:
                patient = True
            elif patient:
                patient = False
            else:
                break
        self._outcome.waiting = list(left)
        return self._outcome

    def _try(self, run: Run, *, patient: bool) -> PeerError | bool | None:
        try:
            return self._place(run, patient=patient)
        except PeerError as error:
            return error

    def _place(self, run: Run, *, patient: bool) -> bool | None:
        first = run.events[0]
        if first.kind == Kind.GENESIS:
            return self._genesis(run)
        chain = self._chains.get(first.chain)
        if chain is None and first.kind != Kind.OPEN:
            return None
        sign = chain.sign if chain else None
        if first.kind != Kind.OPEN and first.header.prev not in self._ids(
            first.chain, first.seq - 1
        ):
            return None
        if patient and not all(self._known(ref) for e in run.events for ref in e.header.refs):
            return None
        opened = self._check_open(first) if first.kind == Kind.OPEN else None
        seal.check(opened[1] if opened else sign or b"", run.seal, self._log, run.last.id)
        if opened and chain is None:
            self._chains[first.chain] = Chain(opened[1], -1, self._log, {})
            self._outcome.opened.append((first, opened[0]))
        for event in run.events:
            self._accept(event)
        self._outcome.seals.append((run.last, run.seal))
        return True

    def _genesis(self, run: Run) -> bool:
        event = run.events[0]
        genesis = control_of(event)
        if not isinstance(genesis, Genesis) or event.id != self._log:
            raise BadSignatureError
        cert = keys.check_chain(genesis.certificates, genesis.founder)
        seal.check(cert.sign, run.seal, self._log, event.id)
        if event.id not in self._ids(event.chain, 0):
            self._new.setdefault((event.chain, 0), []).append(event.id)
            self._outcome.accepted.append(Accepted(event, None))
            self._outcome.seals.append((event, run.seal))
        return True

    def _check_open(self, event: Event) -> tuple[Open, bytes]:
        opened = control_of(event)
        if not isinstance(opened, Open) or event.header.prev != self._log:
            raise BadSignatureError("A device's first event was not for this space.")
        return opened, keys.check_chain(opened.certificates, opened.person).sign

    def _accept(self, event: Event) -> None:
        here = self._ids(event.chain, event.seq)
        if event.id in here:
            if event.body is not None:
                self._outcome.refilled.append(event)
            return
        if here:
            self._outcome.forked.append((event.chain, event.seq))
        chain = self._chains[event.chain]
        refs = event.header.refs
        past = self._past(event) if refs or event.seq == 0 else None
        missing = tuple(ref for ref in refs if not self._known(ref))
        self._new.setdefault((event.chain, event.seq), []).append(event.id)
        if past is not None:
            self._pasts.setdefault(event.chain, []).append((event.seq, past))
        if event.seq > chain.tip_seq:
            chain.tip_seq, chain.tip_id = event.seq, event.id
            chain.past = past if past is not None else chain.past
        self._outcome.accepted.append(Accepted(event, past, missing))

    def _past(self, event: Event) -> dict[bytes, int]:
        past = {chain: seq for chain, seq, _ in event.header.refs}
        merge(past, self._past_at(event.chain, event.seq - 1))
        for chain, seq, _ in event.header.refs:
            merge(past, self._past_at(chain, seq))
        past.pop(event.chain, None)
        return past

    def _past_at(self, chain: bytes, seq: int) -> dict[bytes, int]:
        for at, past in reversed(self._pasts.get(chain, [])):
            if at <= seq:
                return past
        known = self._chains.get(chain)
        if known is not None and seq >= known.tip_seq:
            return known.past
        return self._lookup.past_at(chain, seq)

    def _ids(self, chain: bytes, seq: int) -> list[bytes]:
        new = self._new.get((chain, seq), [])
        known = self._chains.get(chain)
        if new or (known is not None and seq > known.tip_seq):
            return new + self._stored(chain, seq, known)
        return self._stored(chain, seq, known)

    def _stored(self, chain: bytes, seq: int, known: Chain | None) -> list[bytes]:
        if known is not None and seq > known.tip_seq:
            return []
        new = self._new.get((chain, seq), [])
        return [name for name in self._lookup.ids_at(chain, seq) if name not in new]

    def _known(self, ref: tuple[bytes, int, bytes]) -> bool:
        chain, seq, name = ref
        tip = self._chains.get(chain)
        if tip is not None and tip.tip_seq == seq and tip.tip_id == name:
            return True
        return name in self._ids(chain, seq)
