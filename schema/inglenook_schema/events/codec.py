"""Events to msgpack and back, and what becomes of an event we do not know.

    bytes --known kind, known fields--> its struct        a newer field is passed over
    bytes --another kind, or other fields--> UnknownContent
    bytes --no map, no kind, too long, too deep--> MalformedEventError

What is passed over is not lost: whoever decodes keeps the bytes, and those travel on.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeVar, Union

import msgspec

from inglenook_schema.errors import InvalidEventError, MalformedEventError
from inglenook_schema.events import limits
from inglenook_schema.events.content import DEFAULT_LANGUAGE, Content, UnknownContent
from inglenook_schema.events.registry import KINDS
from inglenook_schema.events.values import DAY_PATTERN, Day, Instant, Language, Zone

_Value = TypeVar("_Value")

# Invalid UTF-8 comes as a ValueError, deep nesting as a RecursionError.
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
_UNWRITABLE: Final = (ValueError, OverflowError, TypeError)

_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")
_ANY: Final = msgspec.msgpack.Decoder(dict[str, Any], ext_hook=lambda _code, data: bytes(data))


def encode_content(event: Content) -> bytes:
    """The payload of an event: a msgpack map, the same bytes for equal events.

    Only what no decoder could read is refused; see `checks.check` for the rest.

    Raises:
        InvalidEventError: A text with lone surrogates, a number that does not fit, or all
            together more than `limits.PAYLOAD` bytes.
    """
    try:
        payload = _ENCODER.encode(_with_one_default(event))
    except _UNWRITABLE:
        raise InvalidEventError("This holds a letter or a number that cannot be stored.") from None
    if len(payload) > limits.PAYLOAD:
        raise InvalidEventError("That is longer than one event can hold; please split it in two.")
    return payload


def decode_content(payload: bytes) -> Content | UnknownContent:
    """Read a payload that anybody may have written.

    Args:
        payload: The data of a body, without salt, length and padding.

    Raises:
        MalformedEventError: Longer than `limits.PAYLOAD`, not one msgpack map with string
            keys, without a ``kind`` of 1 to 64 characters, text that is not UTF-8, or
            nested deeper than `limits.DEPTH`.
    """
    if len(payload) > limits.PAYLOAD:
        raise MalformedEventError
    try:
        event = _decoder().decode(payload)
    except _UNREADABLE:
        return _decode_unknown(payload)
    return event if is_day(event.date) else _decode_unknown(payload)


@lru_cache(maxsize=4_096)
def is_day(text: str) -> bool:
    """Whether these ten characters are a date of the calendar, ``YYYY-MM-DD``."""
    return re.fullmatch(DAY_PATTERN, text) is not None


@cache
def _decoder() -> msgspec.msgpack.Decoder[Content]:
    # Made at the first use: it takes 3 ms, which a command that reads nothing need not wait.
    return msgspec.msgpack.Decoder(Union[tuple(KINDS.values())])  # noqa: UP007  (a tuple)


def _with_one_default(event: Content) -> Content:
    # msgspec leaves out what *is* the default; a text that merely equals it would be written.
    if event.lang is not DEFAULT_LANGUAGE and event.lang == DEFAULT_LANGUAGE:
        return msgspec.structs.replace(event, lang=DEFAULT_LANGUAGE)
    return event


def _decode_unknown(payload: bytes) -> UnknownContent:
    try:
        decoded = _ANY.decode(payload)
    except _UNREADABLE:
        raise MalformedEventError from None
    fields = {key: _plain(value, limits.DEPTH - 1) for key, value in decoded.items()}
    kind = fields.get("kind")
    if not isinstance(kind, str) or not 0 < len(kind) <= limits.KIND:
        raise MalformedEventError
    return UnknownContent(
        kind=kind,
        fields=fields,
        at=_sane(fields, "at", Instant),
        zone=_sane(fields, "zone", Zone),
        date=_sane(fields, "date", Day),
        lang=_sane(fields, "lang", Language),
    )


def _plain(value: object, depth: int) -> object:
    """Give every map string keys, at every depth, so that each value can become JSON."""
    if not isinstance(value, list | dict):
        return value
    if depth == 0:
        raise MalformedEventError
    if isinstance(value, list):
        return [_plain(item, depth - 1) for item in value]
    return {str(key): _plain(item, depth - 1) for key, item in value.items()}


def _sane(fields: Mapping[str, object], name: str, shape: Any) -> Any:
    try:
        return msgspec.convert(fields.get(name), shape)
    except msgspec.ValidationError:
        return None
