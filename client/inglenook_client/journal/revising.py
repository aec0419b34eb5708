"""Changing an entry: which events a new text of it takes.

A long entry goes on in further events (`EntryWritten.continues`). A new text is laid over as
many, so that none of the old words is left standing between the new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inglenook_client.journal.texts import pieces, tags
from inglenook_client.words import _
from inglenook_schema.errors import InvalidEventError
from inglenook_schema.events.content import Content
from inglenook_schema.events.writing import EntryRevised, EntryWritten

if TYPE_CHECKING:
    from inglenook_client.core.projections.entries import Entry


def contents(
    entry: Entry, text: str | None, fields: Mapping[str, Any], now: Mapping[str, Any]
) -> list[Content]:
    """The events that change an entry.

    Args:
        entry: As it stands.
        text: The whole new text; None where it stays.
        fields: New values of the entry's other fields, by name.
        now: The fields that every event has.

    Raises:
        InvalidEventError: As `laid_over`.
    """
    if text is None:
        own = EntryRevised(entry=entry.id, **fields, **now)
        # each part of a long text brings tags of its own
        further = entry.parts if "tags" in fields else ()
        return [own, *(EntryRevised(entry=part, tags=(), **now) for part in further)]
    events = (entry.id, *entry.parts)
    found = list[Content]()
    for number, piece in enumerate(laid_over(text, len(events))):
        said: dict[str, Any] = {"text": piece, "tags": tags(piece)}
        if "tags" in fields:
            said["tags"] = ()
        if number == 0:
            said["tags"] = (*said["tags"], *_unspoken(entry))
            said |= fields
        if number < len(events):
            found.append(EntryRevised(entry=events[number], **said, **now))
        else:
            found.append(EntryWritten(continues=entry.id, **said, **now))
    return found


def _unspoken(entry: Entry) -> tuple[str, ...]:
    """Tags that were given beside the text, and stay."""
    spoken = tags(entry.text)
    return tuple(tag for tag in entry.tags if tag not in spoken)


def laid_over(text: str, events: int) -> list[str]:
    """A text in at least as many pieces as an entry has events already.

    Args:
        text: The whole new text.
        events: How many events the entry stands in, 1 and more.

    Raises:
        InvalidEventError: There are fewer letters than events.
    """
    found = pieces(text)
    if not found:
        raise InvalidEventError(_("An entry needs some words; to take it back, erase it."))
    while len(found) < events:
        longest = max(range(len(found)), key=lambda n: len(found[n].strip()))
        halves = _halved(found[longest])
        if halves is None:
            raise InvalidEventError(
                _("That is too short for an entry this long: erase it and write a new one.")
            )
        found[longest : longest + 1] = halves
    return found


def _halved(text: str) -> Sequence[str] | None:
    """Two pieces that both say something; None where there is only one letter."""
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if end - start < 2:
        return None
    cut = start + (end - start) // 2
    halves = text[:cut], text[cut:]
    if halves[0].strip() and halves[1].strip():
        return halves
    return text[: start + 1], text[start + 1 :]
