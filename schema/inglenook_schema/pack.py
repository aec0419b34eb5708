"""Packs: a whole log, newest first, in numbered parts (protocol 4.5).

A pack stores what cannot be computed again. Ids and commitments are rebuilt from the
bodies; each chain's newest seal then covers all of it through ``prev``, so that a reader
verifies every author itself and trusts no pack maker. Two makers with the same events make
the same bytes.

    part 1   hashes of the other parts, heads with their seals, every control event, segments
    part k   control events and heads that did not fit before, older segments
    segment  [chain, first seq, prev, events]; an event is
             number of a control event, from 0 | [refs, body] | [refs, [psize, pcommit]]

All control events come before the first head, all heads before the first segment.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec

from inglenook_schema import body, canonical, header, seal, suite
from inglenook_schema.errors import BadPackError, MalformedError
from inglenook_schema.header import Header, Kind, PayloadSize, Refs
from inglenook_schema.ids import (
    MAX_COUNT,
    BodyBytes,
    ChainId,
    Count,
    EventId,
    Hash,
    HeaderBytes,
    LogId,
    Signature,
)
from inglenook_schema.limits import MAX_INFLATED, MAX_PACK_PARTS, PAYLOAD_STEP, SUITE

RAW_PART: Final = 960_000
"""Bytes of a part before it is compressed; incompressible ones still fit a record."""
_LEVEL: Final = 6
_EMPTY_BLOCK: Final = bytes.fromhex("000000ffff")
"""Of DEFLATE (RFC 1951, 3.2.4): says nothing, and makes the bytes others."""
_MAX_EARLIER: Final = 1_000
_SEGMENT_HEAD: Final = 68
"""What a run costs beside its events: chain, first, prev and the lengths of two arrays."""
_PACK: Final = suite.domain("pack")
_CONTENT: Final = int(Kind.CONTENT)
_LATER: Final = b"\x96\x02"
"""How a :class:`LaterPart` starts: six elements, tag 2."""


# Structs, not tuples: msgspec 0.22 reads wild memory for a union of a tuple of fixed length
# with bytes or an integer that has bounds.


class Gone(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What stays of a body that is not here."""

    psize: PayloadSize
    pcommit: Hash


class Packed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A content event without what can be computed."""

    refs: Refs
    content: BodyBytes | Gone


class Segment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Consecutive events of one chain."""

    chain: ChainId
    first: Count
    prev: Hash
    events: tuple[Packed | Count, ...]


class Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a chain (or a branch of it) ends, with the seal that covers it."""

    chain: ChainId
    seq: Count
    id: EventId
    seal: Signature


class Control(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A control event with its own seal."""

    header: HeaderBytes
    body: BodyBytes | None
    seal: Signature


