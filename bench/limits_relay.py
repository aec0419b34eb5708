"""The bare loops that the relay is measured against: nothing but the engines.

``python bench/limits_relay.py`` serves, on a free loopback port that it prints, a bare
aiohttp application: ``POST /echo`` reads a body and answers 32 bytes, ``GET /echo`` does
the same over WebSocket, ``GET /notify?db=FILE`` commits each message as one row and
then tells everybody else who is connected there.
"""

from __future__ import annotations

import asyncio
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


async def group_commits(path: Path, blobs: list[bytes], group: int) -> float:
    """Seconds to commit all blobs, ``group`` rows a transaction, each in another mailbox."""
    connection = await open_bare(path)
    addresses = [index.to_bytes(16, "big") for index in range(group)]
    begun = time.perf_counter()
    for start in range(0, len(blobs), group):
        n = start // group + 1
        rows = [(addresses[i], n, blob) for i, blob in enumerate(blobs[start : start + group])]
        await connection.execute("BEGIN IMMEDIATE")
        await connection.executemany(INSERT, rows)
        await connection.execute("COMMIT")
    taken = time.perf_counter() - begun
    await connection.close()
    return taken


async def _post(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER)


async def _socket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=8_388_608, compress=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await socket.send_bytes(ANSWER)
    return socket


class _Notify:
    def __init__(self) -> None:
        self.sockets: list[web.WebSocketResponse] = []
        self.connection: aiosqlite.Connection | None = None
        self.n = 0

    async def __call__(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        if self.connection is None:
            self.connection = await open_bare(Path(request.query["db"]))
        self.sockets.append(socket)
        async for message in socket:
            self.n += 1
            await self.connection.execute("BEGIN IMMEDIATE")
            await self.connection.execute(INSERT, (b"", self.n, message.data))
            await self.connection.execute("COMMIT")
            for other in self.sockets:
                await other.send_bytes(ANSWER)
        self.sockets.remove(socket)
        return socket

    async def close(self, _: web.Application) -> None:
        if self.connection is not None:
            await self.connection.close()


async def _serve() -> None:
    notify = _Notify()
    app = web.Application(client_max_size=4_194_304)
    app.router.add_post("/echo", _post)
    app.router.add_get("/echo", _socket)
    app.router.add_get("/notify", notify)
    app.on_cleanup.append(notify.close)
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


if __name__ == "__main__":
    asyncio.run(_serve())
