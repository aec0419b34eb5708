"""Sharing: one deliberate act that copies one entry, or an excerpt, into the pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inglenook_client import words
from inglenook_client.cli import arguments, saying
from inglenook_client.cli.bodies import body
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import moment
from inglenook_client.cli.screen import one_line
from inglenook_client.cli.timeline import text_lines
from inglenook_client.journal import threads
from inglenook_client.words import _, later
from inglenook_schema.events.limits import TEXT
from inglenook_schema.events.writing import EntryShared

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.core.projections.entries import Entry
    from inglenook_client.journal.attaching import Kept
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space

_SHARED: Final = frozenset({"entry.written", "reflection.written"})


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "entry", type=arguments.reference, metavar=_("ENTRY"), help=_("its id, such as e7")
    )
    parser.add_argument("--excerpt", metavar=_("TEXT"), help=_("share only these words"))
    parser.add_argument("--note", metavar=_("TEXT"), help=_("a word to go with it"))
    parser.add_argument(
        "--without-files", action="store_true", help=_("leave out the files that are with it")
    )
    parser.add_argument("--yes", action="store_true", help=_("share it without asking again"))


def _share(call: Call) -> None:
    entry, space, files = call.run(lambda journal: _choose(call, journal))
    call.screen.done_drawing()
    content = _copy_of(call, *entry)
    name = saying.partner(space.name)
    call.screen.say(_("{name} will see exactly this:").format(name=name), "")
    preview = "\n\n".join(part for part in _seen(content) if part)
    call.screen.say(
        *(f"    {line}".rstrip() for line in text_lines(preview, call.screen.width)),
        *(f"    {_file_line(file)}" for file in files),
        "",
    )
    question = _("Share it with {name}? What they have read cannot be called back.")
    if not (call.args.yes or call.screen.agreed(question.format(name=name), "--yes")):
        call.screen.say(_("Nothing was shared."))
        return
    ids = [file.shown.event for file in files]
    call.wrote(*call.run(lambda journal: _write(call, journal, content, space, ids)))


def _file_line(file: Kept) -> str:
    said = file.said
    return f"{one_line(said.name)} ({saying.size(said.size)}): {one_line(said.alt)}"


async def _choose(call: Call, journal: Journal) -> tuple[tuple[Shown, Entry], Space, list[Kept]]:
    space = await journal.space(call.args.space, pair=True)
    shown = await journal.find(call.args.entry, letters="e")
    if shown.kind not in _SHARED or shown.content is None:
        raise MistakeError(_("Only an entry or a reflection of your journal can be shared."))
    if space.number == shown.space_number:
        raise MistakeError(_("An entry is shared with a partner: say --space and their name."))
    return (
        (shown, await threads.entry_at(journal, shown)),
        space,
        await _files(call, journal, shown),
    )


async def _files(call: Call, journal: Journal, shown: Shown) -> list[Kept]:
    """The files that go with it; a copy needs their bytes, so they are fetched where they lack."""
    if call.args.excerpt is not None or call.args.without_files:
        return []
    found = await journal.attachments(shown.event)
    for file in found:
        if not file.here:
            await journal.fetch(file.shown.event, call.screen.progress())
    return found


def _copy_of(call: Call, shown: Shown, entry: Entry) -> dict[str, Any]:
    """What goes into the copy: the entry as it stands now, or the excerpt alone."""
    args = call.args
    if args.excerpt is not None:
        return {"excerpt": args.excerpt, "note": args.note}
    text = entry.text or body(shown)
    if len(text) > TEXT:
        raise MistakeError(_("That entry is too long to share whole; share part with --excerpt."))
    return {"title": entry.title, "text": text, "note": args.note}


def _seen(content: dict[str, Any]) -> tuple[str | None, ...]:
    """Everything that the partner will read, in the order in which it is shown."""
    return content.get("title"), content.get("text"), content.get("excerpt"), content["note"]


async def _write(
    call: Call, journal: Journal, content: dict[str, Any], space: Space, files: list[bytes]
) -> list[Shown]:
    source = (await journal.find(call.args.entry, letters="e")).event
    copy = EntryShared(source=source, **content, **await moment(journal))
    saved = await journal.share(space, copy, files, words.language())
    call.saved += saved
    return saved


COMMANDS: Final = {
    "share": Command(
        later("share one entry, or an excerpt, with your partner"),
        _share,
        _arguments,
        ("inglenook share e7", 'inglenook share e7 --excerpt "I froze again" --yes'),
        writes=True,
    ),
}
