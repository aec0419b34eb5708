"""Ending a pair: closing it, or leaving it."""

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
    from inglenook_client.journal.model import Space


def _close_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help=_("do not ask; close it"))


def _close(call: Call) -> int:
    space = _chosen(call)
    name = one_line(space.partner)
    if not call.args.yes:
        call.screen.say(
            _("You and {name} keep what is there, and neither writes anything new.").format(
                name=name
            ),
            _("Nothing in it can be erased afterwards, and it cannot be opened again."),
        )
        question = _("Close the space that you share with {name}?").format(name=name)
        if not _agreed(call, question):
            return DONE
    report = call.run(lambda journal: journal.pair_close(space))
    call.screen.document({"space": space.name, "closed": True})
    call.screen.say(
        _("The space with {name} is closed. It stays readable for both of you.").format(name=name)
    )
    return reached(call, report)


def _leave_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help=_("do not ask; leave"))


def _leave(call: Call) -> int:
    space = _chosen(call)
    name = one_line(space.partner)
    if not call.args.yes:
        call.screen.say(
            _("You and {name} keep what is there. To share again, one invites anew.").format(
                name=name
            )
        )
        question = _("Leave the space that you share with {name}?").format(name=name)
        if not _agreed(call, question):
            return DONE
    report = call.run(lambda journal: journal.pair_leave(space))
    call.screen.document({"space": space.name, "left": True})
    call.screen.say(
        _("You left the space with {name}. What is here stays readable.").format(name=name)
    )
    return reached(call, report)


def _chosen(call: Call) -> Space:
    """The pair that is meant, checked: it can be ended from here."""
    return call.run(lambda journal: journal.pair_to_end(call.args.space))


def _agreed(call: Call, question: str) -> bool:
    agreed = call.screen.agreed(question, "--yes")
    if not agreed:
        call.screen.say(_("Nothing was changed."))
    return agreed


COMMANDS: Final = {
    "pair close": Command(
        later("close a space for both of you; it stays readable"),
        _close,
        _close_arguments,
        ("inglenook pair close", "inglenook pair close --space Max --yes"),
    ),
    "pair leave": Command(
        later("leave a space; it stays readable here and there"),
        _leave,
        _leave_arguments,
        ("inglenook pair leave", "inglenook pair leave --space Max --yes"),
    ),
}
