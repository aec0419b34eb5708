"""The calendar as the person's country has it: on which day a week begins, where a day lies."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from inglenook_client import words

MONDAY = 0
_NEXT_MONTH = timedelta(days=31)


def week_start() -> int:
    """The day on which a week begins here: 0 is Monday, 6 is Sunday.

    The country says it (``LC_TIME``, ``LC_ALL`` or ``LANG``: ``en_US`` begins on Sunday),
    else the language's own; where neither is known a week begins on Monday (ISO 8601).
    """
    return _first_day(words.region())


def around(day: date, period: str) -> tuple[date, date] | None:
    """First and last day of the day, week, month or year that a day lies in; None for others."""
    match period:
        case "day":
            return day, day
        case "week":
            first = day - timedelta(days=(day.weekday() - week_start()) % 7)
            return first, first + timedelta(days=6)
        case "month":
            first = day.replace(day=1)
            return first, (first + _NEXT_MONTH).replace(day=1) - timedelta(days=1)
        case "year":
            return day.replace(month=1, day=1), day.replace(month=12, day=31)
        case _:
            return None


@cache
def _first_day(tag: str) -> int:
    if not tag:
        return MONDAY
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - costs start-up

    try:
        return int(Locale.parse(tag).first_week_day)
    except (UnknownLocaleError, ValueError):
        return MONDAY
