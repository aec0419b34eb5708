import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import BODIES, seeded
from inglenook_schema import body
from inglenook_schema.errors import InvalidEventError, MalformedEventError

SALT = seeded("salt")


@given(st.binary(max_size=500))
def test_what_went_into_a_body_comes_out(data: bytes) -> None:
    assert body.data_of(body.make(data, SALT)) == data


@pytest.mark.parametrize(("size", "padded"), [(0, 64), (60, 64), (61, 128), (262_140, 262_144)])
def test_a_payload_is_padded_to_the_next_multiple_of_64(size: int, padded: int) -> None:
    made = body.make(bytes(size), SALT)
    assert len(made) == 32 + padded
    assert body.data_of(made) == bytes(size)


def test_a_payload_that_one_event_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidEventError):
        body.make(bytes(262_141), SALT)


@given(st.binary(max_size=130))
def test_any_bytes_are_a_body_or_our_error(data: bytes) -> None:
    try:
        found = body.data_of(data)
    except MalformedEventError:
        return
    assert body.make(found, data[:32])[: 36 + len(found)] == data[: 36 + len(found)]


@given(BODIES, st.integers(min_value=0), st.integers(0, 7))
def test_a_commitment_binds_salt_and_every_bit_of_the_payload(
    made: bytes, at: int, bit: int
) -> None:
    other = bytearray(made)
    other[at % len(made)] ^= 1 << bit
    assert body.commitment(bytes(other)) != body.commitment(made)


def test_a_commitment_is_another_with_another_salt() -> None:
    one, two = body.make(b"ok", SALT), body.make(b"ok", seeded("other salt"))
    assert body.commitment(one) != body.commitment(two)


def test_a_longer_padding_than_the_least_is_taken() -> None:
    assert body.data_of(body.make(b"ok", SALT) + bytes(64)) == b"ok"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(SALT, id="salt alone"),
        pytest.param(body.make(b"ok", SALT)[:-1], id="a byte short"),
        pytest.param(body.make(b"ok", SALT) + bytes(32), id="half a step"),
        pytest.param(body.make(b"ok", SALT)[:-1] + b"\1", id="padding not zero"),
        pytest.param(SALT + (61).to_bytes(4, "big") + bytes(60), id="length past the end"),
        pytest.param(SALT + bytes(262_144 + 64), id="too large"),
    ],
)
def test_a_body_that_is_not_as_it_must_be_is_refused(bad: bytes) -> None:
    with pytest.raises(MalformedEventError):
        body.data_of(bad)
