"""Reflections: looking back on a week or a month, for oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments, sections
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
    for name, about in (("week", _("back on the week")), ("month", _("back on the month"))):
        period.add_argument(
            f"--{name}", dest="period", action="store_const", const=Period(name), help=about
        )


def _reflect(call: Call) -> None:
    args = call.args
    if args.text is None and (args.attention or args.surprise or args.next):
        args.text = ""  # the flags say it all
    with call.words(args.text, sections.template(_headings())) as text:
        said = sections.read(text, _headings(), "strides")
        shown = call.run(lambda journal: _write(call, journal, said))
    call.wrote(shown)


async def _write(call: Call, journal: Journal, said: dict[str, str]) -> Shown:
    args = call.args
    content = ReflectionWritten(
        period=args.period or Period.WEEK,
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
        later("look back on a week or a month"),
        _reflect,
        _arguments,
        (
            "inglenook reflect --week",
            'inglenook reflect "spoke up in class" --attention "maths homework"',
        ),
        writes=True,
    ),
}
