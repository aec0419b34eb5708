"""A log's events as a pack wants them (protocol 4.5)."""

from __future__ import annotations

from inglenook_client.stores.connection import Db
from inglenook_client.stores.events import event_of
from inglenook_client.stores.logs import LogRow
from inglenook_schema import pack


def parts_of(db: Db, log: LogRow, *, sealed: bool = False, earlier: int = 0) -> list[bytes]:
    """Pack everything a log holds here; part 1 first.

    Args:
        db: Any transaction.
        log: Whose.
        sealed: Whether own events that have no seal above them yet are left out; else there
            must be none.
        earlier: How many packs the mailbox had before.

    Raises:
        BadPackError: A head or a control event has no seal.
    """
    rows = db.execute(
        "SELECT e.header, e.body, s.signature FROM event e JOIN chain c ON c.number = e.chain"
        " LEFT JOIN seal s ON s.event = e.id WHERE c.log = ?1"
        " AND (?2 = 0 OR c.mine = 0 OR e.kind = 1 OR e.seq <= c.sealed)",
        (log.number, int(sealed)),
    )
    return pack.build(log.id, [_item(*row) for row in rows], earlier=earlier)


def _item(raw: bytes, content: bytes | None, signature: bytes | None) -> pack.Item:
    event = event_of(raw, content)
    return pack.Item(event.chain, event.header, event.id, event.body, signature, raw)
