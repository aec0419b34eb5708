"""Stars: entries to find again, for oneself alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.cli.saving import append, moment
from inglenook_client.words import _, later
from inglenook_schema.events.writing import EntryStarred, EntryUnstarred

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "entry", type=arguments.reference, metavar=_("ENTRY"), help=_("its id, such as e7")
    )


def _marking(kind: type[EntryStarred | EntryUnstarred]) -> Callable[[Call], None]:
    def run(call: Call) -> None:
        call.wrote(call.run(lambda journal: _mark(call, journal, kind)))

    return run


async def _mark(call: Call, journal: Journal, kind: type[EntryStarred | EntryUnstarred]) -> Shown:
    # The star lies in the journal, wherever the entry does: nobody else learns of it.
    entry = await journal.find(call.args.entry, letters="e")
    content = kind(entry=entry.event, **await moment(journal))
    return await append(call, journal, await journal.space(None), content)


COMMANDS: Final = {
    "star": Command(
        later("mark an entry to find it again"),
        _marking(EntryStarred),
        _arguments,
        ("inglenook star e7", "inglenook log --starred"),
        writes=True,
        in_spaces=False,
    ),
    "unstar": Command(
        later("take the star off an entry"),
        _marking(EntryUnstarred),
        _arguments,
        ("inglenook unstar e7",),
        writes=True,
        in_spaces=False,
    ),
}
