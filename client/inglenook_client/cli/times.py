"""Times as people say them: ``friday 16:00``, ``2026-03-01 4pm``; and how often: ``2 weeks``."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from inglenook_client import ambient
from inglenook_client.cli import days
from inglenook_client.words import _
from inglenook_schema.events.checkins import Rhythm
from inglenook_schema.events.choices import Unit

_CLOCK: Final = re.compile(r"(?:(?:at )?(\d{1,2})(?::(\d\d))?\s?(am|pm)|(?:at )?(\d{1,2}):(\d\d))")
_EVERY: Final = re.compile(r"(?:every )?(?:(\d{1,2}) )?(day|week|month)s?")


@dataclass(frozen=True, slots=True)
class Time:
    """A moment to come, as it was said."""

    at: int
    """Milliseconds since 1970 in UTC."""
    zone: str
    """The time zone it was said in."""


def coming(said: str) -> Time:
    """A day to come with its time; a time alone is the next such time."""
    words = " ".join(said.casefold().split())
    found = list(_CLOCK.finditer(words))
    clock = _clock(found[-1]) if found else None
    rest = _CLOCK.sub("", words).strip(" ,").removesuffix(" at")
    if clock is None or len(found) > 1:
        raise ArgumentTypeError(_("a time is written like friday 16:00, or 2026-01-31 4pm"))
    zone = ambient.local_zone()
    now = ambient.now_ms()
    if rest:
        return Time(_ms(date.fromisoformat(days.coming_day(rest)), clock, zone), zone)
    today = _ms(ambient.today(), clock, zone)
    if today > now:
        return Time(today, zone)
    return Time(_ms(ambient.today() + timedelta(days=1), clock, zone), zone)


def rhythm(said: str) -> Rhythm:
    """How often: ``week``, ``2 weeks``, ``every month``."""
    found = _EVERY.fullmatch(" ".join(said.casefold().split()))
    if not found or not 1 <= int(found[1] or 1) <= 31:
        raise ArgumentTypeError(_("how often is written like week, 2 weeks or month"))
    return Rhythm(every=int(found[1] or 1), unit=Unit(found[2]))


def _clock(found: re.Match[str]) -> time | None:
    hour, minute = int(found[1] or found[4]), int(found[2] or found[5] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _ms(day: date, clock: time, zone: str) -> int:
    from zoneinfo import ZoneInfo

    return int(datetime.combine(day, clock, ZoneInfo(zone)).timestamp() * 1000)
