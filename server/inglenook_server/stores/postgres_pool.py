"""Connections to PostgreSQL: a pool, settings, migrations, and errors in our words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import chain
from typing import Final

import asyncpg
from asyncpg.pool import Pool, PoolConnectionProxy

from inglenook_server.core.errors import StoreUnavailableError, StoreUnusableError
from inglenook_server.stores import postgres_schema as sql

MAX_CONNECTIONS: Final = 10
"""Connections a process holds at most; PostgreSQL takes 100 unless told otherwise."""
PATIENCE_S: Final = 10.0
"""How long a connection may take to be made or to be free."""
COMMAND_TIMEOUT_S: Final = 30.0
_SETTINGS: Final = {
    "application_name": sql.APPLICATION,
    # A relay that is stopped in the middle of a transaction gives the mailbox free.
    "idle_in_transaction_session_timeout": "10000",
    "jit": "off",
}
# What is acknowledged is on the disk, whatever the server's own default says.
_DURABLE: Final = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'
    """
_FAILURES: Final = (
    *(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError),
    *(OSError, asyncio.TimeoutError),
)


async def open_pool(url: str) -> Pool[asyncpg.Record]:
    """Connect, and bring the tables up to date.

    Raises:
        StoreUnusableError: There is no such database, it is no relay's, or a newer relay's.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=MAX_CONNECTIONS,
            timeout=PATIENCE_S,
            command_timeout=COMMAND_TIMEOUT_S,
            server_settings=_SETTINGS,
            init=_prepare,
            reset=_leave,
        )
    except (*_FAILURES, ValueError) as error:
        raise StoreUnusableError(
            f"That database cannot be opened ({type(error).__name__})."
        ) from None
    try:
        async with pool.acquire() as connection:
            await _migrate(connection)
    except BaseException as error:
        await pool.close()
        if isinstance(error, _FAILURES):
            raise StoreUnusableError(
                f"That database cannot be brought up to date ({type(error).__name__})."
            ) from None
        raise
    return pool


@asynccontextmanager
async def borrowed(
    pool: Pool[asyncpg.Record],
) -> AsyncIterator[PoolConnectionProxy[asyncpg.Record]]:
    """One connection of the pool, and the engine's errors in our words.

    Raises:
        StoreUnavailableError: None is free in time, or what was asked of it failed.
    """
    with translated():
        async with pool.acquire(timeout=PATIENCE_S) as connection:
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Name a failure by its kind; its text may hold an address."""
    try:
        yield
    except _FAILURES as error:
        raise StoreUnavailableError(type(error).__name__) from None


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.execute(_DURABLE)


async def _leave(_: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing to undo, and a round trip saved: no session holds a lock or a setting."""


async def _migrate(connection: PoolConnectionProxy[asyncpg.Record]) -> None:
    # A later snapshot a statement: what another process did while it held the lock.
    async with connection.transaction(isolation="read_committed"):
        await _bring_up_to_date(connection)


async def _bring_up_to_date(connection: PoolConnectionProxy[asyncpg.Record]) -> None:
    await connection.execute(sql.LOCK, sql.MIGRATION_LOCK)
    there = {row[0] for row in await connection.fetch(sql.TABLES)}
    if there and "relay_meta" not in there:
        raise StoreUnusableError("That database is not a relay's.")
    await connection.execute(sql.META)
    version = await connection.fetchval(sql.VERSION) or 0
    if version > len(sql.MIGRATIONS):
        raise StoreUnusableError("That database was written by a newer relay; update this one.")
    for statement in chain.from_iterable(sql.MIGRATIONS[version:]):
        await connection.execute(statement)
    if version < len(sql.MIGRATIONS):
        await connection.execute(sql.CLEAR_VERSION)
        await connection.execute(sql.SET_VERSION, len(sql.MIGRATIONS))
