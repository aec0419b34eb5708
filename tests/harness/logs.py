"""Whole logs without a store: people, devices, and events signed as their devices would.

Every chain has a view of its own: what it has seen decides its refs, and so the causal
order. Nothing here is random: a name gives a key, a counter gives a salt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from inglenook_client.core.acts import Act, Control
from inglenook_client.core.events import Event, Run, compose, control_of
from inglenook_schema import canonical, control, invite, keys, seal, suite
from inglenook_schema.control import AddPerson, Genesis, LogType, Open, RemoveDevice
from inglenook_schema.events import Content, encode_content
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.header import Kind, Ref
from inglenook_schema.ids import ZERO_ID, ZERO_SHORT
from inglenook_schema.invite import DeviceKeys, Knock
from inglenook_schema.keys import Certificate, Person
from inglenook_schema.limits import SUITE, VERSION

NOON_MS = 1_750_000_000_000
NONCE = bytes(range(16))


def draw(name: str, size: int = 32) -> bytes:
    """Bytes that look random and are the same in every run."""
    return suite.expand(suite.sha256(name.encode()), b"test", size)


@cache
def root_of(name: str) -> keys.Root:
    """The root keys of a person called ``name``."""
    return keys.root(draw(f"root of {name}"))


@dataclass(frozen=True)
class Device:
    """One device with its keys and the certificates that lead to it."""

    name: str
    person: Person
    sign: suite.SigningKey
    kem: bytes
    certificates: tuple[Certificate, ...]

    @property
    def id(self) -> bytes:
        """16 bytes."""
        return self.certificates[-1].device

    @property
    def rank(self) -> int:
        """As certified."""
        return self.certificates[-1].rank

    def certify(self, name: str, rank: int | None = None) -> Device:
        """A younger device of the same person."""
        sign, kem = suite.SigningKey(draw(f"sign {name}")), draw(f"kem {name}", 96)
        cert = keys.issue(
            *(self.sign, self.id, self.person.id, sign.public, suite.kem_public(kem)),
            self.rank + 1 if rank is None else rank,
        )
        return Device(name, self.person, sign, kem, (*self.certificates, cert))

    def knock(self, log: bytes, inviter: bytes, nonce: bytes = NONCE) -> Knock:
        """This device's consent, for its person, to joining a log."""
        device = DeviceKeys(self.sign.public, self.certificates[-1].kem, self.name)
        unsigned = Knock(self.person, self.certificates, device, self.name, NONCE, bytes(64))
        consent = self.sign.sign(invite.consent_message(unsigned, log, nonce, inviter))
        return Knock(self.person, self.certificates, device, self.name, NONCE, consent)


@cache
def first_device(person: str, name: str = "", rank: int = keys.FIRST_RANK) -> Device:
    """A device that a person's root certified itself."""
    root, name = root_of(person), name or f"{person}'s first"
    sign, kem = suite.SigningKey(draw(f"sign {name}")), draw(f"kem {name}", 96)
    public = root.public
    cert = keys.issue(*(root.sign, public.id, public.id, sign.public, suite.kem_public(kem)), rank)
    return Device(name, public, sign, kem, (cert,))


@dataclass(repr=False)
class Log:
    """A log that several chains write to."""

    founder: Device
    type: LogType = LogType.PAIR
    version: int = VERSION
    predecessor: bytes = b""
    id: bytes = b""
    genesis: Event = field(init=False)
    events: dict[bytes, Event] = field(default_factory=dict)
    signers: dict[bytes, suite.SigningKey] = field(default_factory=dict)
    """By chain id."""
    past: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    """Causal past by event id, from the views; only true where nothing forked."""
    story: str = ""
    """How it came about; for people who read a failing test."""
    _salts: int = 0

    def __repr__(self) -> str:
        """Short: the warning of a long one would hide what failed."""
        return f"<{self.type.name} of {len(self.events)} events {self.story}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    def __post_init__(self) -> None:
        """Found the log."""
        secret = draw("erase secret") if self.type is LogType.JOURNAL else b""
        payload = Genesis(
            *(self.version, self.type, self.founder.person, "mentee", secret),
            self.predecessor,
            self.founder.certificates,
        )
        self.genesis = compose(Kind.GENESIS, canonical.encode(payload), self.salt())
        self.id = self.genesis.id
        self.signers[ZERO_SHORT] = self.founder.sign
        self._keep(self.genesis, {})

    def salt(self) -> bytes:
        """32 bytes, never the same."""
        self._salts += 1
        return draw(f"salt {self._salts}")

    def _keep(self, event: Event, past: dict[bytes, int]) -> Event:
        self.events[event.id] = event
        self.past[event.id] = past
        return event

    def open(self, device: Device, *seen: Chain, label: str | None = None) -> Chain:
        """Open a chain of ``device``, which has seen what these chains have."""
        chain = Chain(self, device)
        chain.see(*seen)
        label = device.name if label is None else label
        chain.write(Kind.OPEN, Open(device.person, device.certificates, label, 0))
        return chain

    def run(self, *events: Event, sign: suite.SigningKey | None = None) -> Run:
        """Consecutive events under the seal of their chain's device, or of another."""
        key = sign or self.signers[events[-1].chain]
        return Run(events, seal.make(key, self.id, events[-1].id))

    def runs(self, *, longest: int = 64) -> list[Run]:
        """All events in runs as a device makes them: a control event ends its run."""
        found = [self.run(self.genesis)]
        waiting: list[Event] = []
        rest = [event for event in self.events.values() if event.kind != Kind.GENESIS]
        for event in sorted(rest, key=lambda e: (e.chain, e.seq, e.id)):
            follows = bool(waiting) and event.header.prev == waiting[-1].id
            if waiting and not (follows and len(waiting) < longest):
                found.append(self.run(*waiting))
                waiting = []
            waiting.append(event)
            if event.kind != Kind.CONTENT:
                found.append(self.run(*waiting))
                waiting = []
        return [*found, self.run(*waiting)] if waiting else found

    def acts(self, past: dict[bytes, dict[bytes, int]] | None = None) -> list[Act]:
        """Every control event, ready for the fold."""
        return [act_of(e, (past or self.past)[e.id]) for e in self.events.values() if e.kind]


