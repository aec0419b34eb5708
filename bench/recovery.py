"""From 24 words to everything: read, verified, stored, re-keyed, and packed again on the relay.

A real relay over loopback holds ``--logs`` logs of ``--events`` records each, as packs. Each
round is a process of its own with an empty folder: it reads the recovery box and all logs,
removes the lost device from each by the root, begins new epochs, and ends once the relay has
every new pack and a new bundle, and the words are forgotten. Its passphrase is not counted.

Against it, also in a process of its own, a bare loop over the same events: decrypt, hash,
HMAC, decode, bulk insert; then compress and encrypt them as the new packs are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

import generator
import limits
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from homes import first_device
from lines import report, say
from stage import origin, relay

from inglenook_client.journal import composing, founding, identity, rotating
from inglenook_client.journal.home import begin_restore
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports import http
from inglenook_schema.control import LogType, Reason

BATCH = 64
PART = 960_000
GOAL_S = 8.0
MANY = 60_000
"""The goal is for so many events in all, or more."""
assert http  # imported before any clock starts, as the bare loop's imports are


async def restore(folder: Path, where: str) -> None:
    """The new device; takes the words from standard input."""
    words = await asyncio.to_thread(sys.stdin.readline)
    begun = time.perf_counter()
    journal = await begin_restore(
        *(folder, os.urandom(32)),
        words=words,
        relay=where,
        voucher=None,
        device_label="new",
        keep=(),
    )
    async with journal:
        synced = await journal.sync()
        taken = time.perf_counter() - begun
        done = await journal.restoring() is None
        status = await journal.status()
    result = {
        "seconds": taken,
        "events": synced.received,
        "done": done and not status.problems,
        "spaces": len(status.spaces),
    }
    print(json.dumps(result))


def bare(file: Path, folder: Path) -> None:
    """The bare loop; its file is that of a bare cold start."""
    key, blobs = msgspec.msgpack.decode(file.read_bytes(), type=tuple[bytes, list[bytes]])
    seconds = asyncio.run(limits.cold_start(blobs, key, folder / "bare.db"))
    begun = time.perf_counter()
    plain = b"".join(AESGCM(key).decrypt(limits.NONCE, blob, limits.AAD) for blob in blobs)
    for start in range(0, len(plain), PART):
        packed = zlib.compress(plain[start : start + PART], 6)
        AESGCM(key).encrypt(limits.NONCE, packed, limits.AAD)
    print(json.dumps({"seconds": seconds + time.perf_counter() - begun}))


async def _result(*words: str, line: str = "") -> dict[str, Any]:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, *words), stdin=pipe, stdout=pipe
    )
    out, _ = await child.communicate(line.encode())
    assert child.returncode == 0, "a process failed"
    found: dict[str, Any] = json.loads(out)
    return found


async def stored(base: Path, where: str, count: int, size: int) -> tuple[str, list[bytes]]:
    """Put logs on the relay, as packs; returns the words, and the events for the bare loop."""
    journal = await first_device(base, where)
    records = generator.records(count * size)
    for number in range(1, count + 1):
        part = [composing.draft(generator.as_event(next(records))) for _ in range(size)]

        def write(db: Db, number: int = number, part: list[events.Draft] = part) -> None:
            me = identity.load(db)
            if number > 1:
                founding.found(db, me, LogType.PAIR, "mentor", (where,), label=f"pair {number}")
            events.append(db, logs.log_by_number(db, number), part)
            rotating.rotate(db, me, logs.log_by_number(db, number), Reason.SIZE)

        await journal.store.write(write)
        await journal.sync()
    words = " ".join((await journal.recovery_make()).words)
    batches = await journal.store.read(_batches)
    await journal.close()
    return words, batches


def _batches(db: Db) -> list[bytes]:
    rows = db.execute("SELECT header, body FROM event WHERE type = 'entry.written'").fetchall()
    return [msgspec.msgpack.encode(rows[i : i + BATCH]) for i in range(0, len(rows), BATCH)]


async def measure(base: Path, count: int, size: int, rounds: int) -> bool:
    """The line; whether its goal is met."""
    say(f"recovery: {count} logs of {size} events")
    ours: list[float] = []
    limit: list[float] = []
    with relay(base / "relay.db") as port:
        words, batches = await stored(base, origin(port), count, size)
        key = os.urandom(32)
        file = base / "bare"
        file.write_bytes(msgspec.msgpack.encode((key, limits.seal(batches, key))))
        for number in range(1, rounds + 1):
            folder = base / str(number)
            folder.mkdir()
            limit.append((await _result("--bare", str(file), str(folder)))["seconds"])
            (folder / "home").mkdir()
            result = await _result(
                "--restore", str(folder / "home"), origin(port), line=words + "\n"
            )
            assert result["done"], "the restore did not come to its end"
            assert result["spaces"] == count, "a log is missing"
            assert result["events"] >= count * size, "events are missing"
            ours.append(result["seconds"])
            say(f"  round {number} of {rounds}: {ours[-1]:.2f} s, bare {limit[-1]:.2f} s")
    value, least = statistics.median(ours), statistics.median(limit)
    goal = GOAL_S if count * size >= MANY else None
    return report("recovery", count * size, value, "s", least, goal, "value")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=12)
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--restore", nargs=2, metavar=("FOLDER", "RELAY"), help=argparse.SUPPRESS)
    parser.add_argument("--bare", nargs=2, metavar=("FILE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.restore:
        asyncio.run(restore(Path(options.restore[0]), options.restore[1]))
        return 0
    if options.bare:
        bare(Path(options.bare[0]), Path(options.bare[1]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        met = asyncio.run(measure(Path(folder), options.logs, options.events, options.rounds))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
