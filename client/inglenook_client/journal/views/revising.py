"""Entries in a timeline as they stand after their revisions, or stood at an earlier moment.

A long entry that goes on in further events stands there once, whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from inglenook_client.core.projections.entries import Entry
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Shown
from inglenook_client.journal.views import lens as lenses
from inglenook_client.journal.views import moments
from inglenook_client.stores import items
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import ENTRIES
from inglenook_schema.events import Content, text_of
from inglenook_schema.events.looking_back import ReflectionWritten
from inglenook_schema.events.writing import EntryShared, EntryWritten


def as_they_stand(db: Db, me: Me, found: Sequence[Shown], as_of: str | None = None) -> list[Shown]:
    """The same, each entry with its present texts; further parts of a long one left out.

    Args:
        db: The projections are caught up.
        me: Who looks.
        found: Of any kinds.
        as_of: A local date at whose end they are shown.
    """
    entries = [shown for shown in found if shown.kind in ENTRIES and shown.content is not None]
    kept = items.known(db, "entry", _ids(entries))
    if not kept:
        return list(found)
    lens = lenses.through(db, me)
    stands = dict[bytes, Entry]()
    for name in kept:
        entry: Entry | None = moments.one_of(lens, "entry", name, as_of)
        if entry is not None:
            stands[name] = entry
    return [_revised(s, stands.get(s.event)) for s in found if _continues(s) not in stands]


def _ids(entries: Iterable[Shown]) -> set[bytes]:
    return {name for s in entries for name in (s.event, _continues(s)) if name is not None}


def _continues(shown: Shown) -> bytes | None:
    return shown.content.continues if isinstance(shown.content, EntryWritten) else None


def _revised(shown: Shown, entry: Entry | None) -> Shown:
    if entry is None or not isinstance(shown.content, Content):
        return shown
    content = _content(shown.content, entry)
    text = text_of(content)
    if isinstance(content, ReflectionWritten):
        text = "\n".join(part for part in (text, entry.title, entry.text) if part)
    return msgspec.structs.replace(
        shown,
        content=content,
        text=text,
        revised=bool(entry.revised),
        versions=tuple(version.text for version in entry.versions),
    )


def _content(said: Content, entry: Entry) -> Content:
    if isinstance(said, ReflectionWritten):
        return said
    fields: dict[str, Any] = {
        "title": entry.title,
        "mood": entry.mood,
        "feelings": entry.feelings,
        "tags": entry.tags,
        "for_date": entry.for_date,
    }
    fields["excerpt" if isinstance(said, EntryShared) and entry.excerpt else "text"] = entry.text
    return msgspec.structs.replace(said, **fields)
