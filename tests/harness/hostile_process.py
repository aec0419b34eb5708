"""The hostile relay as a process of its own: real sockets, real bytes. Started by tests.

    POST /attack/NAME     do this from now on: tampering by name, or one of HTTP's own below
    POST /calm            be honest again
    POST /photograph      remember what lies in the mailboxes
    POST /put-back        and let exactly that lie there again
    GET  /seen            how many questions came, as a number
    POST /v1/sync, GET /v1/live     as at any relay

It prints one line, as the relay does, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from contextlib import suppress

from aiohttp import WSMsgType, web

from harness.hostile_relay import HostileRelay
from harness.tampering import TAMPERING
from inglenook_schema import wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import ToClient

_HTTP = ("a page", "a redirect", "a bomb", "without end", "lies about time", "hints without end")
"""Attacks on what is around the frames."""


class Hostile:
    """The relay with what is done to HTTP."""

    def __init__(self) -> None:
        self.relay = HostileRelay()
        self.kept = self.relay.snapshot()
        self.attack = ""
        self.seen = 0

    async def set_attack(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.relay.calm()
        if name in TAMPERING:
            TAMPERING[name](self.relay)
        elif name.partition(":")[0] not in _HTTP:
            return web.Response(status=404)
        self.attack = name
        return web.Response()

    async def calm(self, _: web.Request) -> web.Response:
        self.relay.calm()
        self.attack = ""
        return web.Response()

    async def photograph(self, _: web.Request) -> web.Response:
        self.kept = self.relay.snapshot()
        return web.Response()

    async def put_back(self, _: web.Request) -> web.Response:
        self.relay.roll_back(self.kept)
        return web.Response()

    async def count(self, _: web.Request) -> web.Response:
        return web.Response(text=str(self.seen))

    async def sync(self, request: web.Request) -> web.StreamResponse:
        self.seen += 1
        question = await request.read()
        if self.attack.startswith("a redirect"):
            raise web.HTTPTemporaryRedirect(self.attack.partition(":")[2] + "/v1/sync")
        if self.attack == "a page":
            return web.Response(
                text="<html>Sign in to our network</html>", content_type="text/html"
            )
        if self.attack == "a bomb":
            bomb = gzip.compress(bytes(64 * 1024 * 1024), 9)
            return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
        if self.attack == "without end":
            return await self._endless(request)
        answer = self._answer(question)
        return web.Response(
            body=answer, content_type="application/x-msgpack", headers=self._headers()
        )

    def _answer(self, question: bytes) -> bytes:
        frame = wire.decode_to_relay(question)
        return self.relay.on_answer(frame, self.relay.answer(question))

    def _headers(self) -> dict[str, str]:
        if self.attack != "lies about time":
            return {}
        return {
            "Date": "Thu, 01 Jan 1970 00:00:00 GMT",
            "Expires": "Fri, 31 Dec 9999 23:59:59 GMT",
            "Age": "999999999",
            "Retry-After": "999999999",
            "Set-Cookie": "who=it-is-you-again; Max-Age=999999999",
            "Alt-Svc": 'h2="evil.example:443"; ma=999999999',
            "Strict-Transport-Security": "max-age=0",
        }

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            for _ in range(2 * 2 * MAX_FRAME // 65_536 + 64):
                await response.write(bytes(65_536))
        return response

    async def live(self, request: web.Request) -> web.StreamResponse:
        if self.attack.startswith("a redirect"):
            raise web.HTTPTemporaryRedirect(self.attack.partition(":")[2] + "/v1/live")
        socket = web.WebSocketResponse(max_msg_size=2 * MAX_FRAME, compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                break
            self.seen += 1
            await socket.send_bytes(self._answer(message.data))
            if self.attack == "hints without end":
                hints = wire.encode(ToClient(pushed=tuple((bytes(16), n) for n in range(4_096))))
                for _ in range(50):
                    await socket.send_bytes(hints)
        return socket


async def _main() -> None:
    hostile = Hostile()
    app = web.Application(client_max_size=MAX_FRAME)
    app.router.add_post("/attack/{name:.*}", hostile.set_attack)
    app.router.add_post("/calm", hostile.calm)
    app.router.add_post("/photograph", hostile.photograph)
    app.router.add_post("/put-back", hostile.put_back)
    app.router.add_get("/seen", hostile.count)
    app.router.add_post("/v1/sync", hostile.sync)
    app.router.add_get("/v1/live", hostile.live)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"Listening on {runner.addresses[0][0]}:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_main())
