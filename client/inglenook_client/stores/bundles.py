"""This person's recovery boxes, and this device's bundles in them, as rows.

A bundle is a record whose ``first`` is its counter and whose ``token`` nulls it; records of
other devices have no token, but those that a restore is to null, which count as 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_schema import canonical, record
from inglenook_schema.ids import Count, Hash
from inglenook_schema.record import BoxType, Erasable, RecordKind

RECOVERY_DAYS = 800
_STATE = "bundle"


class State(msgspec.Struct, frozen=True, array_like=True):
    """The bundle that this device made last."""

    counter: Count
    day: Count
    said: Hash
    """Hash of what it says."""


def state(db: Db) -> State | None:
    """The last bundle; None before the first."""
    packed = logs.meta(db, _STATE)
    return canonical.decode(packed, State) if packed else None


def set_state(db: Db, last: State) -> None:
    """Note the last bundle."""
    logs.set_meta(db, _STATE, canonical.encode(last))


def box_at(
    db: Db, relay: str, secret: bytes, *, owner_hash: bytes, own: bool = True, today: int = 0
) -> int:
    """The recovery box at a relay; added, or asked for again."""
    number = boxes.add_box(
        *(db, BoxType.RECOVERY, relay, secret),
        owner_hash=owner_hash,
        days=RECOVERY_DAYS,
        own=own,
        today=today,
    )
    db.execute(
        "UPDATE mailbox SET closed = 0, own = max(own, ?) WHERE number = ?", (int(own), number)
    )
    return number


def relays(db: Db) -> list[str]:
    """Every relay that is set."""
    return [row[0] for row in db.execute("SELECT origin FROM relay ORDER BY origin")]


def leave_others(db: Db) -> None:
    """Ask for recovery boxes no longer that lie at relays that are not set any more."""
    db.execute(
        "UPDATE mailbox SET closed = 1 WHERE type = ? AND closed = 0"
        " AND relay NOT IN (SELECT origin FROM relay)",
        (BoxType.RECOVERY,),
    )


def put(db: Db, targets: Sequence[int], parts: Sequence[Erasable], counter: int) -> None:
    """Let a new bundle wait for every relay; older ones that wait are dropped."""
    db.execute(
        "DELETE FROM record WHERE n IS NULL AND token IS NOT NULL AND mailbox IN"
        " (SELECT number FROM mailbox WHERE type = ?)",
        (BoxType.RECOVERY,),
    )
    db.executemany(
        "INSERT OR IGNORE INTO record(mailbox, n, rid, kind, blob, first, state, size, token)"
        " VALUES(?, NULL, ?, ?, ?, ?, 0, ?, ?)",
        (
            (
                *(target, record.rid(part.blob), RecordKind.BUNDLE, part.blob, counter),
                *(len(part.blob), part.token),
            )
            for target in targets
            for part in parts
        ),
    )


def holds(db: Db, number: int, counter: int) -> bool:
    """Whether this bundle is for a box, put or waiting."""
    sql = "SELECT 1 FROM record WHERE mailbox = ? AND token IS NOT NULL AND first = ?"
    return db.execute(sql, (number, counter)).fetchone() is not None


def waits(db: Db, relay: str) -> bool:
    """Whether something is to be said about the recovery box at a relay.

    A bundle is to be put or an older one nulled; or the relay lost records of other
    mailboxes since, and so perhaps of this one.
    """
    row = db.execute(
        "SELECT number, healed FROM mailbox WHERE type = ? AND relay = ? AND closed = 0",
        (BoxType.RECOVERY, relay),
    ).fetchone()
    if row is None:
        return True
    number, visited = row
    (waiting,) = db.execute(
        "SELECT count(*) FROM record WHERE mailbox = ? AND n IS NULL AND blob IS NOT NULL",
        (number,),
    ).fetchone()
    lost = db.execute(
        "SELECT 1 FROM mailbox WHERE relay = ? AND type <> ? AND healed > ?",
        (relay, BoxType.RECOVERY, visited),
    ).fetchone()
    return bool(waiting or boxes.to_null(db, number) or lost)


def is_kept(db: Db) -> bool:
    """Whether some relay keeps all of this device's newest bundle."""
    row = db.execute(
        "SELECT 1 FROM mailbox m WHERE m.type = ?1 AND m.closed = 0 AND NOT EXISTS"
        " (SELECT 1 FROM record r WHERE r.mailbox = m.number AND r.n IS NULL"
        "  AND r.blob IS NOT NULL) AND EXISTS"
        " (SELECT 1 FROM record r WHERE r.mailbox = m.number AND r.first > 0)",
        (BoxType.RECOVERY,),
    ).fetchone()
    return row is not None


def visited(db: Db, relay: str, now_ms: int) -> None:
    """The recovery box at a relay was talked about to the end."""
    db.execute(
        "UPDATE mailbox SET healed = max(healed, ?) WHERE type = ? AND relay = ?",
        (now_ms, BoxType.RECOVERY, relay),
    )


def nulled(db: Db, number: int, n: int) -> None:
    """The relay answered the wish to null a record: it is not wished again."""
    db.execute(
        "UPDATE record SET blob = NULL, token = NULL WHERE mailbox = ? AND n = ?", (number, n)
    )
