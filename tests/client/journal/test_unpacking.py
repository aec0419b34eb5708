"""A pack comes part by part, and counts when all of it verifies; else nothing of it is here."""

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import pytest

from harness.devices import ORIGIN, Device
from harness.logs import draw
from harness.memory_db import memory_db
from inglenook_client.core.intake import Outcome
from inglenook_client.core.sync import Arrived
from inglenook_client.journal import composing, sending, unpacking
from inglenook_client.stores import boxes, cover, events, loading, logs, packing, parts, search
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.indexing import of_body
from inglenook_client.stores.logs import LogRow
from inglenook_schema import canonical, pack, record
from inglenook_schema.control import LogType, RefreshKem
from inglenook_schema.events.writing import EntryWritten
from inglenook_schema.header import Kind
from inglenook_schema.pack import FirstPart, LaterPart, Part
from inglenook_schema.record import BoxType, RecordKind
from inglenook_schema.wire import Shape

WORDS = ("pond", "lamp", "rain", "bread", "piano", "ferry", "clock", "stair")
ENTRIES = 240


@dataclass
class Packed:
    """A log and its pack."""

    log: bytes
    parts: list[bytes]
    held: list[tuple[object, ...]]
    """Rows that whoever made it has, row numbers left out."""
    later: list[bytes]
    """The pack of the same log with one event more."""


COLUMNS = "e.seq, e.id, e.kind, e.header, e.body, e.type, e.at, e.date, e.letter, e.n, e.linked"


def rows_of(db: Db) -> list[tuple[object, ...]]:
    sql = f"SELECT {COLUMNS} FROM event e JOIN chain c ON c.number = e.chain ORDER BY e.row"
    return db.execute(sql).fetchall()


def texts_of(db: Db) -> list[tuple[int, str]]:
    """[row, text] of every entry."""
    rows = db.execute("SELECT row, body FROM event WHERE type = 'entry.written'").fetchall()
    return [(row, found[0]) for row, body in rows if (found := of_body(body, 1))]


def entry(number: int) -> EntryWritten:
    text = f"{WORDS[number % 8]} number{number}"
    return EntryWritten(at=1_750_000_000_000 + number, zone="UTC", date="2025-06-15", text=text)


@pytest.fixture
async def packed(ada: Device, monkeypatch: pytest.MonkeyPatch) -> Packed:
    """Ada's journal, in parts of a few dozen events, loaded in blocks of fewer."""
    monkeypatch.setattr(pack, "RAW_PART", 8_000)
    monkeypatch.setattr(loading, "MANY", 17)
    monkeypatch.setattr(search, "BULK", 40)
    drafts = [composing.draft(entry(number)) for number in range(ENTRIES)]
    number = (await ada.journal.space(None)).number

    def write(db: Db) -> Packed:
        log = logs.log_by_number(db, number)
        events.append(db, log, drafts)
        sending.prepare(db)
        parts, held = packing.parts_of(db, log), rows_of(db)
        events.append(db, log, [composing.draft(entry(ENTRIES))])
        sending.prepare(db)
        return Packed(log.id, parts, held, packing.parts_of(db, log))

    found = await ada.change(write)
    assert len(found.parts) > 5
    return found


@dataclass
class Place:
    """An empty database that waits for the log."""

    db: Db
    log: LogRow
    box: BoxRow
    refused: list[int] = field(default_factory=list)

    def take(self, *parts: bytes) -> Outcome | None:
        """One write in which these parts come."""
        self.db.execute("BEGIN")
        try:
            came = unpacking.take(self.db, self.log, [(self.keep(p), p) for p in parts])
        finally:
            self.db.execute("COMMIT")
        self.refused += [number for number, _ in came.refused]
        return came.outcomes[-1] if came.outcomes else None

    def blob(self, part: bytes) -> bytes:
        """The record of a part."""
        return record.seal(RecordKind.PACK, part, self.box.place, bytes(32))

    def keep(self, part: bytes) -> int:
        """Store the record of a part, as it came."""
        blob = self.blob(part)
        boxes.keep(self.db, self.box.number, RecordKind.PACK, blob)
        sql = "SELECT number FROM record WHERE rid = ?"
        return int(self.db.execute(sql, (record.rid(blob),)).fetchone()[0])

    def counts(self) -> list[int]:
        """Rows of every table that a pack fills, words and waiting parts."""
        tables = ("event", "chain", "seal", "past", "awaited", "part WHERE state = 0")
        found = [self.db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]
        return [*found, len(list(search.matches(self.db, "number")))]


