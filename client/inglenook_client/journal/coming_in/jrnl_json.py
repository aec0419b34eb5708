"""What ``jrnl --format json`` writes: ``{"tags": {…}, "entries": [{…}]}``.

The same entries as in jrnl's own file, and the same import ids: who takes both in has each once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from inglenook_client.journal.coming_in import files, jrnl_text, json_text
from inglenook_client.journal.coming_in.found import Found, Here, Piece, Skipped, label
from inglenook_client.words import _
from inglenook_schema.events.limits import ITEMS


class _Entry(msgspec.Struct, frozen=True):
    title: str
    date: str
    body: str = ""
    time: str = "00:00"
    tags: list[str] = []
    starred: bool = False


def fits(path: Path, head: bytes) -> bool:
    """Whether it looks like one."""
    return path.is_file() and json_text.has(head, "entries", "title", "body", "date")


def pieces(path: Path, here: Here) -> Iterable[Piece]:
    """All entries of a file.

    Raises:
        UnreadableFileError: It is no such file.
        TooMuchError: It is too long.
    """
    return read(files.content(path), here)


def read(data: bytes, here: Here) -> Iterator[Piece]:
    """The entries of one file, in its order."""
    for number, raw in enumerate(json_text.entries(data), start=1):
        where = _("entry {number}").format(number=number)
        entry = json_text.shaped(raw, _Entry)
        when = _time(entry) if entry is not None else None
        if entry is None or when is None:
            yield Skipped(where, _("It is not as its format has it."))
            continue
        said = f"{entry.title}\n{entry.body}" if entry.body.strip() else entry.title
        found = jrnl_text.entry(said, when, here, where, starred=entry.starred)
        yield _tagged(found, entry.tags) if isinstance(found, Found) else found


def _time(entry: _Entry) -> datetime | None:
    try:
        return datetime.strptime(f"{entry.date} {entry.time}", "%Y-%m-%d %H:%M")  # noqa: DTZ007
    except ValueError:
        return None


def _tagged(found: Found, tags: list[str]) -> Found:
    """The tags that are in no word of the text too, as other tag signs than @ give them."""
    known = {tag.casefold() for tag in found.tags}
    other = map(label, tags)
    more = tuple(dict.fromkeys(tag for tag in other if tag and tag.casefold() not in known))
    return dataclasses.replace(found, tags=(*found.tags, *more)[:ITEMS])
