"""Days that views count from: months earlier or later, the week of a day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def months_on(day: date, months: int) -> date:
    """The day so many months later, or earlier; a month's last day stands for one it lacks."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def week_of(day: date, week_start: int) -> date:
    """The first day of a day's week; ``week_start`` 0 for Monday to 6 for Sunday."""
    return day - timedelta(days=(day.weekday() - week_start) % 7)
