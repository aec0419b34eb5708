"""Reading events back: only what counts, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from inglenook_client.core.projections.folding import folded
from inglenook_client.stores import logs, parts
from inglenook_client.stores.connection import Db
from inglenook_schema import suite

HIDDEN = frozenset(
    {"space.joined", "space.left", "device.renamed", "recovery.prepared", "profile.set"}
    | {"words.confirmed", "import.made"}
    | {"programme.knocked", "programme.operators_named", "keys.shared", "letter.received"}
    | {"member.enrolled", "member.removed", "consent.given", "consent.withdrawn"}
    | {"invite.passed_on", "survey.receipted"}
    | {"entry.starred", "entry.unstarred", "entry.revised"}
)
"""Kinds that the timeline leaves out unless they are asked for."""


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """One event that counts."""

    row: int
    chain: int
    seq: int
    id: bytes
    body: bytes | None
    type: str | None
    at: int | None
    date: str | None
    letter: str | None
    n: int | None
    log: int
    person: bytes
    mine: int
    relay: int
    partner: int
    chain_id: bytes
    mine_sealed: int
    last: int


_COLUMNS = (
    "e.row, e.chain, e.seq, e.id, e.body, e.type, e.at, e.date, e.letter, e.n,"
    " c.log, c.person, c.mine, c.relay, c.partner, c.id, c.sealed, c.last"
)
_FROM = "FROM event e JOIN chain c ON c.number = e.chain"
_BY_TIME = "FROM event e INDEXED BY event_at CROSS JOIN chain c ON c.number = e.chain"
COUNTED = "e.seq <= c.last AND e.id NOT IN (SELECT event FROM astray)"
"""SQL over ``event e JOIN chain c``: whether a content event counts."""
_ONCE = "NOT EXISTS(SELECT 1 FROM twin w WHERE w.event = e.id AND w.hidden = 1)"
COUNTS = f"({COUNTED} OR c.mine > 0) AND {_ONCE}"
"""The same, or it was written here: one's own words stay readable on a device that was removed.
What came in twice is shown once (`doubles`)."""
_COUNTS = f"e.kind = 0 AND {COUNTS}"
_HERE = "(e.body IS NOT NULL OR e.type IS NOT NULL OR e.id IN (SELECT event FROM erased))"
"""A body that never came is not shown as one that was erased."""


def timeline(
    db: Db,
    *,
    log: int | None = None,
    kinds: Iterable[str] = (),
    since: str | None = None,
    until: str | None = None,
    tag: str | None = None,
    limit: int | None = None,
    after: tuple[int, int] | None = None,
) -> list[EventRow]:
    """Events by claimed instant, oldest first; with a limit the newest so many.

    Args:
        db: Where a tag is given, the projections are caught up.
        log: Of one space.
        kinds: Those alone; none for all that people read.
        since: Local date, inclusive.
        until: Local date, inclusive.
        tag: What has this tag now.
        limit: Most of them.
        after: [claimed instant, row]: older than this one.
    """
    where, values = [_COUNTS, _HERE], list[object]()
    if log is not None:
        where.append("c.log = ?")
        values.append(log)
    wanted = sorted(kinds)
    if wanted:
        where.append(f"e.type IN ({','.join('?' * len(wanted))})")
        values += wanted
    else:
        where.append(f"(e.type IS NULL OR e.type NOT IN ({','.join('?' * len(HIDDEN))}))")
        values += sorted(HIDDEN)
    if since is not None:
        where.append("e.date >= ?")
        values.append(since)
    if until is not None:
        where.append("e.date <= ?")
        values.append(until)
    if tag is not None:
        where.append("e.row IN (SELECT row FROM trait WHERE name = 'tag' AND value = ?)")
        values.append(folded(tag))
    if after is not None:
        where.append("(e.at, e.row) < (?, ?)")
        values += after
    sql = f"SELECT {_COLUMNS} {_BY_TIME} WHERE {' AND '.join(where)} ORDER BY e.at DESC, e.row DESC"
    if limit is not None:
        sql += " LIMIT ?"
        values.append(limit)
    return [EventRow(*row) for row in reversed(db.execute(sql, values).fetchall())]


def linked(db: Db, kinds: Iterable[str], log: int | None = None) -> list[EventRow]:
    """Events of kinds that projections read, in the order they reached this device."""
    wanted = sorted(kinds)
    sql = (
        f"SELECT {_COLUMNS} {_FROM} WHERE {_COUNTS}"
        f" AND e.linked = 1 AND e.type IN ({','.join('?' * len(wanted))})"
    )
    values: list[object] = list(wanted)
    if log is not None:
        sql += " AND c.log = ?"
        values.append(log)
    return [EventRow(*row) for row in db.execute(sql + " ORDER BY e.row", values)]


def by_rows(db: Db, rows: Sequence[int]) -> list[EventRow]:
    """Events by this device's row numbers, in the order given; those that count."""
    found = dict[int, EventRow]()
    for row in rows:
        sql = f"SELECT {_COLUMNS} {_FROM} WHERE {_COUNTS} AND e.row = ?"
        hit = db.execute(sql, (row,)).fetchone()
        if hit is not None:
            found[row] = EventRow(*hit)
    return [found[row] for row in rows if row in found]


