"""Which engine an operator's word means: ``sqlite:FILE`` or ``postgresql://…``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from inglenook_server.core.errors import StoreUnusableError
from inglenook_server.core.store import Engine

SQLITE: Final = "sqlite:"
POSTGRES: Final = ("postgresql://", "postgres://")


def is_store(word: str) -> bool:
    """Whether the word names an engine there is, and something in it."""
    return any(word.startswith(start) and word != start for start in (SQLITE, *POSTGRES))


async def open_store(word: str) -> Engine:
    """Open what the word means; an engine's driver is imported only for it.

    Args:
        word: One that :func:`is_store` knows.

    Raises:
        StoreUnusableError: It cannot be opened, is no relay's, or a newer relay's.
    """
    if word.startswith(SQLITE):
        from inglenook_server.stores.sqlite import SqliteStore  # noqa: PLC0415 - start-up

        return await SqliteStore.open(Path(word.removeprefix(SQLITE)))
    try:
        from inglenook_server.stores.postgres import PostgresStore  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise StoreUnusableError(
            "A relay on PostgreSQL needs asyncpg: install inglenook[cluster]."
        ) from None
    return await PostgresStore.open(word)
