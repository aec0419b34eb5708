"""What earlier times bring back: a month ago, this day in other years, wins, a goal's beginning.

What was written while somebody felt low comes back only where they ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.calendar import day_name, month_name, short_day, week_start
from inglenook_client.cli import saying, wins
from inglenook_client.cli.cards import Called, Card, every_line
from inglenook_client.cli.command import Command
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen
    from inglenook_client.core.projections.entries import Entry
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.views.lens import Page
    from inglenook_client.journal.views.looking_back import Horizons, LookBack, Stretch
    from inglenook_client.journal.views.writing import Writing

_FEW: Final = 5
"""Strides of one stretch of time that a terminal is shown."""
_LONGEST: Final = 240
"""Letters of an entry that are shown where it comes back; show prints all."""


# --- lookback -------------------------------------------------------------------------


def _lookback_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--low", action="store_true", help=_("also what you wrote while low"))


def _lookback(call: Call) -> None:
    found = call.run(lambda journal: _read_back(call, journal))
    if call.screen.json:
        _print_back(call, found)
        return
    screen = call.screen
    shown = [
        _print_days(screen, _("A month ago"), found.month_ago),
        _print_days(screen, _("On this day"), found.earlier_years),
        _print_begun(screen, found),
        _print_cards(
            screen, _("Wins then"), [wins.card(w, found.wins_then) for w in found.wins_then.items]
        ),
        _print_cards(
            screen, _("Your latest wins"), [wins.card(w, found.wins) for w in found.wins.items]
        ),
    ]
    if not any(shown):
        screen.say(
            _("There is nothing to look back on yet."),
            _('A line for later: inglenook "walked home, felt ok"'),
            _("What you write today comes back in a month, if you felt well enough."),
        )


async def _read_back(call: Call, journal: Journal) -> LookBack:
    space = await call.space(journal)
    return await journal.views.look_back(ambient.today(), space, low=call.args.low)


def _print_days(screen: Screen, title: str, days: Mapping[str, Page[Writing]]) -> bool:
    for day, page in days.items():
        screen.say(screen.bold(f"{title}: {day_name(day)}"), "")
        screen.say(*every_line(screen, (entry_card(each, page) for each in page.items)), "")
    return bool(days)


def entry_card(written: Writing, page: Called) -> Card:
    """An entry where it comes back, cut where it is long."""
    entry = written.entry
    text = entry.text or "\n".join(entry.reflection.strides if entry.reflection else ())
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rstrip() + "…"
    return Card(
        short=page.shorts.get(entry.id, ""),
        first=one_line(entry.title or ""),
        about=(
            saying.scale(saying.MOODS, entry.mood) if entry.mood else "",
            saying.readers(page.spaces[entry.space]),
        ),
        text=text,
    )


def reflection_card(entry: Entry, page: Called) -> Card:
    """A reflection in a list."""
    looked = entry.reflection
    said = [entry.text] if entry.text else []
    if looked and not entry.text:
        said += [f"+ {line}" for line in looked.strides]
        said += [f"? {line}" for line in looked.attention]
        said += [line for line in (looked.surprised_by, looked.next_focus) if line]
    about = _("looking back on the {period}").format(
        period=saying.word(looked.period if looked else "")
    )
    return Card(
        short=page.shorts.get(entry.id, ""),
        first=short_day(entry.written.date, whole=True),
        about=(about, saying.readers(page.spaces[entry.space])),
        text="\n".join(said),
    )


def _print_begun(screen: Screen, found: LookBack) -> bool:
    begun = found.begun
    if begun is None:
        return False
    goal, page = begun.goal, begun.entries
    title = _("When you set a goal, on {day}").format(day=short_day(goal.begun.date, whole=True))
    screen.say(screen.bold(title), "", f"  {one_line(goal.title)}")
    screen.say(*([f"      {goal.why}"] if goal.why else []))
    screen.say(*every_line(screen, (entry_card(each, page) for each in page.items)), "")
    return True


def _print_cards(screen: Screen, title: str, cards: list[Card]) -> bool:
    if cards:
        screen.say(screen.bold(title), "", *every_line(screen, cards), "")
    return bool(cards)


def _print_back(call: Call, found: LookBack) -> None:
    from inglenook_client.cli import itemform

    begun = found.begun
    call.screen.document(
        {
            "month_ago": {day: itemform.items(each) for day, each in found.month_ago.items()},
            "earlier_years": {
                day: itemform.items(each) for day, each in found.earlier_years.items()
            },
            "begun": itemform.item(begun.goal, {}, found.wins.spaces) if begun else None,
            "wins": itemform.items(found.wins),
            "wins_then": itemform.items(found.wins_then),
        }
    )


# --- strides --------------------------------------------------------------------------


def _strides_arguments(parser: ArgumentParser) -> None:
    by = parser.add_mutually_exclusive_group()
    by.add_argument("--week", dest="by", action="store_const", const="week", help=_("by week"))
    by.add_argument("--month", dest="by", action="store_const", const="month", help=_("by month"))
    parser.set_defaults(by="week")


def _strides(call: Call) -> None:
    by = call.args.by
    today = ambient.today()
    since = today - timedelta(days=364 if by == "month" else 11 * 7)
    found = call.run(
        lambda journal: journal.views.strides(since, today, by=by, week_start=week_start())
    )
    if call.screen.json:
        from inglenook_client.cli import itemform

        call.screen.document([itemform.item(each, {}, {}) for each in found])
        return
    written = [stretch for stretch in found if stretch.reflections]
    if not written:
        call.screen.say(
            _("There is no reflection from these weeks. Earlier ones: inglenook reflections")
            if call.run(_has_reflections)
            else _("There is no reflection yet."),
            _("To look back on your week: inglenook reflect --week"),
            _("Seen side by side over time, small strides show."),
        )
    for number, stretch in enumerate(written):
        call.screen.say(*([""] if number else []), *_stretch(call.screen, stretch, by))


async def _has_reflections(journal: Journal) -> bool:
    return bool((await journal.views.reflections(limit=1)).items)


def _stretch(screen: Screen, stretch: Stretch, by: str) -> Iterator[str]:
    start = date.fromisoformat(stretch.starts_on)
    if by == "month":
        title = month_name(start)
    else:
        title = _("Week from {day}").format(day=day_name(stretch.starts_on))
    counts = (
        ngettext("{n} stride", "{n} strides", len(stretch.strides)).format(n=len(stretch.strides)),
        ngettext("{n} needs attention", "{n} need attention", len(stretch.attention)).format(
            n=len(stretch.attention)
        ),
    )
    yield f"{screen.bold(title)}  {' · '.join(counts)}"
    yield from _some(screen, "+", stretch.strides)
    yield from _some(screen, "?", stretch.attention)


def _some(screen: Screen, mark: str, said: tuple[str, ...]) -> Iterator[str]:
    """The lines, on a terminal the first few."""
    shown = said[:_FEW] if screen.on_terminal and len(said) > _FEW + 1 else said
    yield from (f"  {mark} {one_line(line)}" for line in shown)
    if left := len(said) - len(shown):
        more = ngettext("… {n} more line", "… {n} more lines", left).format(n=left)
        yield "  " + screen.dim(more)


# --- horizons -------------------------------------------------------------------------


def _horizons(call: Call) -> None:
    today = ambient.today()
    since = (today - timedelta(days=120)).isoformat()
    found = call.run(lambda journal: _read_horizons(call, journal, since, today.isoformat()))
    screen = call.screen
    if screen.json:
        from inglenook_client.cli import itemform

        screen.document(itemform.item(found, found.shorts, {}) | {"since": since})
        return
    if not (found.areas or found.new or found.attended):
        screen.say(
            _("Nothing in the last four months yet."),
            _('A goal with its part of life: inglenook goal new "…" --area school'),
            _("Over a term it shows where you moved."),
        )
        return
    screen.say(screen.bold(_("Since {day}").format(day=short_day(since))), "")
    screen.say(*_horizon_lines(found))


async def _read_horizons(call: Call, journal: Journal, since: str, until: str) -> Horizons:
    space = await call.space(journal)
    return await journal.views.horizons(since, until, space)


def _horizon_lines(found: Horizons) -> Iterator[str]:
    for area in found.areas:
        titles = ", ".join(one_line(goal.title) for goal in area.goals)
        name = one_line(area.area) or _("No part of life named")
        yield f"  {name}: {titles}"
    for label, activities in ((_("New ground"), found.new), (_("Went to"), found.attended)):
        if activities:
            yield f"  {label}: {', '.join(one_line(each.title) for each in activities)}"


COMMANDS: Final = {
    "lookback": Command(
        later("what earlier times bring back"),
        _lookback,
        _lookback_arguments,
        ("inglenook lookback", "inglenook lookback --low"),
        long=True,
    ),
    "strides": Command(
        later("strides beside what needs attention, over time"),
        _strides,
        _strides_arguments,
        ("inglenook strides", "inglenook strides --month"),
        in_spaces=False,
        long=True,
    ),
    "horizons": Command(
        later("parts of life and new ground that you touched this term"),
        _horizons,
        examples=("inglenook horizons",),
        long=True,
    ),
}
