"""A projection as plain values, for comparing two devices (`status`, field ``state``)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import TypeAlias

from inglenook_client.core.projections.authors import Author
from inglenook_client.core.projections.mark import LOCAL

Plain: TypeAlias = "str | int | bytes | tuple[Plain, ...] | dict[str, Plain]"


def plain(projection: object) -> Plain:
    """Nested tuples and dicts of str, int and bytes, without anything device-local.

    Two devices that hold the same events of a space get equal values. What is None is
    left out of its dict.

    Raises:
        TypeError: Not a projection, nor part of one.
    """
    match projection:
        case StrEnum():
            return str(projection)
        case bool():
            return int(projection)
        case str() | int() | bytes():
            return projection
        case Author():
            return projection.person
        case tuple():
            return tuple(plain(item) for item in projection)
        case _ if is_dataclass(projection):
            return {
                each.name: plain(found)
                for each in fields(projection)
                if each.metadata != LOCAL and (found := getattr(projection, each.name)) is not None
            }
        case _:
            raise TypeError(type(projection).__name__)
