"""What the projections do not know yet: rows past their cursor, and what counts otherwise now.

Where many events arrive at once, their traits are written with their rows (`loading`). Such a
span lies past the cursor all the same: what of it is no plain event waits to be looked at, and
whether its chains count is only known when the projections are caught up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from inglenook_client.stores.connection import Db

Tell = Callable[[float], None]
"""Hears how far long work is, from 0 to 1; on the database's own thread."""

_CURSOR: Final = "projected"
_SPANS: Final = "glanced"


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Rows that came together, with the traits of the plain events among them."""

    first: int
    last: int
    others: Sequence[int]
    """Rows of the content that is not plain: to be looked at."""


_read_spans: Final = msgspec.msgpack.Decoder(list[Span]).decode


def unheard(share: float) -> None:
    """Nobody listens."""


def is_behind(db: Db) -> bool:
    """Whether something was stored, or counts otherwise, since the projections were kept."""
    if last_row(db) > cursor(db):
        return True
    return db.execute("SELECT 1 FROM stale LIMIT 1").fetchone() is not None


def last_row(db: Db) -> int:
    """The highest row that an event has."""
    (last,) = db.execute("SELECT ifnull(max(row), 0) FROM event").fetchone()
    return int(last)


def cursor(db: Db) -> int:
    """The highest row that the projections know."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_CURSOR,)).fetchone()
    return int.from_bytes(row[0], "big") if row else 0


def move_cursor(db: Db, row: int) -> None:
    """Note that the projections know everything up to a row, and that nothing is stale."""
    db.execute("DELETE FROM stale")
    db.execute("DELETE FROM meta WHERE key = ?", (_SPANS,))
    db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_CURSOR, row.to_bytes(8, "big")))


def spans(db: Db) -> list[Span]:
    """What came with its traits since the projections were caught up, oldest first."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_SPANS,)).fetchone()
    return _read_spans(row[0]) if row else []


def add_span(db: Db, span: Span) -> None:
    """Note that rows past all others came with their traits."""
    packed = msgspec.msgpack.encode([*spans(db), span])
    db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_SPANS, packed))


def highest_known(db: Db) -> int:
    """The highest row of which a projection may hold something."""
    return max([cursor(db), *(span.last for span in spans(db))])


def note(db: Db, events: Iterable[bytes]) -> None:
    """Have these events looked at again."""
    at = highest_known(db)
    db.executemany(
        "INSERT OR IGNORE INTO stale SELECT id FROM event WHERE id = ? AND row <= ?",
        ((event, at) for event in events),
    )


def note_span(db: Db, chain: int, first: int, end: int | None = None) -> None:
    """Have the content of a chain looked at again, from a seq on, up to before ``end``."""
    db.execute(
        "INSERT OR IGNORE INTO stale SELECT id FROM event WHERE chain = ? AND seq >= ? AND seq < ?"
        " AND kind = 0 AND row <= ?",
        (chain, first, 2**62 if end is None else end, cursor(db)),
    )
