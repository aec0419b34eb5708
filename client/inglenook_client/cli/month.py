"""A month with its days: when something was written, noted, won, or talked about."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.calendar import month_name, week_start, weekday_name
from inglenook_client.cli import saying
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.views.writing import Day

_MONTH: Final = re.compile(r"(\d{4})-(\d\d?)")
_WRITTEN, _NOTED, _WON, _MET = "•", "~", "+", "="
_CELL: Final = 6
_WEEK: Final = 7


def _month(said: str) -> date:
    """The first of a month: ``2026-03``, ``last month``, or the name of one, the past one."""
    today = ambient.today().replace(day=1)
    if found := _MONTH.fullmatch(said.strip()):
        try:
            return date(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
    if said.casefold() in {"last month", _("last month")}:
        return (today - timedelta(days=1)).replace(day=1)
    for back in range(12):
        number = today.year * 12 + today.month - 1 - back
        first = date(number // 12, number % 12 + 1, 1)
        if said.casefold() in month_name(first).casefold().split():
            return first
    raise ArgumentTypeError(_("a month is written like 2026-03, march or last month"))


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "month", nargs="?", type=_month, metavar=_("MONTH"),
        help=_("2026-03, march, last month; this one if you do not say"),
    )  # fmt: skip


def _calendar(call: Call) -> None:
    first: date = call.args.month or ambient.today().replace(day=1)
    days = call.run(lambda journal: _read(call, journal, first))
    screen = call.screen
    if screen.json:
        screen.document([{"day": day, **_counts(found)} for day, found in days.items()])
    elif screen.plain:
        screen.say(*(f"{day}  {_told(found)}" for day, found in days.items()))
    else:
        screen.say(*_page(first, days))


async def _read(call: Call, journal: Journal, first: date) -> dict[str, Day]:
    space = await call.space(journal)
    return await journal.views.calendar(first.isoformat(), _last(first).isoformat(), space)


def _last(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _counts(day: Day) -> dict[str, object]:
    return {
        "entries": day.entries,
        "moods": day.moods,
        "wins": day.wins,
        "checkins": day.checkins,
    }


def _told(day: Day) -> str:
    """What one day has, in words."""
    parts = []
    if day.entries:
        parts.append(ngettext("{n} entry", "{n} entries", day.entries).format(n=day.entries))
    if day.moods:
        moods = (saying.scale(saying.MOODS, mood) for mood in day.moods)
        parts.append(_("feeling {mood}").format(mood=", ".join(moods)))
    if day.wins:
        parts.append(ngettext("{n} win", "{n} wins", day.wins).format(n=day.wins))
    if day.checkins:
        message = ngettext("{n} check-in", "{n} check-ins", day.checkins)
        parts.append(message.format(n=day.checkins))
    return "  ".join(parts)


def _page(first: date, days: dict[str, Day]) -> Iterator[str]:
    yield month_name(first).center(_CELL * _WEEK).rstrip()
    begin = week_start()
    names = (weekday_name((begin + n) % _WEEK) for n in range(_WEEK))
    yield "".join(f"{name[:3]:>3}".ljust(_CELL) for name in names).rstrip()
    start = first - timedelta(days=(first.weekday() - begin) % _WEEK)
    while start <= _last(first):
        week = (start + timedelta(days=n) for n in range(_WEEK))
        cells = (_cell(day, days) if day.month == first.month else "" for day in week)
        yield "".join(cell.ljust(_CELL) for cell in cells).rstrip()
        start += timedelta(days=_WEEK)
    yield ""
    yield from _legend(days)


def _cell(day: date, days: dict[str, Day]) -> str:
    found = days.get(day.isoformat())
    return f"{day.day:>3}{_marks(found)[: _CELL - 4]}" if found else f"{day.day:>3}"


def _marks(day: Day) -> str:
    """At most two, the rarer first."""
    return "".join(
        mark
        for mark, n in (
            (_MET, day.checkins), (_WON, day.wins), (_WRITTEN, day.entries), (_NOTED, day.moods)
        )
        if n
    )  # fmt: skip


def _legend(days: dict[str, Day]) -> Iterator[str]:
    if not days:
        yield _("Nothing is written in this month.")
        yield _('A line for today: inglenook "walked home, felt ok"')
        return
    found = "".join(_marks(day) for day in days.values())
    words_ = (
        (_WRITTEN, _("written")),
        (_NOTED, _("mood noted")),
        (_WON, _("win")),
        (_MET, _("check-in")),
    )
    yield "   ".join(f"{mark} {word}" for mark, word in words_ if mark in found)
    latest = max(days)
    yield _("To read a day: inglenook log --from {day} --to {day}").format(day=latest)


COMMANDS: Final = {
    "calendar": Command(
        later("a month, with the days on which you wrote"),
        _calendar,
        _arguments,
        ("inglenook calendar", "inglenook calendar 2026-02"),
        long=True,
    ),
}
