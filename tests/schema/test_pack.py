import random
import zlib
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import (
    Log,
    device,
    erased,
    logs,
    seeded,
    sized,
    spoiled,
    widened,
)
from inglenook_schema import body, header, limits, pack, record, seal
from inglenook_schema.canonical import encode
from inglenook_schema.errors import BadPackError, BadSignatureError, PeerError
from inglenook_schema.header import Header, Kind
from inglenook_schema.pack import Control, FirstPart, Head, Item, LaterPart, Packed, Segment

LAPTOP, PHONE = device(), device("Ben", "phone")


def read(parts: Sequence[bytes], signers: dict[bytes, bytes]) -> list[Item]:
    """All events but the genesis, verified."""
    first = pack.decode_part(parts[0])
    assert isinstance(first, FirstPart)
    reader = pack.Reader(first)
    found = list[Item]()
    for blob in parts:
        found += reader.read(pack.decode_part(blob))
    reader.finish(signers)
    return found


def shown(items: Iterable[Item]) -> list[tuple[bytes, bytes, Header, bytes | None]]:
    return sorted((i.id, i.chain, i.header, i.body) for i in items if i.header.kind != Kind.GENESIS)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "RAW_PART", 2_000)


# --- round trips -----------------------------------------------------------------------


@given(logs())
def test_every_log_comes_back_from_its_pack(log: Log) -> None:
    found = read(pack.build(log.id, log.items), log.signers)

    assert shown(found) == shown(log.items)
    assert all(item.raw == header.encode(item.header) for item in found)


@given(logs())
def test_every_log_comes_back_from_small_parts(log: Log) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "RAW_PART", 2_000)
        parts = pack.build(log.id, log.items)

    assert shown(read(parts, log.signers)) == shown(log.items)


@given(logs(), st.integers(0, 2**32), st.sampled_from([300, 2_000, pack.RAW_PART]))
def test_two_makers_with_the_same_events_make_the_same_bytes(
    log: Log, seed: int, limit: int
) -> None:
    other = list(log.items)
    random.Random(seed).shuffle(other)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "RAW_PART", limit)
        assert pack.build(log.id, other) == pack.build(log.id, log.items)


@given(logs())
def test_events_come_newest_first_and_each_chain_in_rising_order_within_a_part(log: Log) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "RAW_PART", 2_000)
        parts = [pack.decode_part(blob) for blob in pack.build(log.id, log.items)]
    assert isinstance(parts[0], FirstPart)
    reader = pack.Reader(parts[0])
    height = pack.heights(log.items)
    least = len(log.items) + 1

    for part in parts:
        heights = [height[item.id] for item in reader.read(part)]
        assert max(heights, default=0) <= least
        least = min(heights, default=least)
        for segment in part.segments:
            assert len(segment.events) >= 1


@given(logs())
def test_a_pack_says_nothing_twice(log: Log) -> None:
    # What can be computed is not stored: no id, no commitment of a body that is here.
    raw = b"".join(zlib.decompress(part) for part in pack.build(log.id, log.items))

    for item in log.items:
        if item.header.kind == Kind.CONTENT:
            assert raw.count(item.header.pcommit) == (item.body is None)
            assert item.body is None or raw.count(item.body) == 1


def test_heights_do_not_depend_on_what_is_not_here() -> None:
    log, first = one_chain(4)
    log.items = [item for item in log.items if item is not first]
    assert set(pack.heights(log.items)) == {item.id for item in log.items}


# --- forks -----------------------------------------------------------------------------


def one_chain(count: int = 3) -> tuple[Log, Item]:
    log = Log()
    log.found(LAPTOP)
    first = last = log.open(LAPTOP)
    for number in range(count):
        last = log.add(LAPTOP, Kind.CONTENT, b"%d" % number, last)
    return log, first


def forked() -> Log:
    """One chain that forked twice, both times with two control events in one place."""
    log, first = one_chain(2)
    for after in (first, log.items[-1]):
        for branch in (b"one", b"two"):
            act = log.add(LAPTOP, Kind.MEMBER, branch, after)
            log.add(LAPTOP, Kind.CONTENT, branch, act)
    return log


