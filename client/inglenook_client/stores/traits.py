"""What calendars, moods and tags are read from: a light row for each thing an event has.

The row's day is the one the event is about. Events that have none of these have no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final, cast

import msgspec

from inglenook_client.core.projections.folding import folded
from inglenook_client.stores.connection import Db
from inglenook_schema import body
from inglenook_schema.errors import MalformedEventError
from inglenook_schema.events import Content, UnknownContent
from inglenook_schema.events.looking_back import MoodNoted
from inglenook_schema.events.writing import EntryWritten

_PLAIN: Final = frozenset({EntryWritten, MoodNoted})
"""What is read as it stands (`threads.ALONE`)."""
TRAITED: Final = frozenset({"entry", "win", "resource", "activity"})
"""Nouns whose items have traits."""
_ROWS: Final = 400
"""Rows a statement."""
_BULK: Final = 1_024
"""Rows a statement where very many come at once."""
Trait = tuple[str, str, str, int, int | None]
"""[name, value, day, row, n]."""
Statement = tuple[str, list[object]]
_PLACE: Final = itemgetter(0, 1, 2, 3)


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
    return found + [("tag", _folded(tag), day, row, None) for tag in getattr(said, "tags", ())]


_folded: Final = lru_cache(maxsize=4_096)(folded)


def add(db: Db, traits: Sequence[Trait]) -> None:
    """Write rows down, many a statement: most of what catching up costs is this."""
    ordered = sorted(traits, key=_PLACE)  # neighbours lie on one page
    for start in range(0, len(ordered), _ROWS):
        part = ordered[start : start + _ROWS]
        db.execute(_rows(len(part)), [value for trait in part for value in trait])


class Gathering:
    """Traits of many plain events, made ready for few statements away from the database."""

    def __init__(self) -> None:
        """Nothing is here."""
        self._tags: list[tuple[str, str, int]] = []
        self._others: list[Trait] = []

    def add(self, content: Content | UnknownContent | None, row: int) -> bool:
        """Take the traits of an event; False where it is not plain, or part of a longer one."""
        if type(content) not in _PLAIN or getattr(content, "continues", None) is not None:
            return False
        plain = cast("EntryWritten | MoodNoted", content)
        for trait in _of(plain, plain.date, row):
            if trait[0] == "tag":
                self._tags.append(trait[1:4])
            else:
                self._others.append(trait)
        return True

    def take(self, *, all_of_it: bool = False) -> list[Statement]:
        """Full statements, of which each size is made ready once; or all that is left."""
        found: list[Statement] = []
        while len(self._tags) >= _BULK or (all_of_it and self._tags):
            part, self._tags = sorted(self._tags[:_BULK]), self._tags[_BULK:]
            found.append((_tags(len(part)), [*chain.from_iterable(part)]))
        while len(self._others) >= _BULK or (all_of_it and self._others):
            rest, self._others = sorted(self._others[:_BULK], key=_PLACE), self._others[_BULK:]
            found.append((_rows(len(rest)), [*chain.from_iterable(rest)]))
        return found


def _tags(count: int) -> str:
    # most of all traits: to bind what is the same in each would cost as much as the rest
    places = ",".join(["('tag', ?, ?, ?)"] * count)
    return f"INSERT OR IGNORE INTO trait(name, value, day, row) VALUES{places}"


def _rows(count: int) -> str:
    places = ",".join(["(?, ?, ?, ?, ?)"] * count)
    return f"INSERT OR IGNORE INTO trait VALUES{places}"


def drop(db: Db, row: int) -> None:
    """Forget what an event has."""
    db.execute("DELETE FROM trait WHERE row = ?", (row,))
