"""Days, weeks and numbers as the person's country writes them.

English needs no library for that, so that most commands load none. For other languages, and for
the United States' order of a date, ``babel`` knows how (CLDR).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from inglenook_client import ambient, words

MONDAY: Final = 0
_NEXT_MONTH: Final = timedelta(days=31)
_PLAIN_ENGLISH: Final = frozenset({"en", "en_GB", "en_IE"})
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


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


def day_name(day: str) -> str:
    """A date in words, ``YYYY-MM-DD`` given; one that is none stays as it is."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return day
    locale = _locale()
    if locale is None:
        return f"{_WEEKDAYS[found.weekday()]}, {found.day} {_MONTHS[found.month - 1]} {found.year}"
    from babel.dates import format_date  # noqa: PLC0415 - costs start-up

    return str(format_date(found, "full", locale))


def short_day(day: str, *, whole: bool = False) -> str:
    """A date in a few words: ``Fri 6 March``, with its year where that is not this one.

    Args:
        day: As ``YYYY-MM-DD``; one that is none stays as it is.
        whole: With the year, where the words may be read in another one.
    """
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return day
    whole = whole or found.year != ambient.today().year
    locale = _locale()
    if locale is None:
        name = f"{weekday_name(found.weekday())} {found.day} {_MONTHS[found.month - 1]}"
        return f"{name} {found.year}" if whole else name
    from babel.dates import format_skeleton  # noqa: PLC0415 - costs start-up

    return str(format_skeleton("yMMMEd" if whole else "MMMEd", found, locale=locale))


def clock(moment: datetime) -> str:
    """The time of day: ``21:00``, or ``9:00 PM`` where people write it so."""
    locale = _locale()
    if locale is None:
        return f"{moment:%H:%M}"
    from babel.dates import format_time  # noqa: PLC0415 - costs start-up

    return str(format_time(moment.time(), "short", locale=locale))


def month_name(first: date) -> str:
    """A month and its year in words, any day of it given."""
    locale = _locale()
    if locale is None:
        return f"{_MONTHS[first.month - 1]} {first.year}"
    from babel.dates import format_skeleton  # noqa: PLC0415 - costs start-up

    return str(format_skeleton("yMMMM", first, locale=locale))


def weekday_name(weekday: int) -> str:
    """A day of the week, cut short, 0 for Monday to 6 for Sunday."""
    locale = _locale()
    if locale is None:
        return _WEEKDAYS[weekday][:3]
    from babel.dates import get_day_names  # noqa: PLC0415 - costs start-up

    return str(get_day_names("abbreviated", locale=locale)[weekday])


def number(value: int) -> str:
    """A whole number with its thousands apart."""
    locale = _locale()
    if locale is None:
        return f"{value:,}"
    from babel.numbers import format_decimal  # noqa: PLC0415 - costs start-up

    return str(format_decimal(value, locale=locale))


def _locale() -> str | None:
    """Who writes dates and numbers as the words around them; None where English does it here.

    The country counts where its language is that of the words: a Polish date in an English
    sentence helps nobody.
    """
    language, region = words.shown(), words.region()
    tag = region if region.partition("_")[0] == language.partition("_")[0] else language
    return None if tag in _PLAIN_ENGLISH else _known(tag)


@cache
def _known(tag: str) -> str | None:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - costs start-up

    for name in (tag, tag.partition("_")[0]):
        try:
            return str(Locale.parse(name))
        except (UnknownLocaleError, ValueError):
            continue
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
