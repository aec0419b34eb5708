"""The relay over HTTP: ``POST /v1/sync``, ``GET /healthz`` and ``/readyz``, and where live begins.

No access log, no token in a URL; logs hold no address, token or byte of a frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.hdrs import CONTENT_TYPE

from inglenook_schema import wire
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import Fault, ToClient
from inglenook_server import ambient
from inglenook_server.config import Config
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.fanout import Fanout
from inglenook_server.core.relay import Relay
from inglenook_server.core.store import Engine, Store
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.shells.discretion import be_discreet
from inglenook_server.shells.live import LiveConnections
from inglenook_server.shells.sums import SumsHttp
from inglenook_server.shells.trouble import Trouble

MEDIA_TYPE: Final = "application/x-msgpack"
_TAKEN: Final = frozenset({MEDIA_TYPE, "application/octet-stream"})
"""None that a web page may send to another origin unasked."""
DRAINING: Final = web.AppKey("draining", asyncio.Event)
"""Set before a relay stops: from then on it says that it is not ready, and answers as before."""
_HTTP_STATUS: Final = {
    Fault.NONE: 200,
    Fault.MALFORMED: 400,
    Fault.OVERSIZED: 413,
    Fault.BUSY: 503,
    Fault.VERSION: 404,
}


def make_app(store: Engine, config: Config, fanout: Fanout | None = None) -> web.Application:
    """The relay's web application over ``store``, which the caller closes afterwards."""
    be_discreet()
    carrier = fanout or LocalFanout()
    relay = Relay(store, carrier, config.rules, Trouble("The store cannot be used just now").note)
    live = LiveConnections(relay, config)
    http = _Http(relay, store, config)
    sums = SumsHttp(store.sums, config)
    app = web.Application(client_max_size=MAX_FRAME)
    app.router.add_post("/v1/sync", http.sync)
    app.router.add_get("/v1/live", live.serve)
    app.router.add_post("/v1/sums", sums.serve)
    app.router.add_get("/healthz", http.health)
    app.router.add_get("/readyz", http.ready)
    app[DRAINING] = http.draining
    app.router.add_route("*", r"/v{version:(?!1/)\d+}/{what:sync|live|sums}", http.other_version)
    app.cleanup_ctx.append(partial(_carrying, carrier))
    app.cleanup_ctx.append(sums.forgetting)
    app.on_shutdown.append(live.stop)
    return app


async def _carrying(fanout: Fanout, _: web.Application) -> AsyncIterator[None]:
    """Hints are carried for as long as the application is there."""
    await fanout.start()
    yield
    await fanout.close()


class _Http:
    def __init__(self, relay: Relay, store: Store, config: Config) -> None:
        self._relay = relay
        self._store = store
        self._config = config
        self.draining = asyncio.Event()

    async def sync(self, request: web.Request) -> web.Response:
        said = request.headers.get(CONTENT_TYPE)  # parsing it is dear: look first
        if said not in _TAKEN and request.content_type not in _TAKEN:
            return _answer(ToClient(fault=Fault.MALFORMED), 415)
        try:
            if request.content.is_eof():  # all of it is here
                data = request.content.read_nowait()
            else:
                async with asyncio.timeout(self._config.read_timeout_s):
                    data = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _answer(ToClient(fault=Fault.OVERSIZED))
        except TimeoutError:
            return _answer(ToClient(fault=Fault.MALFORMED), 408)
        return _answer(await self._relay.receive(data, ambient.now()))

    async def health(self, _: web.Request) -> web.Response:
        try:
            await self._store.check()
        except StoreUnavailableError as error:
            return web.json_response({"ok": False, "reason": error.reason}, status=503)
        return web.json_response({"ok": True})

    async def ready(self, request: web.Request) -> web.Response:
        if self.draining.is_set():
            return web.json_response({"ok": False, "reason": "stopping"}, status=503)
        return await self.health(request)

    async def other_version(self, _: web.Request) -> web.Response:
        return _answer(ToClient(fault=Fault.VERSION))


def _answer(frame: ToClient, status: int | None = None) -> web.Response:
    return web.Response(
        body=wire.encode(frame),
        status=status or _HTTP_STATUS[frame.fault],
        content_type=MEDIA_TYPE,
        headers={"Retry-After": "5"} if frame.fault is Fault.BUSY else None,
    )
