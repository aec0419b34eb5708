"""What calendars, moods and tags are read from: a light row for each thing an event has.

The row's day is the one the event is about. Events that have none of these have no row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from inglenook_client.core.projections.folding import folded
from inglenook_client.stores.connection import Db
from inglenook_schema.events import Content

TRAITED: Final = frozenset({"entry", "win", "resource", "activity"})
"""Nouns whose items have traits."""
Trait = tuple[str, str, str, int, int | None]
"""[name, value, day, row, n]."""


def of_content(content: Content, row: int) -> list[Trait]:
    """Of an event that stands as it was written."""
    return _of(content, content.date, row)


def of_item(item: Any, date: str, row: int) -> list[Trait]:
    """Of an item as it stands now; ``date`` is the day its first event was written."""
    return _of(item, date, row)


def _of(said: Any, date: str, row: int) -> list[Trait]:
    about = getattr(said, "for_date", None)
    day = about or date
    found: list[Trait] = []
    if about is not None and about != date:
        found.append(("day", "", about, row, None))
    for name in ("mood", "confidence"):
        n = getattr(said, name, None)
        if n is not None:
            found.append((name, "", day, row, n))
    return found + [("tag", folded(tag), day, row, None) for tag in getattr(said, "tags", ())]


def add(db: Db, traits: Iterable[Trait]) -> None:
    """Write rows down."""
    db.executemany("INSERT OR IGNORE INTO trait VALUES(?, ?, ?, ?, ?)", traits)


def drop(db: Db, row: int) -> None:
    """Forget what an event has."""
    db.execute("DELETE FROM trait WHERE row = ?", (row,))
