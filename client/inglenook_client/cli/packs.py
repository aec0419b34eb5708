"""Packs in files: all of one's spaces, sealed, to carry or to keep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from inglenook_client.cli.command import Command
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Exported, Imported


def _file(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar=_("FILE"), help=_("the file's name"))


def _export_arguments(parser: ArgumentParser) -> None:
    _file(parser)
    parser.add_argument("--force", action="store_true", help=_("replace a file that is there"))


def _export(call: Call) -> None:
    args, screen = call.args, call.screen

    async def export(journal: Journal) -> Exported:
        space = await call.space(journal)
        return await journal.export_packs(Path(args.file), space, replace=args.force)

    done = call.run(export)
    screen.document(
        {"file": args.file, "bytes": done.size, "spaces": done.spaces, "left_out": done.left_out}
    )
    screen.say(
        _("Written and sealed: {spaces}.").format(spaces=", ".join(done.spaces)),
        _("It opens on your own devices, and what you share on your partner's too. Nobody else"),
        _("can read it. To take it in there: inglenook pack import FILE"),
    )
    for name in done.left_out:
        message = _("“{space}” was left out until you compared the safety words.")
        screen.say(message.format(space=name))


def _import(call: Call) -> None:
    done = call.run(lambda journal: journal.import_packs(Path(call.args.file)))
    call.screen.document(
        {
            "events": sum(count for _name, count in done.spaces),
            "spaces": [{"name": name, "events": count} for name, count in done.spaces],
            "unknown": done.unknown,
            "news": done.news,
        }
    )
    _print(call, done)


def _print(call: Call, done: Imported) -> None:
    for name, count in done.spaces:
        message = ngettext(
            "{count} event came into “{space}”.", "{count} events came into “{space}”.", count
        )
        call.screen.say(
            message.format(count=count, space=name)
            if count
            else _("Nothing new for “{space}”.").format(space=name)
        )
    call.screen.say(*done.news)
    if done.unknown:
        message = ngettext(
            "{count} space in that file does not open here: it is somebody else's, or this"
            " device has to sync first.",
            "{count} spaces in that file do not open here: they are somebody else's, or this"
            " device has to sync first.",
            done.unknown,
        )
        call.screen.say(message.format(count=done.unknown))


COMMANDS: Final = {
    "pack export": Command(
        later("write everything, sealed, to a file"),
        _export,
        _export_arguments,
        ("inglenook pack export journal.pack",),
    ),
    "pack import": Command(
        later("take in what such a file holds"),
        _import,
        _file,
        ("inglenook pack import journal.pack",),
        in_spaces=False,
    ),
}
