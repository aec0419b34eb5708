"""Parts of packs that wait for the others, and those that were taken in (protocol 4.5).

A part may belong to more than one pack: what two makers have alike, they put alike. So it is
kept while any pack waits for it, by the epoch of its mailbox, and its name is known afterwards:

WAITS --all of a pack are here, no other wants it--> TAKEN --another pack names it--> WANTED
  ^                                                              |
  +--the relay sends it again-- COMING <--its mailbox is read from its start at the next sync
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from inglenook_client.stores.connection import Db
from inglenook_client.stores.marks import GONE
from inglenook_client.stores.marks import TAKEN as NULLED
from inglenook_schema.limits import ID
from inglenook_schema.mailbox import EMPTY_HEAD

WAITS: Final = 0
TAKEN: Final = 1
"""Its events are stored, and its blob is forgotten."""
WANTED: Final = 2
"""As TAKEN, and needed once more."""
COMING: Final = 3
"""As WANTED, and its mailbox is read again."""


class Waiting(NamedTuple):
    """A part that is here."""

    record: int
    """Number of the record that holds it."""
    later: tuple[bytes, ...] | None
    """Names of the others, where this is part 1."""


def keep(db: Db, log: int, record: int, name: bytes, later: Iterable[bytes] | None) -> bool:
    """Let a part wait; False where the same one waits already.

    Args:
        db: Inside a write.
        log: Number of its log.
        record: Number of the record that holds it, blob and all.
        name: Hash of its compressed bytes.
        later: Those of the others, where it is part 1.
    """
    done = db.execute(
        "INSERT INTO part VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE"
        " SET record = excluded.record, state = excluded.state WHERE state <> excluded.state",
        (log, _epoch(db, record), name, record, None if later is None else b"".join(later), WAITS),
    )
    return bool(done.rowcount)


def waiting(db: Db, log: int) -> dict[int, dict[bytes, Waiting]]:
    """All that wait of a log, by epoch and name; the newest records first."""
    found = dict[int, dict[bytes, Waiting]]()
    rows = db.execute(
        "SELECT epoch, hash, record, later FROM part WHERE log = ? AND state = ?"
        " ORDER BY record DESC",
        (log, WAITS),
    )
    for epoch, name, record, later in rows:
        named = None if later is None else tuple(_split(later))
        found.setdefault(epoch, {})[name] = Waiting(record, named)
    return found


def any_wait(db: Db, log: int | None = None) -> int:
    """How many wait, of one log or of all."""
    (count,) = db.execute(
        "SELECT count(*) FROM part WHERE state <> ?1 AND log = ifnull(?2, log)", (TAKEN, log)
    ).fetchone()
    return int(count)


def is_waited_for(db: Db, record: int) -> bool:
    """Whether the relay was asked for this part once more."""
    sql = "SELECT 1 FROM part WHERE record = ? AND state = ?"
    return db.execute(sql, (record, COMING)).fetchone() is not None


def take(db: Db, log: int, epoch: int, names: Iterable[bytes]) -> None:
    """These were taken in, and no pack that waits names them."""
    db.executemany(
        "UPDATE part SET state = ? WHERE log = ? AND epoch = ? AND hash = ?",
        ((TAKEN, log, epoch, name) for name in names),
    )


def want(db: Db, log: int, epoch: int, names: Iterable[bytes]) -> None:
    """Ask for those among these that were taken in before."""
    db.executemany(
        "UPDATE part SET state = ? WHERE log = ? AND epoch = ? AND hash = ? AND state = ?",
        ((WANTED, log, epoch, name, TAKEN) for name in names),
    )


def drop_nulled(db: Db, mailbox: int) -> None:
    """Forget parts that a relay lists as erased: their pack was replaced, and comes no more.

    They may hold words that were erased since.
    """
    rows = db.execute(
        "SELECT p.record FROM part p JOIN record r ON r.number = p.record"
        " WHERE r.mailbox = ? AND r.wiped IN (?, ?)",
        (mailbox, GONE, NULLED),
    ).fetchall()
    db.executemany("DELETE FROM part WHERE record = ?", rows)
    db.executemany("UPDATE record SET blob = NULL WHERE number = ?", rows)


def mailboxes(db: Db, log: int) -> list[int]:
    """Where parts of a log wait that may have been replaced meanwhile."""
    rows = db.execute(
        "SELECT DISTINCT r.mailbox FROM part p JOIN record r ON r.number = p.record"
        " WHERE p.log = ? AND p.state = ?",
        (log, WAITS),
    )
    return [row[0] for row in rows]


def read_again(db: Db) -> None:
    """Have the mailboxes read from their start that hold what is wanted once more.

    Call inside a write, between two conversations with a relay.
    """
    rows = db.execute(
        "SELECT DISTINCT r.mailbox FROM part p JOIN record r ON r.number = p.record"
        " WHERE p.state = ?",
        (WANTED,),
    ).fetchall()
    if rows:
        db.executemany(
            "UPDATE mailbox SET n = 0, head = ? WHERE number = ?",
            ((EMPTY_HEAD, number) for (number,) in rows),
        )
        db.execute("UPDATE part SET state = ? WHERE state = ?", (COMING, WANTED))


def _epoch(db: Db, record: int) -> int:
    (epoch,) = db.execute(
        "SELECT ifnull(m.epoch, 0) FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE r.number = ?",
        (record,),
    ).fetchone()
    return int(epoch)


def _split(hashes: bytes) -> Iterator[bytes]:
    return (hashes[start : start + ID] for start in range(0, len(hashes), ID))
