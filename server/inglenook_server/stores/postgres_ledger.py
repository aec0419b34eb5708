"""One mailbox's transaction in PostgreSQL: lock, load, settle, save.

Rule 1: a transaction touches one mailbox, and the vouchers that making it costs.
Rule 2: the mailbox's row is locked first, then its vouchers in their order, then the rest
is read: so positions have no gap, nothing is seen out of order, and nobody waits in a ring.
"""

from __future__ import annotations

from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.ledger import Ledger, Loaded, Mailbox, Stub
from inglenook_server.stores import postgres_schema as sql

_ONE_ROW: Final = "INSERT 0 1"


class MadeMeanwhileError(Exception):
    """Another process made the mailbox after this one had not found it."""


async def transact(
    connection: PoolConnectionProxy[asyncpg.Record], address: bytes, group: list[Changes]
) -> list[Outcome]:
    """Settle changes of one mailbox in one transaction, durable on return.

    Raises:
        MadeMeanwhileError: Nothing happened; the next try finds the mailbox.
        asyncpg.PostgresError: Nothing of it happened, unless it is the connection that
            broke: then nobody knows.
    """
    # A later snapshot a statement: what is read after the lock is what its last holder left.
    async with connection.transaction(isolation="read_committed"):
        ledger = Ledger(await _load(connection, address, group))
        outcomes = [changes.settle(ledger) for changes in group]
        await _save(connection, address, ledger)
    return outcomes


async def _load(
    connection: PoolConnectionProxy[asyncpg.Record], address: bytes, group: list[Changes]
) -> Loaded:
    found = Loaded()
    row = await connection.fetchrow(sql.LOCK_MAILBOX, address)
    if row is not None:
        found.mailboxes[address] = Mailbox(*row)
    for voucher in sorted({voucher for changes in group for voucher in changes.vouchers}):
        uses = await connection.fetchval(sql.LOCK_VOUCHER, voucher)
        if uses is not None:
            found.vouchers[voucher] = uses
    if row is None:
        return found
    rids = {rid for changes in group for rid in changes.rids}
    if rids:
        for rid, n in await connection.fetch(sql.PLACES, address, list(rids)):
            found.places[address, rid] = n
    erasures = {erase.n for changes in group for erase in changes.erase}
    if erasures:
        for n, salt, size in await connection.fetch(sql.STUBS, address, list(erasures)):
            found.stubs[address, n] = Stub(salt, size)
    return found


async def _save(
    connection: PoolConnectionProxy[asyncpg.Record], address: bytes, ledger: Ledger
) -> None:
    for box in ledger.made.values():
        inserted = await connection.execute(
            sql.INSERT_MAILBOX,
            *(box.address, box.read_hash, box.write_hash, box.owner_hash, box.keep_days),
            *(box.used_day, box.n, box.head, box.size, box.closed),
        )
        if inserted != _ONE_ROW:
            raise MadeMeanwhileError
    for box in ledger.changed.values():
        await connection.execute(
            sql.UPDATE_MAILBOX, address, box.used_day, box.n, box.head, box.size, box.closed
        )
    if ledger.records:
        # Sent in one go, without waiting for an answer to each.
        records = [(*record[:4], len(record.blob), record.blob) for record in ledger.records]
        await connection.executemany(sql.INSERT_RECORD, records)
    if ledger.erased:
        await connection.execute(sql.ERASE_RECORDS, address, [n for _, n in ledger.erased])
    if ledger.closed:
        await connection.execute(sql.ERASE_ALL, address)
    for voucher, uses in ledger.spent.items():
        await connection.execute(sql.SPEND_VOUCHER, voucher, uses)
