"""Entries: what most commands of all are, so that this loads as little as it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.saving import Moment, append, moment
from inglenook_client.journal.texts import pieces, tags
from inglenook_client.words import _
from inglenook_schema.events.asking import NoteLeft
from inglenook_schema.events.writing import EntryWritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inglenook_client.cli.call import Call
    from inglenook_client.journal import dating
    from inglenook_client.journal.attaching import File
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space


def entry(call: Call, text: str | None) -> None:
    """Save a private entry; in a shared space, a note that both can read.

    Args:
        call: Its arguments have ``space``, ``on`` and ``literal``.
        text: None for the editor, ``-`` for standard input.

    Raises:
        MistakeError: There are no words; nothing is saved.
    """
    files = _files(call)  # looked at before any words are asked for
    with call.words(text) as said:
        if not said.strip():
            raise MistakeError(_("There were no words, so nothing was saved."))
        shown, about = call.run(lambda journal: _entry_with(call, journal, said, files))
    call.wrote(shown, about=about)


def _files(call: Call) -> Sequence[File]:
    """The files that are to go with it, read and cleaned."""
    if not (call.args.attach or call.args.alt):
        return ()
    from inglenook_client.cli import attachments

    return attachments.read(call, call.args.attach, call.args.alt)


async def _entry_with(
    call: Call, journal: Journal, text: str, files: Sequence[File]
) -> tuple[Shown, str]:
    shown, about = await _entry(call, journal, text)
    if files:
        from inglenook_client.cli import attachments

        about = " ".join(filter(None, (about, await attachments.attach(journal, shown, files))))
    return shown, about


async def _entry(call: Call, journal: Journal, text: str) -> tuple[Shown, str]:
    args = call.args
    space = await journal.space(args.space)
    if space.name != "journal":
        if args.on is not None:
            raise MistakeError(_("A note to your partner has no day of its own: leave --on out."))
        note = NoteLeft(text=text, **await moment(journal))
        return await append(call, journal, space, note), ""
    when = await moment(journal, args.on)
    dated = None if args.on or args.literal else _taken(text, when)
    if dated is not None:
        when = {**when, "at": dated.at, "date": dated.day}
        text = dated.text
    today = (await moment(journal))["date"]
    about = dated_sentence(when["date"], when if dated and dated.timed else None, today)
    return await in_parts(call, journal, space, text, when, today), about


def _taken(text: str, when: Moment) -> dating.Dated | None:
    """The date that the first words of a text ask for."""
    if ": " not in text:  # as in most; nothing more is loaded for those
        return None
    from inglenook_client.journal import dating

    return dating.taken(text, dating.Moment(when["at"], when["zone"], when["lang"]))


def dated_sentence(day: str, timed: Moment | None, today: str) -> str:
    """Under which day something was put, where that has to be said."""
    if day == today and not timed:
        return ""
    from inglenook_client.calendar import day_name
    from inglenook_client.cli import hours

    name = day_name(day)
    if timed:
        clock = hours.clock(timed["at"], timed["zone"])
        return _("Dated {day}, {clock}.").format(day=name, clock=clock)
    return _("Dated {day}.").format(day=name)


async def in_parts(
    call: Call,
    journal: Journal,
    space: Space,
    text: str,
    when: Moment,
    today: str,
    prompt: str | None = None,
) -> Shown:
    """Save an entry, in as many events as it takes; returns the first."""
    first: Shown | None = None
    for part in pieces(text):
        content = EntryWritten(
            text=part,
            tags=tags(part),
            continues=first.event if first else None,
            for_date=when["date"] if when["date"] != today else None,
            prompt=None if first else prompt,
            **when,
        )
        shown = await append(call, journal, space, content)
        first = first or shown
    if first is None:
        raise MistakeError(_("There were no words, so nothing was saved."))
    return first
