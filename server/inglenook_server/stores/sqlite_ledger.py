"""One group's transaction in SQLite: load, settle, save; runs on the writer's thread.

Whatever the size of the group it is a handful of statements, each over many rows: between
two statements or rows this thread gives up the interpreter's lock, and getting it back
from a busy event loop costs more than the work itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.ledger import Ledger, Loaded, Mailbox, Stub
from inglenook_server.stores import sqlite_schema as sql

Rows = Sequence[tuple[Any, ...]]
_MOST_ROWS: Final = 256
"""Rows that one statement takes at most."""
_MOST_KNOWN: Final = 8_192
"""Mailboxes whose rows are remembered, of about 600 bytes each."""


class Transacted(NamedTuple):
    """A group that is durable."""

    outcomes: list[Outcome]
    erased: bool
    """Bytes were erased that may still lie in the write-ahead log."""


class Known:
    """Rows of mailboxes as this connection left them, so that a busy one is read once.

    Nobody else may have written since: SQLite counts the writes of other connections.
    """

    def __init__(self) -> None:
        self._version = -1
        self._rows: dict[bytes, Mailbox] = {}

    def check(self, version: int) -> None:
        """Forget everything if another connection wrote (``PRAGMA data_version``)."""
        if version != self._version or len(self._rows) > _MOST_KNOWN:
            self._rows = {}
        self._version = version

    def take(self, addresses: set[bytes]) -> dict[bytes, Mailbox]:
        """The known ones of these; they are forgotten until they are kept again."""
        known = self._rows
        return {address: known.pop(address) for address in addresses if address in known}

    def keep(self, rows: dict[bytes, Mailbox]) -> None:
        """Remember rows that a transaction, now durable, has left so."""
        self._rows |= rows


def transact(connection: sqlite3.Connection, known: Known, group: list[Changes]) -> Transacted:
    """Settle a group in one transaction, durable on return.

    Raises:
        sqlite3.Error: Nothing of it happened.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        loaded = _load(connection, known, group)
        ledger = Ledger(loaded)
        outcomes = [changes.settle(ledger) for changes in group]
        _save(connection, ledger)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    known.keep(loaded.mailboxes)
    return Transacted(outcomes, bool(ledger.erased or ledger.closed))


def select(connection: sqlite3.Connection, text: str, asked: Rows) -> Iterator[Any]:
    """Run a query over rows of parameters that stand in it as ``{}``."""
    for part in _parts(asked):
        yield from connection.execute(text.format(sql.values(len(part), len(part[0]))), _flat(part))


def _load(connection: sqlite3.Connection, known: Known, group: list[Changes]) -> Loaded:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    known.check(version)
    addresses = {address for changes in group for address in changes.addresses}
    rids = [
        (put.address, rid)
        for changes in group
        for put, rid in zip(changes.put, changes.rids, strict=True)
    ]
    erasures = [(erase.address, erase.n) for changes in group for erase in changes.erase]
    vouchers = [(voucher,) for changes in group for voucher in changes.vouchers]
    boxes = known.take(addresses)
    others = [(address,) for address in addresses if address not in boxes]
    boxes |= {row[0]: Mailbox(*row) for row in select(connection, sql.MAILBOXES, others)}
    places = select(connection, sql.PLACES, rids)
    stubs = select(connection, sql.STUBS, erasures)
    return Loaded(
        boxes,
        {(address, rid): n for address, rid, n in places},
        {(address, n): Stub(salt, size) for address, n, salt, size in stubs},
        dict(select(connection, sql.VOUCHERS, vouchers)),
    )


def _save(connection: sqlite3.Connection, ledger: Ledger) -> None:
    _write(connection, sql.INSERT_MAILBOX, [_whole(box) for box in ledger.made.values()])
    _write(connection, sql.UPDATE_MAILBOX, [_moving(box) for box in ledger.changed.values()])
    records = [
        (address, n, rid, head, len(blob), blob) for address, n, rid, head, blob in ledger.records
    ]
    _write(connection, sql.INSERT_RECORD, records)
    _write(connection, sql.ERASE_RECORD, list(ledger.erased))
    _write(connection, sql.ERASE_RECORDS, [(address,) for address in ledger.closed])
    _write(connection, sql.SPEND_VOUCHER, list(ledger.spent.items()))


def _write(connection: sqlite3.Connection, text: str, rows: Rows) -> None:
    for part in _parts(rows):
        connection.execute(text.format(sql.values(len(part), len(part[0]))), _flat(part))


def _parts(rows: Rows) -> Iterator[Rows]:
    left = iter(rows)
    while part := list(islice(left, _MOST_ROWS)):
        yield part


def _flat(part: Rows) -> list[Any]:
    """All parameters, and NULLs up to the padded number of rows."""
    blanks: Iterable[None] = [None] * (len(part[0]) * (sql.padded(len(part)) - len(part)))
    return [*chain.from_iterable(part), *blanks]


def _whole(box: Mailbox) -> tuple[Any, ...]:
    return (
        *(box.address, box.read_hash, box.write_hash, box.owner_hash, box.keep_days),
        *(box.used_day, box.n, box.head, box.size, box.closed),
    )


def _moving(box: Mailbox) -> tuple[Any, ...]:
    return box.address, box.used_day, box.n, box.head, box.size, box.closed
