"""One SQLCipher connection, keyed as it opens, on aiosqlite's own thread.

Several processes may write: each takes ``BEGIN IMMEDIATE`` and reads what it builds on
inside it. A unit of work is one function that runs on the connection's thread, so that a
write costs one hop and one fsync.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import aiosqlite
import sqlcipher3

from inglenook_client.stores import tables
from inglenook_client.stores.errors import (
    BusyStoreError,
    CannotStoreError,
    DamagedStoreError,
    NewerStoreError,
    StoreError,
)

T = TypeVar("T")
Db: TypeAlias = sqlite3.Connection
"""What a unit of work gets; sqlcipher3's connection has the same methods."""

# aiosqlite logs every statement with its parameters at DEBUG (architecture 2).
_LOG = logging.getLogger("aiosqlite")
_LOG.setLevel(logging.CRITICAL + 1)
_LOG.propagate = False
_LOG.disabled = True

# Else the driver looks far and wide for how to bind each of these, at 2 µs a value.
sqlcipher3.register_adapter(bytes, bytes)
sqlcipher3.register_adapter(type(None), lambda nothing: nothing)

_CACHE_KIB = 32_000
_BULK_KIB = 64_000
_MUCH = 1_048_576
"""Bytes; less is written by way of the log as everything else is."""
_PRAGMAS = (
    "cipher_log_level = NONE",
    "journal_mode = WAL",
    "synchronous = FULL",
    "temp_store = MEMORY",
    "secure_delete = ON",
    f"cache_size = -{_CACHE_KIB}",
    "wal_autocheckpoint = 4096",  # pages; 16 MB, so that few appends pay for one
    "busy_timeout = 30000",
    "foreign_keys = OFF",
)


def _open_file(path: Path, key: bytes) -> Db:
    with suppress(OSError):  # what stands in the way is told by the driver
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    return _open(str(path), key)


def _open(name: str, key: bytes) -> Db:
    db = sqlcipher3.connect(name, isolation_level=None, timeout=30)
    try:
        db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        for pragma in _PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        _migrate(db)
    except BaseException:
        db.close()
        raise
    return cast("Db", db)


def _migrate(db: Any) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == tables.VERSION:
        return
    if version > tables.VERSION:
        raise NewerStoreError
    db.execute("BEGIN IMMEDIATE")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            script(db, tables.CREATE)
            script(db, tables.INDEX)
            script(db, tables.PROJECTIONS)
            version = tables.VERSION
        while version < tables.VERSION:
            script(db, tables.MIGRATIONS[version])
            version += 1
        db.execute(f"PRAGMA user_version = {tables.VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def script(db: Any, script: str) -> None:
    """Run statements inside the transaction (``executescript`` would commit it)."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlcipher3.complete_statement(statement):
            db.execute(statement)
            statement = ""


class Store(aiosqlite.Connection):
    """The database of one data folder."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Nothing is opened before the store is awaited."""
        super().__init__(lambda: _open_file(path, key), 64)
        self.path = path
        self._thread.daemon = True

    async def open(self) -> Store:
        """Open, key and migrate.

        Raises:
            DamagedStoreError: The key does not fit, or the file is damaged.
            NewerStoreError: A newer version wrote it.
            CannotStoreError: The folder cannot be written.
        """
        try:
            opened = await self
            assert opened is self  # noqa: S101 - aiosqlite's contract
        except BaseException as error:
            # aiosqlite does not wait: its thread would answer to a loop that may be gone
            await asyncio.to_thread(self._thread.join)
            if isinstance(error, sqlcipher3.Error):
                raise translated(error) from None
            raise
        return self

    async def read(self, work: Callable[[Db], T]) -> T:
        """Run ``work`` on one snapshot."""
        return await self._run("BEGIN", work)

    async def write(self, work: Callable[[Db], T], *, coming: int = 0) -> T:
        """Run ``work`` and make it durable; all of it or nothing.

        Args:
            work: What is to be done.
            coming: Bytes that it is about to store, where these may be many.

        Raises:
            CannotStoreError: Disk full or read-only; nothing was changed.
            BusyStoreError: Another process kept the write lock for 30 s.
        """
        if coming < _MUCH:
            return await self._run("BEGIN IMMEDIATE", work)
        return await self._run("BEGIN IMMEDIATE", work, partial(_much, coming))

    async def _run(self, begin: str, work: Callable[[Db], T], unit: Any = None) -> T:
        # one hop to the connection's thread, as aiosqlite's own methods make it
        done = await self._execute(unit or _unit, self._conn, begin, work)  # type: ignore[no-untyped-call]
        return cast("T", done)


def _unit(db: Any, begin: str, work: Callable[[Db], T]) -> T:
    try:
        db.execute(begin)
        try:
            result = work(db)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    except sqlcipher3.Error as error:
        raise translated(error) from None
    return result


def _much(coming: int, db: Any, begin: str, work: Callable[[Db], T]) -> T:
    try:
        with _written_once(db, coming):
            return _unit(db, begin, work)
    except sqlcipher3.Error as error:
        raise translated(error) from None


@contextmanager
def _written_once(db: Db, coming: int) -> Iterator[None]:
    """Write what comes to its place in the file at once, where it is more than all that is there.

    A write-ahead log would have it twice. A rollback journal only keeps the pages that stood
    there before, and whoever opens the file next puts them back where the write did not come
    to its end. That needs the file for itself: where another connection is open, nothing is
    changed. Meanwhile others wait to open it.
    """
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    alone = pages * int(size) < coming and _has_mode(db, "DELETE")
    if alone:  # FULL would not sync the folder, and so might not know the journal as gone
        db.execute("PRAGMA synchronous = EXTRA")
    try:
        yield
    finally:
        if alone:
            _has_mode(db, "WAL")
            db.execute("PRAGMA synchronous = FULL")


def _has_mode(db: Any, mode: str) -> bool:
    try:
        (found,) = db.execute(f"PRAGMA journal_mode = {mode}").fetchone()
    except sqlcipher3.OperationalError:  # another one has it open; whoever opens it sets it
        return False
    return bool(found.upper() == mode)


@contextmanager
def roomy(db: Db) -> Iterator[None]:
    """More memory for pages while much is stored: an index of hashes is touched all over."""
    db.execute(f"PRAGMA cache_size = -{_BULK_KIB}")
    try:
        yield
    finally:
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")


@contextmanager
def undoable(db: Db) -> Iterator[None]:
    """Undo what happens inside where it ends in an error; the rest of the write stands."""
    db.execute("SAVEPOINT undoable")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK TO undoable")
            db.execute("RELEASE undoable")
        raise
    db.execute("RELEASE undoable")


def translated(error: Exception) -> StoreError:
    """Our error for one of the driver's; its text, which may quote a value, is dropped."""
    words = str(error).lower()
    if "full" in words or "readonly" in words or "unable to open" in words or "i/o" in words:
        return CannotStoreError()
    if "locked" in words or "busy" in words:
        return BusyStoreError()
    if "not a database" in words or "malformed" in words or "hmac" in words:
        return DamagedStoreError()
    return StoreError(
        "The journal's database answered with an error ({name}).", name=type(error).__name__
    )
