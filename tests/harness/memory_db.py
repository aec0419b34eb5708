"""A journal's database in memory: the real tables and statements, no file, no key to guard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlcipher3

from inglenook_client.core.events import Run
from inglenook_client.core.intake import Outcome
from inglenook_client.stores import connection, events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow


def open_memory() -> Db:
    """A new and empty one."""
    db = _keyed()
    connection._migrate(db)
    return cast("Db", db)


def copy_of(db: Db) -> Db:
    """Another one with the same in it."""
    to = _keyed()
    cast("Any", db).backup(to)
    return cast("Db", to)


def _keyed() -> Any:
    db = sqlcipher3.connect(":memory:", isolation_level=None)
    db.execute(f"PRAGMA key = \"x'{bytes(32).hex()}'\"")
    for pragma in connection._PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
    return db


@contextmanager
def memory_db() -> Iterator[Db]:
    """A database that is gone afterwards."""
    db = open_memory()
    try:
        yield db
    finally:
        db.close()


def take(db: Db, log: LogRow, runs: list[Run]) -> Outcome:
    """Take runs in, and write down what follows for the roster."""
    outcome = events.take(db, log, runs)
    logs.apply_roster(db, log, logs.roster_of(db, log))
    return outcome