@pytest.mark.parametrize("limit", [pack.RAW_PART, 2_000, 200])
def test_forks_with_two_control_events_in_one_place_come_back(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = forked()
    monkeypatch.setattr(pack, "RAW_PART", limit)

    parts = pack.build(log.id, log.items)

    assert shown(read(parts, log.signers)) == shown(log.items)


# --- size ------------------------------------------------------------------------------


def test_a_megabyte_that_does_not_compress_fits_into_records() -> None:
    log, last = one_chain(0)
    for number in range(5):
        last = log.add(LAPTOP, Kind.CONTENT, seeded(number, 262_140), last)

    parts = pack.build(log.id, log.items)

    assert len(parts) == 2
    assert all(len(part) <= limits.MAX_INNER for part in parts)
    assert shown(read(parts, log.signers)) == shown(log.items)


def test_control_events_beyond_a_part_go_on_in_the_next() -> None:
    # Anybody in a space may write as many as they like; the space must stay packable.
    log, last = one_chain(1)
    for number in range(5):
        last = log.add(LAPTOP, Kind.MEMBER, seeded(number, 262_140), last)

    parts = pack.build(log.id, log.items)

    assert len(parts) > 1
    assert all(len(part) <= limits.MAX_INNER for part in parts)
    assert shown(read(parts, log.signers)) == shown(log.items)


@pytest.mark.usefixtures("small_parts")
def test_heads_beyond_a_part_go_on_in_the_next() -> None:
    log, first = one_chain(0)
    for number in range(40):
        log.add(LAPTOP, Kind.CONTENT, b"%d" % number, first)

    parts = pack.build(log.id, log.items)

    assert sum(len(pack.decode_part(part).heads) > 0 for part in parts) > 1
    assert shown(read(parts, log.signers)) == shown(log.items)


def test_many_small_runs_stay_within_a_record() -> None:
    # Each fork is a run of its own, erased ones cost least: the estimate must not be fooled.
    log, begin = one_chain(0)
    for number in range(6_000):
        head = Header(
            *(1, log.id[:16], begin.chain, 1, begin.id, Kind.CONTENT, 64),
            seeded(number),
            (),
        )
        raw = header.encode(head)
        name = header.event_id(raw)
        log.items.append(Item(begin.chain, head, name, None, bytes(64), raw))

    parts = pack.build(log.id, log.items)

    assert all(len(zlib.decompress(part)) <= limits.MAX_INNER for part in parts)


def test_more_than_a_pack_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "RAW_PART", 1)
    monkeypatch.setattr(pack, "MAX_PACK_PARTS", 5)
    log, _ = one_chain(9)
    with pytest.raises(BadPackError):
        pack.build(log.id, log.items)


def test_a_part_seals_and_opens_as_a_record() -> None:
    log, _ = one_chain()
    place = record.Place(record.BoxType.EPOCH, seeded("box", 16), seeded("E"))
    part = pack.build(log.id, log.items)[0]

    blob = record.seal(record.RecordKind.PACK, part, place, record.erase_key(place.secret, log.id))

    assert record.open_record(blob, place).inner == part


@pytest.mark.parametrize("missing", ["head", "control"])
def test_a_pack_without_a_seal_that_it_needs_is_not_made(missing: str) -> None:
    log, first = one_chain()
    at = log.items.index(first) if missing == "control" else -1
    log.items[at] = Item(*(getattr(log.items[at], n) for n in ("chain", "header", "id", "body")))
    with pytest.raises(BadPackError):
        pack.build(log.id, log.items)


# --- any bytes -------------------------------------------------------------------------


@given(spoiled(logs(6).map(lambda log: zlib.decompress(pack.build(log.id, log.items)[0]))))
def test_any_part_is_read_in_its_one_encoding_or_our_error(raw: bytes) -> None:
    try:
        found = pack.decode_part(zlib.compress(raw))
    except BadPackError:
        return
    assert encode(found) == raw


@given(spoiled(logs(6).map(lambda log: zlib.decompress(pack.build(log.id, log.items)[0]))))
def test_any_part_verifies_or_gives_our_error(raw: bytes) -> None:
    try:
        found = pack.decode_part(zlib.compress(raw))
        assert isinstance(found, FirstPart)
        reader = pack.Reader(found)
        items = reader.read(found)
        reader.finish()
    except PeerError:
        return
    heads = {head.id for head in found.heads}
    covered = {item.header.prev for item in items} | heads
    assert all(item.id in covered for item in items)


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_refused_as_a_part(data: bytes) -> None:
    with pytest.raises(BadPackError):
        pack.decode_part(data)
    with pytest.raises(BadPackError):
        pack.decode_part(zlib.compress(data))


def test_no_longer_spelling_of_a_part_is_taken() -> None:
    log = forked()
    log.items[4] = erased(log.items[4])
    for data in widened(zlib.decompress(pack.build(log.id, log.items)[0])):
        with pytest.raises(BadPackError):
            pack.decode_part(zlib.compress(data))


@pytest.mark.parametrize(("count", "fits"), [(31, True), (33, False)])
def test_a_part_that_inflates_beyond_8_mib_is_refused_whatever_is_in_it(
    count: int, fits: bool
) -> None:
    events = (Packed((), bytes(32 + limits.MAX_PAYLOAD)),) * count
    part = LaterPart(seeded("log"), 2, (), (), (Segment(seeded("c", 16), 1, seeded("p"), events),))
    bomb = zlib.compress(encode(part), 1)

    assert len(bomb) <= limits.MAX_INNER
    if fits:
        assert pack.decode_part(bomb) == part
    else:
        with pytest.raises(BadPackError):
            pack.decode_part(bomb)


