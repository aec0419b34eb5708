"""What a reader finds in a file: things that can come in, and those that cannot and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from inglenook_schema.events.limits import FIRST_INSTANT, LABEL, LAST_INSTANT

MAX_TEXT: Final = 64 * 2**20
"""Bytes of text that one import takes at most; in memory it is a few times that."""
MAX_PIECES: Final = 200_000
"""Things that one import takes at most."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that belongs to a thing; it is read when its turn comes, and not before."""

    name: str
    size: int
    """Bytes, as its container says; reading refuses more."""
    read: Callable[[], bytes]
    alt: str = ""
    """What it shows, in words."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that can come in: an entry, or a mood where there is no text."""

    where: str
    """Where in the file it stands, for a person to find it."""
    same: bytes
    """What makes it the same wherever it is read: no time zone of this device, no path."""
    at: int
    """Milliseconds UTC."""
    zone: str
    date: str
    text: str = ""
    title: str | None = None
    mood: int | None = None
    feelings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    starred: bool = False
    for_date: str | None = None
    prompt: str | None = None
    attached: tuple[Attached, ...] = ()
    event: bytes | None = None
    """The event of ours that it was once, before it left: where that is here, this is."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that does not come in."""

    where: str
    why: str
    """A sentence for a person."""


Piece: TypeAlias = Found | Skipped


@dataclass(frozen=True, slots=True)
class Here:
    """What a file leaves open, as this person answers it."""

    zone: str
    """Of times that say none; an IANA name."""
    moods: Mapping[str, int] = field(default_factory=dict)
    """What moods with names of one's own are, 1 to 5; names case folded."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was written."""

    at: int
    zone: str
    date: str


def moment(local: datetime, zone: str) -> Moment | None:
    """A moment from what a clock on the wall showed in a zone; None outside 1900 to 9999.

    A time that the clock showed twice is the first of both.
    """
    try:
        instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (OverflowError, ValueError, KeyError, OSError):
        return None
    return _moment(instant, zone, local)


def moment_of(instant: datetime, zone: str) -> Moment | None:
    """A moment from an instant that says its offset; None outside 1900 to 9999."""
    try:
        return _moment(instant, zone, instant.astimezone(ZoneInfo(zone)))
    except (OverflowError, ValueError, KeyError, OSError):
        return None


def _moment(instant: datetime, zone: str, local: datetime) -> Moment | None:
    at = (instant - _EPOCH) // timedelta(milliseconds=1)
    inside = FIRST_INSTANT <= at <= LAST_INSTANT and local.year >= 1900
    return Moment(at, zone, local.date().isoformat()) if inside else None


def folded(text: str) -> str:
    """A text with all its blanks as one: what programs change when they break lines."""
    return " ".join(text.split())


def label(tag: str) -> str:
    """A tag or a feeling as it is kept; empty where nothing is left of it."""
    return folded(tag).lstrip("@#")[:LABEL].strip()
