"""Rows of surveys in PostgreSQL: one transaction a change, on one survey.

Deleted rows are gone for every reader at once; their bytes go when the server vacuums and its
write-ahead log is recycled (docs/operations.md).
"""

from __future__ import annotations

import asyncpg
from asyncpg.pool import Pool, PoolConnectionProxy

from inglenook_server.core.sums.store import SELF, Change, Key, Rows, Survey, Wanted
from inglenook_server.stores import postgres_schema as sql
from inglenook_server.stores.postgres_pool import borrowed


class PostgresSums:
    """The port over a pool that somebody else opened and will close."""

    def __init__(self, pool: Pool[asyncpg.Record]) -> None:
        self._pool = pool

    async def load(self, survey: bytes, wanted: tuple[Wanted, ...]) -> Rows:
        """Read rows of one snapshot."""
        found = dict[Key, bytes]()
        async with (
            borrowed(self._pool) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            version = await connection.fetchval(sql.SURVEY_VERSION, survey)
            for each in wanted:
                if each.id is not None:
                    rows = await connection.fetch(sql.SURVEY_ROW, survey, each.kind, each.id)
                else:
                    rows = await connection.fetch(sql.SURVEY_ROWS, survey, each.kind, each.most)
                found |= {(each.kind, id_): value for id_, value in rows}
        return Rows(version or 0, found)

    async def save(self, survey: bytes, change: Change) -> bool:
        """Apply a change while the survey's row is held."""
        async with (
            borrowed(self._pool) as connection,
            connection.transaction(isolation="read_committed"),
        ):
            if not await _claim(connection, survey, change):
                return False
            kinds = sorted(change.clear)
            await connection.execute(sql.CLEAR_SURVEY, survey, kinds)
            gone = [(survey, *key) for key in sorted(change.drop)]
            await connection.executemany(sql.DROP_SURVEY_ROW, gone)
            rows = [(survey, kind, id_, value) for (kind, id_), value in change.put.items()]
            await connection.executemany(sql.PUT_SURVEY_ROW, rows)
            return True

    async def surveys(self) -> list[Survey]:
        """By id."""
        async with borrowed(self._pool) as connection:
            rows = await connection.fetch(sql.SURVEYS, SELF)
        return [Survey(survey, due) for survey, due in rows]


async def _claim(
    connection: PoolConnectionProxy[asyncpg.Record], survey: bytes, change: Change
) -> bool:
    """Hold the survey's row; False where its version is another."""
    if change.version == 0:
        made = await connection.fetchval(sql.INSERT_SURVEY, survey, bool(change.due))
        return made is not None
    if await connection.fetchval(sql.LOCK_SURVEY, survey) != change.version:
        return False
    await connection.execute(sql.UPDATE_SURVEY, survey, change.due)
    return True
