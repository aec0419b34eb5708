"""Giving a partner who lost everything back what both wrote before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import DONE
from inglenook_client.cli.screen import one_line
from inglenook_client.cli.syncing import reached
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Space


def _restore_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="old", required=True, metavar=_("NAME"), help=_("the earlier space")
    )
    parser.add_argument(
        "--met", action="store_true", help=_("you met or spoke, so you know that it is them")
    )


def _restore(call: Call) -> int:
    screen = call.screen
    new, old = call.run(lambda journal: _spaces(call, journal))
    name = one_line(new.partner)
    if not call.args.met:
        screen.say(
            _("{name} will read everything that you both wrote in “{space}”.").format(
                name=name, space=one_line(old.name)
            ),
            _("That space is closed then. Their own journal does not come back."),
        )
        question = _("Did you meet {name} or speak with them, so that you know it is them?")
        if not screen.agreed(question.format(name=name), "--met"):
            screen.say(_("Nothing was changed."))
            return DONE
    report = call.run(lambda journal: journal.pair_restore(new, old))
    screen.document({"space": new.name, "from": old.name, "restored": True})
    screen.say(_("{name} gets back what you both wrote, to read.").format(name=name))
    return reached(call, report)


async def _spaces(call: Call, journal: Journal) -> tuple[Space, Space]:
    new = await journal.space(call.args.space, pair=True)
    old = await journal.space(call.args.old)
    await journal.pair_to_restore(new, old)
    return new, old


COMMANDS: Final = {
    "pair restore": Command(
        later("give a partner who lost everything back what you both wrote"),
        _restore,
        _restore_arguments,
        ('inglenook pair restore --space "Max 2" --from Max',),
    ),
}
