"""Group commit: one transaction, and one fsync, for all changes that wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError

MAX_WAITING: Final = 64 * 1024 * 1024
"""Bytes of changes that may wait; beyond that the relay says that it is busy."""
MAX_GROUP: Final = 16 * 1024 * 1024
"""Bytes of changes in one transaction, unless a single frame has more."""
MAX_GROUP_FRAMES: Final = 256
_RESTING_TURNS: Final = 3
"""A frame needs about as many turns of the loop from its socket to here."""


class GroupCommit:
    """Queues changes, commits them in groups, answers each when its group is durable."""

    def __init__(self, commit: Callable[[list[Changes]], Awaitable[list[Outcome]]]) -> None:
        """Begin with nothing waiting.

        Args:
            commit: Settles a group in one transaction, one outcome for each; durable on
                return, and raises if nothing of it is.
        """
        self._commit = commit
        self._waiting: deque[tuple[Changes, asyncio.Future[Outcome]]] = deque()
        self._held = 0
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, changes: Changes) -> Outcome:
        """Wait until the changes are durable.

        Raises:
            StoreUnavailableError: They are not, or too much waits already.
        """
        if self._closed:
            raise StoreUnavailableError("closed")
        if self._waiting and self._held + changes.size > MAX_WAITING:
            raise StoreUnavailableError("too much waiting")
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((changes, done))
        self._held += changes.size
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await done

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is being committed."""
        return self._running is None and not self._waiting

    async def close(self) -> None:
        """Take nothing more and finish what waits."""
        self._closed = True
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                await self._commit_group(self._take())
        finally:
            self._running = None

    async def _gather(self) -> None:
        """Let in what has arrived already, until the loop has had a few turns of rest.

        A commit beside a busy event loop fights it for the interpreter's lock, and both
        lose; after a rest the loop has little left to do.
        """
        seen = rest = 0
        while rest < _RESTING_TURNS and len(self._waiting) < MAX_GROUP_FRAMES:
            rest = rest + 1 if len(self._waiting) == seen else 0
            seen = len(self._waiting)
            await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no delay

    def _take(self) -> list[tuple[Changes, asyncio.Future[Outcome]]]:
        group = [self._waiting.popleft()]
        size = group[0][0].size
        while self._waiting and len(group) < MAX_GROUP_FRAMES:
            size += self._waiting[0][0].size
            if size > MAX_GROUP:
                break
            group.append(self._waiting.popleft())
        self._held -= sum([changes.size for changes, _ in group])
        return group

    async def _commit_group(self, group: list[tuple[Changes, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._commit([changes for changes, _ in group])
        except BaseException as error:
            reason = error.reason if isinstance(error, StoreUnavailableError) else "interrupted"
            for _, done in group:
                if not done.done():
                    done.set_exception(StoreUnavailableError(reason))
            if not isinstance(error, StoreUnavailableError):
                raise
            return
        for (_, done), outcome in zip(group, outcomes, strict=True):
            if not done.done():
                done.set_result(outcome)
