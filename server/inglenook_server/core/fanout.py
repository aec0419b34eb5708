"""The port through which subscribers hear that a mailbox grew: a hint, never data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from inglenook_server.core.live import Subscriber


class Fanout(Protocol):
    """Carries hints from whoever put to whoever follows; one may get lost."""

    async def start(self) -> None:
        """Begin to carry hints; without what carries them, go on trying and wait for nothing."""
        ...

    async def close(self) -> None:
        """Let go of what carries hints."""
        ...

    def follow(self, addresses: Iterable[bytes], subscriber: Subscriber) -> None:
        """From now on offer the subscriber every hint about these mailboxes."""
        ...

    def leave(self, addresses: Iterable[bytes], subscriber: Subscriber) -> None:
        """Stop offering hints about these mailboxes; harmless where none were."""
        ...

    def publish(self, grown: Mapping[bytes, int], by: Subscriber | None = None) -> None:
        """Tell all followers but ``by`` how long these mailboxes are now.

        Call it only after the records are durable.
        """
        ...
