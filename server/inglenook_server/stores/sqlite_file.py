"""Opening the relay's SQLite file: two connections, settings, migrations."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import aiosqlite

from inglenook_server.core.errors import StoreUnusableError
from inglenook_server.stores import sqlite_schema as sql

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_S: Final = 1.0
"""How long one statement waits for another process that holds the file."""
_OTHERS: Final = 8
"""Processes that may open one new file at the same moment."""
WIPE: Final = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Moves the write-ahead log into the file and cuts it to nothing."""

# It writes every statement with its parameters, tokens and blobs among them, at DEBUG.
logging.getLogger("aiosqlite").disabled = True


class Connection(aiosqlite.Connection):
    """One that takes a whole function to its thread, not only single statements.

    Each way there and back costs two switches between threads: a transaction pays once.
    """

    async def start(self) -> None:
        """Open the file; if that fails, its thread has ended before this raises."""
        try:
            _ = await self
        except BaseException:
            # The base class stops the thread and does not wait: it would outlive the loop.
            await asyncio.to_thread(self._thread.join)
            raise

    async def run(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Call ``work`` with the bare connection there; raises what it raises."""
        bound = partial(work, self._conn, *args, **kwargs)
        result: T = await self._execute(bound)  # type: ignore[no-untyped-call]
        return result


async def open_file(path: Path, form: sql.Form = sql.RELAY) -> tuple[Connection, Connection]:
    """A connection that writes and one that reads; the tables are up to date.

    Raises:
        sqlite3.Error: It cannot be opened.
        StoreUnusableError: It is somebody else's, or a newer program's.
    """
    opened: list[Connection] = []
    try:
        for prepare in (partial(_prepare_writer, form=form), _prepare_reader):
            connection = Connection(partial(_connect, path), iter_chunk_size=64)
            await connection.start()
            opened.append(connection)
            await connection.run(prepare)
    except BaseException:
        await close_file(*opened)
        raise
    return opened[0], opened[1]


async def close_file(*connections: Connection) -> None:
    """Close all, whatever one of them says."""
    for connection in connections:
        with suppress(sqlite3.Error):
            await connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_TIMEOUT_S, cached_statements=512
    )


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Have a write-ahead log, whoever else makes this file at the same moment.

    Where two change the mode at once SQLite refuses one without waiting for the other. A
    transaction does wait, so one stands between two attempts; each of the others makes one
    at most, since whoever has changed it is done.

    Raises:
        sqlite3.OperationalError: The file is locked for longer than ``BUSY_TIMEOUT_S``.
    """
    for _ in range(_OTHERS):
        try:
            connection.execute(sql.WAL)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        else:
            return
    connection.execute(sql.WAL)


def _prepare_writer(writer: sqlite3.Connection, form: sql.Form) -> None:
    _enter_wal(writer)
    for pragma in sql.COMMON_PRAGMAS:
        writer.execute(pragma)
    writer.execute("BEGIN IMMEDIATE")
    (version,) = writer.execute("PRAGMA user_version").fetchone()
    (application,) = writer.execute("PRAGMA application_id").fetchone()
    (tables,) = writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != form.application_id and (version or application or tables):
        raise StoreUnusableError(form.another)
    if version > len(form.migrations):
        raise StoreUnusableError(form.newer)
    for statement in chain.from_iterable(form.migrations[version:]):
        writer.execute(statement)
    writer.execute(f"PRAGMA application_id = {form.application_id}")
    writer.execute(f"PRAGMA user_version = {len(form.migrations)}")
    writer.execute("COMMIT")
    # What a crash left in the log, erased blobs perhaps, goes into the file now.
    writer.execute(WIPE).fetchall()


def _prepare_reader(reader: sqlite3.Connection) -> None:
    for pragma in sql.READER_PRAGMAS:
        reader.execute(pragma)
