"""Days as people say them: ``2026-03-01``, ``today``, ``monday``, ``3 days ago``, ``ayer``.

What is said most is understood at once; for the rest a library is asked that knows many
languages and takes a third of a second to start.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from inglenook_client import ambient, words
from inglenook_client.words import _

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.journal.dating import Prefer

_NEAR: Final = {"today": 0, "yesterday": -1, "tomorrow": 1, "last week": -7, "next week": 7}
_WEEKDAYS: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
_AGO: Final = re.compile(r"(\d{1,4}) (day|week)s? ago")
_AHEAD: Final = re.compile(r"in (\d{1,4}) (day|week)s?")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAYS: Final = {"day": 1, "week": 7}


def past_day(said: str) -> str:
    """The day as ``YYYY-MM-DD``; a weekday is the last one, today included."""
    today = ambient.today()
    return _day(said, today, "past", lambda weekday: -((today.weekday() - weekday) % 7))


def coming_day(said: str) -> str:
    """The day as ``YYYY-MM-DD``; a weekday is the next one, today not included."""
    today = ambient.today()
    return _day(said, today, "future", lambda weekday: (weekday - today.weekday() - 1) % 7 + 1)


def gone_day(said: str) -> str:
    """As `past_day`, for what somebody writes about: today at the latest."""
    found = past_day(said)
    if found > ambient.today().isoformat():
        raise ArgumentTypeError(_("that day is still to come"))
    return found


def on_argument(parser: ArgumentParser) -> None:
    """Take the day that something belongs to, as `gone_day` reads it."""
    parser.add_argument(
        "--on", type=gone_day, metavar=_("DATE"), help=_("the day, if that is not today")
    )


def _day(said: str, today: date, prefer: Prefer, from_here: Callable[[int], int]) -> str:
    plain = " ".join(said.casefold().split())
    try:
        days = _distance(plain, from_here)
        if days is not None:
            return (today + timedelta(days=days)).isoformat()
        if _ISO.fullmatch(plain):
            return date.fromisoformat(plain).isoformat()
        if found := _asked(said, today, prefer):
            return found.isoformat()
    except (ValueError, OverflowError):
        pass
    raise ArgumentTypeError(
        _("a day is written like 2026-01-31, today, yesterday, monday or 3 days ago")
    )


def _asked(said: str, today: date, prefer: Prefer) -> date | None:
    from inglenook_client.journal import dating

    zone = ambient.local_zone()
    noon = dating.at_noon(today.isoformat(), dating.Moment(0, zone, ""))
    return dating.day_of(said, dating.Moment(noon, zone, words.language()), prefer)


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
