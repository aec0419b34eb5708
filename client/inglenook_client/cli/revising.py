"""Changing what one wrote; what stood before stays in its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inglenook_client.cli import arguments, days
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import append, find, moment, without_none
from inglenook_client.journal import revising, rights, threads
from inglenook_client.words import _, later

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.entries import Entry
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

BETWEEN: Final = "\n\n--- --- ---\n\n"
"""Stands between two versions in the editor; whoever saves it has not chosen yet."""


_EMPTY: Final[dict[str, tuple[str, Any]]] = {
    "title": ("title", None),
    "mood": ("mood", None),
    "feelings": ("feelings", ()),
    "tags": ("tags", ()),
    "day": ("for_date", None),
}
"""What can be taken away, with its field and the value that says so."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "entry", type=arguments.reference, metavar=_("ENTRY"), help=_("its id, such as e7")
    )
    arguments.text(parser, later("the new text; the editor opens with the old one without it"))
    parser.add_argument("--title", metavar=_("TEXT"), help=_("the new title"))
    parser.add_argument("--mood", type=arguments.scale, metavar="1-5", help=_("the new mood"))
    parser.add_argument(
        "--feeling", action="append", metavar=_("FEELING"), help=_("all feelings, said one by one")
    )
    parser.add_argument(
        "--for",
        dest="for_date",
        type=days.past_day,
        metavar=_("DATE"),
        help=_("the day it is about"),
    )
    parser.add_argument(
        "--tag", action="append", type=arguments.tag, metavar=_("TAG"),
        help=_("all tags, said one by one"),
    )  # fmt: skip
    arguments.without(parser, _EMPTY)
    parser.add_argument(
        "--keep", type=arguments.count, metavar=_("N"),
        help=_("of two versions that were written at once, keep this one"),
    )  # fmt: skip


def _revise(call: Call) -> None:
    args = call.args
    entry = call.run(lambda journal: _to_revise(call, journal))
    if args.keep is not None:
        args.text = _kept(entry, args.keep)
    if args.text is None and _fields(call):
        shown = call.run(lambda journal: _write(call, journal, entry, None))
    else:
        before = BETWEEN.join(each.text for each in entry.versions) or entry.text
        with call.words(args.text, before) as text:
            _refuse_unchanged(entry, text)
            shown = call.run(lambda journal: _write(call, journal, entry, text))
    call.wrote(shown)


async def _to_revise(call: Call, journal: Journal) -> Entry:
    shown, _space = await find(journal, call.args.entry, "e", call.args.space)
    rights.may_revise(shown)
    return await threads.entry_at(journal, shown)


def _kept(entry: Entry, number: int) -> str:
    if not entry.versions:
        raise MistakeError(_("There is only one version of that."))
    if number > len(entry.versions):
        message = _("There are versions 1 to {n}; show prints them.")
        raise MistakeError(message.format(n=len(entry.versions)))
    return entry.versions[number - 1].text


def _refuse_unchanged(entry: Entry, text: str) -> None:
    if BETWEEN.strip() in text:
        raise MistakeError(
            _("Both versions are still in it. Leave what you want to keep, without the line.")
        )
    if text.rstrip("\n") == entry.text.rstrip("\n") and not entry.versions:
        raise MistakeError(_("Nothing has changed, so nothing was saved."))


def _fields(call: Call) -> dict[str, Any]:
    args = call.args
    given = without_none(
        title=args.title,
        mood=args.mood,
        feelings=tuple(args.feeling) if args.feeling else None,
        tags=tuple(args.tag) if args.tag else None,
        for_date=args.for_date,
    )
    return arguments.emptied(given, args.without, _EMPTY)


async def _write(call: Call, journal: Journal, entry: Entry, text: str | None) -> Shown:
    _shown, space = await find(journal, call.args.entry, "e", call.args.space)
    now = await moment(journal)
    changes = revising.contents(entry, text, _fields(call), now)
    saved = [await append(call, journal, space, change) for change in changes]
    return saved[0]


COMMANDS: Final = {
    "revise": Command(
        later("change an entry that you wrote"),
        _revise,
        _arguments,
        (
            "inglenook revise e7",
            "inglenook revise e7 --without mood",
            "inglenook revise e7 --keep 2",
        ),
        writes=True,
    ),
}
