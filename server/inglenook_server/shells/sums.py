"""The Relay's half of surveys over HTTP: ``POST /v1/sums`` (protocol 11.13).

Served once the operator gave the relay a name to sign with (``inglenook-relay operator``).
What takes long runs on a thread; what has passed its last date is deleted once an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final, TypeVar

from aiohttp import web

from inglenook_schema import suite
from inglenook_schema.errors import CallerError
from inglenook_schema.sums import frames
from inglenook_schema.sums.frames import Refused
from inglenook_schema.sums.terms import Operator
from inglenook_server import ambient
from inglenook_server.config import Config
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.sums.checking import OperatorKeys
from inglenook_server.core.sums.leader import Leader
from inglenook_server.core.sums.rows import Identity, read, write
from inglenook_server.core.sums.store import SELF, Change, Kind, SumsStore, Wanted

T = TypeVar("T")
MEDIA_TYPE: Final = "application/x-msgpack"
_FORGET_EVERY_S: Final = 3_600.0
_HTTP_STATUS: Final = {"invalidMessage": 400, "unauthorizedRequest": 403, "busy": 503}


class SumsHttp:
    """Answers requests about surveys, from the moment that the relay has a name for them."""

    def __init__(self, store: SumsStore, config: Config) -> None:
        """Nothing is read before the first request."""
        self._store = store
        self._config = config
        self._leader: Leader | None = None

    async def serve(self, request: web.Request) -> web.Response:
        """``POST /v1/sums``."""
        if request.content_type not in (MEDIA_TYPE, "application/octet-stream"):
            return _answer(frames.encode(Refused("invalidMessage")), 415)
        try:
            async with asyncio.timeout(self._config.read_timeout_s):
                data = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _answer(frames.encode(Refused("invalidMessage")), 413)
        except TimeoutError:
            return _answer(frames.encode(Refused("invalidMessage")), 408)
        try:
            leader = await self._ready()
        except StoreUnavailableError:
            return _answer(frames.encode(Refused("busy")), 503)
        if leader is None:
            return _answer(frames.encode(Refused("noSums")), 404)
        reply = await leader.receive(data, ambient.unix_s())
        said = frames.read_reply(reply)
        status = _HTTP_STATUS.get(said.code, 422) if isinstance(said, Refused) else 200
        return _answer(reply, status)

    async def forgetting(self, _: web.Application) -> AsyncIterator[None]:
        """Delete what is to be forgotten, for as long as the application is there."""
        task = asyncio.create_task(self._forget())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _forget(self) -> None:
        never = asyncio.Event()
        while True:
            with suppress(StoreUnavailableError):
                leader = await self._ready()
                if leader is not None:
                    await leader.forget(ambient.unix_s())
            with suppress(TimeoutError):
                async with asyncio.timeout(_FORGET_EVERY_S):
                    await never.wait()

    async def _ready(self) -> Leader | None:
        if self._leader is None:
            found = await read_identity(self._store)
            if found is not None:
                operator, keys = found
                self._leader = Leader(self._store, operator, keys, ambient.random_bytes, beside)
        return self._leader


async def beside(work: Callable[[], T]) -> T:
    """Run what takes long on a thread."""
    return await asyncio.to_thread(work)


async def read_identity(store: SumsStore) -> tuple[Operator, OperatorKeys] | None:
    """What an operator is, if it was given a name."""
    rows = await store.load(SELF, (Wanted(Kind.IDENTITY),))
    value = rows.get(Kind.IDENTITY)
    if value is None:
        return None
    own = read(value, Identity)
    keys = OperatorKeys(suite.SigningKey(own.sign_seed), own.kem_private)
    return Operator(own.name, own.origin, keys.sign.public, keys.kem.public), keys


async def make_identity(store: SumsStore, name: str, origin: str) -> tuple[Operator, OperatorKeys]:
    """Give an operator a name and keys, once; later the same ones.

    Raises:
        CallerError: It has another name, or listens elsewhere by now.
    """
    rows = await store.load(SELF, (Wanted(Kind.IDENTITY),))
    if rows.get(Kind.IDENTITY) is None:
        own = Identity(name, origin, ambient.random_bytes(32), ambient.random_bytes(96))
        change = Change(rows.version)
        change.set(Kind.IDENTITY, write(own))
        if not await store.save(SELF, change):
            raise StoreUnavailableError("another process came first")
    found = await read_identity(store)
    if found is None or (found[0].name, found[0].origin) != (name, origin):
        raise CallerError("This operator has a name and keys already, under which surveys run.")
    return found


def _answer(body: bytes, status: int) -> web.Response:
    return web.Response(body=body, status=status, content_type=MEDIA_TYPE)
