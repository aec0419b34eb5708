"""Rows of surveys in SQLite: in the relay's file beside its mailboxes, or in a Witness's own.

Whatever is deleted is gone from the file and its write-ahead log before the change that
deleted it is acknowledged.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inglenook_server.core.errors import StoreUnavailableError, StoreUnusableError
from inglenook_server.core.sums.store import Change, Key, Rows, Survey, Wanted
from inglenook_server.stores import sqlite_schema as sql
from inglenook_server.stores.sqlite_file import WIPE, Connection, close_file, open_file


class SqliteSums:
    """The port over two connections to one file, which others may use too."""

    def __init__(
        self,
        writer: Connection,
        reader: Connection,
        writing: asyncio.Lock,
        wipe: Callable[[], Awaitable[None]],
    ) -> None:
        """Share what somebody else opened and will close.

        Args:
            writer: Where transactions are.
            reader: Where they are not.
            writing: Held during each transaction.
            wipe: Moves the write-ahead log into the file.
        """
        self._writer = writer
        self._reader = reader
        self._writing = writing
        self._wipe = wipe

    async def load(self, survey: bytes, wanted: tuple[Wanted, ...]) -> Rows:
        """Read rows in one transaction."""
        with translated():
            return await self._reader.run(_load, survey, wanted)

    async def save(self, survey: bytes, change: Change) -> bool:
        """Apply a change in one transaction, and empty the log where it deleted."""
        with translated():
            async with self._writing:
                saved = await self._writer.run(_save, survey, change)
                if saved and (change.drop or change.clear):
                    await self._wipe()
        return saved

    async def surveys(self) -> list[Survey]:
        """By id."""
        with translated():
            rows = await self._reader.execute_fetchall(sql.SURVEYS)
        return [Survey(bytes(survey), bool(due)) for survey, due in rows]


class WitnessFile(SqliteSums):
    """A Witness's own file, with nothing else in it."""

    @classmethod
    async def open(cls, path: Path) -> WitnessFile:
        """Open the file, new or not, and bring its tables up to date.

        Raises:
            StoreUnusableError: It cannot be opened, is no Witness's, or a newer one's.
        """
        try:
            writer, reader = await open_file(path, sql.WITNESS)
        except sqlite3.Error as error:
            raise StoreUnusableError(
                f"That database cannot be opened ({_reason(error)})."
            ) from None

        async def wipe() -> None:
            await writer.execute_fetchall(WIPE)

        return cls(writer, reader, asyncio.Lock(), wipe)

    async def close(self) -> None:
        """Empty the write-ahead log and close the file."""
        async with self._writing:
            await self._wipe()
        await close_file(self._writer, self._reader)


def _load(reader: sqlite3.Connection, survey: bytes, wanted: tuple[Wanted, ...]) -> Rows:
    found = dict[Key, bytes]()
    reader.execute("BEGIN")
    try:
        version = reader.execute(sql.SURVEY_VERSION, (survey,)).fetchone()
        for each in wanted:
            if each.id is not None:
                rows = reader.execute(sql.SURVEY_ROW, (survey, each.kind, each.id))
            else:
                rows = reader.execute(sql.SURVEY_ROWS, (survey, each.kind, each.most))
            found |= {(each.kind, id_): value for id_, value in rows.fetchall()}
    finally:
        reader.execute("COMMIT")
    return Rows(version[0] if version else 0, found)


def _save(writer: sqlite3.Connection, survey: bytes, change: Change) -> bool:
    writer.execute("BEGIN IMMEDIATE")
    try:
        saved = _apply(writer, survey, change)
    except BaseException:
        writer.execute("ROLLBACK")
        raise
    writer.execute("COMMIT" if saved else "ROLLBACK")
    return saved


def _apply(writer: sqlite3.Connection, survey: bytes, change: Change) -> bool:
    row = writer.execute(sql.SURVEY_VERSION, (survey,)).fetchone()
    if (row[0] if row else 0) != change.version:
        return False
    if row is None:
        writer.execute(sql.INSERT_SURVEY, (survey, bool(change.due)))
    else:
        writer.execute(sql.UPDATE_SURVEY, (change.due, survey))
    writer.executemany(sql.CLEAR_SURVEY, [(survey, kind) for kind in change.clear])
    writer.executemany(sql.DROP_SURVEY_ROW, [(survey, *key) for key in change.drop])
    rows = [(survey, kind, id_, value) for (kind, id_), value in change.put.items()]
    writer.executemany(sql.PUT_SURVEY_ROW, rows)
    return True


@contextmanager
def translated() -> Iterator[None]:
    """The engine's errors in our words."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailableError(_reason(error)) from None
    except ValueError:  # the connection is closed
        raise StoreUnavailableError("closed") from None


def _reason(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
