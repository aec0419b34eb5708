"""The full-text index: inside the encrypted file, caught up before it is asked.

The index is a projection with a cursor of its own. Writing an entry does not wait for it;
every search first indexes what is new, and a write does so when 64 events have gathered.
Where many arrive at once they are indexed as they are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import words_of

BEHIND = 64
_CURSOR = "indexed"
BULK = 8_192
"""Texts a statement where many are added."""
_CHUNK = 2_048
_HASH = 1_048_576
"""Bytes of words that wait in memory before they become a segment (FTS5's own default)."""
_BULK_HASH = 4 * _HASH


def behind(db: Db) -> int:
    """How many rows the index lacks."""
    return last_row(db) - _cursor(db)


def last_row(db: Db) -> int:
    """The highest row that an event has."""
    (last,) = db.execute("SELECT ifnull(max(row), 0) FROM event").fetchone()
    return int(last)


def catch_up(db: Db) -> None:
    """Index every event that came since; call inside a write."""
    cursor = _cursor(db)
    while rows := db.execute(
        "SELECT row, body FROM event WHERE row > ? ORDER BY row LIMIT ?", (cursor, _CHUNK)
    ).fetchall():
        cursor = rows[-1][0]
        add(db, [(row, words_of(packed)) for row, packed in rows], cursor)


def add(db: Db, words: Iterable[tuple[int, str]], last: int) -> None:
    """Index these rows; afterwards the index holds everything up to ``last``."""
    db.executemany("INSERT INTO words(rowid, text) VALUES(?, ?)", [w for w in words if w[1]])
    caught_up(db, last)


def add_flat(db: Db, words: Sequence[object]) -> None:
    """Index row number, text, row number, text … in one statement."""
    if words:
        places = ",".join(["(?, ?)"] * (len(words) // 2))
        db.execute(f"INSERT INTO words(rowid, text) VALUES{places}", words)


def caught_up(db: Db, last: int) -> None:
    """Note that the index holds everything up to a row."""
    logs.set_meta(db, _CURSOR, last.to_bytes(8, "big"))


@contextmanager
def bulk(db: Db) -> Iterator[None]:
    """Write few, large segments while much is added, and merge none; later writes will."""
    _configure(db, automerge=0, hashsize=_BULK_HASH)
    yield
    _configure(db, automerge=4, hashsize=_HASH)


def _configure(db: Db, **options: int) -> None:
    db.executemany("INSERT INTO words(words, rank) VALUES(?, ?)", options.items())


def rebuild(db: Db) -> None:
    """Drop the index and make it anew."""
    db.execute("DELETE FROM words")
    caught_up(db, 0)
    catch_up(db)


def matches(db: Db, words: str, limit: int) -> list[int]:
    """Rows of the events with all these words (the last as a beginning), best first."""
    query = _query(words)
    if not query:
        return []
    rows = db.execute(
        "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (query, limit)
    )
    return [row[0] for row in rows]


def _cursor(db: Db) -> int:
    return int.from_bytes(logs.meta(db, _CURSOR) or b"", "big")


def _query(words: str) -> str:
    """Each word quoted, so that nothing a person types is a query language."""
    parts = [part.replace('"', '""') for part in words.split()]
    return " ".join(f'"{part}"' for part in parts[:-1]) + (f' "{parts[-1]}" *' if parts else "")