@pytest.fixture
def place(packed: Packed) -> Iterator[Place]:
    with memory_db() as db:
        log = logs.add_log(db, packed.log, LogType.JOURNAL, "owner")
        yield place_in(db, log, 1)


def place_in(db: Db, log: LogRow, epoch: int) -> Place:
    """The mailbox of an epoch."""
    secret = bytes(31) + bytes((epoch,))
    number = boxes.add_box(db, BoxType.EPOCH, ORIGIN, secret, log=log.number, epoch=epoch)
    return Place(db, log, boxes.box(db, number))


def test_whatever_came_in_the_pack_is_stored_as_its_maker_holds_it(
    packed: Packed, place: Place
) -> None:
    outcome = place.take(*packed.parts)

    assert outcome is not None
    assert outcome.count == len(packed.held)
    assert sorted(rows_of(place.db)) == sorted(packed.held)
    assert search.behind(place.db) == 0
    for number, word in enumerate(WORDS):
        rows = list(search.matches(place.db, word))
        said = {seq: text for seq, text in texts_of(place.db) if seq in rows}
        assert sorted(said.values()) == sorted(entry(n).text for n in range(number, ENTRIES, 8))


@pytest.mark.parametrize("seed", range(3))
def test_parts_may_come_in_any_order_over_several_syncs(
    packed: Packed, place: Place, seed: int
) -> None:
    chance = random.Random(seed)
    coming = chance.sample(packed.parts, len(packed.parts))

    for part in coming[:-1]:
        assert place.take(part) is None
        assert rows_of(place.db) == []
    outcome = place.take(coming[-1], coming[0])  # one comes twice

    assert outcome is not None
    assert sorted(rows_of(place.db)) == sorted(packed.held)
    waiting = "SELECT count(*) FROM record WHERE blob IS NOT NULL"
    assert place.db.execute(waiting).fetchone() == (0,)


def test_a_part_that_is_put_again_meanwhile_still_waits_for_the_others(
    packed: Packed, place: Place
) -> None:
    first, *others = packed.parts
    place.take(first)
    healed = place.db.execute("SELECT record FROM part WHERE state = 0").fetchall()

    for (number,) in healed:
        boxes.read_back(place.db, number, 1)

    assert place.take(*others) is not None


def tampered(parts: list[bytes], index: int) -> list[bytes]:
    """The same pack with one body altered in one part, all hashes made to fit."""
    decoded = [pack.decode_part(part) for part in parts]
    raw = canonical.encode(decoded[index])
    altered = pack.decode_part(zlib.compress(raw.replace(b"number", b"NUMBER", 1)))
    blobs = list(parts)
    blobs[index] = zlib.compress(canonical.encode(altered))
    first = decoded[0] if index else altered
    hashes = tuple(pack.part_hash(blob) for blob in blobs[1:])
    assert not isinstance(first, LaterPart)
    whole = pack.FirstPart(first.log, hashes, first.heads, first.controls, first.segments)
    return [zlib.compress(canonical.encode(whole)), *blobs[1:]]


@pytest.mark.parametrize("index", [0, 2, -1], ids=["newest part", "middle part", "oldest part"])
def test_a_pack_that_does_not_verify_leaves_nothing_behind(
    packed: Packed, place: Place, index: int
) -> None:
    before = place.counts()

    refused = place.take(*tampered(packed.parts, index % len(packed.parts)))

    assert refused is None
    assert place.counts() == before
    (number,) = place.refused
    kept = "SELECT blob IS NOT NULL FROM record WHERE number = ?"
    assert place.db.execute(kept, (number,)).fetchone() == (1,)
    assert place.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert place.take(*packed.parts) is not None
    assert sorted(rows_of(place.db)) == sorted(packed.held)


