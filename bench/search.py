"""A search in a journal of ``--events`` entries, from the words to the entries, decoded.

Each line is one way to search; its value is what the slowest of twenty searches took, each
for other words where there are others, in an open journal whose index is caught up. Half of
the entries have a mood, and every one has the word ``the``: nothing is more common. The bare
loop asks a table of FTS5 alone, of the same texts in an encrypted file through the same
connector, for the newest 50 with those words (of the rarest, where there are none), and
fetches their bodies.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiosqlite
import generator
import limits
import msgspec
from homes import beside_bare
from lines import report, say

from inglenook_client.journal import composing
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import SearchFilter
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_schema.events import encode_content
from inglenook_schema.events.writing import EntryWritten

GOAL_MS = 20.0
FOUND = 50
MANY = 100_000
"""In so many events every way finds something."""
TIMES = 20
SLOWEST = 0.95
CHUNK = 1_000
COMMON = "the"
BARE_INDEX = "CREATE VIRTUAL TABLE words USING fts5(text, tokenize='unicode61 remove_diacritics 2')"
BARE_QUERY = (
    "SELECT e.body FROM words w JOIN event e ON e.number = w.rowid"
    " WHERE words MATCH ? ORDER BY w.rowid DESC LIMIT 50"
)


ANYTHING = SearchFilter()


@dataclass(frozen=True)
class Way:
    """One way to search."""

    name: str
    words: Callable[[random.Random, Sequence[str]], str]
    filters: SearchFilter = ANYTHING


def _one(rng: random.Random, words: Sequence[str]) -> str:
    return rng.choice([word for word in words if len(word) > 3])


def _common(rng: random.Random, words: Sequence[str]) -> str:
    del rng, words
    return COMMON


MOST = SearchFilter(
    kinds=frozenset({"entry.written"}),
    by="me",
    moods=frozenset({1, 2, 3, 4}),
    since="2024-02-01",
)
WAYS = (
    Way("word", _one),
    Way("words", lambda rng, words: f"{_one(rng, words)} {_one(rng, words)}"),
    Way("beginning", lambda rng, words: _one(rng, words)[:3]),
    Way("phrase", lambda rng, words: f'"{COMMON} {_one(rng, words)}"'),
    Way("common", _common),
    Way("tag", _common, SearchFilter(tags=("exam",))),
    Way("mood", _common, SearchFilter(moods=frozenset({1, 2}))),
    Way("days", _common, SearchFilter(since="2024-03-02", until="2024-05-03")),
    Way("person", _common, SearchFilter(by="me")),
    Way("kind", _common, SearchFilter(kinds=frozenset({"entry.written", "mood.noted"}))),
    Way("all", _one, MOST),
    Way("all_common", _common, MOST),
    Way("no_words", lambda _rng, _words: "", SearchFilter(tags=("exam",))),
)


def _said(records: Sequence[generator.Record]) -> list[EntryWritten]:
    """The entries: a word in all of them, a mood in every second."""
    return [
        msgspec.structs.replace(
            generator.as_event(record),
            text=f"{COMMON} {record['text']}",
            mood=number % 5 + 1 if number % 2 else None,
        )
        for number, record in enumerate(records)
    ]


async def _fill(journal: Journal, bare: aiosqlite.Connection, said: list[EntryWritten]) -> None:
    space = await journal.space(None)
    for start in range(0, len(said), CHUNK):
        part = said[start : start + CHUNK]
        drafts = [composing.draft(content) for content in part]

        def write(db: Db, drafts: list[events.Draft] = drafts) -> None:
            events.append(db, logs.log_by_number(db, space.number), drafts)

        await journal.store.write(write)
        rows = [(b"", b"", encode_content(content)) for content in part]
        texts = [(start + n, content.text) for n, content in enumerate(part, 1)]
        await bare.execute("BEGIN")
        await bare.executemany(limits.INSERT, rows)
        await bare.executemany("INSERT INTO words(rowid, text) VALUES(?, ?)", texts)
        await bare.execute("COMMIT")


async def _ours(journal: Journal, words: str, way: Way) -> tuple[float, int]:
    """Milliseconds, and how many were found."""
    begun = time.perf_counter()
    found = await journal.search(words, limit=FOUND, filters=way.filters)
    taken = time.perf_counter() - begun
    return taken * 1e3, len(found)


async def _bare(bare: aiosqlite.Connection, words: str) -> float:
    query = words.replace(COMMON + " ", "") or COMMON
    begun = time.perf_counter()
    rows = await bare.execute_fetchall(BARE_QUERY, (query,))
    del rows
    return (time.perf_counter() - begun) * 1e3


async def measure(folder: Path, n: int) -> bool:
    """All lines; whether the goals are met."""
    say(f"search: {n} events")
    async with beside_bare(folder) as (journal, bare):
        return await _lines(journal, bare, n)


async def _lines(journal: Journal, bare: aiosqlite.Connection, n: int) -> bool:
    await bare.execute(BARE_INDEX)
    await _fill(journal, bare, _said(list(generator.records(n))))
    await journal.search(COMMON)  # catches the index up
    rng = random.Random(generator.SEED)
    words = generator.vocabulary(random.Random(generator.SEED))
    met = True
    for way in WAYS:
        asked = [way.words(rng, words) for _ in range(TIMES)]
        searches = [await _ours(journal, each, way) for each in asked]
        assert n < MANY or sum(found for _, found in searches), f"{way.name} found nothing"
        ours = sorted(taken for taken, _ in searches)
        limit = statistics.median([await _bare(bare, each) for each in asked])
        value = ours[int(SLOWEST * (TIMES - 1))]
        met &= report(f"search.{way.name}", n, value, "ms", limit, GOAL_MS, "value")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.events)) else 1


if __name__ == "__main__":
    sys.exit(main())
