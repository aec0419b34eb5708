"""A rest from mentoring, and going on; no reason has to be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli import days
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, moment
from inglenook_client.words import _, later
from inglenook_schema.events.relationship import PairPaused, PairResumed

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _pause_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--until", type=days.coming_day, metavar=_("DATE"), help=_("when to go on"))
    _note_argument(parser)


def _note_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--note", metavar=_("TEXT"), help=_("a word to the other; no reason is needed")
    )


def _pause(call: Call) -> None:
    call.wrote(call.run(lambda journal: _rest(call, journal)))
    call.screen.tip(_("Both of you can still read and write. To go on: inglenook pair resume"))


async def _rest(call: Call, journal: Journal) -> Shown:
    args = call.args
    space = await journal.space(args.space, pair=True)
    content = PairPaused(until=args.until, note=args.note, **await moment(journal))
    return await append(call, journal, space, content)


def _resume(call: Call) -> None:
    call.wrote(call.run(lambda journal: _go_on(call, journal)))


async def _go_on(call: Call, journal: Journal) -> Shown:
    space = await journal.space(call.args.space, pair=True)
    content = PairResumed(note=call.args.note, **await moment(journal))
    return await append(call, journal, space, content)


COMMANDS: Final = {
    "pair pause": Command(
        later("take a rest from mentoring"),
        _pause,
        _pause_arguments,
        ('inglenook pair pause --until "in 3 weeks"',),
        writes=True,
    ),
    "pair resume": Command(
        later("go on after a rest"),
        _resume,
        _note_argument,
        ("inglenook pair resume",),
        writes=True,
    ),
}
