"""What it costs to learn that nothing is new: ``--logs`` logs, one relay, nothing to say.

Round trips, and bytes a log up and down with all that HTTP adds, are counted on the line
between the device and a real relay. Their limit is what the relay must be told, a token and
a head of 32 bytes each, and what it must tell, in one byte. The time is that of a whole sync
of an open journal, against a bare aiohttp POST of as many bytes on a new connection; both
take turns, median of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import limits
from homes import first_device
from lines import report, say
from stage import counted, origin, process, relay

from inglenook_client.journal import founding, identity
from inglenook_client.journal.home import Journal
from inglenook_client.stores.connection import Db
from inglenook_schema.control import LogType

UP, DOWN = 64, 1


def _found(db: Db, count: int, relays: tuple[str, ...]) -> None:
    me = identity.load(db)
    for number in range(count):
        founding.found(db, me, LogType.PAIR, "mentor", relays, label=f"pair {number}")


async def timed(journal: Journal) -> float:
    """Seconds of one sync in which nothing happens."""
    begun = time.perf_counter()
    synced = await journal.sync()
    taken = time.perf_counter() - begun
    assert (synced.sent, synced.received, synced.offline) == (0, 0, False)
    return taken


async def measure(folder: Path, logs: int, rounds: int) -> bool:
    """All lines; whether the goals are met."""
    say(f"idle_sync: {logs} logs")
    ours: list[float] = []
    bare: list[float] = []
    with relay(folder / "relay.db") as port:
        journal = await first_device(folder, origin(port))
        await journal.store.write(lambda db: _found(db, logs - 1, (origin(port),)))
        while (await journal.sync()).sent:
            pass
    with relay(folder / "relay.db") as target:
        async with counted(port, target) as count:
            await timed(journal)
    with relay(folder / "relay.db", port), process(limits.__file__, "serve") as other:
        for _ in range(rounds):
            bare.append(await limits.posts(other, count.up, count.down, 1) * 1e3)
            ours.append(await timed(journal) * 1e3)
    await journal.close()
    met = report("idle_sync.trips", logs, count.requests, "trips", 1, 1, "value")
    met &= report("idle_sync.up", logs, count.up / logs, "B a log", UP, 100, "value")
    met &= report("idle_sync.down", logs, count.down / logs, "B a log", DOWN, 50, "value")
    value, limit = statistics.median(ours), statistics.median(bare)
    return report("idle_sync.time", logs, value, "ms", limit) and met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.logs, options.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
