"""Mailboxes in one SQLite file: WAL, synchronous=FULL, group commit.

One connection writes, one reads, each on its own thread through ``aiosqlite``. Nothing is
acknowledged before its transaction is on the disk, and an erased blob's bytes are gone
from the file and its write-ahead log before the erasure is.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, Final

import aiosqlite

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError, StoreUnusableError
from inglenook_server.core.ledger import Ledger, Loaded, Mailbox, Stub
from inglenook_server.core.store import ENTRY_COST, RID_COST, Cursor, Entry, Look, Page
from inglenook_server.stores import sqlite_schema as sql
from inglenook_server.stores.group import GroupCommit

BUSY_TIMEOUT_S: Final = 1.0
"""How long one statement waits for another process that holds the file."""
_MOST_RIDS: Final = 8_192
"""The smallest record takes 585 bytes of a page, so no page holds more blobs."""

# It writes every statement with its parameters, tokens and blobs among them, at DEBUG.
logging.getLogger("aiosqlite").disabled = True


class SqliteStore:
    """The port over one SQLite file."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        """Use two connections to one file; see :meth:`open`."""
        self._writer = writer
        self._reader = reader
        self._writing = asyncio.Lock()
        self._group = GroupCommit(self._commit)
        self._unwiped = False
        self._closed = False

    @classmethod
    async def open(cls, path: Path) -> SqliteStore:
        """Open the file, new or not, and bring its tables up to date.

        Raises:
            StoreUnusableError: It cannot be opened, is no relay's, or a newer relay's.
        """
        opened: list[aiosqlite.Connection] = []
        try:
            for prepare in (_prepare_writer, _prepare_reader):
                connection = await aiosqlite.connect(
                    path, isolation_level=None, timeout=BUSY_TIMEOUT_S, cached_statements=512
                )
                opened.append(connection)
                await prepare(connection)
        except sqlite3.Error as error:
            await _close(*opened)
            raise StoreUnusableError(
                f"That database cannot be opened ({_reason(error)})."
            ) from None
        except BaseException:
            await _close(*opened)
            raise
        return cls(*opened)

    async def write(self, changes: Changes) -> Outcome:
        """Settle the changes with all others that wait, in one transaction."""
        return await self._group.write(changes)

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        """Each cursor's view of its mailbox, in one statement."""
        asked = [(index, *cursor) for index, cursor in enumerate(cursors)]
        looks: list[Look | None] = [None] * len(cursors)
        with self._reading() as reader:
            for index, *seen in await _select(reader, sql.LOOK, asked):
                looks[index] = Look(*seen)
        return looks

    async def page(self, address: bytes, after: int, room: int, *, blobs: bool) -> Page | None:
        """Records after a position, with length and head, in one statement."""
        most = _MOST_RIDS if blobs else room // RID_COST
        asked = {"address": address, "after": after, "most": most}
        if blobs:
            asked |= {"room": room, "entry_cost": ENTRY_COST}
        with self._reading() as reader:
            rows = list(await reader.execute_fetchall(sql.PAGE if blobs else sql.RIDS, asked))
        if not rows:
            return None
        n, head, *_ = rows[0]
        entries = tuple([Entry(rid, blob or b"", bool(gone)) for _, _, rid, blob, gone in rows])
        return Page(n, head, entries)

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
        await _close(self._writer, self._reader)

    @contextmanager
    def _reading(self) -> Iterator[aiosqlite.Connection]:
        if self._closed:
            raise StoreUnavailableError("closed")
        with _translated():
            yield self._reader

    async def _commit(self, group: list[Changes]) -> list[Outcome]:
        async with self._writing:
            with _translated():
                ledger, outcomes = await self._transact(group)
            if ledger.erased or ledger.closed or self._unwiped:
                await self._wipe()
        return outcomes

    async def _transact(self, group: list[Changes]) -> tuple[Ledger, list[Outcome]]:
        try:
            ledger = Ledger(await self._load(group))
            outcomes = [changes.settle(ledger) for changes in group]
            await self._save(ledger)
            await self._writer.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                await self._writer.execute("ROLLBACK")
            raise
        return ledger, outcomes

    async def _load(self, group: list[Changes]) -> Loaded:
        addresses = {address for changes in group for address in changes.addresses}
        rids = [
            (put.address, rid)
            for changes in group
            for put, rid in zip(changes.put, changes.rids, strict=True)
        ]
        erasures = [(erase.address, erase.n) for changes in group for erase in changes.erase]
        vouchers = [(voucher,) for changes in group for voucher in changes.vouchers]
        # One trip to the writer's thread for all: it works off what it is given in order.
        _, boxes, places, stubs, uses = await asyncio.gather(
            self._writer.execute("BEGIN IMMEDIATE"),
            _select(self._writer, sql.MAILBOXES, [(address,) for address in addresses]),
            _select(self._writer, sql.PLACES, rids),
            _select(self._writer, sql.STUBS, erasures),
            _select(self._writer, sql.VOUCHERS, vouchers),
        )
        return Loaded(
            {row[0]: Mailbox(*row) for row in boxes},
            {(address, rid): n for address, rid, n in places},
            {(address, n): Stub(salt, size) for address, n, salt, size in stubs},
            dict(uses),
        )

    async def _save(self, ledger: Ledger) -> None:
        steps = (
            (sql.INSERT_MAILBOX, [_inserted(box) for box in ledger.made.values()]),
            (sql.UPDATE_MAILBOX, [_updated(box) for box in ledger.changed.values()]),
            (
                sql.INSERT_RECORD,
                [
                    (address, n, rid, head, len(blob), blob)
                    for address, n, rid, head, blob in ledger.records
                ],
            ),
            (sql.ERASE_RECORD, list(ledger.erased)),
            (sql.ERASE_RECORDS, [(address,) for address in ledger.closed]),
            (sql.SPEND_VOUCHER, [(uses, code) for code, uses in ledger.spent.items()]),
        )
        await asyncio.gather(
            *(self._writer.executemany(text, rows) for text, rows in steps if rows)
        )

    async def _wipe(self) -> None:
        """Move the log into the file and cut it to nothing; else after the next commit."""
        try:
            (row,) = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            self._unwiped = bool(row[0])
        except sqlite3.Error:
            self._unwiped = True


