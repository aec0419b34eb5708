"""People, devices, logs and other values of the schema, for property tests.

Keys and ids come from small seeds, since Hypothesis is slow at drawing many bytes and
learns nothing from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from hypothesis import strategies as st

from inglenook_schema import body, control, header, keys, pack, seal, suite
from inglenook_schema.batch import Ack, Batch, Cursor, RotateRecord
from inglenook_schema.header import Header, Kind, Ref
from inglenook_schema.ids import ZERO_ID, ZERO_SHORT
from inglenook_schema.wire import (
    Box,
    Done,
    Erase,
    Fault,
    Ids,
    Make,
    Put,
    Shape,
    Status,
    ToClient,
    ToRelay,
    Want,
)


def seeded(label: object, size: int = 32) -> bytes:
    """The same bytes for the same label, which look random."""
    return hashlib.shake_256(repr(label).encode()).digest(size)


# --- people ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Device:
    """A device with all its keys."""

    person: keys.Person
    root: keys.Root
    sign: suite.SigningKey
    kem: bytes
    """Private, 96 bytes."""
    certificates: tuple[keys.Certificate, ...]

    @property
    def kem_public(self) -> bytes:
        """What others seal to."""
        return self.certificates[-1].kem

    @property
    def id(self) -> bytes:
        """Its 16 bytes."""
        return self.certificates[-1].device


@cache
def device(person: str = "Ada", name: str = "laptop", *path: str) -> Device:
    """A device of ``person``; ``path`` names the devices that certified it, oldest first."""
    root = keys.root(seeded((person, "R")))
    public = root.public
    sign = suite.SigningKey(seeded((person, name, "sign")))
    kem = seeded((person, name, "kem"), 96)
    before = device(person, path[-1], *path[:-1]).certificates if path else ()
    key, issuer, rank = root.sign, public.id, 1
    if path:
        key = device(person, path[-1], *path[:-1]).sign
        issuer, rank = before[-1].device, before[-1].rank + 1
    cert = keys.issue(key, issuer, public.id, sign.public, suite.kem_public(kem), rank)
    return Device(public, root, sign, kem, (*before, cert))


# --- values ----------------------------------------------------------------------------


def sized(size: int) -> st.SearchStrategy[bytes]:
    """Bytes of one size."""
    return st.integers(0, 2**16).map(lambda i: seeded(i, size))


COUNTS = st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1))
NAMES = st.text(max_size=64)
ORIGINS = st.sampled_from(["https://relay.example.org", "http://127.0.0.1:8080", ""])
REFS = st.tuples(sized(16), COUNTS, sized(32))


def ascending(items: st.SearchStrategy[Ref], most: int) -> st.SearchStrategy[tuple[Ref, ...]]:
    """Each once, in rising order."""
    return st.lists(items, max_size=most, unique=True).map(lambda refs: tuple(sorted(refs)))


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """A header that stands where it says, of any kind."""
    kind = draw(st.one_of(st.sampled_from(list(Kind)), st.integers(0, 255)))
    psize = 64 * draw(st.integers(1, 4096))
    log, commit = draw(sized(32)), draw(sized(32))
    refs = draw(ascending(REFS, 4))
    if kind == Kind.GENESIS:
        return Header(1, ZERO_SHORT, ZERO_SHORT, 0, ZERO_ID, kind, psize, commit, ())
    if kind == Kind.OPEN:
        return Header(1, log[:16], ZERO_SHORT, 0, log, kind, psize, commit, refs)
    chain = seeded((log, "chain"), 16)
    seq = draw(st.one_of(st.integers(1, 300), st.integers(1, 2**63 - 1)))
    return Header(1, log[:16], chain, seq, draw(sized(32)), kind, psize, commit, refs)


RAW_HEADERS = headers().map(header.encode)
BODIES = st.builds(
    body.make, st.one_of(st.binary(max_size=300), st.integers(0, 5000).map(bytes)), sized(32)
)
BATCHES = st.builds(
    Batch,
    st.lists(st.tuples(RAW_HEADERS, st.none() | BODIES), min_size=1, max_size=3).map(tuple),
    sized(64),
)
WRAPS = st.lists(st.tuples(sized(32), sized(1168)), max_size=3, unique_by=lambda wrap: wrap[0]).map(
    lambda wraps: tuple(sorted(wraps))
)
ROTATE_RECORDS = st.builds(RotateRecord, RAW_HEADERS, BODIES, sized(64), WRAPS)
ACKS = st.builds(
    Ack,
    log=sized(32),
    device=sized(16),
    counter=COUNTS,
    heads=ascending(REFS, 5),
    missing=st.lists(sized(32), max_size=3).map(tuple),
    cursors=st.lists(st.builds(Cursor, ORIGINS, sized(16), COUNTS, sized(32)), max_size=3).map(
        tuple
    ),
    signature=sized(64),
)


def _few(items: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=3).map(tuple)


HASHES = st.sampled_from([b"", seeded("owner")])
BLOBS = st.integers(32, 2000).map(lambda size: seeded(size, size))
DONE = st.builds(Done, st.sampled_from(Status), COUNTS)
ITEMS = st.tuples(st.just(Shape.BLOB), BLOBS) | st.tuples(
    st.sampled_from(list(Shape)[1:]), sized(32)
)
BOXES = st.builds(Box, st.sampled_from(Status), COUNTS, HASHES, _few(ITEMS), st.booleans())
QUESTIONS = st.builds(
    ToRelay,
    _few(
        st.builds(
            Make, sized(16), sized(32), sized(32), HASHES, st.integers(1, 800), st.just(b"pass")
        )
    ),
    _few(st.builds(Want, sized(16), sized(32), COUNTS, sized(32))),
    _few(st.builds(Put, sized(16), sized(32), BLOBS, st.sampled_from([b"", b"work"]))),
    _few(st.builds(Ids, sized(16), sized(32), COUNTS)),
    _few(st.builds(Erase, sized(16), COUNTS, sized(32))),
    st.booleans(),
)
ANSWERS = st.builds(
    ToClient,
    st.sampled_from(Fault),
    _few(DONE),
    _few(BOXES),
    _few(DONE),
    _few(BOXES),
    _few(DONE),
    _few(st.tuples(sized(16), COUNTS)),
)


# --- bytes that are nearly right -------------------------------------------------------


@st.composite
def spoiled(draw: st.DrawFn, good: st.SearchStrategy[bytes]) -> bytes:
    """Good bytes with a few of them changed, left out, repeated or added."""
    data = draw(good)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        to = draw(st.integers(at, min(at + 8, len(data))))
        change = draw(st.one_of(st.binary(max_size=4), st.just(data[at:to] * 2)))
        data = data[:at] + change + data[to:]
    return data


def widened(data: bytes) -> list[bytes]:
    """All spellings of these canonical msgpack bytes with one length or number made longer."""
    found = list[bytes]()
    at = 0
    while at < len(data):
        first, before = data[at], data[:at]
        if first < 0x80:
            found.append(before + b"\xcc" + data[at:])
            at += 1
        elif first < 0x90:
            msg = "no maps here"
            raise ValueError(msg)
        elif first < 0xA0:
            found.append(before + b"\xdc\0" + bytes((first & 15,)) + data[at + 1 :])
            at += 1
        elif first < 0xC0:
            found.append(before + b"\xd9" + bytes((first & 31,)) + data[at + 1 :])
            at += 1 + (first & 31)
        elif first in (0xC0, 0xC2, 0xC3):
            at += 1
        else:
            size = _WIDTH[first]
            number = data[at + 1 : at + 1 + size]
            if first + 1 in _WIDTH and _WIDTH[first + 1] == 2 * size:
                wider = bytes((first + 1,)) + bytes(size) + number
                found.append(before + wider + data[at + 1 + size :])
            at += 1 + size
            if 0xC4 <= first <= 0xC6 or 0xD9 <= first <= 0xDB:
                at += int.from_bytes(number, "big")
    return found


_WIDTH = {
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xCF: 8,
    0xC4: 1,
    0xC5: 2,
    0xC6: 4,
    0xD9: 1,
    0xDA: 2,
    0xDB: 4,
    0xDC: 2,
    0xDD: 4,
}


# --- logs ------------------------------------------------------------------------------


@dataclass(repr=False)
class Log:
    """A log in the making, with several chains."""

    id: bytes = ZERO_ID
    items: list[pack.Item] = field(default_factory=list)
    signers: dict[bytes, bytes] = field(default_factory=dict)
    """Public key by chain."""

    def add(
        self,
        by: Device,
        kind: int,
        data: bytes,
        after: pack.Item | None = None,
        refs: Sequence[pack.Item] = (),
    ) -> pack.Item:
        """One more event, sealed."""
        packed = body.make(data, seeded((self.id, len(self.items))))
        place = (ZERO_SHORT, 0, self.id)
        if after is not None and kind != Kind.OPEN:
            place = (after.chain, after.header.seq + 1, after.id)
        names = {(ref.chain, ref.header.seq, ref.id) for ref in refs if ref.chain != place[0]}
        head = Header(
            1,
            self.id[:16],
            *place,
            kind,
            len(packed) - 32,
            body.commitment(packed),
            tuple(sorted(names)),
        )
        raw = header.encode(head)
        name = header.event_id(raw)
        if kind == Kind.GENESIS:
            self.id = name
        chain = name[:16] if kind == Kind.OPEN else head.chain
        signature = seal.make(by.sign, self.id, name)
        item = pack.Item(chain, head, name, packed, signature, raw)
        self.items.append(item)
        if kind == Kind.OPEN:
            self.signers[chain] = by.sign.public
        return item

    def found(self, by: Device) -> pack.Item:
        """The genesis."""
        data = control.Genesis(1, control.LogType.PAIR, by.person, "", b"", b"", by.certificates)
        return self.add(by, Kind.GENESIS, control.encode(data))

    def open(self, by: Device, refs: Sequence[pack.Item] = ()) -> pack.Item:
        """A chain of this device."""
        data = control.Open(by.person, by.certificates, "", 0)
        return self.add(by, Kind.OPEN, control.encode(data), refs=refs)


def erased(item: pack.Item) -> pack.Item:
    """The same without its body."""
    return pack.Item(item.chain, item.header, item.id, None, item.seal, item.raw)


DEVICES: Sequence[Callable[[], Device]] = (
    lambda: device("Ada", "laptop"),
    lambda: device("Ada", "tablet", "laptop"),
    lambda: device("Ben", "phone"),
)


@st.composite
def logs(draw: st.DrawFn, most: int = 20) -> Log:
    """A log of one to three devices: refs, control events among the rest, forks, erasures."""
    log = Log()
    log.found(DEVICES[0]())
    count = draw(st.integers(1, len(DEVICES)))
    chains = [[log.open(make())] for make in DEVICES[:count]]
    for number in range(draw(st.integers(0, most))):
        at = draw(st.integers(0, count - 1))
        chain = chains[at]
        others = [events[-1] for events in chains if events is not chain]
        after = draw(st.sampled_from(chain)) if draw(st.integers(0, 9)) == 0 else chain[-1]
        kind = draw(st.sampled_from([Kind.CONTENT] * 6 + [Kind.MEMBER, Kind.ERASE]))
        data = seeded(number, draw(st.sampled_from([0, 5, 60, 61, 700])))
        refs = others if draw(st.booleans()) else ()
        item = log.add(DEVICES[at](), kind, data, after, refs)
        if kind == Kind.CONTENT and draw(st.integers(0, 4)) == 0:
            log.items[-1] = erased(item)
        chain.append(item)
    return log
