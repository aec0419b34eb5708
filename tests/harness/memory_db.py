"""A journal's database in memory: the real tables and statements, no file, no key to guard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inglenook_client.core.events import Run
from inglenook_client.core.intake import Outcome
from inglenook_client.stores import connection, events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow


@contextmanager
def memory_db() -> Iterator[Db]:
    """A database that is gone afterwards."""
    db = connection._open(":memory:", bytes(32))
    try:
        yield db
    finally:
        db.close()


def take(db: Db, log: LogRow, runs: list[Run]) -> Outcome:
    """Take runs in, and write down what follows for the roster."""
    outcome = events.take(db, log, runs)
    logs.apply_roster(db, log, logs.roster_of(db, log))
    return outcome
