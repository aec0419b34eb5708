"""Mailboxes in PostgreSQL, for several relay processes at once: one transaction a mailbox.

Nothing is remembered between transactions: another process may have written. What waits
for one mailbox is committed together; what waits for others goes beside it, each over a
connection of its own, so that no put waits for another mailbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Final

import asyncpg
from asyncpg.pool import Pool

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.store import ENTRY_COST, RID_COST, Cursor, Entry, Look, Page
from inglenook_server.stores import postgres_schema as sql
from inglenook_server.stores.group import MAX_WAITING, GroupCommit
from inglenook_server.stores.postgres_ledger import MadeMeanwhileError, transact
from inglenook_server.stores.postgres_pool import borrowed, open_pool
from inglenook_server.stores.postgres_sums import PostgresSums

_MOST_BLOBS: Final = 8_192
"""The smallest record takes 585 bytes of a page, so no page holds more blobs."""
_SIDE_BY_SIDE: Final = 4
"""Connections that one frame's looks take at most: the others are left to other frames."""
_NO_ADDRESS: Final = b""


class PostgresStore:
    """The port over one PostgreSQL database, shared with any number of other processes."""

    def __init__(self, pool: Pool[asyncpg.Record]) -> None:
        """Use a pool of connections; see :meth:`open`."""
        self._pool = pool
        self.sums = PostgresSums(pool)
        self._lanes: dict[bytes, GroupCommit] = {}
        self._writing: set[asyncio.Task[Outcome]] = set()
        self._held = 0
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> PostgresStore:
        """Connect, and bring the tables up to date.

        Args:
            url: ``postgresql://…``, as libpq and asyncpg read it.

        Raises:
            StoreUnusableError: There is no such database, it is no relay's, or a newer relay's.
        """
        return cls(await open_pool(url))

    async def write(self, changes: Changes) -> Outcome:
        """Settle the changes, those of each mailbox in a transaction of their own.

        Raises:
            StoreUnavailableError: Some mailbox's were not, or may not have been, settled;
                others' may have been. Asking again is harmless.
        """
        if self._closed:
            raise StoreUnavailableError("closed")
        if self._held and self._held + changes.size > MAX_WAITING:
            raise StoreUnavailableError("too much waiting")
        parts = changes.apart()
        tasks = {address: self._begin(address, part) for address, part in parts.items()}
        if not tasks:
            return changes.joined({})
        # A client that hangs up ends the waiting, not the transactions.
        await asyncio.wait(tasks.values())
        return changes.joined({address: task.result() for address, task in tasks.items()})

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        """Each cursor's view of its mailbox, each in a statement of its own."""
        looks: list[Look | None] = [None] * len(cursors)
        asked = list(enumerate(cursors))
        side_by_side = min(_SIDE_BY_SIDE, len(asked))
        # Each ends before this does, also when one has failed.
        ended = await asyncio.gather(
            *(self._look(asked[start::side_by_side], looks) for start in range(side_by_side)),
            return_exceptions=True,
        )
        for error in filter(None, ended):
            raise error
        return looks

    async def page(self, address: bytes, after: int, room: int, *, blobs: bool) -> Page | None:
        """Records after a position, with length and head, in one statement."""
        async with borrowed(self._open_pool()) as connection:
            if blobs:
                rows = await connection.fetch(
                    sql.PAGE, address, after, room, ENTRY_COST, _MOST_BLOBS
                )
            else:
                rows = await connection.fetch(sql.RIDS, address, after, room // RID_COST)
        if not rows:
            return None
        n, head, *_ = rows[0]
        return Page(n, head, tuple([Entry(rid, blob or b"", gone) for *_, rid, blob, gone in rows]))

    async def lengths(self, addresses: Collection[bytes]) -> dict[bytes, int]:
        """How long these mailboxes are, each in a statement of its own."""
        async with borrowed(self._open_pool()) as connection:
            found = [(a, await connection.fetchval(sql.LENGTH, a)) for a in addresses]
        return {address: n for address, n in found if n is not None}

    async def add_voucher(self, code_hash: bytes, uses: int) -> None:
        """Add uses to a voucher, new or not; durable on return."""
        async with borrowed(self._open_pool()) as connection:
            await connection.execute(sql.ADD_VOUCHER, code_hash, uses)

    async def check(self) -> None:
        """Look for a mailbox that nobody has."""
        async with borrowed(self._open_pool()) as connection:
            await connection.fetch(sql.CHECK, _NO_ADDRESS)

    async def close(self) -> None:
        """Finish what was begun, then hang up."""
        self._closed = True
        if self._writing:
            await asyncio.wait(self._writing)
        await self._pool.close()

    def _open_pool(self) -> Pool[asyncpg.Record]:
        if self._closed:
            raise StoreUnavailableError("closed")
        return self._pool

    def _begin(self, address: bytes, part: Changes) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(self._write(address, part))
        self._writing.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Outcome]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # It is told to whoever still waits.

    async def _write(self, address: bytes, part: Changes) -> Outcome:
        self._held += part.size
        lane = self._lanes.get(address)
        if lane is None:
            lane = self._lanes[address] = GroupCommit(partial(self._commit, address))
        try:
            return await lane.write(part)
        finally:
            self._held -= part.size
            if lane.idle and self._lanes.get(address) is lane:
                del self._lanes[address]

    async def _commit(self, address: bytes, group: list[Changes]) -> list[Outcome]:
        async with borrowed(self._pool) as connection:
            try:
                return await transact(connection, address, group)
            except MadeMeanwhileError:
                # Puts of this group count twice against this minute's pace: too strict, once.
                return await transact(connection, address, group)

    async def _look(self, asked: list[tuple[int, Cursor]], looks: list[Look | None]) -> None:
        async with borrowed(self._open_pool()) as connection:
            for index, cursor in asked:
                row = await connection.fetchrow(sql.LOOK, *cursor)
                looks[index] = Look(*row) if row is not None else None
