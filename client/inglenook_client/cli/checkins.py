"""Check-ins: that the two met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.cli import arguments, days
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, moment
from inglenook_client.words import _, later
from inglenook_schema.events.checkins import CheckinHeld

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _arguments(parser: ArgumentParser) -> None:
    arguments.text(parser, later("anything to remember; may be left out"))
    parser.add_argument(
        "--on", type=days.past_day, metavar=_("DATE"), help=_("the day, if that is not today")
    )
    parser.add_argument(
        "--minutes", type=arguments.minutes, metavar=_("N"), help=_("how long it took")
    )


def _hold(call: Call) -> None:
    with call.words(call.args.text or "") as text:
        shown = call.run(lambda journal: _write(call, journal, text))
    call.wrote(shown)


async def _write(call: Call, journal: Journal, text: str) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    content = CheckinHeld(
        on=args.on or ambient.today().isoformat(),
        minutes=args.minutes,
        note=text or None,
        **await moment(journal),
    )
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "checkin hold": Command(
        later("write down that you two met"),
        _hold,
        _arguments,
        ('inglenook checkin hold "talked about the exam" --minutes 30',),
        writes=True,
    ),
}