class FirstPart(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Part 1."""

    log: LogId
    parts: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MAX_PACK_PARTS)]
    """:func:`part_hash` of parts 2, 3, …"""
    heads: tuple[Head, ...]
    controls: tuple[Control, ...]
    segments: tuple[Segment, ...]


class LaterPart(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Part 2 and later."""

    log: LogId
    number: Count
    heads: tuple[Head, ...]
    controls: tuple[Control, ...]
    segments: tuple[Segment, ...]


Part: TypeAlias = FirstPart | LaterPart


class Item(msgspec.Struct, frozen=True, gc=False):
    """One event, on its way into or out of a pack."""

    chain: bytes
    header: Header
    id: bytes
    body: bytes | None
    seal: bytes | None = None
    raw: bytes = b""
    """The header's bytes."""


def decode_part(inner: bytes) -> Part:
    """Inflate (to at most 8 MiB) and read one part.

    Raises:
        BadPackError: Not a part, or it inflates beyond the bound.
    """
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(inner, MAX_INFLATED)
    except zlib.error:
        raise BadPackError from None
    if inflater.unconsumed_tail or inflater.unused_data or not inflater.eof:
        raise BadPackError("A pack was not compressed as it must be.")
    try:
        return canonical.decode(raw, Part)  # type: ignore[arg-type]
    except MalformedError:
        raise BadPackError from None


def parts_named(inner: bytes) -> tuple[bytes, ...] | None:
    """The hashes that part 1 names; None where this may be a later part, which is not read.

    Raises:
        BadPackError: Neither.
    """
    try:
        start = zlib.decompressobj().decompress(inner, len(_LATER))
    except zlib.error:
        raise BadPackError from None
    if start == _LATER:
        return None
    first = decode_part(inner)
    if not isinstance(first, FirstPart):
        raise BadPackError
    return first.parts


# --- making ---------------------------------------------------------------------------


def heights(items: Sequence[Item]) -> dict[bytes, int]:
    """How far each event is from the log's start: one more than the highest it builds on.

    Depends on the set alone, not on the order given; a ref to an event that is not here
    counts as nothing.
    """
    here = {item.id for item in items}
    waits = dict[bytes, int]()
    after = dict[bytes, list[Item]]()
    height = dict[bytes, int]()
    ready = deque[Item]()
    for item in items:
        before = {item.header.prev, *(ref[2] for ref in item.header.refs)} & here
        waits[item.id] = len(before)
        for parent in before:
            after.setdefault(parent, []).append(item)
        if not before:
            ready.append(item)
    while ready:
        item = ready.popleft()
        parents = (item.header.prev, *(ref[2] for ref in item.header.refs))
        height[item.id] = 1 + max((height.get(parent, 0) for parent in parents), default=0)
        for child in after.get(item.id, ()):
            waits[child.id] -= 1
            if not waits[child.id]:
                ready.append(child)
    return height


def build(log: bytes, items: Sequence[Item], *, earlier: int = 0) -> list[bytes]:
    """Pack all events of a log; returns each part's compressed bytes, part 1 first.

    Args:
        log: The 32-byte log id.
        items: Every event once, in any order; ``seal`` where one is known. Each chain's
            newest event and every event that is not content must have one.
        earlier: How many packs the mailbox had before: so no part is one of theirs, which
            may be nulled there.

    Raises:
        BadPackError: A seal is missing, or there is more than 2,048 parts can hold.
    """
    height = heights(items)
    parents = {item.header.prev for item in items}
    heads = [
        Head(i.chain, i.header.seq, i.id, _sealed(i))
        for i in sorted(items, key=lambda i: (i.chain, i.header.seq, i.id))
        if i.id not in parents and i.header.kind != Kind.GENESIS
    ]
    controls = sorted(
        (i for i in items if i.header.kind != Kind.CONTENT), key=lambda i: (height[i.id], i.id)
    )
    numbers = {item.id: number for number, item in enumerate(controls)}
    rest = sorted(
        (i for i in items if i.header.kind != Kind.GENESIS),
        key=lambda i: (-height[i.id], i.chain, i.id),
    )
    first, *others = _fill(heads, controls, rest)
    if len(others) > MAX_PACK_PARTS:
        raise BadPackError("That is more than one pack can hold.")
    later = [
        _compress(LaterPart(log, number, *_parts(load, numbers)), earlier)
        for number, load in enumerate(others, start=2)
    ]
    hashes = tuple(part_hash(part) for part in later)
    return [_compress(FirstPart(log, hashes, *_parts(first, numbers)), earlier), *later]


def part_hash(part: bytes) -> bytes:
    """How part 1 names another part, by its compressed bytes."""
    return suite.sha256(_PACK + part)


def _sealed(item: Item) -> bytes:
    if item.seal is None:
        raise BadPackError("A pack needs the seal of every head and control event.")
    return item.seal


def _compress(part: Part, earlier: int) -> bytes:
    stream = zlib.compress(canonical.encode(part), _LEVEL)
    return stream[:2] + min(earlier, _MAX_EARLIER) * _EMPTY_BLOCK + stream[2:]


@dataclass
class _Load:
    """What goes into one part."""

    heads: list[Head] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    events: list[Item] = field(default_factory=list)
    size: int = 0
    runs: set[bytes] = field(default_factory=set)
    """The ``prev`` of each event here: an event with such an id adds to a run."""


def _fill(heads: Iterable[Head], controls: Iterable[Item], rest: Iterable[Item]) -> list[_Load]:
    loads = [_Load()]

    def room_for(size: int) -> _Load:
        if loads[-1].size + size > RAW_PART and loads[-1].size:
            loads.append(_Load())
        loads[-1].size += size
        return loads[-1]

    for item in controls:
        control = Control(item.raw, item.body, _sealed(item))
        room_for(len(canonical.encode(control))).controls.append(control)
    for head in heads:
        room_for(len(canonical.encode(head))).heads.append(head)
    for item in rest:
        run = 0 if item.id in loads[-1].runs else _SEGMENT_HEAD
        load = room_for(run + len(canonical.encode(_pack(item, {item.id: MAX_COUNT}))))
        load.events.append(item)
        load.runs.add(item.header.prev)
    return loads


def _parts(
    load: _Load, numbers: dict[bytes, int]
) -> tuple[tuple[Head, ...], tuple[Control, ...], tuple[Segment, ...]]:
    return tuple(load.heads), tuple(load.controls), tuple(_segments(load.events, numbers))


def _segments(group: Iterable[Item], numbers: dict[bytes, int]) -> Iterator[Segment]:
    """Join a part's events into runs; a run follows ``prev``, so branches stay apart."""
    ends = dict[bytes, list[Item]]()
    runs = list[list[Item]]()
    for item in sorted(group, key=lambda i: (i.chain, i.header.seq, i.id)):
        run = ends.pop(item.header.prev, None) if item.header.kind != Kind.OPEN else None
        if run is None:
            run = []
            runs.append(run)
        run.append(item)
        ends[item.id] = run
    for run in runs:
        head = run[0].header
        yield Segment(run[0].chain, head.seq, head.prev, tuple(_pack(i, numbers) for i in run))


def _pack(item: Item, numbers: dict[bytes, int]) -> Packed | int:
    if item.header.kind != Kind.CONTENT:
        return numbers[item.id]
    head = item.header
    return Packed(head.refs, Gone(head.psize, head.pcommit) if item.body is None else item.body)


# --- reading --------------------------------------------------------------------------


class _Span(NamedTuple):
    """A run that was rebuilt, until it is known that a head leads to it."""

    chain: bytes
    first: int
    prev: bytes
    ids: list[bytes]


@dataclass
class Reader:
    """Rebuilds and links a pack's events, part after part, newest first.

    Signatures are the caller's: heads and controls carry the seals, and only the caller
    knows which device a chain belongs to. Everything :meth:`read` returns is covered by the
    seal of a head of the same chain through ``prev``. So before any of it is kept, the
    caller checks the seals of all ``controls``, and :meth:`finish` those of all heads.
    Parts are named by :func:`part_hash`; the caller compares.

    Who wants the oldest events first rebuilds the parts in any order, after announcing
    those that bring heads or control events; all is covered once :meth:`finish` returns.
    """

    first: FirstPart
    controls: dict[bytes, Item] = field(default_factory=dict)
    """Those of the parts read so far, by id; part 1's at once."""
    _numbered: list[Item] = field(default_factory=list)
    _unplaced: set[bytes] = field(default_factory=set)
    _wanted: dict[bytes, set[tuple[int, bytes]]] = field(default_factory=dict)
    """By chain, seq and id: an id at another place is another claim."""
    heads: list[Head] = field(default_factory=list)
    """As ``controls``."""
    _spans: dict[int, list[_Span]] = field(default_factory=dict)
    """By number of the part, of those that were rebuilt and not followed back yet."""
    _announced: set[int] = field(default_factory=set)
    _rebuilt: set[int] = field(default_factory=set)
    _late: bool = False
    """Whether later parts brought heads or control events."""
    _next: int = 1

    def __post_init__(self) -> None:
        """Read part 1's control events and note its heads."""
        self.announce(self.first)

    def read(self, part: Part) -> list[Item]:
        """The events of the next part, each chain's in rising order; genesis left out.

        Raises:
            BadPackError: Out of turn, of another log, an event that is not as it must be,
                or a run that no head leads to.
            UnsupportedSuiteError: A control event of another suite.
        """
        if self._next == 1 and part != self.first:
            raise BadPackError("A pack's parts were not in order.")
        if _number(part) != self._next:
            raise BadPackError("A pack's parts were not in order.")
        self._next += 1
        self.announce(part)
        items = self.rebuild(part)
        self._cover(_number(part))
        return items

    def announce(self, part: Part) -> None:
        """Take in the heads and control events that a part brings.

        Raises:
            BadPackError: Of another log, or a control event that is not as it must be.
            UnsupportedSuiteError: A control event of another suite.
        """
        if part.log != self.first.log:
            raise BadPackError("A pack's parts were not in order.")
        if _number(part) in self._announced:
            return
        self._announced.add(_number(part))
        for control in part.controls:
            item = _read_control(control, self.first.log)
            self.controls[item.id] = item
            self._numbered.append(item)
            if item.header.kind != Kind.GENESIS:
                self._unplaced.add(item.id)
        self.heads += part.heads
        for head in part.heads:
            self._wanted.setdefault(head.chain, set()).add((head.seq, head.id))
        if part is not self.first:
            self._late = self._late or bool(part.heads or part.controls)

    def rebuild(self, part: Part) -> list[Item]:
        """The events of a part, each chain's in rising order; genesis left out.

        Raises:
            BadPackError: Of another log, rebuilt before, heads or control events that were
                not announced, or an event that is not as it must be.
        """
        number = _number(part)
        unknown = number not in self._announced and (part.heads or part.controls)
        if part.log != self.first.log or number in self._rebuilt or unknown:
            raise BadPackError("A pack's parts were not in order.")
        self._rebuilt.add(number)
        runs = [self._run(segment) for segment in part.segments]
        self._spans[number] = [
            _Span(segment.chain, segment.first, segment.prev, [item.id for item in run])
            for segment, run in zip(part.segments, runs, strict=True)
        ]
        return [item for run in runs for item in run]

    def finish(self, signers: dict[bytes, bytes] | None = None) -> None:
        """Check that nothing is missing, and the seals of the heads.

        Args:
            signers: As in :func:`check_heads`, from all ``controls``. Who leaves them out has
                called that function with part 1; heads and control events of later parts,
                whose seals nobody checked then, are refused.

        Raises:
            BadPackError: Parts, older events or the genesis are missing, or no head leads to
                a run.
            BadSignatureError: A seal does not verify.
        """
        for number in sorted(self._spans):
            self._cover(number)
        if signers is not None:
            _check_seals(self.first.log, self.heads, signers)
        elif self._late:
            raise BadPackError
        parts = set(range(1, len(self.first.parts) + 2))
        whole = self.first.log in self.controls and self._rebuilt == parts
        if any(self._wanted.values()) or self._unplaced or not whole:
            raise BadPackError("A pack was not whole.")

    def _cover(self, number: int) -> None:
        # A branch stands after the run it leaves, and must be followed back before it.
        for chain, first, prev, ids in reversed(self._spans.pop(number)):
            # A head counts for its own chain alone: its seal is checked with that chain's key.
            wanted = self._wanted.get(chain, set())
            if not ids or (first + len(ids) - 1, ids[-1]) not in wanted:
                raise BadPackError("A pack held events that no seal covers.")
            if len(wanted) == 1:
                wanted.clear()
            else:
                wanted.difference_update(enumerate(ids, start=first))
            if first > 0:
                wanted.add((first - 1, prev))

    def _run(self, segment: Segment) -> list[Item]:
        log16, chain, prev = self.first.log[:16], segment.chain, segment.prev
        run = list[Item]()
        placed = False
        for seq, packed in enumerate(segment.events, start=segment.first):
            if isinstance(packed, int):  # of a struct, isinstance() costs four times as much
                item = self._control(packed, prev, chain, seq)
            else:
                item = _unpack(packed, log16, chain, seq, prev, placed=placed)
                placed = True  # what follows it stands in the same chain, after it
            run.append(item)
            prev = item.id
        return run

    def _control(self, number: int, prev: bytes, chain: bytes, seq: int) -> Item:
        if number >= len(self._numbered):
            raise BadPackError("A pack lacked a control event.")
        item = self._numbered[number]
        if (item.header.prev, item.chain, item.header.seq) != (prev, chain, seq):
            raise BadPackError("A pack's control event stood in the wrong place.")
        self._unplaced.discard(item.id)
        return item


def _number(part: Part) -> int:
    return part.number if isinstance(part, LaterPart) else 1


def _read_control(control: Control, log: bytes) -> Item:
    try:
        head = header.decode(control.header)
    except MalformedError:
        raise BadPackError from None
    name = header.event_id(control.header)
    own = dict[int, bool]({Kind.GENESIS: name == log, Kind.OPEN: head.prev == log})
    here = own[head.kind] if head.kind in own else head.log == log[:16]
    if head.kind == Kind.CONTENT or not here:
        raise BadPackError
    if control.body is not None and (
        len(control.body) != head.psize + 32 or body.commitment(control.body) != head.pcommit
    ):
        raise BadPackError
    chain = name[:16] if head.kind == Kind.OPEN else head.chain
    return Item(chain, head, name, control.body, control.seal, control.header)


def _unpack(
    packed: Packed, log16: bytes, chain: bytes, seq: int, prev: bytes, *, placed: bool
) -> Item:
    """Rebuild a content event; ``placed`` where one before it in its run was checked."""
    content = packed.content
    if isinstance(content, bytes):
        psize, pcommit, kept = len(content) - 32, body.commitment(content), content
        if psize % PAYLOAD_STEP:
            raise BadPackError
    else:
        psize, pcommit, kept = content.psize, content.pcommit, None
    head = Header(SUITE, log16, chain, seq, prev, _CONTENT, psize, pcommit, packed.refs)
    if packed.refs or not placed:
        _check(head)
    raw = header.encode(head)
    return Item(chain, head, header.event_id(raw), kept, None, raw)


def _check(head: Header) -> None:
    try:
        header.check(head)
    except MalformedError:
        raise BadPackError from None


def check_heads(first: FirstPart, signers: dict[bytes, bytes]) -> None:
    """Check the seals of part 1's heads, before the other parts are here.

    Args:
        first: Part 1.
        signers: Ed25519 public key by chain id, from each chain's verified ``open``.

    Raises:
        BadPackError: A head's chain is unknown.
        BadSignatureError: A seal does not verify.
    """
    _check_seals(first.log, first.heads, signers)


def _check_seals(log: bytes, heads: Iterable[Head], signers: dict[bytes, bytes]) -> None:
    for head in heads:
        if head.chain not in signers:
            raise BadPackError("A pack named a chain that nobody opened.")
        seal.check(signers[head.chain], head.seal, log, head.id)
