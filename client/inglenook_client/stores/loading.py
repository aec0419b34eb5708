"""Many events at once: each body is read a single time, for its row, the index and its traits.

While SQLite stores a block, the driver lets go of the interpreter, and another thread
verifies and prepares the next one. So a block is one statement: a row at a time would hand
the interpreter over at every row.

    this thread    --store-- --store-- --store--
    the other   --make-- --make-- --make--
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Final, NamedTuple, TypeVar, cast

from inglenook_client.core.events import Event
from inglenook_client.stores import indexing, search, stale, traits
from inglenook_client.stores.connection import Db, roomy
from inglenook_client.stores.rows import (
    COLUMNS,
    INSERT,
    PLACES,
    Numbers,
    Storable,
    row_of,
    row_with,
    said,
)
from inglenook_schema.header import Kind

T = TypeVar("T")

MANY: Final = 1_024
"""Events; fewer are as quick a row at a time."""
_DEPTH: Final = 8
"""Blocks ahead at most, each of under a megabyte."""
_END: Final = object()
_CONTENT: Final = int(Kind.CONTENT)
_TURN_S: Final = 0.0005
"""How long a thread keeps the interpreter while another one waits for it."""


class _Block(NamedTuple):
    """What a few statements store."""

    events: int
    values: list[object]
    """The columns of one row after the other."""
    words: list[object]
    """Row number, words and marks, one after the other."""
    traits: list[traits.Statement]
    """Of its plain events and those before."""
    others: list[int]
    """Rows of the content that is not plain."""


def keep_bare(db: Db, chain: int, event: Event, signature: bytes) -> None:
    """Store one event of which the header and the seal are here, and nothing else."""
    row = row_of(event, chain, Numbers(db))
    db.execute(INSERT, row)
    db.execute(
        "INSERT OR IGNORE INTO seal VALUES(?, ?, ?, ?)", (event.id, chain, event.seq, signature)
    )


def load(db: Db, batches: Iterable[Sequence[Storable]], chains: Mapping[bytes, int]) -> int:
    """Store events and index them; call inside a write. Returns how many.

    Args:
        db: Its thread is this one.
        batches: Is consumed on another thread, and may not touch the database.
        chains: Numbers by chain id.

    Raises:
        Exception: Whatever ``batches`` raises; some of it is stored then.
    """
    search.catch_up(db)
    first = stale.last_row(db)
    numbers = Numbers(db)
    numbers.read_ahead()
    count = 0
    words: list[object] = []
    others: list[int] = []
    blocks = _ahead(_blocks(batches, chains, numbers, first))
    with roomy(db), search.bulk(db), _short_turns(), closing(blocks):
        for block in blocks:
            count += block.events
            if block.events:
                db.execute(_insert(block.events), block.values)
            for sql, rest in block.traits:
                db.execute(sql, rest)
            others += block.others
            words += block.words
            if len(words) >= search.COLUMNS * search.BULK:
                search.add_flat(db, words)
                words = []
        search.add_flat(db, words)
    search.caught_up(db, first + count)
    stale.add_span(db, stale.Span(first + 1, first + count, others))
    return count


def _blocks(
    batches: Iterable[Sequence[Storable]],
    chains: Mapping[bytes, int],
    numbers: Numbers,
    row: int,
) -> Iterator[_Block]:
    light = traits.Gathering()
    for events in _cut(batches):
        values: list[object] = []
        words: list[object] = []
        others: list[int] = []
        for event in events:
            row += 1
            content = said(event)
            values += row_with(event, chains[event.chain], content, numbers)
            if content is not None:
                words += (row, *indexing.of_content(content, chains[event.chain]))
            if not light.add(content, row) and event.header.kind == _CONTENT:
                others.append(row)
        yield _Block(len(events), values, words, light.take(), others)
    yield _Block(0, [], [], light.take(all_of_it=True), [])


def _cut(batches: Iterable[Sequence[Storable]]) -> Iterator[Sequence[Storable]]:
    """Blocks of :data:`MANY`, but for the last."""
    left: list[Storable] = []
    for batch in batches:
        left += batch
        while len(left) >= MANY:
            yield left[:MANY]
            left = left[MANY:]
    if left:
        yield left


@contextmanager
def _short_turns() -> Iterator[None]:
    """Hand the interpreter over soon.

    A block's statement gives it up and takes it back four times, and each time would wait
    the usual 5 ms for the thread that verifies: longer than it takes to store the block.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _insert(events: int) -> str:
    # FAIL: else each statement makes ready to be undone, and the index writes itself out for
    # that; whoever calls undoes everything anyway.
    return f"INSERT OR FAIL INTO event({COLUMNS}) VALUES" + ",".join([PLACES] * events)


def _ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items; the next few are made on another thread while one is used."""
    other = ThreadPoolExecutor(1)
    try:
        coming = deque(other.submit(next, items, _END) for _ in range(_DEPTH))
        while (item := coming.popleft().result()) is not _END:
            coming.append(other.submit(next, items, _END))
            yield cast("T", item)
    finally:
        other.shutdown(cancel_futures=True)
