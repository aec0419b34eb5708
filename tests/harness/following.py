"""Subscribers without a connection: what they heard, and waiting for it."""

from __future__ import annotations

import asyncio

from inglenook_server.core.fanout import Fanout
from inglenook_server.core.live import Subscriber


class Follower:
    """Follows some mailboxes and notes the longest that it heard of each."""

    def __init__(self, fanout: Fanout, *addresses: bytes) -> None:
        """Follow from now on."""
        self.heard: dict[bytes, int] = {}
        self._fanout = fanout
        self._woken = asyncio.Event()
        self.subscriber = Subscriber(1_024, self._woken.set)
        new = self.subscriber.hold(set(addresses))
        fanout.follow(new, self.subscriber)
        self.subscriber.settle(new, new)

    def listen(self) -> dict[bytes, int]:
        """All that came so far."""
        self.heard.update(self.subscriber.take())
        return self.heard

    async def until(self, address: bytes, n: int) -> None:
        """Wait until it heard that the mailbox is so long."""
        async with asyncio.timeout(30):
            while self.listen().get(address) != n:
                self._woken.clear()
                await self._woken.wait()

    def leave(self) -> None:
        """Follow nothing any more."""
        self._fanout.leave(self.subscriber.addresses, self.subscriber)
