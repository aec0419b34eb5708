"""One durable event, searchable, against a bare one-row commit through the same connector.

An open journal appends ``--events`` records one by one, each its own commit with
synchronous=FULL. What the index costs is in it: it is caught up every 64 events, and before
the search that ends each round. The bare loop commits rows of the same sizes to one table of
an encrypted file in the same folder. Both files have been open for a while. They take turns,
one event each; median of eight rounds.
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
from homes import beside_bare
from lines import report, say

from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Space
from inglenook_schema import body
from inglenook_schema.events import encode_content
from inglenook_schema.events.writing import EntryWritten

ROUNDS = 8
HEADER = 157
"""Bytes of the header of one of these events."""


class Turns:
    """The journal, the bare file, and how long each took in this round."""

    def __init__(self, journal: Journal, bare: limits.Bare) -> None:
        self.journal = journal
        self.bare = bare
        self.ours = 0.0
        self.limit = 0.0

    async def append(self, space: Space, content: EntryWritten) -> None:
        """Ours, then the bare loop's."""
        row = (os.urandom(32), os.urandom(HEADER), body.make(encode_content(content), bytes(32)))
        begun = time.perf_counter()
        await self.journal.append(space, content)
        between = time.perf_counter()
        await limits.commit(self.bare, row)
        self.limit += time.perf_counter() - between
        self.ours += between - begun

    async def search(self, content: EntryWritten) -> None:
        """Find the newest entry; the index is caught up for that."""
        begun = time.perf_counter()
        found = await self.journal.search(content.text, limit=1)
        self.ours += time.perf_counter() - begun
        assert found[0].text == content.text, "the newest entry was not found"


async def measure(folder: Path, n: int) -> bool:
    """Print the line; whether the goal is met."""
    say(f"append: {n} events")
    said = [generator.as_event(record) for record in generator.records(n)]
    each = -(-n // ROUNDS)
    value: list[float] = []
    limit: list[float] = []
    async with beside_bare(folder) as (journal, bare):
        for db in (journal.store, bare):
            await limits.settle(db)
        space = await journal.space(None)
        for start in range(0, n, each):
            part = said[start : start + each]
            turns = Turns(journal, bare)
            for content in part:
                await turns.append(space, content)
            await turns.search(part[-1])
            value.append(turns.ours / len(part) * 1e6)
            limit.append(turns.limit / len(part) * 1e6)
            say(f"  {value[-1]:.0f} µs, bare {limit[-1]:.0f} µs")
    return report("append", n, statistics.median(value), "µs", statistics.median(limit), 2.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_048)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.events)) else 1


if __name__ == "__main__":
    sys.exit(main())
