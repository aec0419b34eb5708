"""What the projections do not know yet: rows past their cursor, and what counts otherwise now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from inglenook_client.stores.connection import Db

_CURSOR: Final = "projected"


def is_behind(db: Db) -> bool:
    """Whether something was stored, or counts otherwise, since the projections were kept."""
    (last,) = db.execute("SELECT ifnull(max(row), 0) FROM event").fetchone()
    if int(last) > cursor(db):
        return True
    return db.execute("SELECT 1 FROM stale LIMIT 1").fetchone() is not None


def cursor(db: Db) -> int:
    """The highest row that the projections know."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_CURSOR,)).fetchone()
    return int.from_bytes(row[0], "big") if row else 0


def move_cursor(db: Db, row: int) -> None:
    """Note that the projections know everything up to a row, and that nothing is stale."""
    db.execute("DELETE FROM stale")
    db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_CURSOR, row.to_bytes(8, "big")))


def note(db: Db, events: Iterable[bytes]) -> None:
    """Have these events looked at again."""
    at = cursor(db)
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
