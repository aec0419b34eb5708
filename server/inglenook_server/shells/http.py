"""The relay over HTTP: ``POST /v1/sync``, ``GET /healthz``, and where live begins.

No access log, no token in a URL; logs hold no address, token or byte of a frame.
"""

from __future__ import annotations

import asyncio
import logging
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
from inglenook_server.core.store import Store
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.shells.discretion import be_discreet
from inglenook_server.shells.live import LiveConnections

MEDIA_TYPE: Final = "application/x-msgpack"
_TAKEN: Final = frozenset({MEDIA_TYPE, "application/octet-stream"})
"""None that a web page may send to another origin unasked."""
_HTTP_STATUS: Final = {
    Fault.NONE: 200,
    Fault.MALFORMED: 400,
    Fault.OVERSIZED: 413,
    Fault.BUSY: 503,
    Fault.VERSION: 404,
}
_log = logging.getLogger("inglenook.relay")


def make_app(store: Store, config: Config, fanout: Fanout | None = None) -> web.Application:
    """The relay's web application over ``store``, which the caller closes afterwards."""
    be_discreet()
    trouble = _Trouble()
    relay = Relay(store, fanout or LocalFanout(), config.rules, trouble.note)
    live = LiveConnections(relay, config)
    http = _Http(relay, store, config)
    app = web.Application(client_max_size=MAX_FRAME)
    app.router.add_post("/v1/sync", http.sync)
    app.router.add_get("/v1/live", live.serve)
    app.router.add_get("/healthz", http.health)
    app.router.add_route("*", r"/v{version:(?!1/)\d+}/{what:sync|live}", http.other_version)
    app.on_shutdown.append(live.stop)
    return app


class _Http:
    def __init__(self, relay: Relay, store: Store, config: Config) -> None:
        self._relay = relay
        self._store = store
        self._config = config

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

    async def other_version(self, _: web.Request) -> web.Response:
        return _answer(ToClient(fault=Fault.VERSION))


class _Trouble:
    """Logs what the store says once, not for every frame that it befalls."""

    def __init__(self) -> None:
        self._last = ""

    def note(self, reason: str) -> None:
        if reason != self._last:
            self._last = reason
            _log.warning("The store cannot be used just now: %s", reason)


def _answer(frame: ToClient, status: int | None = None) -> web.Response:
    return web.Response(
        body=wire.encode(frame),
        status=status or _HTTP_STATUS[frame.fault],
        content_type=MEDIA_TYPE,
        headers={"Retry-After": "5"} if frame.fault is Fault.BUSY else None,
    )
