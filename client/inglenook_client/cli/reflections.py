"""The reflections: what one wrote when looking back, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import days, pages
from inglenook_client.cli.command import Command
from inglenook_client.cli.looking_further import reflection_card
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="since", type=days.past_day, metavar=_("DATE"), help=_("from this day on")
    )
    parser.add_argument("--until", type=days.past_day, metavar=_("DATE"), help=_("up to this day"))
    pages.count_argument(parser)


def _list(call: Call) -> None:
    args = call.args
    found = pages.read(
        call, lambda journal: journal.views.reflections, since=args.since, until=args.until
    )
    if args.since or args.until:
        nothing = [_("Nothing here fits that.")]
    else:
        nothing = [
            _("There is no reflection yet."),
            _("To look back on a week: inglenook reflect --week"),
            _("Ten minutes show what a week of hurry hides."),
        ]
    pages.show(call, found, reflection_card, nothing)


COMMANDS: Final = {
    "reflections": Command(
        later("what you wrote when you looked back"),
        _list,
        _arguments,
        ("inglenook reflections", "inglenook reflections --from 2026-01-01"),
        long=True,
    ),
}
