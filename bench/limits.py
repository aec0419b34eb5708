"""The bare loops that the client is measured against: nothing but the engines.

The same engine settings (SQLCipher under a raw key, WAL, synchronous=FULL), one table, no
index beyond the key, the same batches of 64, through ``aiosqlite`` where ours goes through
it. Hashes and MACs come from ``cryptography``, to which the product is bound, by the same
two calls. The driver is taken as it comes: that the store tells it how to bind bytes, which
saves 2 µs a value, is the store's own merit (in ``append.py`` both share it, being one
process).
``python bench/limits.py cold FILE FOLDER`` is one bare cold start in a process of its
own, ``python bench/limits.py serve`` a bare aiohttp server on a free loopback port.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import aiosqlite
import msgspec
import sqlcipher3
from aiohttp import ClientSession, TCPConnector, web
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inglenook_schema import suite
from inglenook_schema.events.writing import EntryWritten

TABLE = "CREATE TABLE event (number INTEGER PRIMARY KEY, id BLOB, header BLOB, body BLOB)"
INSERT = "INSERT INTO event (id, header, body) VALUES (?, ?, ?)"
WAL = 20_000_000
NONCE = bytes(12)
Bare: TypeAlias = aiosqlite.Connection
AAD = b"bench"
EVENT, PAYLOAD = suite.domain("event"), suite.domain("payload")


async def open_bare(path: Path) -> aiosqlite.Connection:
    """One table in an encrypted file, by the connector that the store uses."""
    key = os.urandom(32).hex()

    def connect() -> object:
        db = sqlcipher3.connect(str(path), isolation_level=None)
        for statement in (
            f"PRAGMA key = \"x'{key}'\"",
            "PRAGMA cipher_log_level = NONE",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA secure_delete = ON",
            "PRAGMA cache_size = -32000",
            "PRAGMA wal_autocheckpoint = 4096",
            TABLE,
        ):
            db.execute(statement)
        return db

    return await aiosqlite.Connection(connect, 64)  # type: ignore[arg-type]


async def settle(db: aiosqlite.Connection) -> None:
    """Let a write-ahead log reach its size, so that a commit writes over what is there.

    That is how an open file is most of its life; a commit that makes the log longer waits
    several times as long for the disk.
    """
    for statement in (
        "CREATE TABLE filler (bytes BLOB)",
        f"INSERT INTO filler VALUES (zeroblob({WAL}))",
        "DROP TABLE filler",
        "VACUUM",
        "PRAGMA wal_checkpoint(RESTART)",
    ):
        await (await db.execute(statement)).close()


async def commit(db: Bare, row: tuple[bytes, bytes, bytes]) -> None:
    """One row, durable."""
    await db.execute(INSERT, row)


def seal(batches: list[bytes], key: bytes) -> list[bytes]:
    """What the bare cold start opens: msgpack lists of [header, body], encrypted."""
    return [AESGCM(key).encrypt(NONCE, batch, AAD) for batch in batches]


def opened(blobs: list[bytes], key: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Decrypt batches of 64, hash and authenticate each event, decode it, give its row."""
    aead = AESGCM(key)
    read_batch = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]]).decode
    read_event = msgspec.msgpack.Decoder(EntryWritten).decode
    for blob in blobs:
        for header, body in read_batch(aead.decrypt(NONCE, blob, AAD)):
            name = suite.sha256(EVENT + header)
            suite.hmac(body[:32], PAYLOAD + body[32:])
            read_event(body[36 : 36 + int.from_bytes(body[32:36], "big")])
            yield name, header, body


async def cold_start(blobs: list[bytes], key: bytes, path: Path) -> float:
    """Seconds for hash, HMAC, AES-GCM, decode and bulk insert in one transaction."""
    begun = time.perf_counter()
    db = await open_bare(path)
    await db.execute("BEGIN IMMEDIATE")
    await db.executemany(INSERT, opened(blobs, key))
    await db.execute("COMMIT")
    taken = time.perf_counter() - begun
    await db.close()
    return taken


async def posts(port: int, up: int, down: int, count: int) -> float:
    """Seconds a POST with ``up`` bytes answered by ``down``, each on a new connection."""
    body = bytes(up)
    begun = time.perf_counter()
    for _ in range(count):
        async with (
            ClientSession(connector=TCPConnector(limit=1)) as session,
            session.post(f"http://127.0.0.1:{port}/{down}", data=body) as response,
        ):
            await response.read()
    return (time.perf_counter() - begun) / count


async def _answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=bytes(int(request.match_info["size"])))


async def _serve() -> None:
    app = web.Application(client_max_size=4_194_304)
    app.router.add_post("/{size}", _answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"bare aiohttp listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


def _cold(file: Path, folder: Path) -> None:
    key, blobs = msgspec.msgpack.decode(file.read_bytes(), type=tuple[bytes, list[bytes]])
    seconds = asyncio.run(cold_start(blobs, key, folder / "bare.db"))
    print(json.dumps({"seconds": seconds}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve")
    cold = commands.add_parser("cold")
    cold.add_argument("file", type=Path)
    cold.add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.command == "serve":
        asyncio.run(_serve())
    else:
        _cold(options.file, options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
