"""Hints inside one process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inglenook_server.core.live import Subscriber


class LocalFanout:
    """Offers each hint at once to every subscriber of this process but the putter."""

    def __init__(self) -> None:
        self._followers: dict[bytes, set[Subscriber]] = {}

    @property
    def followed(self) -> list[bytes]:
        """The mailboxes that somebody follows just now."""
        return list(self._followers)

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def follow(self, addresses: Iterable[bytes], subscriber: Subscriber) -> None:
        """Offer every hint about these mailboxes from now on."""
        for address in addresses:
            self._followers.setdefault(address, set()).add(subscriber)

    def leave(self, addresses: Iterable[bytes], subscriber: Subscriber) -> None:
        """Forget the subscriber for these mailboxes."""
        for address in addresses:
            followers = self._followers.get(address)
            if followers is not None:
                followers.discard(subscriber)
                if not followers:
                    del self._followers[address]

    def publish(self, grown: Mapping[bytes, int], by: Subscriber | None = None) -> None:
        """Offer these lengths to all but ``by``."""
        for address, n in grown.items():
            for subscriber in self._followers.get(address, ()):
                if subscriber is not by:
                    subscriber.offer(address, n)
