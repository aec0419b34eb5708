"""Which events the records of a mailbox hold, those that wait to be put there included.

Kept as one number a chain: all its events up to there are in a pack or a batch of the
mailbox. What comes with a gap is not counted; then it is put twice, which harms nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from inglenook_client.stores.connection import Db
from inglenook_schema.record import RecordKind


def of(db: Db, mailbox: int) -> dict[int, int]:
    """Highest seq without a gap, by chain number."""
    rows = db.execute("SELECT chain, seq FROM cover WHERE mailbox = ?", (mailbox,))
    return dict(rows.fetchall())


def extend(db: Db, mailbox: int, chain: int, first: int, last: int) -> None:
    """A batch of the mailbox holds these events."""
    db.execute(
        "INSERT INTO cover SELECT ?1, ?2, ?4 WHERE ?3 = 0 OR EXISTS"
        " (SELECT 1 FROM cover WHERE mailbox = ?1 AND chain = ?2 AND seq >= ?3 - 1)"
        " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
        (mailbox, chain, first, last),
    )


def lift(db: Db, mailbox: int, newest: Mapping[int, int], size: int) -> None:
    """A pack of the mailbox holds each chain up to a seq, bodies of ``size`` bytes together."""
    db.execute("UPDATE mailbox SET packed = max(packed, ?) WHERE number = ?", (size, mailbox))
    db.executemany(
        "INSERT INTO cover VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
        [(mailbox, chain, seq) for chain, seq in newest.items()],
    )


def withdraw(db: Db, mailbox: int) -> int:
    """Take back the batches that wait to be put there; returns how many.

    Those without bodies, which lead to a rotate, have no place and stay.
    """
    waiting = (mailbox, RecordKind.BATCH)
    lowest = db.execute(
        "SELECT chain, min(first) FROM record WHERE mailbox = ? AND n IS NULL AND kind = ?"
        " AND chain IS NOT NULL GROUP BY chain",
        waiting,
    ).fetchall()
    for chain, first in lowest:
        db.execute(
            "UPDATE cover SET seq = min(seq, ?) WHERE mailbox = ? AND chain = ?",
            (first - 1, mailbox, chain),
        )
    sql = "DELETE FROM record WHERE mailbox = ? AND n IS NULL AND kind = ? AND chain IS NOT NULL"
    return db.execute(sql, waiting).rowcount


def body_bytes(db: Db, log: int) -> int:
    """Bytes of all the bodies of a log that are here."""
    (size,) = db.execute(
        "SELECT ifnull(sum(length(body)), 0) FROM chain c JOIN event e ON e.chain = c.number"
        " WHERE c.log = ?",
        (log,),
    ).fetchone()
    return int(size)


def forget(db: Db, mailbox: int) -> None:
    """Nothing is known to be there any more."""
    db.execute("DELETE FROM cover WHERE mailbox = ?", (mailbox,))
