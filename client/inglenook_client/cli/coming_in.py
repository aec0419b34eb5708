"""Coming in: what was written in other programs, into the journal."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import CameIn

_SHOWN: Final = 20
"""Lines about what was skipped."""


def _arguments(parser: ArgumentParser) -> None:
    from inglenook_client.journal.coming_in.formats import FORMATS

    parser.add_argument("file", metavar=_("FILE"), help=_("a file, or a folder of files"))
    parser.add_argument(
        "--from", dest="source", choices=tuple(FORMATS),
        help=_("its format, if looking is not enough"),
    )  # fmt: skip
    parser.add_argument(
        "--dry-run", action="store_true", help=_("only say what would come in, and what not")
    )
    parser.add_argument("--yes", action="store_true", help=_("do not ask first"))
    parser.add_argument(
        "--zone", type=_zone, metavar=_("ZONE"),
        help=_("of times that name none, such as Europe/London; else this device's"),
    )  # fmt: skip
    parser.add_argument(
        "--mood", dest="moods", type=_mood, action="append", metavar=_("NAME=N"),
        help=_("what a mood of your own is, from 1 to 5"),
    )  # fmt: skip


def _zone(said: str) -> str:
    from inglenook_client import ambient

    if not ambient.is_zone(said):
        raise ArgumentTypeError(_("a time zone is a name like Europe/London"))
    return said


def _mood(said: str) -> tuple[str, int]:
    name, sign, number = said.rpartition("=")
    if not (sign and name.strip() and number in {"1", "2", "3", "4", "5"}):
        raise ArgumentTypeError(_("a mood is told like calm=4"))
    return name.strip().casefold(), int(number)


def _import(call: Call) -> int | None:
    args, screen = call.args, call.screen
    path = Path(args.file)

    async def come_in(journal: Journal, *, dry_run: bool) -> CameIn:
        if (await journal.space(args.space)).name != "journal":
            raise MistakeError(
                _(
                    "What you wrote elsewhere comes into your journal. To show your partner one"
                    " entry of it, share that: inglenook share"
                )
            )
        return await journal.import_file(
            path,
            args.source,
            zone=args.zone,
            moods=dict(args.moods or ()),
            dry_run=dry_run,
            progress=screen.progress(),
        )

    if not (args.dry_run or args.yes) and screen.can_ask and not screen.json:
        done = call.run(lambda journal: come_in(journal, dry_run=True))
        _print(call, done)
        if not _anything(done) or not screen.agreed(_("Take this in?"), "--yes"):
            return None
        done = call.run(lambda journal: come_in(journal, dry_run=False))
        screen.done_drawing()
        screen.say(_taken(done))
        screen.tip(_("The file itself stays where it is, as plain text."))
        return None
    done = call.run(lambda journal: come_in(journal, dry_run=args.dry_run))
    screen.done_drawing()
    screen.document(_document(args.file, done))
    _print(call, done)
    return None


def _anything(done: CameIn) -> bool:
    return bool(done.entries or done.moods or done.stars or done.attachments)


def _document(file: str, done: CameIn) -> dict[str, Any]:
    return {
        "file": file,
        "format": done.source,
        "dry_run": done.dry_run,
        "entries": done.entries,
        "moods": done.moods,
        "stars": done.stars,
        "attachments": done.attachments,
        "known": done.known,
        "erased": done.erased,
        "from": done.since,
        "until": done.until,
        "skipped": [{"where": left.where, "why": left.why} for left in done.skipped],
    }


def _print(call: Call, done: CameIn) -> None:
    say = call.screen.say
    say(_("This would come in: {what}.").format(what=_what(done)) if done.dry_run else _taken(done))
    if done.since and done.until:
        from inglenook_client.calendar import day_name

        first, last = day_name(done.since), day_name(done.until)
        if first == last:
            say(_("All of it from {day}.").format(day=first))
        else:
            say(_("From {first} to {last}.").format(first=first, last=last))
    if done.known:
        message = ngettext("{count} is here already.", "{count} are here already.", done.known)
        say(message.format(count=done.known))
    if done.erased:
        message = ngettext(
            "{count} was erased here, and does not come back.",
            "{count} were erased here, and do not come back.",
            done.erased,
        )
        say(message.format(count=done.erased))
    _print_skipped(call, done)


def _print_skipped(call: Call, done: CameIn) -> None:
    if not done.skipped:
        return
    count = len(done.skipped)
    message = ngettext("{count} does not come in:", "{count} do not come in:", count)
    call.screen.say(message.format(count=count))
    call.screen.say(*(f"  {left.where}: {left.why}" for left in done.skipped[:_SHOWN]))
    if count > _SHOWN:
        call.screen.say(_("  … and {count} more; --json lists all.").format(count=count - _SHOWN))


def _taken(done: CameIn) -> str:
    if not _anything(done):
        return _("Nothing new in it; nothing was changed.")
    return _("Came in, and only you can read it: {what}.").format(what=_what(done))


def _what(done: CameIn) -> str:
    counted = (
        (done.entries, ngettext("{count} entry", "{count} entries", done.entries)),
        (done.moods, ngettext("{count} mood", "{count} moods", done.moods)),
        (done.stars, ngettext("{count} star", "{count} stars", done.stars)),
        (
            done.attachments,
            ngettext("{count} attachment", "{count} attachments", done.attachments),
        ),
    )
    found = [message.format(count=count) for count, message in counted if count]
    return ", ".join(found) or _("nothing new")


COMMANDS: Final = {
    "import": Command(
        later("take in what you wrote in another program"),
        _import,
        _arguments,
        (
            "inglenook import journal.txt --dry-run",
            "inglenook import old --from jrnl --zone Europe/London",
        ),
    ),
}