@pytest.mark.parametrize("change", [lambda b: b + b"\0", lambda b: b[:-1], lambda b: b + b])
def test_a_stream_has_one_end(change: object) -> None:
    assert callable(change)
    log, _ = one_chain()
    with pytest.raises(BadPackError):
        pack.decode_part(change(pack.build(log.id, log.items)[0]))


# --- attacks ---------------------------------------------------------------------------


class Spoiler:
    """A good pack of two chains, to take apart."""

    def __init__(self) -> None:
        log = self.log = Log()
        log.found(LAPTOP)
        self.a0, self.b0 = log.open(LAPTOP), log.open(PHONE)
        self.a1 = log.add(LAPTOP, Kind.CONTENT, b"a1", self.a0, [self.b0])
        self.b1 = log.add(PHONE, Kind.CONTENT, b"b1", self.b0, [self.a1])
        self.a2 = log.add(LAPTOP, Kind.ERASE, b"a2", self.a1)
        part = pack.decode_part(pack.build(log.id, log.items)[0])
        assert isinstance(part, FirstPart)
        self.part = part

    def read(self, **changes: object) -> None:
        part = msgspec.structs.replace(self.part, **changes)
        read([zlib.compress(encode(part))], self.log.signers)

    def run(self, chain: bytes) -> Segment:
        return next(s for s in self.part.segments if s.chain == chain)

    def with_run(self, chain: bytes, /, **changes: object) -> tuple[Segment, ...]:
        run = self.run(chain)
        changed = msgspec.structs.replace(run, **changes)
        return tuple(changed if s is run else s for s in self.part.segments)


def test_a_member_cannot_put_words_into_anothers_chain() -> None:
    # Ben seals, as a head of his own chain, an event that stands in Ada's.
    s = Spoiler()
    words = body.make(b"I never wrote this", seeded("salt"))
    head = Header(
        *(1, s.log.id[:16], s.a2.chain, 3, s.a2.id, Kind.CONTENT, len(words) - 32),
        body.commitment(words),
        (),
    )
    name = header.event_id(header.encode(head))
    forged = Head(s.b0.chain, 3, name, seal.make(PHONE.sign, s.log.id, name))
    run = s.run(s.a0.chain)
    heads = tuple(h for h in s.part.heads if h.chain != s.a0.chain)

    with pytest.raises(BadPackError):
        s.read(
            heads=(*heads, forged),
            segments=s.with_run(s.a0.chain, events=(*run.events, Packed((), words))),
        )


def test_a_head_under_another_place_covers_nothing() -> None:
    s = Spoiler()
    moved = tuple(msgspec.structs.replace(head, seq=head.seq + 1) for head in s.part.heads)
    with pytest.raises(BadPackError):
        s.read(heads=moved)


def test_a_seal_of_another_device_is_refused() -> None:
    s = Spoiler()
    (one, two) = s.part.heads
    swapped = (
        msgspec.structs.replace(one, seal=two.seal),
        msgspec.structs.replace(two, seal=one.seal),
    )
    with pytest.raises(BadSignatureError):
        s.read(heads=swapped)


def test_a_pack_of_another_log_is_refused() -> None:
    with pytest.raises(PeerError):
        Spoiler().read(log=seeded("another"))


def test_a_changed_word_is_refused() -> None:
    s = Spoiler()
    other = body.make(b"b2", seeded("salt"))
    with pytest.raises(BadPackError):
        s.read(
            segments=s.with_run(s.b0.chain, events=(s.run(s.b0.chain).events[0], Packed((), other)))
        )


def test_a_run_that_is_cut_repeated_empty_or_foreign_is_refused() -> None:
    s = Spoiler()
    run = s.run(s.b0.chain)
    empty = msgspec.structs.replace(run, events=())
    for segments in (
        s.with_run(run.chain, events=run.events[1:], first=1, prev=s.b0.id),
        s.with_run(run.chain, events=run.events[:1]),
        s.with_run(run.chain, chain=s.a0.chain),
        s.with_run(run.chain, prev=seeded("elsewhere")),
        s.with_run(run.chain, first=2**63 - 1),
        (*s.part.segments, run),
        (*s.part.segments, empty),
        s.part.segments[:1],
        (),
    ):
        with pytest.raises(BadPackError):
            s.read(segments=segments)


