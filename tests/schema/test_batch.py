import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import (
    ACKS,
    BATCHES,
    ROTATE_RECORDS,
    device,
    seeded,
    spoiled,
    widened,
)
from inglenook_schema import batch
from inglenook_schema.batch import Ack, Batch, Cursor, RotateRecord
from inglenook_schema.canonical import encode
from inglenook_schema.errors import BadSignatureError, MalformedRecordError

ADA = device()
CURSOR = Cursor("https://relay.example.org", seeded("at", 16), 12, seeded("head"))
HEADS = tuple(sorted((seeded(i, 16), i, seeded(i)) for i in range(3)))
ACK = batch.sign_ack(
    ADA.sign, Ack(seeded("log"), ADA.id, 3, HEADS, (seeded("gone"),), (CURSOR,), bytes(64))
)


@given(BATCHES)
def test_a_batch_comes_back_as_it_went(made: Batch) -> None:
    assert batch.decode_batch(encode(made)) == made


@given(ROTATE_RECORDS)
def test_a_rotate_record_comes_back_as_it_went(made: RotateRecord) -> None:
    assert batch.decode_rotate(encode(made)) == made


@given(ACKS)
def test_an_ack_comes_back_as_it_went(made: Ack) -> None:
    assert batch.decode_ack(encode(made)) == made


@given(spoiled((BATCHES | ROTATE_RECORDS | ACKS).map(encode)) | st.binary(max_size=60))
def test_any_bytes_are_read_in_their_one_encoding_or_our_error(data: bytes) -> None:
    for decode in (batch.decode_batch, batch.decode_rotate, batch.decode_ack):
        try:
            found = decode(data)
        except MalformedRecordError:
            continue
        assert encode(found) == data


@given(BATCHES)
def test_no_longer_spelling_of_a_batch_is_taken(made: Batch) -> None:
    for data in widened(encode(made)):
        with pytest.raises(MalformedRecordError):
            batch.decode_batch(data)


EVENT = (b"header", bytes(96))


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(Batch((), bytes(64)), id="no events"),
        pytest.param(Batch((EVENT,) * 65, bytes(64)), id="65 events"),
        pytest.param(Batch((EVENT,), bytes(63)), id="half a seal"),
        pytest.param(Batch(((bytes(4097), None),), bytes(64)), id="a long header"),
        pytest.param(Batch(((b"", bytes(95)),), bytes(64)), id="a short body"),
        pytest.param(Batch(((b"", bytes(262_177)),), bytes(64)), id="a long body"),
    ],
)
def test_a_batch_outside_its_limits_is_refused(made: Batch) -> None:
    with pytest.raises(MalformedRecordError):
        batch.decode_batch(encode(made))


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([2, 1], id="out of order"),
        pytest.param([1, 1], id="one twice"),
        pytest.param(range(513), id="513"),
    ],
)
def test_wraps_that_are_not_as_they_must_be_are_refused(names: list[int]) -> None:
    wraps = tuple((n.to_bytes(32, "big"), bytes(1168)) for n in names)
    made = RotateRecord(b"header", bytes(96), bytes(64), wraps)
    with pytest.raises(MalformedRecordError):
        batch.decode_rotate(encode(made))


def test_an_ack_is_its_devices_word() -> None:
    batch.check_ack(ADA.sign.public, batch.decode_ack(encode(ACK)))
    with pytest.raises(BadSignatureError):
        batch.check_ack(device("Ben", "phone").sign.public, ACK)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("log", seeded("other")),
        ("device", seeded("other", 16)),
        ("counter", 4),
        ("heads", HEADS[:2]),
        ("missing", ()),
        ("cursors", ()),
        ("signature", bytes(64)),
    ],
)
def test_every_field_of_an_ack_is_signed(field: str, value: object) -> None:
    with pytest.raises(BadSignatureError):
        batch.check_ack(ADA.sign.public, msgspec.structs.replace(ACK, **{field: value}))


@pytest.mark.parametrize("heads", [HEADS[::-1], HEADS[:1] * 2])
def test_heads_out_of_order_are_refused(heads: tuple[tuple[bytes, int, bytes], ...]) -> None:
    with pytest.raises(MalformedRecordError):
        batch.decode_ack(encode(msgspec.structs.replace(ACK, heads=heads)))
