"""The relay over WebSocket: each message a frame, answered in order; hints in between."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.hdrs import ORIGIN

from inglenook_schema import wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import Fault, ToClient
from inglenook_server import ambient
from inglenook_server.config import Config
from inglenook_server.core.live import Subscriber
from inglenook_server.core.relay import Relay

_MAX_MESSAGE: Final = 2 * MAX_FRAME
"""An oversized message up to here gets a typed answer; beyond it the connection ends."""

_SMALL: Final = 32_768
"""Bytes that a connection with nothing waiting takes without waiting (asyncio's mark: 64 KiB)."""


class LiveConnections:
    """All live connections of one relay."""

    def __init__(self, relay: Relay, config: Config) -> None:
        self._relay = relay
        self._config = config
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if ORIGIN in request.headers:
            # A web page's: it may not speak to a relay on the reader's own machine unasked.
            return web.Response(status=403, body=wire.encode(_fault(Fault.MALFORMED)))
        if len(self._open) >= self._config.max_live:
            return web.Response(
                status=503, headers={"Retry-After": "60"}, body=wire.encode(_fault(Fault.BUSY))
            )
        socket = web.WebSocketResponse(
            max_msg_size=_MAX_MESSAGE, compress=False, heartbeat=self._config.heartbeat_s
        )
        await socket.prepare(request)
        self._open.add(socket)
        try:
            await _Live(self._relay, self._config, request, socket).run()
        finally:
            self._open.discard(socket)
        return socket

    async def stop(self, _: web.Application) -> None:
        """Say goodbye to everybody; who does not answer in time is cut off."""
        goodbyes = [
            asyncio.create_task(socket.close(code=WSCloseCode.GOING_AWAY)) for socket in self._open
        ]
        if goodbyes:
            ended = await asyncio.wait(goodbyes, timeout=self._config.stop_timeout_s)
            for goodbye in ended[1]:
                goodbye.cancel()


class _Live:
    """One connection."""

    def __init__(
        self, relay: Relay, config: Config, request: web.Request, socket: web.WebSocketResponse
    ) -> None:
        self._relay = relay
        self._config = config
        self._request = request
        self._socket = socket
        self._subscriber = Subscriber(config.max_followed, self._wake)
        self._pushing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            async for message in self._socket:
                if message.type is WSMsgType.BINARY:
                    reply = await self._relay.receive(message.data, ambient.now(), self._subscriber)
                else:
                    reply = _fault(Fault.MALFORMED)
                await self._send(reply)
        finally:
            self._relay.leave(self._subscriber)
            if self._pushing is not None:
                self._pushing.cancel()

    def _wake(self) -> None:
        # A task only while there are hints to send: idle connections cost no task.
        if self._pushing is None:
            self._pushing = asyncio.create_task(self._push())

    async def _push(self) -> None:
        try:
            while hints := self._subscriber.take():
                await self._send(ToClient(pushed=hints))
        finally:
            self._pushing = None

    async def _send(self, frame: ToClient) -> None:
        """Send, or drop the connection of a reader that leaves it lying."""
        data = wire.encode(frame)
        transport = self._request.transport
        if transport is None:
            return
        try:
            if len(data) < _SMALL and not transport.get_write_buffer_size():
                await self._socket.send_bytes(data)  # cannot wait: no timer is needed
            else:
                async with asyncio.timeout(self._config.send_timeout_s):
                    await self._socket.send_bytes(data)
        except TimeoutError:
            transport.abort()
        except ConnectionError:
            pass  # it went while we wrote; the reading side ends next


def _fault(fault: Fault) -> ToClient:
    return ToClient(fault=fault)
