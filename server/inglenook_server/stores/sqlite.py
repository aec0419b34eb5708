"""Mailboxes in one SQLite file: WAL, synchronous=FULL, group commit.

One connection writes, one reads, each on its own thread through ``aiosqlite``. Nothing is
acknowledged before its transaction is on the disk, and an erased blob's bytes are gone
from the file and its write-ahead log before the erasure is.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError, StoreUnusableError
from inglenook_server.core.store import ENTRY_COST, RID_COST, Cursor, Entry, Look, Page
from inglenook_server.stores import sqlite_schema as sql
from inglenook_server.stores.group import GroupCommit
from inglenook_server.stores.sqlite_file import WIPE, Connection, close_file, open_file
from inglenook_server.stores.sqlite_ledger import Known, select, transact
from inglenook_server.stores.sqlite_sums import SqliteSums

_MOST_BLOBS: Final = 8_192
"""The smallest record takes 585 bytes of a page, so no page holds more blobs."""


class SqliteStore:
    """The port over one SQLite file."""

    def __init__(self, writer: Connection, reader: Connection) -> None:
        """Use two connections to one file; see :meth:`open`."""
        self._writer = writer
        self._reader = reader
        self._known = Known()
        self._writing = asyncio.Lock()
        self._group = GroupCommit(self._commit)
        self._unwiped = False
        self._closed = False
        self.sums = SqliteSums(writer, reader, self._writing, self._wipe)

    @classmethod
    async def open(cls, path: Path) -> SqliteStore:
        """Open the file, new or not, and bring its tables up to date.

        Raises:
            StoreUnusableError: It cannot be opened, is no relay's, or a newer relay's.
        """
        try:
            return cls(*await open_file(path))
        except sqlite3.Error as error:
            raise StoreUnusableError(
                f"That database cannot be opened ({_reason(error)})."
            ) from None

    async def write(self, changes: Changes) -> Outcome:
        """Settle the changes with all others that wait, in one transaction."""
        return await self._group.write(changes)

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        """Each cursor's view of its mailbox, in one statement."""
        with self._reading() as reader:
            return await reader.run(_look, cursors)

    async def page(self, address: bytes, after: int, room: int, *, blobs: bool) -> Page | None:
        """Records after a position, with length and head, in one statement."""
        with self._reading() as reader:
            return await reader.run(
                _page_of_blobs if blobs else _page_of_rids, address, after, room
            )

    async def lengths(self, addresses: Collection[bytes]) -> dict[bytes, int]:
        """How long these mailboxes are, in one statement."""
        with self._reading() as reader:
            return await reader.run(_lengths, list(addresses))

    async def add_voucher(self, code_hash: bytes, uses: int) -> None:
        """Add uses to a voucher, new or not; durable on return."""
        with _translated():
            async with self._writing:
                await self._writer.execute(sql.ADD_VOUCHER, (code_hash, uses))

    async def check(self) -> None:
        """Read a mailbox's row, if there is one."""
        with self._reading() as reader:
            await reader.execute_fetchall(sql.CHECK)

    async def close(self) -> None:
        """Finish what waits, empty the write-ahead log, close the file."""
        await self._group.close()
        await self._wipe()
        self._closed = True
        await close_file(self._writer, self._reader)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._closed:
            raise StoreUnavailableError("closed")
        with _translated():
            yield self._reader

    async def _commit(self, group: list[Changes]) -> list[Outcome]:
        async with self._writing:
            with _translated():
                outcomes, erased = await self._writer.run(transact, self._known, group)
            if erased or self._unwiped:
                await self._wipe()
        return outcomes

    async def _wipe(self) -> None:
        """Move the log into the file and cut it to nothing; else after the next commit."""
        try:
            (row,) = await self._writer.execute_fetchall(WIPE)
            self._unwiped = bool(row[0])
        except sqlite3.Error:
            self._unwiped = True


def _look(reader: sqlite3.Connection, cursors: tuple[Cursor, ...]) -> list[Look | None]:
    looks: list[Look | None] = [None] * len(cursors)
    asked = [(index, *cursor) for index, cursor in enumerate(cursors)]
    for index, *seen in select(reader, sql.LOOK, asked):
        looks[index] = Look(*seen)
    return looks


def _lengths(reader: sqlite3.Connection, addresses: list[bytes]) -> dict[bytes, int]:
    return dict(select(reader, sql.LENGTHS, [(address,) for address in addresses]))


def _page_of_blobs(
    reader: sqlite3.Connection, address: bytes, after: int, room: int
) -> Page | None:
    asked = {"address": address, "after": after, "room": room, "most": _MOST_BLOBS}
    return _page(reader, sql.PAGE, {**asked, "entry_cost": ENTRY_COST})


def _page_of_rids(reader: sqlite3.Connection, address: bytes, after: int, room: int) -> Page | None:
    return _page(reader, sql.RIDS, {"address": address, "after": after, "most": room // RID_COST})


def _page(reader: sqlite3.Connection, text: str, asked: dict[str, object]) -> Page | None:
    rows = reader.execute(text, asked).fetchall()
    if not rows:
        return None
    n, head, *_ = rows[0]
    return Page(
        n, head, tuple([Entry(rid, blob or b"", bool(gone)) for *_, rid, blob, gone in rows])
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailableError(_reason(error)) from None


def _reason(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
