"""Leaving with everything: all that was written, as plain text in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from inglenook_client.cli import days
from inglenook_client.cli.command import Command
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Copied, Space

_NAMES: Final = {
    "jsonl": "inglenook.jsonl",
    "md": "inglenook-md",
    "html": "inglenook.html",
    "ics": "inglenook.ics",
    "csv": "inglenook.csv",
    "jrnl": "inglenook.txt",
}


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--to", choices=tuple(_NAMES), required=True,
        help=_(
            "jsonl: all, as signed; md: a folder of entries and goals; html: a page; ics: for"
            " calendars; csv: for spreadsheets; jrnl: entries"
        ),
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="since", type=days.past_day, metavar=_("DATE"), help=_("from this day on")
    )
    parser.add_argument("--until", type=days.past_day, metavar=_("DATE"), help=_("up to this day"))
    parser.add_argument("--output", metavar=_("FILE"), help=_("the file's name"))
    parser.add_argument(
        "--summaries", action="store_true",
        help=_("ics: say what things are called, and where; calendars are seen by many"),
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help=_("replace a file that is there"))


def _export(call: Call) -> None:
    args, screen = call.args, call.screen
    path = Path(args.output or _NAMES[args.to])

    async def export(journal: Journal) -> Copied:
        space = await call.space(journal)
        days_asked = {"since": args.since, "until": args.until}
        if args.to == "jsonl":
            return await journal.export_lines(path, space, **days_asked, replace=args.force)
        if args.to == "md":
            return await journal.export_folder(path, space, **days_asked)
        if args.to == "ics":
            return await journal.export_calendar(
                path, space, **days_asked, summaries=args.summaries, replace=args.force
            )
        if args.to == "html":
            return await _page(call, journal, path, space)
        return await journal.export_words(path, args.to, space, **days_asked, replace=args.force)

    done = call.run(export)
    screen.document(
        {
            "file": str(path),
            "reader": str(path.with_name(done.reader)) if done.reader else None,
            "spaces": done.spaces,
            "events": done.events,
            "erased": done.erased,
            "files_missing": done.files_missing,
            "files": done.files,
        }
    )
    _print(call, done, path)


async def _page(call: Call, journal: Journal, path: Path, space: Space | None) -> Copied:
    from inglenook_client.cli import html_page, naming
    from inglenook_client.journal.model import Query

    args = call.args
    number = space.number if space else None
    shown = await journal.log(Query(space=number, since=args.since, until=args.until))
    page = html_page.page(journal.name, shown, await naming.names(journal, shown))
    return await journal.export_page(path, shown, page, replace=args.force)


def _print(call: Call, done: Copied, path: Path) -> None:
    message = ngettext(
        "Written: {count} event of {spaces}.", "Written: {count} events of {spaces}.", done.events
    )
    call.screen.say(
        message.format(count=done.events, spaces=", ".join(done.spaces)),
        _("The folder is plain text: anyone who has it can read all of it.")
        if call.args.to == "md"
        else _("The file is plain text: anyone who has it can read all of it."),
    )
    if done.files_missing:
        message = ngettext(
            "{count} file is not on this device, and not there: inglenook attachment list",
            "{count} files are not on this device, and not there: inglenook attachment list",
            done.files_missing,
        )
        call.screen.say(message.format(count=done.files_missing))
    if done.files:
        message = ngettext(
            "{count} attachment lies beside it, in {folder}.",
            "{count} attachments lie beside it, in {folder}.",
            done.files,
        )
        beside = path.with_name(f"{path.stem}.files")
        call.screen.say(message.format(count=done.files, folder=beside))
    if done.reader:
        call.screen.say(
            _("To read and verify it anywhere: python3 {reader} {file}").format(
                reader=path.with_name(done.reader), file=path
            )
        )


COMMANDS: Final = {
    "export": Command(
        later("write everything to a file that needs no Inglenook to be read"),
        _export,
        _arguments,
        (
            "inglenook export --to jsonl",
            "inglenook export --to csv --space pair --from 2026-01-01 --output ours.csv",
        ),
    ),
}
