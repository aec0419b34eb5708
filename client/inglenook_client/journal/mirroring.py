"""Several relays hold the same: what one has and another lacks is put there too.

A box is called the same everywhere (protocol 5.2), so the very blob goes on: whoever else
does so, and its author when they come back, puts no second one.
"""

from __future__ import annotations

from collections.abc import Collection

from inglenook_client.journal import covering
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_schema.record import RecordKind

_NO_FOLDER = "NOT ({0}.relay >= 'folder:' AND {0}.relay < 'folder;')"
_PAIRS = (
    "FROM mailbox a JOIN mailbox b ON b.log = a.log AND b.epoch = a.epoch AND b.number <> a.number"
    " AND b.closed = 0 AND b.current = 1 AND " + _NO_FOLDER.format("b") + " JOIN log l"
    " ON l.number = a.log AND l.epoch = a.epoch AND a.closed = 0 AND a.current = 1"
    " AND " + _NO_FOLDER.format("a")
)
"""Mailboxes a and b of one log's newest epoch, at two relays, both read to their ends."""
_BEHIND = (
    f"SELECT DISTINCT b.number, b.relay {_PAIRS} WHERE EXISTS (SELECT 1 FROM cover c"  # noqa: S608
    " LEFT JOIN cover d ON d.mailbox = b.number AND d.chain = c.chain"
    " WHERE c.mailbox = a.number AND c.seq > ifnull(d.seq, -1))"
)
_LACKS = (
    f"SELECT r.kind, r.blob, r.token, r.chain, r.first, r.last {_PAIRS}"  # noqa: S608
    " JOIN record r ON r.mailbox = a.number WHERE b.number = ? AND r.kind IN (?, ?)"
    " AND r.n IS NOT NULL AND r.blob IS NOT NULL AND r.state = 0 AND r.wiped = 0"
    " AND NOT EXISTS (SELECT 1 FROM record o WHERE o.mailbox = b.number AND o.rid = r.rid)"
    " ORDER BY r.number"
)


def behind(db: Db, reached: Collection[str]) -> set[str]:
    """Relays among these that lack something another one holds."""
    return {relay for _number, relay in db.execute(_BEHIND) if relay in reached}


def even_out(db: Db, me: Me, reached: Collection[str]) -> int:
    """Make ready what these relays lack; returns how many records. Call inside a write."""
    made = 0
    for number, relay in db.execute(_BEHIND).fetchall():
        if relay in reached:
            made += _copy(db, number) + _fill(db, me, number)
    return made


def _copy(db: Db, number: int) -> int:
    kinds = (RecordKind.BATCH, RecordKind.ROTATE)
    rows = db.execute(_LACKS, (number, *kinds)).fetchall()
    for kind, blob, token, chain, first, last in rows:
        place = None if chain is None else (chain, first, last)
        boxes.keep(db, number, RecordKind(kind), blob, token=token, place=place)
    return len(rows)


def _fill(db: Db, me: Me, number: int) -> int:
    """What came by a pack, whose blob is not kept."""
    box = boxes.box(db, number)
    if box.log is None or not behind(db, {box.relay}):
        return 0
    return covering.fill(db, me, logs.log_by_number(db, box.log), box)
