import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import seeded
from inglenook_schema import limits, mailbox, record, suite
from inglenook_schema.errors import (
    MalformedRecordError,
    PeerError,
    UnsupportedSuiteError,
    WrongKeyError,
)
from inglenook_schema.record import ALLOWED, BoxType, Place, RecordKind

EPOCH = Place(BoxType.EPOCH, mailbox.box(seeded("E"), seeded("log")), seeded("E"))
KEY = record.erase_key(seeded("erase"), seeded("log"))
WRAPPED = [BoxType.RECOVERY, BoxType.SEALED]
INNER = st.binary(max_size=60) | st.integers(400, 9000).map(lambda size: seeded(size, size))


def place(box_type: BoxType) -> Place:
    return Place(box_type, EPOCH.box, EPOCH.secret)


def flipped(blob: bytes, at: int, bit: int = 0) -> bytes:
    return blob[:at] + bytes((blob[at] ^ 1 << bit,)) + blob[at + 1 :]


@given(st.sampled_from(RecordKind), INNER)
def test_what_was_sealed_opens_in_its_place(kind: RecordKind, inner: bytes) -> None:
    box_type = next(box for box, kinds in ALLOWED.items() if kind in kinds)
    wrap = bytes(limits.WRAP) if box_type in WRAPPED else b""

    blob = record.seal(kind, inner, place(box_type), KEY, wrap)

    assert record.open_record(blob, place(box_type)) == (kind, inner)
    assert not wrap or record.wrap_of(blob) == wrap


def test_every_kind_of_record_has_one_kind_of_box() -> None:
    assert sorted(kind for kinds in ALLOWED.values() for kind in kinds) == list(RecordKind)


@pytest.mark.parametrize("box_type", [BoxType.EPOCH, BoxType.SEALED])
def test_no_record_opens_with_any_byte_of_it_flipped(box_type: BoxType) -> None:
    wrap = seeded("wrap", limits.WRAP) if box_type == BoxType.SEALED else b""
    kind = min(ALLOWED[box_type])
    blob = record.seal(kind, b"inner", place(box_type), KEY, wrap)

    for at in range(len(blob)):
        with pytest.raises(UnsupportedSuiteError if at == 0 else WrongKeyError):
            record.open_record(flipped(blob, at), place(box_type))


@given(st.integers(min_value=0), st.integers(0, 7), st.integers(min_value=0))
def test_no_record_opens_changed_or_cut(at: int, bit: int, cut: int) -> None:
    blob = record.seal(RecordKind.BATCH, seeded("inner", 3000), EPOCH, KEY)

    with pytest.raises(PeerError):
        record.open_record(flipped(blob, at % len(blob), bit), EPOCH)
    with pytest.raises(PeerError):
        record.open_record(blob[: cut % len(blob)], EPOCH)
    with pytest.raises(PeerError):
        record.open_record(blob + bytes(1 + cut % 70), EPOCH)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(EPOCH._replace(box=seeded("box", 16)), id="another box"),
        pytest.param(EPOCH._replace(box_type=BoxType.INVITE), id="another type of box"),
        pytest.param(EPOCH._replace(secret=seeded("E2")), id="another epoch"),
    ],
)
def test_a_record_in_another_place_does_not_open(other: Place) -> None:
    blob = record.seal(RecordKind.BATCH, b"inner", EPOCH, KEY)
    with pytest.raises(WrongKeyError):
        record.open_record(blob, other)


def test_a_wrap_cannot_be_exchanged() -> None:
    sealed = place(BoxType.SEALED)
    blob = record.seal(RecordKind.SEALED, b"inner", sealed, KEY, seeded("wrap", limits.WRAP))
    other = blob[:49] + seeded("other", limits.WRAP) + blob[49 + limits.WRAP :]

    with pytest.raises(WrongKeyError):
        record.open_record(other, sealed)


@given(st.integers(0, 700).map(lambda size: b"\1" + seeded(size, size)) | st.binary(max_size=80))
def test_any_bytes_are_refused_with_our_error(data: bytes) -> None:
    for box_type in BoxType:
        with pytest.raises(PeerError):
            record.open_record(data, place(box_type))