def act_of(event: Event, past: dict[bytes, int]) -> Act:
    """A control event with its causal past, which holds the own chain's one before."""
    return Act(
        *(event.id, event.chain, event.seq, past, event.header.prev, event.header.refs),
        control_of(event),
    )


@dataclass
class Chain:
    """One device's chain, and what the device has seen of the others."""

    log: Log
    device: Device
    id: bytes = ZERO_SHORT
    tip: Event | None = None
    past: dict[bytes, int] = field(default_factory=dict)
    view: dict[bytes, Event] = field(default_factory=dict)
    """Heads of other chains that were seen, by chain."""

    @property
    def person(self) -> bytes:
        """32 bytes."""
        return self.device.person.id

    def see(self, *others: Chain) -> None:
        """Take in all that these chains have written and seen by now."""
        for other in others:
            heads = dict(other.view)
            if other.tip is not None:
                heads[other.id] = other.tip
            for chain, head in heads.items():
                known = self.view.get(chain)
                if chain != self.id and (known is None or head.seq > known.seq):
                    self.view[chain] = head

    def fork(self) -> Chain:
        """The same chain on a second device that knows the same, by accident or by theft."""
        return Chain(self.log, self.device, self.id, self.tip, dict(self.past), dict(self.view))

    def write(self, kind: Kind | int, payload: object, *, body: bytes | None = None) -> Event:
        """Append an event of any kind; ``body`` stands for data that no payload gives."""
        refs = self._refs()
        data = canonical.encode(payload) if body is None else body
        event = compose(
            kind,  # type: ignore[arg-type]  # a kind of a newer version is a number as well
            data,
            self.log.salt(),
            log=self.log.id,
            chain=ZERO_SHORT if kind == Kind.OPEN else self.id,
            seq=0 if self.tip is None else self.tip.seq + 1,
            prev=self.log.id if self.tip is None else self.tip.id,
            refs=refs,
        )
        self.id, self.tip = event.chain, event
        self.log.signers.setdefault(event.chain, self.device.sign)
        own = {event.chain: event.seq - 1} if event.seq else {}
        return self.log._keep(event, {**self.past, **own})

    def _refs(self) -> tuple[Ref, ...]:
        refs = list[Ref]()
        widened = dict(self.past)
        for chain, head in sorted(self.view.items()):
            if head.seq > widened.get(chain, -1):  # what another ref leads to is not named again
                refs.append((chain, head.seq, head.id))
                for other, seq in {**self.log.past[head.id], chain: head.seq}.items():
                    widened[other] = max(seq, widened.get(other, -1))
        widened.pop(self.id, None)
        self.past = widened
        return tuple(sorted(refs))

    def say(self, text: str = "a goal", content: Content | None = None) -> Event:
        """Write a content event; a goal that was set, where none is given."""
        stamp = NOON_MS + len(self.log.events)
        said = content or GoalSet(at=stamp, zone="UTC", date="2025-06-15", title=text)
        return self.write(Kind.CONTENT, None, body=encode_content(said))

    def add(self, joiner: Device, role: str = "mentor") -> Event:
        """Let a person in, by the knock of one of their devices."""
        knock = joiner.knock(self.log.id, self.log.founder.person.id)
        return self.write(Kind.MEMBER, AddPerson(role, knock, NONCE))

    def remove(self, device: Device) -> Event:
        """Remove a device by rank."""
        return self.write(Kind.MEMBER, RemoveDevice(device.id, b""))

    def remove_by_root(self, device: Device, root: keys.Root) -> Event:
        """Remove a device with a root's signature over this very cut."""
        before = Chain(self.log, self.device, self.id, self.tip, dict(self.past), dict(self.view))
        prev = self.tip.id if self.tip else ZERO_ID
        message = control.root_act(self.log.id, device.id, prev, before._refs())
        return self.write(Kind.MEMBER, RemoveDevice(device.id, root.sign.sign(message)))

    def rotate(
        self, secret: bytes, *parents: bytes, version: int = VERSION, relays: Sequence[str] = ()
    ) -> bytes:
        """Begin an epoch without wraps; returns its commitment."""
        committed = suite.sha256(suite.domain("epoch") + self.log.id + secret)
        payload = control.Rotate(
            *(version, SUITE, tuple(sorted(parents)), committed, tuple(relays)),
            *(control.wraps_hash(()), control.Reason.AGE),
        )
        self.write(Kind.ROTATE, payload)
        return committed


def settled(chains: Iterable[Chain]) -> None:
    """Let everybody see everything."""
    everybody = list(chains)
    for chain in everybody:
        chain.see(*everybody)


__all__ = ["Chain", "Control", "Device", "Log", "act_of", "draw", "first_device", "root_of"]
