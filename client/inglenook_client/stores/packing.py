"""A log's events as a pack wants them (protocol 4.5)."""

from __future__ import annotations

from inglenook_client.stores.connection import Db
from inglenook_client.stores.events import event_of
from inglenook_client.stores.logs import LogRow
from inglenook_schema import pack


def parts_of(db: Db, log: LogRow, *, earlier: int = 0) -> list[bytes]:
    """Pack everything a log holds here; part 1 first.

    Every own event must be in a record already, so that the newest of each chain is sealed.

    Args:
        db: Any transaction.
        log: Whose.
        earlier: How many packs the mailbox had before.

    Raises:
        BadPackError: A head or a control event has no seal.
    """
    rows = db.execute(
        "SELECT e.header, e.body, s.signature FROM event e JOIN chain c ON c.number = e.chain"
        " LEFT JOIN seal s ON s.event = e.id WHERE c.log = ?",
        (log.number,),
    )
    return pack.build(log.id, [_item(*row) for row in rows], earlier=earlier)


def _item(raw: bytes, content: bytes | None, signature: bytes | None) -> pack.Item:
    event = event_of(raw, content)
    return pack.Item(event.chain, event.header, event.id, event.body, signature, raw)