def test_a_pack_that_ends_where_the_store_ends_is_not_read_again(
    packed: Packed, place: Place
) -> None:
    place.take(*packed.parts)
    before = place.counts()

    again = place.take(*packed.parts)

    assert again == Outcome()
    assert place.counts() == before


def test_a_pack_adds_only_what_is_new_here(packed: Packed, place: Place) -> None:
    place.take(*packed.parts)
    gone = [row[1] for row in packed.held[-60:]]
    place.db.executemany("DELETE FROM event WHERE id = ?", [(name,) for name in gone])
    search.rebuild(place.db)

    outcome = place.take(*packed.parts)

    assert outcome is not None
    assert outcome.count == len(gone)
    assert {row[1] for row in rows_of(place.db)} == {row[1] for row in packed.held}
    assert search.behind(place.db) == 0


def test_one_that_ends_there_and_speaks_of_a_chain_that_is_not_here_is_refused(
    packed: Packed, place: Place
) -> None:
    place.take(*packed.parts)
    first, last = pack.decode_part(packed.parts[0]), pack.decode_part(packed.parts[-1])
    segments = tuple(msgspec.structs.replace(s, chain=bytes(15) + b"?") for s in last.segments)
    stranger = packed_again(msgspec.structs.replace(last, segments=segments))
    parts_ = (*packed.parts[1:-1], stranger)
    assert isinstance(first, FirstPart)
    names = tuple(pack.part_hash(part) for part in parts_)

    again = place.take(packed_again(msgspec.structs.replace(first, parts=names)), *parts_)

    assert again is None
    assert len(place.refused) == 1
    assert place.take(*packed.parts) is not None


@pytest.mark.parametrize("spoil", ["places", "contents"])
def test_nor_does_one_count_that_says_it_holds_more_than_it_does(
    packed: Packed, place: Place, spoil: str
) -> None:
    """Else what its mailbox lacks would never be put there."""
    place.take(*packed.parts)
    first = pack.decode_part(packed.parts[0])
    assert isinstance(first, FirstPart)
    if spoil == "places":
        heads = tuple(msgspec.structs.replace(h, seq=h.seq + 1_000) for h in first.heads)
        evil = msgspec.structs.replace(first, heads=heads)
    else:
        evil = msgspec.structs.replace(first, parts=first.parts[:1])
    held = cover.of(place.db, place.box.number)

    place.take(packed_again(evil), *packed.parts[1:])

    assert len(place.refused) == 1
    assert cover.of(place.db, place.box.number) == held


def packed_again(part: Part) -> bytes:
    return zlib.compress(canonical.encode(part))


def test_a_first_part_that_names_anothers_first_keeps_that_from_nothing(
    packed: Packed, place: Place
) -> None:
    """A member's, who also names one that never comes: it is no pack, whatever else comes."""
    whole = pack.decode_part(packed.parts[0])
    assert isinstance(whole, FirstPart)
    names = (pack.part_hash(packed.parts[0]), bytes(32))
    evil = FirstPart(whole.log, names, (), (), ())

    place.take(packed_again(evil))
    outcome = place.take(*packed.parts)

    assert outcome is not None
    assert sorted(rows_of(place.db)) == sorted(packed.held)
    assert len(place.refused) == 1
    assert place.counts()[5] == 0
    assert list(unpacking.first_parts(place.db, place.log)) == []


async def test_what_append_returns_is_what_is_found_later(ada: Device) -> None:
    saved = await ada.write("A pond with two herons")

    assert await ada.journal.find(saved.short) == saved


def test_of_two_packs_that_come_at_once_both_are_taken_in(packed: Packed, place: Place) -> None:
    """As where two members put a pack each."""
    place.take(*packed.parts, *packed.later)

    assert len(rows_of(place.db)) == len(packed.held) + 1
    assert place.counts()[5] == 0


