"""One encoding a value; and types that msgspec can be trusted to read."""

import importlib
import pkgutil
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Union

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import inglenook_schema
from inglenook_schema import canonical
from inglenook_schema.errors import MalformedError, MalformedEventError


class Sample(msgspec.Struct, frozen=True, array_like=True):
    number: int
    data: bytes
    text: str
    yes: bool
    many: tuple[int, ...]
    maybe: bytes | None
    last: int = 0


GOOD = Sample(300, b"data", "text", True, (1, 2), None)
RAW = canonical.encode(GOOD)
SAMPLES = st.builds(
    Sample,
    st.integers(0, 2**64 - 1),
    st.binary(max_size=300),
    st.text(max_size=300),
    st.booleans(),
    st.lists(st.integers(0, 2**64 - 1), max_size=40).map(tuple),
    st.none() | st.binary(max_size=40),
    st.integers(0, 300),
)


@given(SAMPLES)
def test_a_value_comes_back_as_it_went(value: Sample) -> None:
    assert canonical.decode(canonical.encode(value), Sample) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_in_their_one_encoding_or_our_error(data: bytes) -> None:
    for shape in (Sample, int, bytes, str, tuple[int, ...], Union[int, bytes]):  # noqa: UP007
        try:
            value = canonical.decode(data, shape)  # type: ignore[arg-type]
        except MalformedError:
            continue
        assert canonical.encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(RAW + b"\0", id="a surplus byte"),
        pytest.param(b"\x98" + RAW[1:] + b"\0", id="a surplus element"),
        pytest.param(b"\x96" + RAW[1:-1], id="a default left out"),
        pytest.param(b"\xdc\0\x07" + RAW[1:], id="a longer array"),
        pytest.param(RAW.replace(b"\xcd\x01\x2c", b"\xce\0\0\x01\x2c"), id="a longer number"),
        pytest.param(RAW.replace(b"\xcd\x01\x2c", b"\xd1\x01\x2c"), id="a signed number"),
        pytest.param(RAW.replace(b"\xc4\x04data", b"\xc5\0\x04data"), id="longer bytes"),
        pytest.param(RAW.replace(b"\xc4\x04data", b"\xa4data"), id="text for bytes"),
        pytest.param(RAW.replace(b"\xa4text", b"\xd9\x04text"), id="longer text"),
        pytest.param(RAW.replace(b"\xa4text", b"\xc4\x04text"), id="bytes for text"),
        pytest.param(RAW.replace(b"\xa4text", b"\xa4te\xed\xa0"), id="text that is not UTF-8"),
        pytest.param(b"\x91" * 100_000, id="very deep"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="an array of 4 billion"),
        pytest.param(b"\xc6\xff\xff\xff\xff", id="4 GiB"),
        pytest.param(b"\xc1", id="no msgpack"),
    ],
)
def test_what_is_not_the_one_encoding_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.decode(data, Sample)


def test_the_caller_says_what_could_not_be_read() -> None:
    with pytest.raises(MalformedEventError):
        canonical.decode(b"", Sample, MalformedEventError)
    with pytest.raises(MalformedEventError):
        canonical.decode(RAW + b"\0", Sample, MalformedEventError)


# --- a fault of msgspec 0.22 -----------------------------------------------------------


def parts(shape: Any) -> Iterator[Any]:
    """This type and all in it."""
    yield shape
    for inner in typing.get_args(shape):
        if not isinstance(inner, msgspec.Meta):
            yield from parts(inner)


def is_wild(shape: Any) -> bool:
    """Whether this is a union of a tuple of fixed length with bytes or a number in bounds.

    msgspec 0.22 takes the wrong word for the tuple's length there, reads beyond it and
    corrupts memory, with input that anybody can send.
    """
    if typing.get_origin(shape) not in (Union, types.UnionType):
        return False
    members = typing.get_args(shape)
    fixed = [
        m for m in members if typing.get_origin(m) is tuple and Ellipsis not in typing.get_args(m)
    ]
    bounded = [m for m in members if typing.get_origin(m) is Annotated]
    return bool(fixed and bounded)


def structs() -> list[type[msgspec.Struct]]:
    for module in pkgutil.walk_packages(inglenook_schema.__path__, "inglenook_schema."):
        importlib.import_module(module.name)
    found, left = list[type[msgspec.Struct]](), [msgspec.Struct]
    while left:
        for cls in left.pop().__subclasses__():
            left.append(cls)
            if cls.__module__.startswith("inglenook_schema"):
                found.append(cls)
    return found


def test_no_type_of_ours_is_one_that_msgspec_reads_wild_memory_for() -> None:
    wild = [
        (cls.__name__, name)
        for cls in structs()
        for name, hint in typing.get_type_hints(cls, include_extras=True).items()
        if any(is_wild(part) for part in parts(hint))
    ]
    assert len(structs()) > 20
    assert wild == []


def test_the_search_would_find_such_a_type() -> None:
    bounded = Annotated[bytes, msgspec.Meta(min_length=1)]
    assert any(map(is_wild, parts(tuple[int, bounded | tuple[int, bytes]])))
    assert not any(map(is_wild, parts(tuple[int, bounded | tuple[int, ...] | None])))
