"""The presentation language of DAP's messages (DAP draft 18, section 3.4; RFC 8446, section 3).

A message is a frozen ``msgspec.Struct`` whose fields carry their form in their type:

    uint16 step;                        step: Annotated[int, Uint(2)]
    opaque agg_param<0..2^32-1>;        agg_param: Annotated[bytes, Opaque(4)]
    opaque checksum[32];                checksum: Annotated[bytes, Fixed(32)]
    Extension list<0..2^16-1>;          list: Annotated[tuple[Extension, ...], Vector(2)]
    VerifyResp list[message_length];    list: Annotated[tuple[VerifyResp, ...], Rest()]

Enumerations and structs need no mark. Every reader takes the bytes and where to begin and
gives a value and where it ended; :func:`decode` refuses what is left over.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeVar

import msgspec

from inglenook_schema.errors import CallerError, MalformedMessageError

T = TypeVar("T")
Writer = Callable[[Any], bytes]
Reader = Callable[[bytes, int], tuple[Any, int]]


@dataclass(frozen=True)
class Uint:
    """An unsigned integer of ``size`` bytes, the highest first."""

    size: int


@dataclass(frozen=True)
class Fixed:
    """``size`` bytes."""

    size: int


@dataclass(frozen=True)
class Opaque:
    """Bytes behind their number, which has ``prefix`` bytes and is at least ``least``."""

    prefix: int
    least: int = 0


@dataclass(frozen=True)
class Vector:
    """Elements behind the number of their bytes, which is at least ``least``."""

    prefix: int
    least: int = 0


@dataclass(frozen=True)
class Rest:
    """Elements up to the end of the message."""


class Number(int):
    """A number that has a name of its own in the draft: ``SIZE`` bytes."""

    SIZE: ClassVar[int]


class Name(bytes):
    """Bytes that have a name of their own in the draft: ``SIZE`` of them."""

    SIZE: ClassVar[int]


class Code(IntEnum):
    """A closed enumeration of one byte."""


class Message(msgspec.Struct, frozen=True):
    """What is encoded field by field, in the order of its fields."""

    def in_order(self) -> bool:
        """Whether fields that fit one by one also stand in the order that the draft wants."""
        return True

    @staticmethod
    def form() -> tuple[Writer, Reader]:
        """Both directions, where a message is more than its fields one after the other."""
        raise NotImplementedError


@dataclass(frozen=True)
class _Form:
    """Both directions of one type."""

    write: Writer
    read: Reader


def encode(value: Message | Number | Name | Code) -> bytes:
    """The bytes of a message, or of one of the draft's named types.

    Raises:
        CallerError: A field is out of range.
    """
    return _form(type(value)).write(value)


def decode(kind: type[T], data: bytes) -> T:
    """Undo :func:`encode`.

    Args:
        kind: What ``data`` ought to be.
        data: All of it and nothing else.

    Raises:
        MalformedMessageError: Bytes are missing or left over, a length is out of range, or
            an enumeration has no such value.
    """
    value, end = _form(kind).read(data, 0)
    if end != len(data):
        raise MalformedMessageError("A message about a survey is longer than it says.")
    return typing.cast("T", value)


def decode_part(kind: type[T], data: bytes, at: int) -> tuple[T, int]:
    """Like :func:`decode` from ``at`` on; also says where the value ended."""
    value, end = _form(kind).read(data, at)
    return typing.cast("T", value), end


def _make(kind: Any) -> _Form:
    marks = getattr(kind, "__metadata__", ())
    for mark in marks:
        match mark:
            case Uint():
                return _uint(int, mark.size)
            case Fixed():
                return _fixed(bytes, mark.size)
            case Opaque():
                return _opaque(mark)
            case Vector():
                return _vector(_form(_element(kind)), mark)
            case Rest():
                return _rest(_form(_element(kind)))
            case _:
                continue
    return _named(kind)


_form: Final[Callable[[Any], _Form]] = lru_cache(maxsize=256)(_make)


def _named(kind: Any) -> _Form:
    if issubclass(kind, Number):
        return _uint(kind, kind.SIZE)
    if issubclass(kind, Name):
        return _fixed(kind, kind.SIZE)
    if issubclass(kind, Code):
        return _code(kind)
    if issubclass(kind, Message):
        return _struct(kind) if kind.form is Message.form else _Form(*kind.form())
    raise CallerError("That is no message about a survey.")


def _element(kind: Any) -> Any:
    (array,) = typing.get_args(kind)[:1]
    return typing.get_args(array)[0]


def _uint(kind: type[int], size: int) -> _Form:
    end: Final = 1 << 8 * size

    def write(value: object) -> bytes:
        if not isinstance(value, int) or not 0 <= value < end:
            raise CallerError("A number in a message about a survey is out of range.")
        return value.to_bytes(size, "big")

    def read(data: bytes, at: int) -> tuple[int, int]:
        raw, at = take(data, at, size)
        return kind(int.from_bytes(raw, "big")), at

    return _Form(write, read)


def _fixed(kind: type[bytes], size: int) -> _Form:
    def write(value: object) -> bytes:
        if not isinstance(value, bytes) or len(value) != size:
            raise CallerError("Bytes in a message about a survey have the wrong length.")
        return bytes(value)

    def read(data: bytes, at: int) -> tuple[bytes, int]:
        raw, at = take(data, at, size)
        return kind(raw), at

    return _Form(write, read)


def _code(kind: type[Code]) -> _Form:
    def write(value: object) -> bytes:
        if not isinstance(value, kind):
            raise CallerError("A code in a message about a survey is unknown.")
        return bytes([value])

    def read(data: bytes, at: int) -> tuple[Code, int]:
        (number,), at = take(data, at, 1)
        try:
            return kind(number), at
        except ValueError:
            raise MalformedMessageError("A message about a survey has an unknown code.") from None

    return _Form(write, read)


def _sized(raw: bytes, mark: Opaque | Vector) -> bytes:
    if not mark.least <= len(raw) < 1 << 8 * mark.prefix:
        raise CallerError("Bytes in a message about a survey have the wrong length.")
    return len(raw).to_bytes(mark.prefix, "big") + raw


def _unsized(data: bytes, at: int, mark: Opaque | Vector) -> tuple[bytes, int]:
    raw, at = take(data, at, mark.prefix)
    size = int.from_bytes(raw, "big")
    if size < mark.least:
        raise MalformedMessageError("Part of a message about a survey is too short.")
    return take(data, at, size)


def _opaque(mark: Opaque) -> _Form:
    def write(value: object) -> bytes:
        if not isinstance(value, bytes):
            raise CallerError("Bytes in a message about a survey are not bytes.")
        return _sized(value, mark)

    return _Form(write, lambda data, at: _unsized(data, at, mark))


def _vector(element: _Form, mark: Vector) -> _Form:
    def write(values: Sequence[Any]) -> bytes:
        return _sized(b"".join(map(element.write, values)), mark)

    def read(data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        inner, at = _unsized(data, at, mark)
        return _all(element, inner, 0), at

    return _Form(write, read)


def _rest(element: _Form) -> _Form:
    return _Form(
        lambda values: b"".join(map(element.write, values)),
        lambda data, at: (_all(element, data, at), len(data)),
    )


def _all(element: _Form, data: bytes, at: int) -> tuple[Any, ...]:
    found: list[Any] = []
    while at < len(data):
        value, at = element.read(data, at)
        found.append(value)
    return tuple(found)


def _struct(kind: type[Message]) -> _Form:
    hints = typing.get_type_hints(kind, include_extras=True)
    forms = [(name, _form(hints[name])) for name in kind.__struct_fields__]

    def write(value: object) -> bytes:
        if not isinstance(value, kind):
            raise CallerError("A part of a message about a survey is of another kind.")
        if not value.in_order():
            raise CallerError("The extensions of a message about a survey are out of order.")
        return b"".join([form.write(getattr(value, name)) for name, form in forms])

    def read(data: bytes, at: int) -> tuple[Message, int]:
        fields: list[Any] = []
        for _, form in forms:
            value, at = form.read(data, at)
            fields.append(value)
        made = kind(*fields)
        if not made.in_order():
            raise MalformedMessageError(
                "The extensions of a message about a survey are out of order."
            )
        return made, at

    return _Form(write, read)


def take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """``size`` bytes from ``at`` on, and where they end.

    Raises:
        MalformedMessageError: There are fewer.
    """
    end = at + size
    if end > len(data):
        raise MalformedMessageError("A message about a survey ends too early.")
    return data[at:end], end