def by_ids(db: Db, ids: Iterable[bytes]) -> list[EventRow]:
    """Events by their ids, in the order given; those that count."""
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {_COUNTS} AND e.id = ?"
    return [EventRow(*row) for name in ids for row in db.execute(sql, (name,))]


def of_others(db: Db, person: bytes, *, after: int | None, since: int, limit: int) -> list[bytes]:
    """Ids of what others wrote and the timeline shows, the newest first.

    Args:
        db: Any.
        person: Who looks.
        after: What arrived past this row; None for what was claimed since an instant.
        since: Milliseconds UTC.
        limit: Most of them.
    """
    hidden = sorted(HIDDEN)
    source = f"{_BY_TIME} WHERE e.at >= ?" if after is None else f"{_FROM} WHERE e.row > ?"
    sql = (
        f"SELECT e.id {source} AND {_COUNTS} AND c.person <> ? AND e.body IS NOT NULL"
        f" AND e.type NOT IN ({','.join('?' * len(hidden))}) ORDER BY"
    )
    order = "e.at DESC, e.row DESC" if after is None else "e.row DESC"
    start = since if after is None else after
    return [row[0] for row in db.execute(f"{sql} {order} LIMIT ?", (start, person, *hidden, limit))]


def is_empty(db: Db) -> bool:
    """Whether the timeline has nothing to show."""
    hidden = sorted(HIDDEN)
    sql = f"SELECT 1 {_FROM} WHERE {_COUNTS} AND e.type NOT IN ({','.join('?' * len(hidden))})"
    return db.execute(f"{sql} LIMIT 1", hidden).fetchone() is None


def by_short(db: Db, letter: str, n: int) -> EventRow | None:
    """The event with a short id."""
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {_COUNTS} AND e.letter = ? AND e.n = ?"
    row = db.execute(sql, (letter, n)).fetchone()
    return EventRow(*row) if row else None


def by_prefix(db: Db, low: bytes, high: bytes) -> list[EventRow]:
    """Events whose id lies between two bounds, both included; three at most."""
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {_COUNTS} AND e.id >= ? AND e.id <= ? LIMIT 3"
    return [EventRow(*row) for row in db.execute(sql, (low, high))]


def shorts(db: Db, ids: Iterable[bytes]) -> dict[bytes, str]:
    """Short ids by event id, of those that have one."""
    found = dict[bytes, str]()
    for name in ids:
        row = db.execute("SELECT letter, n FROM event WHERE id = ?", (name,)).fetchone()
        if row is not None and row[0]:
            found[name] = f"{row[0]}{row[1]}"
    return found


