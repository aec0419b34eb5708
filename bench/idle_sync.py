"""A sync of 256 spaces in which nothing is new: round trips, bytes each way, time.

The bytes are those of the frames, HTTP's head left out; the time is that of a whole sync,
against a bare POST of the same sizes on a connection of its own.
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

import limits
import stage
from lines import report, say

from inglenook_client.journal import founding
from inglenook_client.journal.home import Journal
from inglenook_client.stores.connection import Db
from inglenook_client.transports import http
from inglenook_schema import wire
from inglenook_schema.control import LogType
from inglenook_schema.wire import ToClient, ToRelay

ROUNDS = 15


class Counting(http.HttpRelay):
    """The client's own transport, its frames measured."""

    trips = 0
    up = 0
    down = 0

    async def exchange(self, frame: ToRelay) -> ToClient:
        answer = await super().exchange(frame)
        Counting.trips += 1
        Counting.up += len(wire.encode(frame))
        Counting.down += len(wire.encode(answer))
        return answer


async def settle(base: Path, port: int, logs_: int) -> Journal:
    """A journal and pairs, ``logs_`` logs in all, with nothing left to send."""
    home = base / "home"
    home.mkdir()
    relay = stage.origin(port)
    journal = await Journal.create(
        home, os.urandom(32), name="Ada", relay=relay, voucher=None, device_label="laptop"
    )

    def more(db: Db) -> None:
        for number in range(logs_ - 1):
            label = f"partner {number}"
            founding.found(db, journal.me, LogType.PAIR, "mentor", (relay,), label=label)

    await journal.store.write(more)
    await journal.sync()
    await journal.sync()
    return journal


async def measure(base: Path, n: int) -> bool:
    with stage.relay(base / "relay.db") as port, stage.process(limits.__file__, "serve") as bare:
        say(f"idle_sync: making {n} spaces")
        journal = await settle(base, port, n)
        kept, http.HttpRelay = http.HttpRelay, Counting  # type: ignore[misc]
        await journal.sync()
        trips, up, down = Counting.trips, Counting.up, Counting.down
        http.HttpRelay = kept  # type: ignore[misc]
        ours: list[float] = []
        limit: list[float] = []
        for _round in range(ROUNDS):
            limit.append(await limits.posts(bare, up, down, 1))
            begun = time.perf_counter()
            await journal.sync()
            ours.append(time.perf_counter() - begun)
        await journal.close()
    met = report("idle_sync.trips", n, trips, "round trips", 1, 1, "value")
    met &= report("idle_sync.up", n, up / n, "B a log", 100, 100, "value")
    met &= report("idle_sync.down", n, down / n, "B a log", 50, 50, "value")
    value, floor = (1e3 * statistics.median(found) for found in (ours, limit))
    return report("idle_sync.time", n, value, "ms", floor) and met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=256)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inglenook-bench-") as base:
        return 0 if asyncio.run(measure(Path(base), options.logs)) else 1


if __name__ == "__main__":
    sys.exit(main())
