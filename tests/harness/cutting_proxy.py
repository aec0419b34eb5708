"""A TCP proxy in front of a relay that cuts a connection after so many bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 65_536


@dataclass
class CuttingProxy:
    """Passes bytes both ways, counting them, and cuts where it is told to."""

    relay_port: int
    port: int = 0
    cut_after: int | None = None
    """Bytes of both directions together that still pass, the cut off ones never arrive."""
    passed: int = 0
    turns: list[int] = field(default_factory=list)
    """How many bytes had passed whenever the other side began to speak, and at the end."""
    cuts: int = 0
    _last: object = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    def arm(self, cut_after: int | None) -> None:
        """Begin to count anew."""
        self.cut_after, self.passed, self._last = cut_after, 0, None
        self.turns = []

    @property
    def origin(self) -> str:
        """As a device names the relay."""
        return f"http://127.0.0.1:{self.port}"

    async def end(self) -> None:
        """Wait until every connection's two sides are closed; those that are open end now."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _begin(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(near, to_near))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        try:
            far, to_far = await asyncio.open_connection("127.0.0.1", self.relay_port)
        except OSError:
            to_near.close()
            return
        ways = [self._pass(near, to_far, "up"), self._pass(far, to_near, "down")]
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for writer in (to_near, to_far):
                if self.cut_after is None:
                    writer.close()
                else:
                    writer.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, way: str) -> None:
        with suppress(OSError):
            while data := await source.read(_CHUNK):
                if way != self._last:
                    self.turns.append(self.passed)
                    self._last = way
                if self.cut_after is not None and self.passed + len(data) > self.cut_after:
                    data = data[: self.cut_after - self.passed]
                    self.passed += len(data)
                    self.cuts += 1
                    to.write(data)
                    await to.drain()
                    return
                self.passed += len(data)
                to.write(data)
                await to.drain()


@asynccontextmanager
async def cutting_proxy(relay_port: int) -> AsyncIterator[CuttingProxy]:
    """A proxy on a free loopback port."""
    proxy = CuttingProxy(relay_port)
    server = await asyncio.start_server(proxy._begin, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
