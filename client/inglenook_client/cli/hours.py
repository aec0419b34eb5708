"""Moments in the time zone they were said in, to be read."""

from __future__ import annotations

from datetime import UTC, datetime

from inglenook_client import ambient, calendar


def moment(at: int, zone: str, *, whole: bool = False) -> str:
    """A day and its hour, in words.

    Args:
        at: Milliseconds since 1970 in UTC.
        zone: An IANA name; one that this device does not know is UTC, and says so.
        whole: With the year, as `calendar.short_day` says.
    """
    where = ambient.zone_called(zone)
    found = datetime.fromtimestamp(at / 1000, where)
    day = calendar.short_day(found.date().isoformat(), whole=whole)
    return f"{day}, {calendar.clock(found)}" + (" UTC" if where is UTC else "")


def clock(at: int, zone: str) -> str:
    """The time of day; the arguments are those of `moment`."""
    where = ambient.zone_called(zone)
    found = calendar.clock(datetime.fromtimestamp(at / 1000, where))
    return found + (" UTC" if where is UTC else "")


def day(at: int, zone: str) -> str:
    """The day, ``YYYY-MM-DD``; the arguments are those of `moment`."""
    return datetime.fromtimestamp(at / 1000, ambient.zone_called(zone)).date().isoformat()
