"""An event as a row of the table ``event``."""

from __future__ import annotations

from typing import Final, TypeAlias

from inglenook_client.core.events import Event
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of, sort_of
from inglenook_schema import pack
from inglenook_schema.events import SHORT_LETTER, Content, UnknownContent, short_letter

Row = tuple[object, ...]
Storable: TypeAlias = Event | pack.Item
"""An event, or one as a pack gives it."""

COLUMNS: Final = "chain, seq, id, kind, header, body, type, at, date, letter, n, linked"
PLACES: Final = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT: Final = f"INSERT INTO event({COLUMNS}) VALUES{PLACES}"


class Numbers:
    """Hands out short ids: once each, in the order events reach this device."""

    def __init__(self, db: Db, known: dict[str, int] | None = None) -> None:
        """Counts go on from what the table holds; ``known`` is what was read of it already."""
        self._db = db
        self._last = known if known is not None else {}

    def next(self, letter: str) -> int:
        """The next free number of a letter."""
        if letter not in self._last:
            self._last[letter] = self._stored(letter)
        self._last[letter] += 1
        return self._last[letter]

    def read_ahead(self) -> None:
        """Ask the table for every letter now; afterwards another thread may go on."""
        self._last = {letter: self._stored(letter) for letter in set(SHORT_LETTER.values())}

    def _stored(self, letter: str) -> int:
        sql = "SELECT ifnull(max(n), 0) FROM event WHERE letter = ?"
        (last,) = self._db.execute(sql, (letter,)).fetchone()
        return int(last)


def row_of(event: Storable, chain: int, numbers: Numbers) -> Row:
    """The row of an event."""
    return row_with(event, chain, said(event), numbers)


def short_of(row: Row) -> str:
    """The short id in a row, or empty."""
    letter, n = row[9], row[10]
    return f"{letter}{n}" if letter else ""


def said(event: Storable) -> Content | UnknownContent | None:
    """What a content event says, where its body is here and can be read."""
    if event.header.kind or event.body is None:
        return None
    return content_of(event.body)


def row_with(
    event: Storable, chain: int, content: Content | UnknownContent | None, numbers: Numbers
) -> Row:
    """The row of an event whose content was read."""
    head, name, raw, body = event.header, event.id, event.raw, event.body
    if content is None:
        return chain, head.seq, name, head.kind, raw, body, None, None, None, None, None, None
    type_, linked = sort_of(content)
    letter = short_letter(content)
    n = numbers.next(letter) if letter else None
    at, date = content.at, content.date
    return chain, head.seq, name, head.kind, raw, body, type_, at, date, letter, n, linked