def test_control_events_that_are_missing_surplus_or_misplaced_are_refused() -> None:
    s = Spoiler()
    content = Control(s.a1.raw, s.a1.body, s.a1.seal or b"")
    renumbered = tuple(
        msgspec.structs.replace(
            run, events=tuple(e - 1 if isinstance(e, int) else e for e in run.events)
        )
        for run in s.part.segments
    )
    with pytest.raises(BadPackError):
        s.read(controls=s.part.controls[1:], segments=renumbered)  # no genesis
    extra = Log(id=s.log.id).add(LAPTOP, Kind.MEMBER, b"x", s.a2)
    good = s.part.controls
    bad_body = msgspec.structs.replace(good[1], body=good[2].body)
    for controls in (
        good[1:],
        good[:-1],
        good[::-1],
        (*good, content),
        (*good, Control(extra.raw, extra.body, extra.seal or b"")),
        (good[0], bad_body, *good[2:]),
        (msgspec.structs.replace(good[0], header=b""), *good[1:]),
    ):
        with pytest.raises(BadPackError):
            s.read(controls=controls)


def test_a_pack_of_another_genesis_is_refused() -> None:
    s = Spoiler()
    other = Log().found(PHONE)
    genesis = Control(other.raw, other.body, other.seal or b"")
    with pytest.raises(BadPackError):
        s.read(controls=(genesis, *s.part.controls[1:]))
    with pytest.raises(BadPackError):
        s.read(controls=(*s.part.controls, genesis))


@pytest.mark.usefixtures("small_parts")
def test_parts_out_of_turn_missing_or_of_another_number_are_refused() -> None:
    log, last = one_chain(0)
    for number in range(9):
        last = log.add(LAPTOP, Kind.CONTENT, seeded(number, 700), last)
    parts = pack.build(log.id, log.items)
    assert len(parts) > 3
    later = pack.decode_part(parts[1])
    assert isinstance(later, LaterPart)
    renamed, again = (
        zlib.compress(encode(msgspec.structs.replace(later, number=number))) for number in (3, 1)
    )

    first = pack.decode_part(parts[0])
    assert isinstance(first, FirstPart)
    with pytest.raises(BadPackError, match="in order"):
        pack.Reader(first).read(pack.decode_part(again))
    for wrong in (
        parts[:-1],
        [parts[0], *parts[2:]],
        [parts[0], parts[2], parts[1], *parts[3:]],
        [*parts, parts[-1]],
        [parts[0], renamed, *parts[2:]],
        [parts[0], again, *parts[2:]],
        [parts[0], parts[0], *parts[1:]],
    ):
        with pytest.raises(BadPackError):
            read(wrong, log.signers)


def test_a_part_is_named_by_its_compressed_bytes() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "RAW_PART", 2_000)
        log, last = one_chain(0)
        for number in range(5):
            last = log.add(LAPTOP, Kind.CONTENT, seeded(number, 700), last)
        parts = pack.build(log.id, log.items)
    first = pack.decode_part(parts[0])
    assert isinstance(first, FirstPart)

    assert list(first.parts) == [pack.part_hash(part) for part in parts[1:]]


def test_heads_of_part_1_can_be_checked_before_the_others_are_here() -> None:
    s = Spoiler()
    pack.check_heads(s.part, s.log.signers)
    unsealed = tuple(msgspec.structs.replace(head, seal=bytes(64)) for head in s.part.heads)

    with pytest.raises(BadSignatureError):
        pack.check_heads(msgspec.structs.replace(s.part, heads=unsealed), s.log.signers)
    with pytest.raises(BadPackError):
        pack.check_heads(s.part, {})


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("what", ["heads", "controls"])
def test_what_later_parts_bring_is_refused_where_nobody_gives_keys_to_check_it(what: str) -> None:
    log, last = one_chain(0)
    for number in range(40):
        kind = Kind.CONTENT if what == "heads" else Kind.MEMBER
        log.add(LAPTOP, kind, b"%d" % number, last)
    parts = [pack.decode_part(part) for part in pack.build(log.id, log.items)]
    assert isinstance(parts[0], FirstPart)
    reader = pack.Reader(parts[0])
    for part in parts:
        reader.read(part)

    with pytest.raises(BadPackError):
        reader.finish()
    reader.finish(log.signers)


@pytest.mark.usefixtures("small_parts")
def test_the_seals_of_later_parts_heads_are_checked_too() -> None:
    log, first = one_chain(0)
    for number in range(40):
        log.add(LAPTOP, Kind.CONTENT, b"%d" % number, first)
    log.items[-1] = Item(
        *(getattr(log.items[-1], n) for n in ("chain", "header", "id", "body")), bytes(64)
    )

    with pytest.raises(BadSignatureError):
        read(pack.build(log.id, log.items), log.signers)


@given(sized(32), st.integers(0, 3))
def test_a_chain_whose_device_nobody_knows_is_refused(log_id: bytes, count: int) -> None:
    log, _ = one_chain(count)
    with pytest.raises(BadPackError, match="nobody opened"):
        read(pack.build(log.id, log.items), {log_id[:16]: LAPTOP.sign.public})
