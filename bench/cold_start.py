"""A new device, from an empty folder to every event verified, stored, projected, searchable.

A real relay over loopback holds a journal of ``--events`` records as a pack. Each round is a
process of its own: it knocks, is let in, syncs, finds the newest entry by its words, and
computes the hash of its state. Against it, also in a process of its own: hash, HMAC,
AES-GCM, decode and bulk insert of the same events. No import is timed, of neither. Median
of the rounds.

Peak memory and bytes received are of one more round, over a line that counts; their limit
is the size of the same records as plain JSON. Then fewer events without a pack, in batches
of 64.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import pkgutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import generator
import limits
import msgspec
from homes import first_device
from lines import peak, report, say
from stage import Count, counted, fill, origin, relay

from inglenook_client.journal import rotating
from inglenook_client.journal.beginning import accept_device
from inglenook_client.journal.home import Journal
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_schema.control import Reason

BATCH = 64
MANY = 100_000
"""From so many on, what a device costs once does not count for much."""
ROOM = 256 * 1024 * 1024
UNPACKED = 10
"""One event in so many is enough to measure batches."""


def _import_all() -> None:
    """Also what a command only loads where it needs it."""
    for name in ("core", "journal", "stores", "transports"):
        part = importlib.import_module(f"inglenook_client.{name}")
        for module in pkgutil.walk_packages(part.__path__, f"{part.__name__}."):
            importlib.import_module(module.name)


async def device(folder: Path, link: str) -> None:
    """The new device; says when it has knocked, and waits for a line before it goes on."""
    _import_all()
    key = os.urandom(32)
    begun = time.perf_counter()
    await accept_device(folder, key, link, device_label="tablet")
    taken = time.perf_counter() - begun
    print("knocked", flush=True)
    words = await asyncio.to_thread(sys.stdin.readline)
    begun = time.perf_counter()
    async with await Journal.open(folder, key) as journal:
        synced = await journal.sync()
        found = await journal.search(words, limit=1)
        status = await journal.status()
        taken += time.perf_counter() - begun
    result = {
        "seconds": taken,
        "peak": peak(),
        "events": synced.received,
        "found": len(found),
        "state": status.spaces[0].state,
    }
    print(json.dumps(result))


async def _child(*words: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, *words, stdin=pipe, stdout=pipe)


async def _result(child: asyncio.subprocess.Process, line: str = "") -> dict[str, Any]:
    out, _ = await child.communicate(line.encode())
    assert child.returncode == 0, "a process failed"
    found: dict[str, Any] = json.loads(out)
    return found


@dataclass
class Scene:
    """A journal on the relay, and what is known of it."""

    base: Path
    journal: Journal
    bare: Path
    """The same events for the bare loop."""
    words: str
    """The newest entry's."""
    starts: int = 0

    def folder(self) -> Path:
        """A new one."""
        self.starts += 1
        folder = self.base / str(self.starts)
        folder.mkdir()
        return folder

    async def ours(self, count: Count | None = None) -> dict[str, Any]:
        """One cold start; ``bytes`` are those received, where they are counted."""
        count = count or Count()
        link = (await self.journal.device_add()).link
        before = count.down
        child = await _child(__file__, "--device", str(self.folder()), link)
        assert child.stdout is not None
        assert await child.stdout.readline() == b"knocked\n", "a device could not knock"
        received = count.down - before
        (waiting,) = await self.journal.device_waiting()
        await self.journal.device_approve(waiting.id)
        before = count.down
        result = await _result(child, self.words + "\n")
        result["bytes"] = received + count.down - before
        await self._check(result)
        return result

    async def _check(self, result: dict[str, Any]) -> None:
        """What the new device says is what the old one holds."""
        await self.journal.sync()
        state = (await self.journal.status()).spaces[0].state
        assert result["state"] == state, "the devices do not hold the same"
        assert result["found"] == 1, "the newest entry was not found"

    async def limit(self) -> dict[str, Any]:
        """One bare cold start."""
        child = await _child(limits.__file__, "cold", str(self.bare), str(self.folder()))
        return await _result(child)

    async def rounds(self, count: int) -> tuple[float, float]:
        """Median seconds of ours and of the bare loop, taking turns."""
        ours: list[float] = []
        limit: list[float] = []
        for number in range(1, count + 1):
            limit.append((await self.limit())["seconds"])
            ours.append((await self.ours())["seconds"])
            say(f"  round {number} of {count}: {ours[-1]:.2f} s, bare {limit[-1]:.2f} s")
        return statistics.median(ours), statistics.median(limit)


async def found(base: Path, port: int, records: list[generator.Record], *, packed: bool) -> Scene:
    """Fill a journal and put it on the relay."""
    journal = await first_device(base, origin(port))
    await journal.sync()
    await fill(journal, records)
    number = (await journal.space(None)).number

    def rotate(db: Db) -> None:
        rotating.rotate(db, journal.me, logs.log_by_number(db, number), Reason.SIZE)

    if packed:
        await journal.store.write(rotate)
    await journal.sync()
    key = os.urandom(32)
    batches = await journal.store.read(lambda db: _batches(db, number))
    (base / "bare").write_bytes(msgspec.msgpack.encode((key, limits.seal(batches, key))))
    return Scene(base, journal, base / "bare", records[-1]["text"])


def _batches(db: Db, log: int) -> list[bytes]:
    rows = db.execute(
        "SELECT e.header, e.body FROM event e JOIN chain c ON c.number = e.chain"
        " WHERE c.log = ? AND e.type = 'entry.written' ORDER BY e.row",
        (log,),
    ).fetchall()
    return [msgspec.msgpack.encode(rows[i : i + BATCH]) for i in range(0, len(rows), BATCH)]


async def packed(base: Path, n: int, rounds: int) -> bool:
    """Lines for a journal that lies on the relay as a pack."""
    say(f"cold_start: a journal of {n} events")
    records = list(generator.records(n))
    plain = sum(len(generator.as_json(record)) for record in records)
    with relay(base.with_suffix(".db")) as port:
        scene = await found(base, port, records, packed=True)
        value, limit = await scene.rounds(rounds)
    met = report("cold_start", n, value, "s", limit, 2.0 if n >= MANY else None)
    with relay(base.with_suffix(".db")) as target:
        async with counted(port, target) as count:
            result = await scene.ours(count)
    await scene.journal.close()
    met &= report("cold_start.bytes", n, result["bytes"], "B", plain, 1.0)
    return report("cold_start.memory", n, result["peak"], "B", plain, ROOM, "value") and met


async def batches(base: Path, n: int, rounds: int) -> bool:
    """A line for one that does not."""
    say(f"cold_start: a journal of {n} events, not packed")
    with relay(base.with_suffix(".db")) as port:
        scene = await found(base, port, list(generator.records(n)), packed=False)
        value, limit = await scene.rounds(rounds)
        await scene.journal.close()
    return report("cold_start.batches", n, value, "s", limit)


async def measure(n: int, rounds: int) -> bool:
    """All lines; whether the goals are met."""
    with tempfile.TemporaryDirectory() as folder:
        met = await packed(Path(folder) / "packed", n, rounds)
        return await batches(Path(folder) / "batches", max(n // UNPACKED, BATCH), rounds) and met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", nargs=2, metavar=("FOLDER", "LINK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.device:
        asyncio.run(device(Path(options.device[0]), options.device[1]))
        return 0
    return 0 if asyncio.run(measure(options.events, options.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
