"""What a view shows, as the JSON that programs read: keys may be added and are never renamed.

Every item has ``id`` (short, may be empty), ``event`` (64 hex) and ``space``; who wrote
something and when is an object ``{by, me, at, local_date, event}``; other events are called
by their 64 hex digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli.jsonform import Json, instant
from inglenook_client.core.projections.mark import Mark

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


_NAMES: Final = frozenset({"shorts", "spaces"})
"""What a page calls ids and spaces by: used, not shown."""


def item(found: Any, shorts: Mapping[bytes, str], spaces: Mapping[int, str]) -> Json:
    """One item of a view."""
    return _record(found, shorts, spaces)


def items(page: Any) -> list[Json]:
    """Every item of a page of a view."""
    return [item(each, page.shorts, page.spaces) for each in page.items]


def _record(
    found: DataclassInstance, shorts: Mapping[bytes, str], spaces: Mapping[int, str]
) -> Json:
    said = Json()
    for each in (each for each in fields(found) if each.name not in _NAMES):
        value = getattr(found, each.name)
        match each.name:
            case "id":
                said |= {"id": shorts.get(value, ""), "event": value.hex() if value else None}
            case "space":
                said["space"] = spaces.get(value, "")
            case _:
                said[each.name] = _value(value, shorts, spaces)
    return said


def _value(value: Any, shorts: Mapping[bytes, str], spaces: Mapping[int, str]) -> Any:
    match value:
        case Mark():
            return mark(value)
        case bytes():
            return value.hex()
        case StrEnum():
            return str(value)
        case tuple() | list():
            return [_value(each, shorts, spaces) for each in value]
        case Mapping():
            return {str(name): _value(each, shorts, spaces) for name, each in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _record(value, shorts, spaces)
        case _:
            return value


def mark(found: Mark) -> Json:
    """Who wrote something, and when."""
    return {
        "by": found.by,
        "me": found.mine,
        "at": instant(found.at),
        "local_date": found.date,
        "event": found.event.hex(),
    }
