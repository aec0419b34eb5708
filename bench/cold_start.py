"""A new device, from an empty folder to every event verified, stored, projected, searchable.

A real relay over loopback holds a journal of ``--events`` records as a pack. Each round is a
process of its own: it knocks, is let in, syncs, finds the newest entry by a word of it, and
computes the hash of its state. Against it, also in a process of its own: hash, HMAC,
AES-GCM, decode and bulk insert of the same events. Median of the rounds.

Peak memory and bytes received are of one more round, through a line that counts; their
limit is the size of the same records as plain JSON. Then fewer events without a pack, as
batches of 64.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import generator
import limits
import msgspec
from lines import report, say
from stage import Count, counted, fill, origin, relay

from inglenook_client.journal import Journal, accept_device, rotating
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports import http
from inglenook_schema.control import Reason

BATCH = 64
UNPACKED = 10
"""One event in so many is enough to measure batches."""
assert http  # imported before any clock starts, as the bare loop's imports are


async def device(folder: Path, link: str) -> None:
    """The new device; says when it has knocked, and waits for a line before it goes on."""
    key = os.urandom(32)
    begun = time.perf_counter()
    await accept_device(folder, key, link, device_label="tablet")
    taken = time.perf_counter() - begun
    print("knocked", flush=True)
    word = await asyncio.to_thread(sys.stdin.readline)
    begun = time.perf_counter()
    async with await Journal.open(folder, key) as journal:
        synced = await journal.sync()
        found = await journal.search(word, limit=1)
        status = await journal.status()
        taken += time.perf_counter() - begun
    print(
        json.dumps(
            {
                "seconds": taken,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "events": synced.received,
                "found": len(found),
                "state": status.spaces[0].state,
            }
        )
    )


async def start(journal: Journal, folder: Path, word: str, count: Count | None = None) -> dict[str, Any]:
    """One cold start of a new device of ``journal``."""
    folder.mkdir()
    link = (await journal.device_add()).link
    before = count.down if count else 0
    child = await _child(__file__, "--device", str(folder), link)
    assert child.stdin is not None and child.stdout is not None
    assert await child.stdout.readline() == b"knocked\n"
    knocked = (count.down if count else 0) - before
    (waiting,) = await journal.device_waiting()
    await journal.device_approve(waiting.id)
    before = count.down if count else 0
    child.stdin.write(word.encode() + b"\n")
    result = await _result(child)
    result["bytes"] = knocked + (count.down if count else 0) - before
    assert result["found"] == 1, "the newest entry was not found"
    await journal.sync()
    assert (await journal.status()).spaces[0].state == result["state"], "not the same events"
    return result


async def _child(*words: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, *words, stdin=pipe, stdout=pipe)


async def _result(child: asyncio.subprocess.Process) -> dict[str, Any]:
    out, _ = await child.communicate()
    assert child.returncode == 0, "a process failed"
    found: dict[str, Any] = json.loads(out)
    return found


def _batches(db: Db, log: int) -> list[bytes]:
    rows = db.execute(
        "SELECT e.header, e.body FROM event e JOIN chain c ON c.number = e.chain"
        " WHERE c.log = ? AND e.type = 'entry.written' ORDER BY e.row",
        (log,),
    ).fetchall()
    return [msgspec.msgpack.encode(rows[i : i + BATCH]) for i in range(0, len(rows), BATCH)]


async def bare(file: Path, folder: Path) -> dict[str, Any]:
    """One bare cold start."""
    folder.mkdir()
    return await _result(await _child(limits.__file__, "cold", str(file), str(folder)))


async def founded(folder: Path, port: int, count: int, *, packed: bool) -> tuple[Journal, Path]:
    """A journal on the relay, and the same events for the bare loop."""
    folder.mkdir()
    journal = await Journal.create(
        *(folder, os.urandom(32)),
        name="Ada",
        relay=origin(port),
        voucher=None,
        device_label="laptop",
    )
    await journal.sync()
    await fill(journal, count)
    number = (await journal.space(None)).number
    if packed:

        def rotate(db: Db) -> None:
            rotating.rotate(db, journal.me, logs.log_by_number(db, number), Reason.SIZE)

        await journal.store.write(rotate)
    await journal.sync()
    key = os.urandom(32)
    blobs = limits.seal(await journal.store.read(lambda db: _batches(db, number)), key)
    file = folder / "bare"
    file.write_bytes(msgspec.msgpack.encode((key, blobs)))
    return journal, file


async def rounds(
    journal: Journal, file: Path, folder: Path, word: str, count: int
) -> tuple[float, float]:
    """Median seconds of ours and of the bare loop, taking turns."""
    ours, limit = list[float](), list[float]()
    for number in range(count):
        limit.append((await bare(file, folder / f"bare{number}"))["seconds"])
        ours.append((await start(journal, folder / f"tablet{number}", word))["seconds"])
        say(f"  round {number + 1} of {count}: {ours[-1]:.2f} s, bare {limit[-1]:.2f} s")
    return statistics.median(ours), statistics.median(limit)


async def measure(base: Path, n: int, times: int) -> bool:
    """All lines."""
    plain, word = 0, ""
    for record in generator.records(n):
        plain += len(generator.as_json(record))
        word = record["text"]
    met = True
    port = 0
    fewer = max(BATCH, n // UNPACKED)
    runs: list[tuple[str, int, bool, Callable[[bool], Any]]] = []
    del runs
    with relay(base / "relay.db") as port:
        say(f"cold_start: a journal of {n} events")
        journal, file = await founded(base / "packed", port, n, packed=True)
        value, limit = await rounds(journal, file, base / "packed", word, times)
    met &= report("cold_start", n, value, "s", limit, 2.0)
    with relay(base / "relay.db") as target:
        async with counted(port, target) as count:
            result = await start(journal, base / "packed" / "counted", word, count)
    await journal.close()
    met &= report("cold_start.bytes", n, result["bytes"], "B", plain, 1.0)
    met &= report("cold_start.memory", n, result["peak"], "B", plain, None)
    with relay(base / "relay2.db") as port:
        say(f"cold_start: a journal of {fewer} events, not packed")
        journal, file = await founded(base / "batches", port, fewer, packed=False)
        last = [r["text"] for r in generator.records(fewer)][-1]
        value, limit = await rounds(journal, file, base / "batches", last, min(times, 3))
        await journal.close()
    return report("cold_start.batches", fewer, value, "s", limit, None) and met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", nargs=2, metavar=("FOLDER", "LINK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.device:
        asyncio.run(device(Path(options.device[0]), options.device[1]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measure(Path(folder), options.events, options.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
