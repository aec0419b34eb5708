"""Days as people say them: ``2026-03-01``, ``today``, ``monday``, ``3 days ago``."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from inglenook_client import ambient
from inglenook_client.words import _

_NEAR: Final = {"today": 0, "yesterday": -1, "tomorrow": 1, "last week": -7, "next week": 7}
_WEEKDAYS: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
_AGO: Final = re.compile(r"(\d{1,4}) (day|week)s? ago")
_AHEAD: Final = re.compile(r"in (\d{1,4}) (day|week)s?")
_DAYS: Final = {"day": 1, "week": 7}


def past_day(said: str) -> str:
    """The day as ``YYYY-MM-DD``; a weekday is the last one, today included."""
    today = ambient.today()
    return _day(said, today, lambda weekday: -((today.weekday() - weekday) % 7))


def coming_day(said: str) -> str:
    """The day as ``YYYY-MM-DD``; a weekday is the next one, today not included."""
    today = ambient.today()
    return _day(said, today, lambda weekday: (weekday - today.weekday() - 1) % 7 + 1)


def _day(said: str, today: date, from_here: Callable[[int], int]) -> str:
    words = " ".join(said.casefold().split())
    try:
        days = _distance(words, from_here)
        found = date.fromisoformat(words) if days is None else today + timedelta(days=days)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(
            _("a day is written like 2026-01-31, today, yesterday, monday or 3 days ago")
        ) from None
    return found.isoformat()


def _distance(words: str, from_here: Callable[[int], int]) -> int | None:
    """Days from today; None where the words do not count from today."""
    if words in _NEAR:
        return _NEAR[words]
    for number, name in enumerate(_WEEKDAYS):
        if words in {name, name[:3]}:
            return from_here(number)
    if ago := _AGO.fullmatch(words):
        return -int(ago[1]) * _DAYS[ago[2]]
    if ahead := _AHEAD.fullmatch(words):
        return int(ahead[1]) * _DAYS[ahead[2]]
    return None
