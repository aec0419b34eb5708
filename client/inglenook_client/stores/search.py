"""The full-text index: inside the encrypted file, caught up before it is asked.

The index is a projection with a cursor of its own. Writing an entry does not wait for it;
every search first indexes what is new, and a write does so when 64 events have gathered.
Where many arrive at once they are indexed as they are stored. What it holds of an event
stands in :mod:`inglenook_client.stores.indexing`.

Answers come newest first. Up to MANY events with the words are put in order as they are;
where the words are in more, the timeline is walked back from the newest event on, a stretch
at a time, and the index says which of each stretch have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from inglenook_client.stores import indexing, logs, stale, tables
from inglenook_client.stores.connection import Db, script

BEHIND = 64
FAR_BEHIND: Final = 16 * BEHIND
"""From here on, as after an older store was opened, no write takes it upon itself."""
_CURSOR = "indexed"
BULK = 8_192
"""Texts a statement where many are added."""
COLUMNS: Final = 3
"""Values of one event in the index: its row, words, marks."""
MANY: Final = 512
"""So many events are put in order at once."""
_FIRST_STRETCH: Final = 64
"""Of the events wanted, how many the first stretch is likely to hold."""
_CLOSE: Final = 64
"""Rows with fewer others between them are asked for together."""
_SCATTERED: Final = 16
"""Runs; where a stretch has more of them, it is quicker to ask for all rows once."""
_HIGHEST: Final = (0, 2**62)
_DAY_MS: Final = 86_400_000
_CHUNK = 2_048
_HASH = 1_048_576
"""Bytes of words that wait in memory before they become a segment (FTS5's own default)."""
_BULK_HASH = 4 * _HASH
_NONE: Final = '"none"'
"""A mark that nothing has."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What else has to be true of what is found; an empty set asks for nothing."""

    chains: frozenset[int] | None = None
    """Numbers of the chains it stands in; None for any, empty for none."""
    kinds: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()
    """Every one of these."""
    moods: frozenset[int] = frozenset()
    """One of these."""
    since: str | None = None
    """Local date, inclusive."""
    until: str | None = None


ANYTHING: Final = Narrowing()

# --- filling it -----------------------------------------------------------------------


def behind(db: Db) -> int:
    """How many rows the index lacks."""
    return stale.last_row(db) - _cursor(db)


def catch_up(db: Db, tell: stale.Tell = stale.unheard) -> None:
    """Index every event that came since; call inside a write."""
    first = cursor = _cursor(db)
    total = max(1, stale.last_row(db) - first)
    while rows := db.execute(
        "SELECT row, body, chain FROM event WHERE row > ? ORDER BY row LIMIT ?", (cursor, _CHUNK)
    ).fetchall():
        cursor = rows[-1][0]
        found = ((row, indexing.of_body(packed, chain)) for row, packed, chain in rows)
        flat = [value for row, said in found if said for value in (row, *said)]
        add_flat(db, flat)
        caught_up(db, cursor)
        tell((cursor - first) / total)
    tell(1)


def add_flat(db: Db, values: Sequence[object]) -> None:
    """Index row number, words, marks, row number, words, marks … in one statement."""
    if values:
        places = ",".join(["(?, ?, ?)"] * (len(values) // COLUMNS))
        db.execute(f"INSERT INTO words(rowid, text, marks) VALUES{places}", values)


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
    """Drop the index, whatever it has become, and make it anew; call inside a write."""
    db.execute("DROP TABLE words")
    script(db, tables.INDEX)
    caught_up(db, 0)
    catch_up(db)


def compare(db: Db) -> tuple[int, int]:
    """How many events the index lacks, and how many it holds that are not here."""
    rows = db.execute(
        "SELECT row, body FROM event WHERE body IS NOT NULL AND row <= ?", (_cursor(db),)
    )
    here = {row for row, packed in rows if indexing.of_body(packed, 0)}
    indexed = {row[0] for row in db.execute("SELECT id FROM words_docsize")}
    return len(here - indexed), len(indexed - here)


def _cursor(db: Db) -> int:
    return int.from_bytes(logs.meta(db, _CURSOR) or b"", "big")


# --- asking it ------------------------------------------------------------------------


def matches(db: Db, words: str, narrow: Narrowing = ANYTHING) -> Iterator[int]:
    """Rows of the events with all these words, newest first; read no more than are wanted.

    Words in double quotes are looked for as they stand, one after the other; the last word
    may be only a beginning. Without any words everything fits that ``narrow`` lets through.
    """
    query = _query(words, narrow)
    rows = _rows(db, query, _HIGHEST, MANY + 1) if query else []
    if len(rows) <= MANY:
        yield from _by_time(db, rows)
        return
    newest, oldest = rows[0], rows[-1]
    known, every = set(rows), False
    for stretch in _stretches(db, narrow, (newest - oldest) // MANY + 1):
        runs = [run for run in _runs(sorted(stretch)) if run[0] < oldest]
        if len(runs) > _SCATTERED and not every:
            # the order of time is not that in which they came
            known, every = set(_rows(db, query)), True
        if not every:
            known.update(*(_rows(db, query, run) for run in runs))
        yield from (row for row in stretch if row in known)


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Where rows lie close together, ascending: the first and the last of each run."""
    found = [(rows[0], rows[0])]
    for row in rows:
        first, last = found[-1]
        if row - last > _CLOSE:
            found.append((row, row))
        else:
            found[-1] = (first, row)
    return found


def _rows(db: Db, query: str, between: tuple[int, int] = _HIGHEST, most: int = -1) -> list[int]:
    rows = db.execute(
        "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?"
        " ORDER BY rowid DESC LIMIT ?",
        (query, *between, most),
    )
    return [row[0] for row in rows]


def _by_time(db: Db, rows: Sequence[int]) -> list[int]:
    places = ",".join("?" * len(rows))
    sql = f"SELECT row FROM event WHERE row IN ({places}) ORDER BY at DESC, row DESC"  # noqa: S608
    return [row[0] for row in db.execute(sql, rows)]


def _stretches(db: Db, narrow: Narrowing, one_in: int) -> Iterator[list[int]]:
    """The rows of the timeline, newest first; those without an instant last.

    Args:
        db: Any transaction.
        narrow: What lies well outside its days is left out.
        one_in: How far apart those lie that are wanted, about; for the first stretch.
    """
    since, until = _instants(narrow)
    walk = db.execute(
        "SELECT row FROM event WHERE at BETWEEN ? AND ? ORDER BY at DESC, row DESC", (since, until)
    )
    size = _FIRST_STRETCH * one_in
    while stretch := [row[0] for row in walk.fetchmany(size)]:
        yield stretch
        size *= 4
    undated = db.execute("SELECT row FROM event WHERE at IS NULL ORDER BY row DESC")
    if narrow.since is None and narrow.until is None and (last := undated.fetchall()):
        yield [row[0] for row in last]


def _instants(narrow: Narrowing) -> tuple[int, int]:
    """Bounds in ms of the days asked for, wherever on Earth they were."""
    bounds = list[int]()
    for day, beside in ((narrow.since, -_DAY_MS), (narrow.until, 2 * _DAY_MS)):
        if day is None:
            bounds.append(_HIGHEST[1] if bounds else -_HIGHEST[1])
        else:
            noon = datetime.fromisoformat(day).replace(tzinfo=UTC)
            bounds.append(int(noon.timestamp()) * 1000 + beside)
    return bounds[0], bounds[1]


# --- from what a person types to what FTS5 reads --------------------------------------

_TYPED: Final = re.compile(r'"([^"]*)"|(\S+)')
_LETTERS: Final = re.compile(r"[^\W_]")
_NO_TEXT: Final = re.compile(r"[\x00-\x1f\ud800-\udfff]")
BEGINNING: Final = 3
"""Letters from which on the last word typed may be the beginning of one."""
_NO_ALPHABET: Final = "\u2e80"
"""From here on a single sign may be a word, and words have no blanks between them."""


def _query(words: str, narrow: Narrowing) -> str:
    """Each word quoted, so that nothing a person types is a query language; empty for none."""
    parts = _text(words)
    if not parts and words.strip():
        return ""  # nothing but signs, which no index has
    asked = [f"text : ({' AND '.join(parts)})"] if parts else []
    asked += [f'marks : "{indexing.tag_mark(tag)}"' for tag in narrow.tags]
    for marks in (
        None if narrow.chains is None else [f"c{number}" for number in sorted(narrow.chains)],
        [indexing.kind_mark(kind) for kind in sorted(narrow.kinds)] or None,
        [f"m{mood}" for mood in sorted(narrow.moods)] or None,
    ):
        if marks is not None:
            asked.append(_one_of([f'"{mark}"' for mark in marks]))
    if narrow.since or narrow.until:
        days = indexing.days_between(narrow.since, narrow.until)
        asked.append(_one_of([f'"{start}" *' for start in days]))
    return " AND ".join(asked or ['marks : "k" *'])


def _one_of(marks: list[str]) -> str:
    return f"marks : ({' OR '.join(marks or [_NONE])})"


def _text(words: str) -> list[str]:
    """Phrases of the query; what has no letter or digit is left out."""
    typed = [
        (phrase or word.replace('"', " "), not phrase)
        for phrase, word in _TYPED.findall(_NO_TEXT.sub(" ", words))
        if _LETTERS.search(phrase or word)
    ]
    found = [f'"{phrase}"' for phrase, _ in typed]
    if typed and typed[-1][1] and _may_begin_a_word(typed[-1][0]):
        found[-1] += " *"
    return found


def _may_begin_a_word(typed: str) -> bool:
    signs = _LETTERS.findall(typed)
    return len(signs) >= BEGINNING or signs[0] >= _NO_ALPHABET
