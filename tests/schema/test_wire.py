import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import ANSWERS, QUESTIONS, seeded, spoiled, widened
from inglenook_schema import wire
from inglenook_schema.canonical import encode
from inglenook_schema.errors import MalformedError
from inglenook_schema.limits import MAX_RECORD
from inglenook_schema.wire import Box, Done, Make, Put, Shape, Status, ToClient, ToRelay, Want

AT, TOKEN = seeded("at", 16), seeded("token")


@given(QUESTIONS)
def test_a_question_comes_back_as_it_went(frame: ToRelay) -> None:
    assert wire.decode_to_relay(wire.encode(frame)) == frame


@given(ANSWERS)
def test_an_answer_comes_back_as_it_went(frame: ToClient) -> None:
    assert wire.decode_to_client(wire.encode(frame)) == frame


@given(spoiled((QUESTIONS | ANSWERS).map(wire.encode)) | st.binary(max_size=60))
def test_any_bytes_are_a_frame_in_its_one_encoding_or_our_error(data: bytes) -> None:
    for decode in (wire.decode_to_relay, wire.decode_to_client):
        try:
            found = decode(data)
        except MalformedError:
            continue
        assert wire.encode(found) == data


@given(QUESTIONS)
def test_no_longer_spelling_of_a_question_is_taken(frame: ToRelay) -> None:
    for data in widened(wire.encode(frame)):
        with pytest.raises(MalformedError):
            wire.decode_to_relay(data)


def test_nothing_is_said_in_few_bytes() -> None:
    assert wire.encode(ToRelay()) == b"\x96\x90\x90\x90\x90\x90\xc2"
    assert wire.encode(ToClient()) == b"\x97\0\x90\x90\x90\x90\x90\x90"


def test_elements_that_have_a_default_must_be_there_all_the_same() -> None:
    with pytest.raises(MalformedError):
        wire.decode_to_relay(b"\x95\x90\x90\x90\x90\x90")
    with pytest.raises(MalformedError):
        wire.decode_to_client(b"\x91\0")


MAKE = Make(AT, seeded("r"), seeded("w"), b"", 400, b"")


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(ToRelay(want=(Want(AT, TOKEN, 0, TOKEN),) * 257), id="257 wants"),
        pytest.param(ToRelay(make=(MAKE,) * 257), id="257 makes"),
        pytest.param(ToRelay(put=(Put(AT, TOKEN, TOKEN, b""),) * 4097), id="4,097 puts"),
        pytest.param(
            ToRelay(put=(Put(AT, TOKEN, bytes(MAX_RECORD + 1), b""),)), id="too long a blob"
        ),
        pytest.param(ToRelay(put=(Put(AT, TOKEN, b"", b""),)), id="an empty blob"),
        pytest.param(ToRelay(put=(Put(AT, TOKEN, TOKEN, bytes(65)),)), id="too much work"),
        pytest.param(
            ToRelay(make=(Make(AT, TOKEN, TOKEN, b"owner", 400, b""),)), id="half an owner"
        ),
        pytest.param(ToRelay(make=(Make(AT, TOKEN, TOKEN, b"", 0, b""),)), id="no days"),
        pytest.param(ToRelay(make=(Make(AT, TOKEN, TOKEN, b"", 801, b""),)), id="801 days"),
        pytest.param(ToRelay(want=(Want(AT, TOKEN, 2**63, TOKEN),)), id="a cursor past 2^63"),
        pytest.param(ToRelay(want=(Want(AT[:15], TOKEN, 0, TOKEN),)), id="a short address"),
    ],
)
def test_a_question_outside_its_limits_is_refused(frame: ToRelay) -> None:
    with pytest.raises(MalformedError):
        wire.decode_to_relay(encode(frame))


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(ToClient(made=(Done(Status.OK, 0),) * 257), id="257 makes"),
        pytest.param(ToClient(acks=(Done(Status.OK, 0),) * 4097), id="4,097 acks"),
        pytest.param(ToClient(erased=(Done(Status.OK, 0),) * 4097), id="4,097 erasures"),
        pytest.param(ToClient(pushed=((AT, 1),) * 4097), id="4,097 hints"),
        pytest.param(ToClient(boxes=(Box(Status.OK, 0, b"", (), False),) * 257), id="257 boxes"),
        pytest.param(ToClient(ids=(Box(Status.OK, 0, b"head", (), False),)), id="half a head"),
        pytest.param(
            ToClient(boxes=(Box(Status.OK, 1, b"", ((Shape.RID, bytes(33)),), False),)),
            id="a rid of 33 bytes",
        ),
        pytest.param(
            ToClient(boxes=(Box(Status.OK, 1, b"", ((Shape.BLOB, b""),), False),)),
            id="an empty blob",
        ),
        pytest.param(ToClient(made=((9, 0),)), id="a status nobody knows"),  # type: ignore[arg-type]
        pytest.param(ToClient(fault=9), id="a fault nobody knows"),  # type: ignore[arg-type]
    ],
)
def test_an_answer_outside_its_limits_is_refused(frame: ToClient) -> None:
    with pytest.raises(MalformedError):
        wire.decode_to_client(encode(frame))


@pytest.mark.parametrize(("count", "fits"), [(4, True), (5, False)])
def test_a_question_of_more_than_4_mib_is_refused_whatever_is_in_it(count: int, fits: bool) -> None:
    frame = ToRelay(put=(Put(AT, TOKEN, bytes(1_000_000), b""),) * count)
    if fits:
        assert wire.decode_to_relay(wire.encode(frame)) == frame
    else:
        with pytest.raises(MalformedError):
            wire.decode_to_relay(wire.encode(frame))


@pytest.mark.parametrize(("count", "fits"), [(8, True), (9, False)])
def test_an_answer_of_more_than_8_mib_is_refused_whatever_is_in_it(count: int, fits: bool) -> None:
    items = ((Shape.BLOB, bytes(1_000_000)),) * count
    frame = ToClient(boxes=(Box(Status.OK, count, TOKEN, items, False),))
    if fits:
        assert wire.decode_to_client(wire.encode(frame)) == frame
    else:
        with pytest.raises(MalformedError):
            wire.decode_to_client(wire.encode(frame))