# --- packs that share parts -----------------------------------------------------------


@dataclass
class Twins:
    """Two packs of one log, the second of one event more; most parts are in both."""

    log: bytes
    first: list[bytes]
    second: list[bytes]

    @property
    def shared(self) -> list[bytes]:
        return [part for part in self.first if part in self.second]

    @property
    def rest(self) -> list[bytes]:
        """What is in the second alone."""
        return [part for part in self.second if part not in self.first]


@pytest.fixture
async def twins(ada: Device, monkeypatch: pytest.MonkeyPatch) -> Twins:
    monkeypatch.setattr(pack, "RAW_PART", 8_000)
    number = (await ada.journal.space(None)).number
    acts = [composing.act(Kind.MEMBER, RefreshKem(draw(f"kem {n}", 1216))) for n in range(30)]

    def write(db: Db) -> Twins:
        log = logs.log_by_number(db, number)
        events.append(db, log, acts)
        sending.prepare(db)
        first = packing.parts_of(db, log)
        events.append(db, log, [composing.draft(entry(1))])
        sending.prepare(db)
        return Twins(log.id, first, packing.parts_of(db, log))

    found = await ada.change(write)
    assert len(found.shared) > 2
    return found


@pytest.fixture
def two_epochs(twins: Twins) -> Iterator[tuple[Place, Place]]:
    with memory_db() as db:
        log = logs.add_log(db, twins.log, LogType.JOURNAL, "owner")
        yield place_in(db, log, 1), place_in(db, log, 2)


def entries(place: Place) -> int:
    return len(texts_of(place.db))


def test_packs_of_two_epochs_that_share_parts_are_both_taken_in(
    twins: Twins, two_epochs: tuple[Place, Place]
) -> None:
    """As where two members began an epoch each: whichever comes first, and however mixed."""
    old, new = two_epochs
    new.take(*twins.rest)
    old.take(*twins.first)
    before = entries(new)

    new.take(*twins.shared)

    assert before == 0
    assert entries(new) == 1
    assert new.counts()[5] == 0


@pytest.mark.parametrize("order", ["together", "the shorter's rest last"])
def test_packs_of_one_mailbox_that_share_parts_are_both_taken_in(
    twins: Twins, two_epochs: tuple[Place, Place], order: str
) -> None:
    place, _ = two_epochs
    if order == "together":
        place.take(*twins.first, *twins.rest)
    else:
        place.take(*twins.rest)
        place.take(*twins.first)

    assert entries(place) == 1
    assert place.counts()[5] == 0


def test_a_part_that_another_pack_needs_later_is_asked_for_again(
    twins: Twins, two_epochs: tuple[Place, Place]
) -> None:
    place, _ = two_epochs
    db, number = place.db, place.box.number
    place.take(*twins.first)
    db.execute("UPDATE record SET n = number")
    db.execute("UPDATE mailbox SET n = 99, head = zeroblob(32)")
    assert place.take(*twins.rest) is None

    parts.read_again(db)
    (cursor,) = db.execute("SELECT n FROM mailbox WHERE number = ?", (number,)).fetchone()
    blobs = [place.blob(part) for part in (*twins.first, *twins.rest)]
    items = [(n, Shape.BLOB, record.rid(blob), blob) for n, blob in enumerate(blobs, start=1)]
    fresh = boxes.store_arrived(db, Arrived(number, items, len(items), bytes(32)), 1)
    opened = [(row.number, record.open_record(row.blob, place.box.place)[1]) for row in fresh]
    unpacking.take(db, place.log, opened)

    assert cursor == 0
    assert {part for _, part in opened} == set(twins.shared)
    assert entries(place) == 1
    assert place.counts()[5] == 0
    parts.read_again(db)
    (cursor,) = db.execute("SELECT n FROM mailbox WHERE number = ?", (number,)).fetchone()
    assert cursor == len(items)
