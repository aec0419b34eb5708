"""Stores that count what is asked of them, or refuse it."""

from __future__ import annotations

from collections import Counter

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.store import Cursor, Look, Page
from inglenook_server.stores.memory import MemoryStore


class CountingStore(MemoryStore):
    """Counts calls by name."""

    def __init__(self) -> None:
        """Begin at zero."""
        super().__init__()
        self.calls: Counter[str] = Counter()

    async def write(self, changes: Changes) -> Outcome:
        """Count, then write."""
        self.calls["write"] += 1
        return await super().write(changes)

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        """Count, then look."""
        self.calls["look"] += 1
        return await super().look(cursors)

    async def page(self, address: bytes, after: int, room: int, *, blobs: bool) -> Page | None:
        """Count, then read."""
        self.calls["page"] += 1
        return await super().page(address, after, room, blobs=blobs)


class FailingStore(MemoryStore):
    """Refuses to write, or to do anything, while ``failing`` says so."""

    def __init__(self) -> None:
        """Begin in good health."""
        super().__init__()
        self.failing = ""
        """``""``, ``"write"`` or ``"all"``."""

    async def write(self, changes: Changes) -> Outcome:
        """Refuse, or write."""
        if self.failing:
            raise StoreUnavailableError("SQLITE_FULL")
        return await super().write(changes)

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        """Refuse, or look."""
        await self.check()
        return await super().look(cursors)

    async def check(self) -> None:
        """Refuse, or nothing."""
        if self.failing == "all":
            raise StoreUnavailableError("SQLITE_IOERR")
