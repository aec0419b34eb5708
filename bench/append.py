"""One durable event, searchable, against a bare one-row commit through the same connector.

An open journal appends ``--events`` records one by one, each its own commit with
synchronous=FULL; what the index costs is in it: it is caught up every 64 events, and once
more by a search at the end of each round. The bare loop commits rows of the same bytes to
one table of an encrypted file in the same folder. They take turns; median of the rounds.
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
from inglenook_client.stores.connection import Db

ROUNDS = 8


async def ours(journal: Journal, records: list[generator.Record]) -> float:
    """Seconds for all of them, searchable."""
    space = await journal.space(None)
    said = [generator.as_event(record) for record in records]
    begun = time.perf_counter()
    for content in said:
        await journal.append(space, content)
    found = await journal.search(records[-1]["text"], limit=1)
    taken = time.perf_counter() - begun
    assert found[0].text == records[-1]["text"], "the newest entry was not found"
    return taken


def _rows(db: Db, count: int) -> list[tuple[bytes, bytes, bytes]]:
    sql = "SELECT id, header, body FROM event ORDER BY row DESC LIMIT ?"
    return db.execute(sql, (count,)).fetchall()


async def measure(folder: Path, n: int) -> bool:
    """Print the line; whether the goal is met."""
    say(f"append: {n} events")
    home = folder / "home"
    home.mkdir()
    journal = await Journal.create(
        *(home, os.urandom(32)), name="Ada", relay=None, voucher=None, device_label="laptop"
    )
    bare = await limits.open_bare(folder / "bare.db")
    records = list(generator.records(n))
    each = -(-n // ROUNDS)
    value: list[float] = []
    limit: list[float] = []
    for start in range(0, n, each):
        part = records[start : start + each]
        value.append(await ours(journal, part) / len(part) * 1e6)
        rows = await journal.store.read(lambda db, count=len(part): _rows(db, count))
        limit.append(await limits.commits(bare, rows) / len(part) * 1e6)
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
