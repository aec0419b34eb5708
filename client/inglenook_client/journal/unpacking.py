"""Taking a whole pack in: collected part by part, and all of it or nothing (protocol 4.5).

parts wait --all are here--> rebuilt, oldest first, and stored as they are rebuilt
           --everything is covered by a seal--> it counts
           --anything does not fit--> what was stored is undone, part 1 is kept as evidence
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from inglenook_client.core.clocks import Joint, recompute
from inglenook_client.core.events import Event, control_of
from inglenook_client.core.intake import Accepted, Outcome
from inglenook_client.journal import identity
from inglenook_client.stores import boxes, cover, events, forgetting, loading, logs
from inglenook_client.stores import parts as parts_
from inglenook_client.stores.connection import Db, undoable
from inglenook_client.stores.logs import LogRow
from inglenook_client.stores.parts import Waiting
from inglenook_client.stores.rows import Storable
from inglenook_schema import keys, pack, record, seal
from inglenook_schema.control import Genesis, Open
from inglenook_schema.errors import BadPackError, PeerError
from inglenook_schema.header import Kind, Ref
from inglenook_schema.ids import ZERO_SHORT


@dataclass
class Taken:
    """What came of some parts."""

    outcomes: list[Outcome] = field(default_factory=list)
    """Of each pack that is whole now."""
    refused: list[tuple[int, PeerError]] = field(default_factory=list)
    """[number of the record, why] of what is no part, and of part 1 of what does not verify:
    nothing of it was taken, and what it stands for is still asked for elsewhere."""


def take(db: Db, log: LogRow, parts: Sequence[tuple[int, bytes]]) -> Taken:
    """Keep parts until all of a pack are here, then take its events in.

    Args:
        db: Inside a write.
        log: Whose.
        parts: [number of the record, compressed part]; the record keeps its blob until then,
            and where it is refused.
    """
    taken = Taken()
    fresh = {pack.part_hash(part): part for _, part in parts}
    for number, part in parts:
        if forgetting.join_pack(db, number, identity.today()):
            continue
        try:
            _keep_part(db, log, number, part)
        except PeerError as error:
            taken.refused.append((number, error))
    for epoch, here in parts_.waiting(db, log.number).items():
        _take_packs(db, log, epoch, here, fresh, taken)
    return taken


def _take_packs(
    db: Db,
    log: LogRow,
    epoch: int,
    here: dict[bytes, Waiting],
    fresh: dict[bytes, bytes],
    taken: Taken,
) -> None:
    """Take in every pack of one epoch that is whole now."""
    named = {name: (name, *at.later) for name, at in here.items() if at.later is not None}
    for first in [f for f, names in named.items() if not named.keys().isdisjoint(names[1:])]:
        del named[first]  # a part 1 is part of no other pack
        parts_.take(db, log.number, epoch, {first})
        taken.refused.append((here[first].record, BadPackError()))
    for first, names in list(named.items()):
        lacking = [name for name in names if name not in here]
        if lacking:
            parts_.want(db, log.number, epoch, lacking)
            continue
        del named[first]
        whole = [fresh.get(name) or _waiting(db, here[name].record) for name in names]
        numbers = [here[name].record for name in names]
        free = set(names).difference(*named.values())  # no other that waits has these too
        parts_.take(db, log.number, epoch, free)
        for name in free - {first}:
            boxes.drop_blob(db, here[name].record)
        try:
            with undoable(db):
                found = _load(db, log, whole)
        except PeerError as error:
            # part 1 is to blame: it may name parts that belong to somebody's honest pack
            taken.refused.append((numbers[0], error))
            continue
        boxes.drop_blob(db, numbers[0])
        forgetting.look_for_parts(db, log.number, identity.today())
        _note_cover(db, log, numbers[0], found)
        forgetting.note_pack(db, numbers, found.held(db, log), identity.today())
        taken.outcomes.append(found.outcome)


def first_parts(db: Db, log: LogRow) -> Iterator[tuple[int, int, bytes]]:
    """Of each pack that is not whole yet: how many parts are here, of how many, and part 1."""
    for here in parts_.waiting(db, log.number).values():
        for at in here.values():
            if at.later is not None:
                came = 1 + sum(name in here for name in at.later)
                yield came, 1 + len(at.later), _waiting(db, at.record)


def take_whole(db: Db, log: LogRow, parts: Sequence[bytes]) -> Outcome:
    """Take in the events of a pack that came whole, and by no mailbox.

    Args:
        db: Inside a write.
        log: Whose.
        parts: Compressed, in any order.

    Raises:
        PeerError: Anything does not fit; nothing of it was kept.
    """
    by_hash = {pack.part_hash(part): part for part in parts}
    named = {name: pack.parts_named(part) for name, part in by_hash.items()}
    firsts = [(name, later) for name, later in named.items() if later is not None]
    if len(firsts) != 1 or {firsts[0][0], *firsts[0][1]} != by_hash.keys():
        raise BadPackError
    first, later = firsts[0]
    with undoable(db):
        return _load(db, log, [by_hash[name] for name in (first, *later)]).outcome


def _keep_part(db: Db, log: LogRow, number: int, part: bytes) -> None:
    named = pack.parts_named(part)
    if named:
        _check_alone(log.id, part)
    if not parts_.keep(db, log.number, number, pack.part_hash(part), named):
        boxes.drop_blob(db, number)  # another relay brought it too


def _check_alone(log: bytes, part: bytes) -> None:
    """Refuse a part 1 at once whose own seals do not fit: its newest entries are shown early.

    Where it has heads, it has all control events (protocol 4.5).

    Raises:
        PeerError: As for a whole pack.
    """
    first = pack.decode_part(part)
    if isinstance(first, pack.FirstPart) and first.heads:
        reader = pack.Reader(first)
        pack.check_heads(first, signers_of(log, reader, Outcome()))


def _waiting(db: Db, number: int) -> bytes:
    """A part that came in an earlier write."""
    box, blob = db.execute(
        "SELECT mailbox, blob FROM record WHERE number = ?", (number,)
    ).fetchone()
    return record.open_record(blob, boxes.box(db, box).place).inner


def _note_cover(db: Db, log: LogRow, number: int, found: _Pack) -> None:
    """Keep what the mailbox of a pack holds by it."""
    (mailbox,) = db.execute("SELECT mailbox FROM record WHERE number = ?", (number,)).fetchone()
    chains = {chain.id: chain.number for chain in logs.chains_of(db, log.number)}
    newest = {ZERO_SHORT: 0, **found.newest}
    size = found.size or cover.body_bytes(db, log.number)
    cover.lift(db, mailbox, {chains[chain]: seq for chain, seq in newest.items()}, size)


def _load(db: Db, log: LogRow, parts: list[bytes]) -> _Pack:
    """Verify a whole pack, and store its events meanwhile.

    Raises:
        PeerError: Any seal, certificate, hash, id or commitment that does not fit; what was
            stored is to be undone.
    """
    found = _Pack(log.id, parts, _known(db, log))
    if found.is_known:
        _check_places(db, found.heads)
        found.skim()
        found.outcome = Outcome(bare=found.outcome.bare)
    else:
        numbers = events.seat(db, log, found.outcome)
        loading.load(db, found.batches(), numbers)
        found.finish()
        events.settle(db, log, found.outcome, numbers)
    return found


def _check_places(db: Db, heads: Iterable[pack.Head]) -> None:
    """Refuse a head that puts an event that is here at another place."""
    sql = "SELECT c.id, e.seq FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?"
    for head in heads:
        if db.execute(sql, (head.id,)).fetchone() != (head.chain, head.seq):
            raise BadPackError


def verify(log: bytes, parts: list[bytes]) -> int:
    """Read a whole pack as a new device does, and keep nothing; returns how many events.

    Args:
        log: The 32-byte log id.
        parts: Compressed, part 1 first; emptied as they are read.

    Raises:
        PeerError: A new device would refuse it.
    """
    found = _Pack(log, parts, _Known())
    count = sum(len(batch) for batch in found.batches())
    found.finish()
    return count


@dataclass
class _Known:
    """What the store holds of the log already."""

    missing: dict[bytes, bool] = field(default_factory=dict)
    """By event id, whether its body is missing."""
    places: dict[bytes, set[int]] = field(default_factory=dict)
    """Seqs by chain."""


def _known(db: Db, log: LogRow) -> _Known:
    known = _Known()
    rows = db.execute(
        "SELECT e.id, e.body IS NULL, c.id, e.seq FROM event e JOIN chain c ON c.number = e.chain"
        " WHERE c.log = ?",
        (log.number,),
    )
    for name, missing, chain, seq in rows:
        known.missing[name] = bool(missing)
        known.places.setdefault(chain, set()).add(seq)
    return known


class _Pack:
    """A pack on its way in; touches no database."""

    def __init__(self, log: bytes, parts: list[bytes], known: _Known) -> None:
        """Read part 1, and verify the seals of all control events.

        Args:
            log: The 32-byte log id.
            parts: Compressed, part 1 first; emptied as they are read.
            known: What is stored already.
        """
        first = pack.decode_part(parts[0])
        if not isinstance(first, pack.FirstPart) or first.log != log:
            raise BadPackError
        self.outcome = Outcome()
        self._parts = parts
        self._known = known
        self._reader = pack.Reader(first)
        if not first.segments:  # protocol 4.5: heads and control events come before any
            for part in parts[1:]:
                self._reader.announce(pack.decode_part(part))
        self._signers = signers_of(log, self._reader, self.outcome)
        self._heads = {head.id for head in self._reader.heads}
        self._sealed: dict[bytes, Event] = {}
        self._joints: list[Event] = []
        self._here: set[bytes] = set()
        self.size = 0
        """Bytes of the bodies that were read."""
        self._spans: list[tuple[bytes, int, int]] = []
        """Chain, first seq and length of each run."""
        self.bodies: list[tuple[bytes, int, int]] = []
        """Chain, first and last seq of the bodies in it, as far as it was read."""

    @property
    def is_known(self) -> bool:
        """Whether it ends where the store ends, so that nothing in it can be new."""
        missing = self._known.missing
        if not missing or any(missing.values()):
            return False
        return all(name in missing for name in self._heads)

    @property
    def heads(self) -> list[pack.Head]:
        """Where it ends."""
        return self._reader.heads

    @property
    def newest(self) -> dict[bytes, int]:
        """The highest head of each chain."""
        return dict(sorted((head.chain, head.seq) for head in self.heads))

    def held(self, db: Db, log: LogRow) -> list[tuple[int, int, int]]:
        """Whose bodies are in it, all of it read: [chain number, first seq, last seq]."""
        numbers = {chain.id: chain.number for chain in logs.chains_of(db, log.number)}
        bodies = [(ZERO_SHORT, 0, 0), *self.bodies]  # the genesis stands in no segment
        return [(numbers[chain], first, last) for chain, first, last in bodies]

    def batches(self) -> Iterator[Sequence[Storable]]:
        """What is new here, oldest first."""
        self.outcome.accepted = [a for a in self.outcome.accepted if self._is_new(a.event)]
        yield [a.event for a in self.outcome.accepted]
        while self._parts:
            part = pack.decode_part(self._parts.pop())
            self._note_spans(part)
            self._note_bodies(part)
            batch = self._reader.rebuild(part)
            self._here.update([item.id for item in batch])
            self.size += sum([len(item.body) for item in batch if item.body])
            self._sealed.update({i.id: event_of(i) for i in batch if i.id in self._heads})
            joints = [event_of(i) for i in batch if i.header.refs or not i.header.seq]
            self._joints += joints
            if self._known.missing:
                batch = [item for item in batch if self._is_new(event_of(item))]
                joints = [event for event in joints if event.id not in self._known.missing]
            self.outcome.accepted += [Accepted(event, None) for event in joints]
            self.outcome.plain += len(batch) - len(joints)
            self.outcome.plain_tips.update({i.chain: i.header.seq for i in batch})
            yield batch

    def skim(self) -> None:
        """Note whose bodies are in it, where nothing else in it can be new.

        Raises:
            BadPackError: It holds less than its heads say, or of other chains: what its mailbox
                is believed to hold follows from it.
        """
        while self._parts:
            part = pack.decode_part(self._parts.pop())
            self._note_spans(part)
            self._note_bodies(part)
        lengths = dict[bytes, int]()
        for chain, first, count in sorted(self._spans):
            length = lengths.get(chain, 0)
            if first > length:
                raise BadPackError
            lengths[chain] = max(length, first + count)
        if lengths != {chain: seq + 1 for chain, seq in self.newest.items()}:
            raise BadPackError

    def _note_spans(self, part: pack.Part) -> None:
        self._spans += [(s.chain, s.first, len(s.events)) for s in part.segments]

    def _note_bodies(self, part: pack.Part) -> None:
        for segment in part.segments:
            gone = [
                segment.first + at
                for at, event in enumerate(segment.events)
                if not isinstance(event, int) and not isinstance(event.content, bytes)
            ]
            last = segment.first + len(segment.events) - 1
            spans = forgetting.between(gone, segment.first, last)
            self.bodies += [(segment.chain, *span) for span in spans]
            self.outcome.bare += [(segment.chain, seq) for seq in gone]

    def _is_new(self, event: Event) -> bool:
        missing = self._known.missing.get(event.id)
        if missing and event.body is not None:
            self.outcome.refilled.append(event)
        if missing is None and event.header.seq in self._known.places.get(event.chain, ()):
            self.outcome.forked.append((event.chain, event.header.seq))
        return missing is None

    def _note_forks(self) -> None:
        """Two runs at one place: the chain forked where the later one begins."""
        ends: dict[bytes, int] = {}
        for chain, first, count in sorted(self._spans):
            if first < ends.get(chain, 0):
                self.outcome.forked.append((chain, first))
            ends[chain] = max(ends.get(chain, 0), first + count)

    def finish(self) -> None:
        """Check that seals cover all of it, and compute what follows from it.

        Raises:
            PeerError: As :func:`_load`.
        """
        self._reader.finish(self._signers)
        joints = (Joint(e.chain, e.header.seq, e.id, e.header.refs) for e in self._joints)
        pasts = recompute(joints)
        self._note_forks()
        outcome = self.outcome
        outcome.accepted = [
            Accepted(a.event, pasts.get(a.event.id), self._awaited(a.event))
            for a in outcome.accepted
        ]
        heads = self._reader.heads
        outcome.seals += [(self._sealed[head.id], head.seal) for head in heads]
        # what the pack refers to and does not hold has a past that only this device knows
        outcome.reclock = bool(self._known.missing and outcome.accepted)

    def _awaited(self, event: Event) -> tuple[Ref, ...]:
        here, stored = self._here, self._known.missing
        return tuple(r for r in event.header.refs if r[2] not in here and r[2] not in stored)


def signers_of(log: bytes, reader: pack.Reader, outcome: Outcome) -> dict[bytes, bytes]:
    """Verify every control event's own seal; returns each chain's signing key."""
    signers = dict[bytes, bytes]()
    controls = [(event_of(item), item.seal or b"") for item in reader.controls.values()]
    for event, signature in controls:
        # protocol 2.6: another malformed control event is void, and keeps its place
        first = event.kind in (Kind.GENESIS, Kind.OPEN)
        known = control_of(event) if first else None
        if isinstance(known, Genesis):
            if event.id != log:
                raise BadPackError
            sign = keys.check_chain(known.certificates, known.founder).sign
            seal.check(sign, signature, log, event.id)
            outcome.accepted.append(Accepted(event, None))
            outcome.seals.append((event, signature))
        elif isinstance(known, Open):
            signers[event.chain] = keys.check_chain(known.certificates, known.person).sign
            outcome.opened.append((event, known))
    for event, signature in controls:
        if event.kind != Kind.GENESIS:
            if event.chain not in signers or event.header.log != log[:16]:
                raise BadPackError
            seal.check(signers[event.chain], signature, log, event.id)
            outcome.seals.append((event, signature))
    return signers


def event_of(item: pack.Item) -> Event:
    """An event as a pack's reader rebuilt it."""
    return Event(item.chain, item.header, item.raw, item.id, item.body)
