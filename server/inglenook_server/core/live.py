"""One live connection's subscriptions, with no I/O.

Rule 1: a hint goes out only for a mailbox whose read token was right.
Rule 2: none is lost between reading a mailbox and following it: follow first, hold hints
    back, and let them go when the answer is known.
Rule 3: at most one hint a mailbox waits, so that a slow reader costs no memory.

    asked --> HELD --granted--> FOLLOWED --connection ended--> (none)
              HELD --refused--> (none)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Subscriber:
    """What one connection follows and has still to be told."""

    __slots__ = ("_followed", "_held", "_limit", "_waiting", "_wake")

    def __init__(self, limit: int, wake: Callable[[], None]) -> None:
        """Begin without subscriptions.

        Args:
            limit: The most mailboxes followed at once.
            wake: Called, without waiting, when hints are there to be taken.
        """
        self._limit = limit
        self._wake = wake
        self._held: set[bytes] = set()
        self._followed: set[bytes] = set()
        self._waiting: dict[bytes, int] = {}

    @property
    def addresses(self) -> set[bytes]:
        """All that a fan-out has to forget when the connection ends."""
        return self._held | self._followed

    def has_room(self, addresses: set[bytes]) -> bool:
        """Whether these may be followed as well."""
        return len(self._followed | addresses) <= self._limit

    def hold(self, addresses: set[bytes]) -> set[bytes]:
        """Keep hints about these back until they are granted; gives the new ones."""
        new = addresses - self._followed
        self._held |= new
        return new

    def settle(self, new: set[bytes], granted: Iterable[bytes]) -> set[bytes]:
        """Follow the granted ones of ``new``; gives the others, now forgotten."""
        allowed = new.intersection(granted)
        refused = new - allowed
        self._held -= new
        self._followed |= allowed
        for address in refused:
            self._waiting.pop(address, None)
        if not self._waiting.keys().isdisjoint(allowed):
            self._wake()
        return refused

    def offer(self, address: bytes, n: int) -> None:
        """A mailbox is ``n`` records long now."""
        self._waiting[address] = max(n, self._waiting.get(address, 0))
        if address in self._followed:
            self._wake()

    def take(self) -> tuple[tuple[bytes, int], ...]:
        """The hints to send now; each is given once."""
        ready = tuple(
            (address, n) for address, n in self._waiting.items() if address in self._followed
        )
        for address, _ in ready:
            del self._waiting[address]
        return ready
