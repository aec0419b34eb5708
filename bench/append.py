"""One durable event, searchable, against a bare one-row commit through the same connector.

An open journal appends ``--events`` records one by one, each its own commit with
synchronous=FULL. What the index costs is in it: it is caught up every 64 events, and before
the search that ends each round. The bare loop commits rows of the same bytes to one table
of an encrypted file in the same folder. Both files have been open for a while. They take
turns of 64; median of eight rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import generator
import limits
from lines import report, say

from inglenook_client.journal.home import Journal

ROUNDS = 8
TURN = 64


async def ours(journal: Journal, records: list[generator.Record], *, search: bool) -> float:
    """Seconds for all of them."""
    space = await journal.space(None)
    said = [generator.as_event(record) for record in records]
    begun = time.perf_counter()
    for content in said:
        await journal.append(space, content)
    found = await journal.search(said[-1].text, limit=1) if search else []
    taken = time.perf_counter() - begun
    assert not search or found[0].text == said[-1].text, "the newest entry was not found"
    return taken


async def rows(journal: Journal, count: int) -> list[tuple[bytes, bytes, bytes]]:
    """The newest events as the bare loop stores them."""
    sql = "SELECT id, header, body FROM event ORDER BY row DESC LIMIT ?"
    return await journal.store.read(lambda db: db.execute(sql, (count,)).fetchall())


async def measure(folder: Path, n: int) -> bool:
    """Print the line; whether the goal is met."""
    say(f"append: {n} events")
    home = folder / "home"
    home.mkdir()
    journal = await Journal.create(
        *(home, os.urandom(32)), name="Ada", relay=None, voucher=None, device_label="laptop"
    )
    bare = await limits.open_bare(folder / "bare.db")
    for db in (journal.store, bare):
        await limits.settle(db)
    records = list(generator.records(n))
    each = -(-n // ROUNDS)
    value: list[float] = []
    limit: list[float] = []
    for start in range(0, n, each):
        end = min(n, start + each)
        value.append(0)
        limit.append(0)
        for first in range(start, end, TURN):
            part = records[first : min(end, first + TURN)]
            last = first + TURN >= end
            value[-1] += await ours(journal, part, search=last) / (end - start) * 1e6
            same = await rows(journal, len(part))
            limit[-1] += await limits.commits(bare, same) / (end - start) * 1e6
        say(f"  {value[-1]:.0f} µs, bare {limit[-1]:.0f} µs")
    await bare.close()
    await journal.close()
    return report("append", n, statistics.median(value), "µs", statistics.median(limit), 2.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_048)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.events)) else 1


if __name__ == "__main__":
    sys.exit(main())
