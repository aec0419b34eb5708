"""Reflections: looking back on a day, a week, a month or longer, for oneself."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from inglenook_client import ambient, calendar
from inglenook_client.cli import arguments, days, sections
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, moment
from inglenook_client.words import _, later
from inglenook_schema.events.choices import Period
from inglenook_schema.events.looking_back import ReflectionWritten

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


_THEMES: Final = {
    "strides": "strengths",
    "attention": "learning",
    "surprised_by": "day",
    "next_focus": "goals",
}
"""By section of the form, the theme that its question comes from."""


def _headings() -> dict[str, str]:
    return {
        "strides": _("Strides: what moved on, one a line"),
        "attention": _("Needs attention: one a line"),
        "surprised_by": _("A surprise"),
        "next_focus": _("What comes next"),
    }


def _arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("strides you made, one a line"))
    parser.add_argument(
        "--attention",
        action="append",
        default=[],
        metavar=_("TEXT"),
        help=_("what needs attention"),
    )
    parser.add_argument("--surprise", metavar=_("TEXT"), help=_("what surprised you"))
    parser.add_argument("--next", metavar=_("TEXT"), help=_("what comes next"))
    period = parser.add_mutually_exclusive_group()
    for name, about in _periods().items():
        period.add_argument(
            f"--{name}", dest="period", action="store_const", const=Period(name), help=about
        )
    parser.add_argument(
        "--on", type=days.gone_day, metavar=_("DATE"), help=_("the period that this day lies in")
    )
    parser.add_argument(
        "--from", dest="since", type=days.past_day, metavar=_("DATE"), help=_("its first day")
    )
    parser.add_argument("--until", type=days.past_day, metavar=_("DATE"), help=_("its last day"))


def _periods() -> dict[str, str]:
    return {
        "day": _("back on the day"),
        "week": _("back on the week"),
        "month": _("back on the month"),
        "term": _("back on the term"),
        "year": _("back on the year"),
    }


def _asks() -> dict[str, str]:
    """A question to begin with, by the section it stands in; others tomorrow."""
    from inglenook_client import guides

    today = ambient.today()
    return {name: guides.prompt_for(today, theme).text for name, theme in _THEMES.items()}


def _asked() -> set[str]:
    """Every question there is: words that were kept may have begun under another day's."""
    from inglenook_client import guides

    return {prompt.text for prompt in guides.prompts()}


def _reflect(call: Call) -> None:
    args = call.args
    if args.text is None and (args.attention or args.surprise or args.next):
        args.text = ""  # the flags say it all
    first, last = _stretch(call)
    asks = _asks() if args.text is None else {}
    with call.words(args.text, sections.template(_headings(), asks)) as text:
        said = sections.read(text, _headings(), "strides", _asked() if asks else ())
        shown = call.run(lambda journal: _write(call, journal, said, first, last))
    call.wrote(shown, about=_about(first, last))


def _stretch(call: Call) -> tuple[str | None, str | None]:
    """First and last day of what is looked back on; None where the period alone says it.

    Raises:
        MistakeError: The days do not go together.
    """
    args = call.args
    if args.on is not None and (args.since or args.until):
        raise MistakeError(_("Say either --on, or --from and --until."))
    if args.since and args.until and args.since > args.until:
        raise MistakeError(_("The first day comes after the last."))
    if args.on is None:
        return args.since, args.until
    found = calendar.around(date.fromisoformat(args.on), args.period or Period.WEEK)
    if found is None:
        raise MistakeError(_("A term begins when yours does: say --from and --until."))
    return found[0].isoformat(), found[1].isoformat()


def _about(first: str | None, last: str | None) -> str:
    if not first or not last:
        return ""
    from inglenook_client.calendar import day_name

    if first == last:
        return _("About {day}.").format(day=day_name(first))
    return _("About {first} to {last}.").format(first=day_name(first), last=day_name(last))


async def _write(
    call: Call, journal: Journal, said: dict[str, str], first: str | None, last: str | None
) -> Shown:
    args = call.args
    content = ReflectionWritten(
        period=args.period or Period.WEEK,
        starts_on=first,
        ends_on=last,
        strides=sections.lines(said.get("strides", "")),
        attention=(*sections.lines(said.get("attention", "")), *args.attention),
        surprised_by=args.surprise or said.get("surprised_by"),
        next_focus=args.next or said.get("next_focus"),
        **await moment(journal),
    )
    if not (content.strides or content.attention or content.surprised_by or content.next_focus):
        raise MistakeError(_("There were no words, so nothing was saved."))
    return await append(call, journal, await journal.space(args.space), content)


COMMANDS: Final = {
    "reflect": Command(
        later("look back on a day, a week, a month or longer"),
        _reflect,
        _arguments,
        (
            "inglenook reflect --week",
            'inglenook reflect "spoke up in class" --attention "maths homework"',
            "inglenook reflect --week --on 2026-01-31",
        ),
        writes=True,
    ),
}