def missing_behind(db: Db, log: int) -> dict[bytes, int]:
    """How many events that are not here each event refers to."""
    rows = db.execute("SELECT by, count(*) FROM awaited WHERE log = ? GROUP BY by", (log,))
    return {row[0]: int(row[1]) for row in rows}


def is_known(db: Db, name: bytes) -> bool:
    """Whether an event is here, or was erased by somebody who may."""
    sql = (
        "SELECT EXISTS(SELECT 1 FROM event WHERE id = ?1) OR EXISTS"
        "(SELECT 1 FROM erased WHERE event = ?1)"
    )
    return bool(db.execute(sql, (name,)).fetchone()[0])


def parts_wait(db: Db) -> bool:
    """Whether some pack is not whole yet."""
    sql = "SELECT 1 FROM part WHERE state = ? LIMIT 1"
    return db.execute(sql, (parts.WAITS,)).fetchone() is not None


def late(db: Db) -> set[bytes]:
    """Ids of the events that came when their epoch had been left."""
    return {row[0] for row in db.execute("SELECT event FROM late")}


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a space's own events have got."""

    waiting: int
    relay: int
    partner: int


def counts(db: Db, log: int, person: bytes) -> Counts:
    """Count this person's content events by how far they got."""
    waiting = relay = partner = 0
    for chain in logs.chains_of(db, log):
        if chain.person != person:
            continue
        total, on_relay, on_partner = _reached(db, chain.number, chain.relay, chain.partner)
        waiting += total - max(on_relay, on_partner)
        relay += on_relay
        partner += on_partner
    return Counts(waiting, relay, partner)


def count_to(db: Db, chain: int, seq: int) -> int:
    """How many content events a chain has up to a seq."""
    return _reached(db, chain, seq, -1)[1]


_REACHED = "SELECT count(*), sum(seq <= ?), sum(seq <= ?) FROM event INDEXED BY"


def _reached(db: Db, chain: int, relay: int, partner: int) -> list[int]:
    """How many content events a chain has, and how many of them up to each seq.

    All events less the acts: both come from an index alone, however long the chain is.
    """
    values = (relay, partner, chain)
    every = db.execute(f"{_REACHED} event_place WHERE chain = ?", values).fetchone()
    acts = db.execute(f"{_REACHED} event_control WHERE chain = ? AND kind > 0", values).fetchone()
    return [int(a or 0) - int(b or 0) for a, b in zip(every, acts, strict=True)]


def fingerprint(db: Db, log: int) -> bytes:
    """32 bytes over which events a log holds here, and whose bodies are gone.

    For comparing two devices, not a commitment: by chain id and place, so that the order
    of rows does not matter and nothing has to be sorted.
    """
    chains = db.execute("SELECT number FROM chain WHERE log = ? ORDER BY id", (log,)).fetchall()
    sql = "SELECT id FROM event INDEXED BY event_place WHERE chain = ? ORDER BY seq, id"
    names = [name for chain in chains for (name,) in db.execute(sql, chain).fetchall()]
    rows = db.execute(
        "SELECT e.id FROM chain c CROSS JOIN event e INDEXED BY event_gone ON e.chain = c.number"
        " WHERE c.log = ? AND e.body IS NULL",
        (log,),
    )
    gone = sorted(row[0] for row in rows)
    return suite.sha256(b"".join([len(names).to_bytes(8, "big"), *names, *gone]))


def profile_rows(db: Db, log: int | None = None) -> list[tuple[int, bytes, int, bytes, int, bytes]]:
    """Every profile that counts: [log, person, chain, body, at, event id], by instant."""
    sql = (
        "SELECT c.log, c.person, e.chain, e.body, e.at, e.id"
        f" {_FROM} WHERE {_COUNTS} AND e.linked = 1 AND e.type = 'profile.set'"
        " AND e.body IS NOT NULL"
    )
    if log is not None:
        sql += f" AND c.log = {int(log)}"
    return db.execute(sql + " ORDER BY e.at, e.id").fetchall()
