"""Pictures and small files beside what one wrote: added, listed, looked at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inglenook_client import words
from inglenook_client.cli import arguments, saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import find, space_of
from inglenook_client.cli.screen import one_line
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.attaching import File, Kept
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

_STANDARD_OUTPUT: Final = "-"


# --- adding ---------------------------------------------------------------------------


def read(call: Call, paths: Sequence[str], alts: Sequence[str]) -> list[File]:
    """Read the files that are to be attached, and say which are kept as they are.

    Args:
        call: Its screen is told.
        paths: Of the person's own files.
        alts: As many, in the same order.

    Raises:
        MistakeError: A file without its words, or words without a file.
        CallerError: A file that cannot be attached; nothing was saved.
    """
    if len(paths) != len(alts):
        raise MistakeError(
            _(
                "Each --attach FILE needs its --alt TEXT, which says what there is to see or read"
                " in it. Nothing was saved."
            )
        )
    from inglenook_client.journal import attaching

    found = [attaching.read(Path(path), alt) for path, alt in zip(paths, alts, strict=True)]
    for file in found:
        if not file.cleaned:
            call.screen.warn(
                _(
                    "{name} is no picture: it is kept as it is, with what it says about itself."
                ).format(name=one_line(file.name))
            )
    return found


async def attach(journal: Journal, target: Shown, files: Sequence[File]) -> str:
    """Attach them one by one; returns a sentence that says so."""
    space = await space_of(journal, target, None)
    for file in files:
        await journal.attach(space, target, file, words.language())
    message = ngettext("{n} file is with it.", "{n} files are with it.", len(files))
    return message.format(n=len(files))


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "ref", type=arguments.reference, metavar=_("ID"), help=_("such as e7, g1 or r2")
    )
    parser.add_argument("file", metavar=_("FILE"), help=_("a picture or a file up to 10 MiB"))
    parser.add_argument(
        "--alt", required=True, metavar=_("TEXT"), help=_("what there is to see or read in it")
    )


def _add(call: Call) -> None:
    (file,) = read(call, [call.args.file], [call.args.alt])

    async def add(journal: Journal) -> Shown:
        target, space = await find(journal, call.args.ref, "", call.args.space)
        return await journal.attach(space, target, file, words.language())

    shown = call.run(add)
    call.saved.append(shown)
    call.wrote(shown)


# --- looking --------------------------------------------------------------------------


def _list(call: Call) -> None:
    async def gather(journal: Journal) -> tuple[list[Kept], dict[bytes, str]]:
        found = await journal.all_attachments(await call.space(journal))
        return found, await journal.shorts([each.said.to for each in found])

    found, shorts = call.run(gather)
    call.screen.document([document(each, shorts) for each in found])
    if not found:
        call.screen.say(_("There are no files here. To add one: inglenook attachment add e7 FILE"))
    for each in found:
        call.screen.say(line(each, shorts))


def line(kept: Kept, shorts: dict[bytes, str]) -> str:
    """One file on one line: id, name, size, what it belongs to, where it is, what it shows."""
    said = kept.said
    parts = (
        kept.shown.short or kept.shown.event.hex()[:8],
        f"{one_line(said.name)} ({saying.size(said.size)})",
        shorts.get(said.to, ""),
        saying.word(kept.shown.space),
        _whereabouts(kept),
        one_line(said.alt),
    )
    return "  ".join(part for part in parts if part)


def _whereabouts(kept: Kept) -> str:
    if kept.waits:
        return _("waits to be sent") if kept.here else _("on another device of yours")
    return "" if kept.here else _("not fetched yet")


def document(kept: Kept, shorts: dict[bytes, str]) -> dict[str, Any]:
    """One file for programs."""
    said = kept.said
    return {
        "id": kept.shown.short,
        "event": kept.shown.event.hex(),
        "to": shorts.get(said.to, ""),
        "to_event": said.to.hex(),
        "name": said.name,
        "type": said.type,
        "size": said.size,
        "alt": said.alt,
        "by": kept.shown.by,
        "space": kept.shown.space,
        "here": kept.here,
        "waits": kept.waits,
    }


def _get_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "ref", nargs="?", type=arguments.reference, metavar=_("ID"), help=_("such as p3")
    )
    parser.add_argument(
        "--output", metavar=_("FILE"), help=_("where to write it, as plain bytes; - for a program")
    )
    parser.add_argument("--force", action="store_true", help=_("replace a file that is there"))
    parser.add_argument(
        "--all", action="store_true", help=_("fetch every file to this device, and write none")
    )


def _get(call: Call) -> None:
    args = call.args
    if args.all == bool(args.ref) or (args.all and args.output):
        raise MistakeError(_("Say which file, such as p3; or --all, to fetch them all."))
    kept, file = call.run(lambda journal: _fetched(call, journal))
    call.screen.done_drawing()
    if args.output == _STANDARD_OUTPUT and file is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(file.data)
        sys.stdout.buffer.flush()
        return
    if args.output and file is not None:
        _write(Path(args.output), file, replace=args.force)
    call.screen.document([document(each, {}) for each in kept])
    for each in kept:
        call.screen.say(line(each, {}))
    if args.output:
        call.screen.say(
            _("Written to {file}, as plain bytes: anyone who has it can read it.").format(
                file=args.output
            )
        )
    elif args.ref:
        call.screen.say(_("It is on this device, encrypted. To write it out: --output FILE"))


async def _fetched(call: Call, journal: Journal) -> tuple[list[Kept], File | None]:
    """Have them here; the one that is to be written comes with its bytes."""
    args = call.args
    if args.all:
        for each in await journal.all_attachments(await call.space(journal)):
            if not each.here:
                await journal.fetch(each.shown.event, call.screen.progress())
        return await journal.all_attachments(await call.space(journal)), None
    shown, _space = await find(journal, args.ref, "", args.space)
    kept = await journal.attachment(shown)
    if kept is None:
        raise MistakeError(_("That is no attachment. To list them: inglenook attachment list"))
    if not kept.here:
        await journal.fetch(shown.event, call.screen.progress())
    file = await journal.file(shown.event)
    again = await journal.attachment(shown)
    return [again or kept], file


def _write(path: Path, file: File, *, replace: bool) -> None:
    from inglenook_client.journal.errors import FileExistsAlreadyError
    from inglenook_client.transports import pack_file

    if not pack_file.write(path, [file.data], replace=replace):
        raise FileExistsAlreadyError


COMMANDS: Final = {
    "attachment add": Command(
        later("put a picture or a small file beside something you wrote"),
        _add,
        _add_arguments,
        ('inglenook attachment add e7 bridge.jpg --alt "the bridge in fog"',),
        writes=True,
    ),
    "attachment list": Command(
        later("the files beside what was written, each on a line"),
        _list,
        examples=("inglenook attachment list", "inglenook attachment list --space pair"),
    ),
    "attachment get": Command(
        later("fetch a file, and write it where you say"),
        _get,
        _get_arguments,
        (
            "inglenook attachment get p3 --output bridge.jpg",
            "inglenook attachment get --all",
        ),
    ),
}