@pytest.mark.parametrize(
    ("plaintext", "why"),
    [
        (b"\1" + bytes(4) + bytes(506) + b"\1", "padding not zero"),
        (b"\1" + bytes(4) + bytes(507 + 256), "a step too much"),
        (b"\1" + (508).to_bytes(4, "big") + bytes(507), "length past the end"),
        (b"\1" + b"\xff" * 4 + bytes(507), "length of 4 GiB"),
        (b"\5" + bytes(511), "a kind of another box"),
        (b"\0" + bytes(511), "no kind"),
        (b"\xff" + bytes(511), "a kind nobody knows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_plaintext_that_is_not_as_it_must_be_is_refused(plaintext: bytes, why: str) -> None:
    salt = seeded(why)
    derived = suite.expand(EPOCH.secret, suite.domain("record") + salt, 48)
    aad = bytes((1, EPOCH.box_type)) + EPOCH.box
    blob = b"\1" + salt + derived[32:] + suite.aead_seal(derived[:32], plaintext, aad)

    with pytest.raises(MalformedRecordError):
        record.open_record(blob, EPOCH)


def test_a_sealed_record_over_64_kib_is_refused() -> None:
    sealed = place(BoxType.SEALED)
    blob = record.seal(RecordKind.SEALED, bytes(65_536), sealed, KEY, bytes(limits.WRAP))

    with pytest.raises(MalformedRecordError):
        record.open_record(blob, sealed)


def test_a_blob_too_short_for_a_wrap_has_none() -> None:
    blob = record.seal(RecordKind.BATCH, b"", EPOCH, KEY)
    with pytest.raises(MalformedRecordError):
        record.wrap_of(blob)


# --- padding ---------------------------------------------------------------------------


def steps() -> list[int]:
    """Every padded size there is."""
    found, size = [], 0
    while size <= limits.MAX_PLAIN:
        found.append(record.padded_size(size))
        size = found[-1] + 1
    return found


STEPS = steps()


def test_padded_sizes_are_few_and_rise() -> None:
    found = STEPS
    assert found[0] == 512
    assert found[-1] == limits.MAX_PLAIN
    assert found == sorted(set(found))
    assert len(found) < 256


@pytest.mark.parametrize(
    ("size", "padded"),
    [(0, 512), (512, 512), (513, 768), (3_841, 4_096), (4_097, 4_352), (8_193, 8_704)],
)
def test_sizes_rise_by_256_to_4_kib_and_by_padme_above(size: int, padded: int) -> None:
    assert record.padded_size(size) == padded


@given(st.integers(0, limits.MAX_PLAIN))
def test_a_size_shows_no_more_than_its_step(size: int) -> None:
    padded = record.padded_size(size)

    assert padded in STEPS
    assert size <= padded
    assert record.padded_size(padded) == padded
    assert padded <= max(512, size + 255, size * 1.12)


@given(INNER, INNER)
def test_blobs_of_one_step_have_one_size(one: bytes, two: bytes) -> None:
    sizes = [len(record.seal(RecordKind.BATCH, inner, EPOCH, KEY)) for inner in (one, two)]
    padded = [record.padded_size(5 + len(inner)) for inner in (one, two)]

    assert sizes == [65 + size for size in padded]


def test_the_longest_inner_fits_and_one_more_does_not() -> None:
    longest = bytes(limits.MAX_INNER)
    blob = record.seal(RecordKind.PACK, longest, EPOCH, KEY)

    assert len(blob) == limits.MAX_PLAIN + limits.FRAMING
    assert record.open_record(blob, EPOCH).inner == longest
    with pytest.raises(MalformedRecordError):
        record.seal(RecordKind.PACK, longest + b"\0", EPOCH, KEY)
    with pytest.raises(MalformedRecordError):
        record.padded_size(limits.MAX_PLAIN + 1)


# --- what comes from the content -------------------------------------------------------


@given(INNER, INNER)
def test_equal_plaintexts_give_equal_blobs_and_others_other_keys(one: bytes, two: bytes) -> None:
    blobs = [record.seal(RecordKind.BATCH, inner, EPOCH, KEY) for inner in (one, two, one)]

    assert blobs[0] == blobs[2]
    assert (blobs[0][1:33] == blobs[1][1:33]) == (one == two)
    assert (record.rid(blobs[0]) == record.rid(blobs[1])) == (one == two)


def test_one_inner_has_another_salt_for_each_kind_box_and_author() -> None:
    other = record.erase_key(seeded("other"), seeded("log"))
    blobs = [
        record.seal(RecordKind.BATCH, b"inner", EPOCH, KEY),
        record.seal(RecordKind.PACK, b"inner", EPOCH, KEY),
        record.seal(RecordKind.BATCH, b"inner", EPOCH._replace(box=seeded("box", 16)), KEY),
        record.seal(RecordKind.BATCH, b"inner", EPOCH, other),
    ]
    assert len({blob[1:33] for blob in blobs}) == 4


def test_an_erase_key_is_another_in_another_log() -> None:
    keys = {record.erase_key(seeded("erase"), seeded(log)) for log in ("one", "two")}
    assert len(keys | {record.erase_key(seeded("erase"))}) == 3


@given(INNER, INNER)
def test_an_erase_token_opens_only_its_own_blob(one: bytes, two: bytes) -> None:
    blobs = [record.seal(RecordKind.BATCH, inner, EPOCH, KEY) for inner in (one, two)]
    token = record.erase_token(RecordKind.BATCH, one, EPOCH.box, KEY)

    assert record.may_erase(blobs[0], token)
    assert record.may_erase(blobs[1], token) == (one == two)


def test_nothing_a_relay_sees_is_an_erase_token() -> None:
    blob = record.seal(RecordKind.BATCH, b"inner", EPOCH, KEY)
    seen = [blob[1:33], record.rid(blob), bytes(32), seeded("anything"), b""]

    assert not any(record.may_erase(blob, token) for token in seen)
    assert not record.may_erase(b"", seeded("anything"))


def test_an_epoch_secret_alone_makes_no_token_for_an_authors_batch() -> None:
    blob = record.seal(RecordKind.BATCH, b"inner", EPOCH, KEY)
    guess = record.erase_key(EPOCH.secret, seeded("log"))
    token = record.erase_token(RecordKind.BATCH, b"inner", EPOCH.box, guess)

    assert not record.may_erase(blob, token)
