"""Hints between the processes of one relay, through a NATS server.

Inside this process a hint goes out at once; to the others it goes in batches, one on its
way at a time, so that what grows meanwhile costs one entry and not one message.

    grown --> OUTGOING --sent, and the server answered--> (none)
              OUTGOING --the connection broke--> OUTGOING, sent again once it is back

Rule 1: nothing here delays or fails a put; without the server, hints wait, and records do not.
Rule 2: whoever was cut off looks in the store, for it cannot know what it did not hear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Final, TypeAlias

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from inglenook_schema.errors import MalformedError
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.live import Subscriber
from inglenook_server.fanouts import hints
from inglenook_server.fanouts.local import LocalFanout

SUBJECT: Final = "inglenook.grown"
MAX_OUTGOING: Final = 262_144
"""Mailboxes whose hints wait for the server; beyond that every process looks for itself."""
_SLICE: Final = 256
"""Mailboxes that are looked up at once when hints were missed."""
_ANSWER_S: Final = 5
"""How long the server may take to say that it has a batch."""
_PAUSE_S: Final = 1
"""Between two attempts to connect, and to look."""
_PING_S: Final = 5
"""A server that answers no ping for about twice as long counts as gone."""

Lengths: TypeAlias = Callable[[Collection[bytes]], Awaitable[Mapping[bytes, int]]]
"""How long mailboxes are, by the store; absent ones are left out."""


class NatsFanout:
    """The port over a NATS server that the relay's other processes listen to as well."""

    def __init__(
        self, url: str, lengths: Lengths, report: Callable[[str], None] = lambda _: None
    ) -> None:
        """Begin alone; see :meth:`start`.

        Args:
            url: ``nats://…`` or ``tls://…``, with user and password or a token where needed.
            lengths: Asked after hints may have been missed.
            report: Told once when the server is gone, and once when it is back.
        """
        self._url = url
        self._lengths = lengths
        self._report = report
        self._local = LocalFanout()
        self._client = Client()
        self._outgoing: dict[bytes, int] = {}
        self._everybody = False
        """More waited than was kept: the others have to look for themselves."""
        self._wake = asyncio.Event()
        self._missed = asyncio.Event()
        self._connected = asyncio.Event()
        self._closing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def connected(self) -> bool:
        """Whether hints reach other processes just now."""
        return self._connected.is_set()

    async def start(self) -> None:
        """Begin to connect, and go on trying for as long as it takes."""
        loops = (self._connect(), self._send(), self._look())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def close(self) -> None:
        """Send what waits if the server takes it now, and hang up."""
        self._closing.set()
        if self.connected and (self._outgoing or self._everybody):
            with suppress(*_FAILURES):
                await self._send_batch()
        running = set(self._tasks)
        while running:  # one that is just being refused a connection may not hear it at once
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=_PAUSE_S)
        self._connected.clear()
        with suppress(*_FAILURES):
            await self._client.close()

    def follow(self, addresses: Iterable[bytes], subscriber: Subscriber) -> None:
        """Offer every hint about these mailboxes from now on."""
        self._local.follow(addresses, subscriber)

    def leave(self, addresses: Iterable[bytes], subscriber: Subscriber) -> None:
        """Forget the subscriber for these mailboxes."""
        self._local.leave(addresses, subscriber)

    def publish(self, grown: Mapping[bytes, int], by: Subscriber | None = None) -> None:
        """Offer these lengths to all but ``by``, here now and elsewhere as soon as may be."""
        self._local.publish(grown, by)
        self._keep(grown)
        self._wake.set()

    def _keep(self, grown: Mapping[bytes, int]) -> None:
        for address, n in grown.items():
            self._outgoing[address] = max(n, self._outgoing.get(address, 0))
        if len(self._outgoing) > MAX_OUTGOING:
            self._outgoing.clear()
            self._everybody = True

    async def _connect(self) -> None:
        await self._client.connect(
            self._url,
            name="inglenook-relay",
            no_echo=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_PAUSE_S,
            connect_timeout=_PING_S,
            ping_interval=_PING_S,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_connected,
            error_cb=self._on_error,
        )
        # No bound on bytes: what waits here was taken out of the socket, at 24 bytes a hint.
        await self._client.subscribe(SUBJECT, cb=self._on_message, pending_bytes_limit=-1)
        with suppress(*_FAILURES):  # gone again: the driver says when it is back
            await self._answered()
            await self._on_connected()

    async def _on_connected(self) -> None:
        if not self.connected:
            self._report("The hints' server is there.")
        self._connected.set()
        self._missed.set()
        self._wake.set()

    async def _on_disconnected(self) -> None:
        if self.connected:
            self._report("The hints' server is gone; records are taken as before.")
        self._connected.clear()

    async def _on_error(self, error: Exception) -> None:
        if isinstance(error, nats.errors.SlowConsumerError):
            self._missed.set()
        elif not self.connected:
            self._report("The hints' server cannot be reached; records are taken as before.")

    async def _on_message(self, message: Msg) -> None:
        try:
            grown = hints.decode(message.data)
        except MalformedError:
            return  # not a relay's, or a newer one's: whoever needs it syncs all the same
        if grown == hints.LOOK:
            self._missed.set()
        self._local.publish(grown)

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            await self._connected.wait()
            self._wake.clear()
            while self._outgoing or self._everybody:
                try:
                    await self._send_batch()
                except _FAILURES:
                    self._wake.set()
                    await self._rest()
                    break

    async def _send_batch(self) -> None:
        """Send a batch, and keep it unless the server says that it has it."""
        everybody, self._everybody = self._everybody, False
        waiting = {} if everybody else self._outgoing
        batch = dict(islice(waiting.items(), hints.MAX_BATCH))
        for address in batch:
            del self._outgoing[address]
        try:
            await self._client.publish(SUBJECT, hints.encode(batch))
            await self._answered()
        except BaseException:
            self._everybody |= everybody
            self._keep(batch)
            raise

    async def _answered(self) -> None:
        """Wait until the server has dealt with all that was given to the driver.

        Twice: the driver's ping may overtake what still waits to be written; by the time it
        is answered that was, and the second one comes after it.
        """
        await self._client.flush(_ANSWER_S)
        await self._client.flush(_ANSWER_S)

    async def _look(self) -> None:
        """Offer what the store says of every mailbox that is followed here."""
        while True:
            await self._missed.wait()
            self._missed.clear()
            followed = self._local.followed
            for start in range(0, len(followed), _SLICE):
                await self._look_at(followed[start : start + _SLICE])

    async def _look_at(self, addresses: list[bytes]) -> None:
        while True:
            try:
                lengths = await self._lengths(addresses)
                self._local.publish({address: n for address, n in lengths.items() if n})
            except StoreUnavailableError:
                await self._rest()
            else:
                return

    async def _rest(self) -> None:
        """Wait a little before the next attempt, or until this ends."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._closing.wait(), _PAUSE_S)


_FAILURES: Final = (nats.errors.Error, OSError, asyncio.TimeoutError)
