"""Mood and confidence over the weeks, as a picture with a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.calendar import short_day, week_start
from inglenook_client.cli import arguments, pictures, saying
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.views.pictures import MoodWeek

_WEEKS: Final = 16
_MOST: Final = 104


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--weeks", type=arguments.count, metavar=_("N"), default=_WEEKS,
        help=_("how many weeks back; 16 if you do not say"),
    )  # fmt: skip


def _moods(call: Call) -> None:
    from inglenook_client.journal.views.pictures import mood_weeks

    today = ambient.today()
    count = min(call.args.weeks, _MOST)
    first = (today - timedelta(weeks=count)).isoformat()
    points = call.run(lambda journal: journal.views.moods(first, today.isoformat()))
    weeks = mood_weeks(points, today, count, week_start())
    screen = call.screen
    if screen.json:
        from inglenook_client.cli import itemform

        screen.document([itemform.item(each, {}, {}) for each in weeks])
        return
    noted = [week for week in weeks if week.noted]
    if not noted:
        screen.say(
            _("No mood is noted in these weeks."),
            _("To note one: inglenook mood 3 tired   1 is very low, 5 is very good"),
            _("Over weeks, a line a day shows what a single day hides."),
        )
    elif screen.plain:
        screen.say(*map(_numbers, noted))
    else:
        screen.say(*_picture(weeks), "", _sentence(noted, len(weeks)))


def _picture(weeks: list[MoodWeek]) -> Iterator[str]:
    words = [_(word) for word in saying.MOODS]
    yield from pictures.ribbon(
        words, [week.mood for week in weeks], [week.confidence for week in weeks]
    )
    yield ""
    yield _(
        "Each column a week from {first} to {last}: {mood} mood  {sure} how sure  {both} both"
    ).format(
        first=short_day(weeks[0].starts_on),
        last=short_day(weeks[-1].starts_on),
        mood=pictures.FIRST,
        sure=pictures.SECOND,
        both=pictures.BOTH,
    )


def _sentence(noted: list[MoodWeek], count: int) -> str:
    said = ngettext(
        "Noted in {n} of {count} weeks.", "Noted in {n} of {count} weeks.", len(noted)
    ).format(n=len(noted), count=count)
    moods = [week.mood for week in noted if week.mood is not None]
    if not moods:
        return said
    low, high = round(min(moods)), round(max(moods))
    words = [saying.scale(saying.MOODS, each) for each in (low, high)]
    if low == high:
        return f"{said} " + _("Your weeks were {mood}.").format(mood=words[0])
    between = _("Your weeks were between {low} and {high}.").format(low=words[0], high=words[1])
    return f"{said} {between}"


def _numbers(week: MoodWeek) -> str:
    parts = [week.starts_on]
    for label, value in ((_("mood"), week.mood), (_("how sure"), week.confidence)):
        parts.append(f"{label} {'-' if value is None else value}")
    times = ngettext("noted {n} time", "noted {n} times", week.noted).format(n=week.noted)
    return "  ".join([*parts, times])


COMMANDS: Final = {
    "moods": Command(
        later("your moods over the weeks, as a picture"),
        _moods,
        _arguments,
        ("inglenook moods", "inglenook moods --weeks 52"),
        in_spaces=False,
        long=True,
    ),
}