async def _prepare_writer(writer: aiosqlite.Connection) -> None:
    for pragma in sql.COMMON_PRAGMAS:
        await writer.execute(pragma)
    await writer.execute("BEGIN IMMEDIATE")
    version = await _pragma(writer, "user_version")
    application = await _pragma(writer, "application_id")
    (tables,) = await writer.execute_fetchall("SELECT count(*) FROM sqlite_schema")
    if application != sql.APPLICATION_ID and (version or application or tables[0]):
        raise StoreUnusableError("That file is not a relay's database.")
    if version > len(sql.MIGRATIONS):
        raise StoreUnusableError("That database was written by a newer relay; update this one.")
    for statement in chain.from_iterable(sql.MIGRATIONS[version:]):
        await writer.execute(statement)
    await writer.execute(f"PRAGMA application_id = {sql.APPLICATION_ID}")
    await writer.execute(f"PRAGMA user_version = {len(sql.MIGRATIONS)}")
    await writer.execute("COMMIT")
    # What a crash left in the log, erased blobs perhaps, goes into the file now.
    await writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")


async def _prepare_reader(reader: aiosqlite.Connection) -> None:
    for pragma in sql.READER_PRAGMAS:
        await reader.execute(pragma)


async def _pragma(writer: aiosqlite.Connection, name: str) -> int:
    (row,) = await writer.execute_fetchall(f"PRAGMA {name}")
    return int(row[0])


async def _close(*connections: aiosqlite.Connection) -> None:
    for connection in connections:
        with suppress(sqlite3.Error, ValueError):
            await connection.close()


async def _select(
    connection: aiosqlite.Connection, text: str, asked: Sequence[tuple[Any, ...]]
) -> Iterable[Any]:
    """Run a statement over rows of parameters, padded so that few texts are prepared."""
    if not asked:
        return ()
    width = len(asked[0])
    blanks = [None] * (width * (sql.padded(len(asked)) - len(asked)))
    return await connection.execute_fetchall(
        text.format(sql.values(len(asked), width)), [*chain.from_iterable(asked), *blanks]
    )


def _inserted(box: Mailbox) -> tuple[Any, ...]:
    return (
        box.address,
        box.read_hash,
        box.write_hash,
        box.owner_hash,
        box.keep_days,
        box.used_day,
        box.n,
        box.head,
        box.size,
        box.closed,
    )


def _updated(box: Mailbox) -> tuple[Any, ...]:
    return box.used_day, box.n, box.head, box.size, box.closed, box.address


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailableError(_reason(error)) from None


def _reason(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
