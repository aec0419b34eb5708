"""Days and times as people say them: ``yesterday 9pm``, ``3 days ago``, ``ayer``.

What people write is text first. Only the words before the first ``: `` of a first line can be
a date, only five of them at most, and only where they can hardly be anything else:

    a number, a weekday or a month alone  → text (a list of subjects, a date asked for elsewhere)
    a stretch of time, such as 5 min      → text
    a month or a year, an hour to come    → text
    today, now                            → text: they add nothing
    a day, or a time of day, that is past → a date

The library that understands them is slow to start, so that it is imported no earlier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from dateparser.date import DateData, DateDataParser

Prefer = Literal["past", "future"]

WORDS: Final = 5
"""More before the colon is a sentence."""
_END: Final = ": "
_LONGEST: Final = 60
_NUMBER: Final = re.compile(r"\d+(?:[.,/]\d+)?[.,]?")
_EXACT: Final = frozenset({"day", "week", "time", "part_of_day"})
_TIMED: Final = frozenset({"time", "part_of_day"})
_SETTINGS: Final = {
    "RETURN_TIME_AS_PERIOD": True,
    # not from timestamps, nor with what it does not know left out
    "PARSERS": ["relative-time", "absolute-time"],
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when somebody writes, and in which language."""

    now: int
    """Milliseconds UTC."""
    zone: str
    language: str
    """A tag (RFC 5646)."""

    @property
    def local(self) -> datetime:
        """The clock on the wall, without its zone."""
        return datetime.fromtimestamp(self.now / 1000, ZoneInfo(self.zone)).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Dated:
    """A text, and the time that its first words asked for."""

    text: str
    """Without those words."""
    at: int
    """Milliseconds UTC; noon of the day, where no time was said."""
    day: str
    """Local date."""
    timed: bool
    """Whether a time of day was said."""


def taken(text: str, here: Moment) -> Dated | None:
    """The date before the first ``: `` of a text; None where the text is only text."""
    prefix, end, rest = text.partition(_END)
    words = prefix.split()
    if not (end and rest.strip() and 0 < len(words) <= WORDS and len(prefix) <= _LONGEST):
        return None
    if "\n" in prefix or all(_NUMBER.fullmatch(word) for word in words):
        return None
    found = _read(prefix, here, "past")
    if found is None or not _is_a_date(prefix, found, here):
        return None
    timed = found.period in _TIMED
    when: datetime = found.date_obj
    when = _in_zone(when, here) if timed else _noon(when.date(), here)
    day = when.date().isoformat()
    now = datetime.fromtimestamp(here.now / 1000, UTC)
    if when > now or (day == here.local.date().isoformat() and not timed):
        return None
    return Dated(rest.lstrip(), int(when.timestamp() * 1000), day, timed)


def day_of(said: str, here: Moment, prefer: Prefer) -> date | None:
    """The day that somebody asks for; None where it is none.

    Args:
        said: A number alone is a day of the month, a month or a year its first day.
        here: Where and when it is said.
        prefer: What ``monday`` or ``may 5`` is.
    """
    words = said.strip()
    if words.isascii() and words.isdigit() and len(words) < 3:
        return _day_of_month(int(words), here.local.date(), prefer)
    found = _read(words, here, prefer) if words and len(words) <= _LONGEST else None
    if found is None:
        return None
    day: date = found.date_obj.date()
    first = {"month": {"day": 1}, "year": {"day": 1, "month": 1}}.get(found.period, {})
    return day.replace(**first)


def at_noon(day: str, here: Moment) -> int:
    """Milliseconds UTC of the noon of a local date; now, where that is today."""
    if day == here.local.date().isoformat():
        return here.now
    return int(_noon(date.fromisoformat(day), here).timestamp() * 1000)


def _is_a_date(prefix: str, found: DateData, here: Moment) -> bool:
    """Whether somebody who writes this means a day, or a time of one."""
    if found.period not in _EXACT or found.date_obj == here.local:  # the latter is: now
        return False
    strict = _read(prefix, here, "past", strict=True)
    if strict is None:
        return found.period in _TIMED or _names_a_day(prefix, here)
    forward = _read(prefix, here, "future", strict=True)
    # 5 min is a while ago or ahead, as one likes; 5 min ago is not
    return forward is not None and bool(forward.date_obj == strict.date_obj)


def _names_a_day(prefix: str, here: Moment) -> bool:
    """Whether it is more than a weekday alone, and more than a number (``year 9``)."""
    words = prefix.split()
    named = [word for word in words if not _NUMBER.fullmatch(word)]
    if len(named) == len(words):
        return len(words) > 1 or any(sign.isdigit() for sign in prefix)
    return _read(" ".join(named), here, "past") is not None


def _day_of_month(number: int, today: date, prefer: Prefer) -> date | None:
    step = -1 if prefer == "past" else 1
    days = (today + timedelta(days=step * n) for n in range(366 if number else 0))
    return next((day for day in days if day.day == number), None)


def _read(words: str, here: Moment, prefer: Prefer, *, strict: bool = False) -> DateData | None:
    settings = (("PREFER_DATES_FROM", prefer), ("STRICT_PARSING", strict))
    found = _parser(here.language, here.local, settings).get_date_data(words)
    return found if found.date_obj is not None else None


@lru_cache(maxsize=8)  # a text takes three at most, and the next one is written later
def _parser(language: str, base: datetime, settings: tuple[tuple[str, Any], ...]) -> DateDataParser:
    """The person's language, by its country's habits where they are known, and English."""
    from dateparser.data.languages_info import language_locale_dict  # noqa: PLC0415
    from dateparser.date import DateDataParser  # noqa: PLC0415 - a third of a second

    spoken = {"en": "en"}
    short = language.partition("-")[0].lower()
    if short in language_locale_dict:
        spoken = {short: short} | spoken
        if language in language_locale_dict[short]:
            spoken[short] = language
    return DateDataParser(
        locales=list(spoken.values()),
        settings={**_SETTINGS, **dict(settings), "RELATIVE_BASE": base},
    )


def _in_zone(when: datetime, here: Moment) -> datetime:
    if when.tzinfo is not None:  # the words named one
        return when.astimezone(ZoneInfo(here.zone))
    return when.replace(tzinfo=ZoneInfo(here.zone))


def _noon(day: date, here: Moment) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(here.zone))
