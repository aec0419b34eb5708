"""Whether a relay shows another device the list that it shows this one (protocol 4.7, 6.3).

An ack names how far its device has read each mailbox, and the running head there. Where this
device has read as far, its own head at that place is to be the same. If it is not, the relay
lost something, was put back, or shows each another list: what differs goes again as it is
noticed, and nobody is accused.
"""

from __future__ import annotations

from collections.abc import Callable

from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema.batch import Ack, Cursor
from inglenook_schema.mailbox import EMPTY_HEAD, next_head

_OTHER = "other list "
"""With the device's id in hex and the log's number: told already."""


def compare(db: Db, log: LogRow, ack: Ack, called: Callable[[], str], space: str) -> list[str]:
    """A sentence where another list was shown, once until it is the same again.

    Args:
        db: Inside a write.
        log: Whose.
        ack: Its signature was checked.
        called: What its device is called; asked where that is said.
        space: What a person calls the log.
    """
    compared = [same for cursor in ack.cursors if (same := _same(db, log, cursor)) is not None]
    key = f"{_OTHER}{ack.device.hex()} {log.number}"
    if not compared or all(compared):
        if compared:
            logs.forget_meta(db, key)
        return []
    if logs.meta(db, key) is not None:
        return []
    logs.set_meta(db, key, b"")
    return [
        _(
            "The relay did not show {device} the same list of “{space}” as this device. What is"
            " missing there goes again as soon as it is noticed."
        ).format(device=called(), space=space)
    ]


def _same(db: Db, log: LogRow, cursor: Cursor) -> bool | None:
    """Whether this device's list is the same so far; None where it cannot tell."""
    row = db.execute(
        "SELECT number FROM mailbox WHERE log = ? AND relay = ? AND address = ? AND n >= ?",
        (log.number, cursor.relay, cursor.address, cursor.n),
    ).fetchone()
    if row is None or cursor.n == 0:
        return None
    rids = db.execute(
        "SELECT rid FROM record WHERE mailbox = ? AND n BETWEEN 1 AND ? ORDER BY n",
        (row[0], cursor.n),
    ).fetchall()
    if len(rids) != cursor.n:
        return None  # one of them stands there twice, or its row was dropped
    head = EMPTY_HEAD
    for (rid,) in rids:
        head = next_head(head, rid)
    return head == cursor.head
