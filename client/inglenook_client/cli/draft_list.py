"""Drafts: words that were not saved, read again or let go."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.cli import arguments
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.stores.drafts import Draft


def _number(parser: ArgumentParser) -> None:
    parser.add_argument(
        "number", type=arguments.count, metavar=_("N"), help=_("its number in the list")
    )


def _list(call: Call) -> None:
    from inglenook_client.cli import hours, naming

    found = call.run(lambda journal: journal.drafts())
    call.screen.document([_document(each) for each in found])
    for each in found:
        number = call.screen.bold(str(each.number).ljust(2))
        saved = hours.moment(each.saved, ambient.local_zone())
        call.screen.say(f"{number} {saved}  {naming.title(each.text)}", f"    {_how(each)}")
    if not found:
        call.screen.say(
            _("There is no draft. Words stay here while you write, should something crash.")
        )


def _how(found: Draft) -> str:
    if found.folder:
        return _("an editor has it open")
    return _("To go on with it: {command}").format(command=_command(found))


def _command(found: Draft) -> str:
    return shlex.join(("inglenook", *found.line))


def _document(found: Draft) -> dict[str, object]:
    from inglenook_client.cli import jsonform

    return {
        "draft": found.number,
        "command": _command(found),
        "saved": jsonform.instant(found.saved),
        "text": found.text,
        "open": bool(found.folder),
    }


def _show(call: Call) -> None:
    found = call.run(lambda journal: _find(journal, call.args.number))
    call.screen.document(_document(found))
    call.screen.say(*found.text.splitlines())


def _drop(call: Call) -> None:
    number = call.args.number
    found = call.run(lambda journal: _find(journal, number))
    question = _("Let go of draft {number}? It cannot be brought back.").format(number=number)
    if not (call.args.yes or call.screen.agreed(question, "--yes")):
        call.screen.say(_("Nothing was changed."))
        return
    call.run(lambda journal: journal.drop_draft(found.number))
    call.screen.document({"dropped": number})
    call.screen.say(_("Gone."))


def _drop_arguments(parser: ArgumentParser) -> None:
    _number(parser)
    parser.add_argument("--yes", action="store_true", help=_("without asking again"))


async def _find(journal: Journal, number: int) -> Draft:
    found = next((each for each in await journal.drafts() if each.number == number), None)
    if found is None:
        raise MistakeError(_("There is no draft {number}.").format(number=number))
    return found


COMMANDS: Final = {
    "draft list": Command(
        later("words that were not saved yet"),
        _list,
        examples=("inglenook draft list",),
        in_spaces=False,
    ),
    "draft show": Command(
        later("one draft, as it is"),
        _show,
        _number,
        ("inglenook draft show 1", "inglenook draft show 1 | inglenook -"),
        in_spaces=False,
    ),
    "draft drop": Command(
        later("let go of a draft"),
        _drop,
        _drop_arguments,
        ("inglenook draft drop 1",),
        in_spaces=False,
    ),
}
