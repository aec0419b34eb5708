"""The bare loops that the relay is measured against: nothing but the engines.

``python bench/limits_relay.py FILE`` serves, on a free loopback port that it prints, a bare
aiohttp application over a bare SQLite file: ``POST /echo`` reads a body and answers 32
bytes, ``GET /echo`` does the same over WebSocket; ``GET /commit`` answers a message when a
group commit has it as a row, ``GET /notify`` then tells everybody else as well.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import aiosqlite
from aiohttp import WSMsgType, web

ANSWER = bytes(32)
TABLE = "CREATE TABLE row (address BLOB, n INTEGER, blob BLOB, PRIMARY KEY (address, n))"
INSERT = "INSERT INTO row VALUES (?, ?, ?)"


async def open_bare(path: Path) -> aiosqlite.Connection:
    """One table, no index beyond the key, the relay's own durability."""
    connection = await aiosqlite.connect(path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA wal_autocheckpoint = 4096",
        TABLE,
    ):
        await connection.execute(statement)
    return connection


async def commit(connection: aiosqlite.Connection, n: int, blobs: list[bytes]) -> None:
    """One transaction, a row for each blob, each in another mailbox."""
    rows = [(index.to_bytes(16, "big"), n, blob) for index, blob in enumerate(blobs)]
    await connection.execute("BEGIN IMMEDIATE")
    await connection.executemany(INSERT, rows)
    await connection.execute("COMMIT")


async def group_commits(path: Path, blobs: list[bytes], group: int) -> float:
    """Seconds to commit all blobs, ``group`` of them a transaction."""
    connection = await open_bare(path)
    begun = time.perf_counter()
    for start in range(0, len(blobs), group):
        await commit(connection, start, blobs[start : start + group])
    taken = time.perf_counter() - begun
    await connection.close()
    return taken


class Bare:
    """The bare application."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection
        self.n = 0
        self.waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self.committing: asyncio.Task[None] | None = None
        self.others: list[web.WebSocketResponse] = []

    async def post(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=ANSWER)

    async def echo(self, request: web.Request) -> web.WebSocketResponse:
        socket = await _upgraded(request)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await socket.send_bytes(ANSWER)
        return socket

    async def commit(self, request: web.Request) -> web.WebSocketResponse:
        socket = await _upgraded(request)
        async for message in socket:
            await self.durable(message.data)
            await socket.send_bytes(ANSWER)
        return socket

    async def notify(self, request: web.Request) -> web.WebSocketResponse:
        socket = await _upgraded(request)
        self.others.append(socket)
        async for message in socket:
            await self.durable(message.data)
            for other in self.others:
                await other.send_bytes(ANSWER)
        self.others.remove(socket)
        return socket

    async def durable(self, blob: bytes) -> None:
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((blob, done))
        if self.committing is None:
            self.committing = asyncio.create_task(self.commit_groups())
        await done

    async def commit_groups(self) -> None:
        while self.waiting:
            group, self.waiting = self.waiting, []
            self.n += 1
            await commit(self.connection, self.n, [blob for blob, _ in group])
            for _, done in group:
                done.set_result(None)
        self.committing = None


async def _upgraded(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=8_388_608, compress=False)
    await socket.prepare(request)
    return socket


async def _serve(file: Path) -> None:
    connection = await open_bare(file)
    bare = Bare(connection)
    app = web.Application(client_max_size=4_194_304)
    app.router.add_post("/echo", bare.post)
    app.router.add_get("/echo", bare.echo)
    app.router.add_get("/commit", bare.commit)
    app.router.add_get("/notify", bare.notify)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handle_signals=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"bare aiohttp listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    try:
        await asyncio.Event().wait()
    except web.GracefulExit:
        pass
    finally:
        await runner.cleanup()
        await connection.close()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
