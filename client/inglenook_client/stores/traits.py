"""What calendars, moods and tags are read from: a light row for each thing an event has.

The row's day is the one the event is about. Events that have none of these have no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from inglenook_client.core.projections.folding import folded
from inglenook_client.stores.connection import Db
from inglenook_schema import body
from inglenook_schema.errors import MalformedEventError

TRAITED: Final = frozenset({"entry", "win", "resource", "activity"})
"""Nouns whose items have traits."""
_ROWS: Final = 400
"""Rows a statement."""
Trait = tuple[str, str, str, int, int | None]
"""[name, value, day, row, n]."""


class Glance(msgspec.Struct, frozen=True, gc=False):
    """The few fields of a plain event that a trait comes from; the rest is not looked at."""

    date: str
    for_date: str | None = None
    mood: int | None = None
    confidence: int | None = None
    tags: tuple[str, ...] = ()
    continues: bytes | None = None


_glance: Final = msgspec.msgpack.Decoder(Glance).decode


def glance(packed: bytes) -> Glance | None:
    """What a plain event has; None for a part of a longer one, and for what cannot be read."""
    try:
        found = _glance(body.data_of(packed))
    except (msgspec.MsgspecError, MalformedEventError, ValueError):
        return None
    return found if found.continues is None else None


def of_event(said: Glance, row: int) -> list[Trait]:
    """Of a plain event that stands as it was written."""
    return _of(said, said.date, row)


def of_row(db: Db, row: int) -> list[Trait]:
    """As :func:`of_event`; none where its body is gone."""
    (packed,) = db.execute("SELECT body FROM event WHERE row = ?", (row,)).fetchone()
    said = glance(packed) if packed is not None else None
    return of_event(said, row) if said is not None else []


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


def add(db: Db, traits: Sequence[Trait]) -> None:
    """Write rows down, many a statement: most of what catching up costs is this."""
    ordered = sorted(traits, key=lambda trait: trait[:4])  # neighbours lie on one page
    for start in range(0, len(ordered), _ROWS):
        part = ordered[start : start + _ROWS]
        places = ",".join(["(?, ?, ?, ?, ?)"] * len(part))
        db.execute(
            f"INSERT OR IGNORE INTO trait VALUES{places}",
            [value for trait in part for value in trait],
        )


def drop(db: Db, row: int) -> None:
    """Forget what an event has."""
    db.execute("DELETE FROM trait WHERE row = ?", (row,))
