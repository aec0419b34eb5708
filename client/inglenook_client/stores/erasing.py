"""Erased bodies: hidden at once, wiped when they are due, shown again if the act was void.

    shown --a signed act names it--> hidden --due--> wiped: only its id is remembered
    hidden --the act turns out void--> shown        wiped --the act is void--> may come back

A hidden body lies in ``erased`` and nowhere else, so that whatever reads events, for the
screen, an index or a pack, sees it as gone already.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from inglenook_client.stores import projecting
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow

AT_ONCE: Final = 10
"""So many bodies of one person are wiped without delay on one day of this device."""
HELD_MS: Final = 72 * 3_600_000
"""So long all others stay hidden first: a thief's mass erase can be undone."""
_DAY_MS: Final = 86_400_000


class Erased(NamedTuple):
    """One event whose body is to be wiped."""

    event: bytes
    log: int
    chain: int
    seq: int


def hide(db: Db, log: LogRow, claims: Iterable[tuple[bytes, bytes]], now: int) -> None:
    """Hide what signed acts erase (protocol 6.5); call inside a write.

    Args:
        db: Its transaction also wipes what is due at ``now``: see :func:`due`.
        log: Whose.
        claims: All that counts in it now, each [event id, person]: only that person's own
            content is touched.
        now: Milliseconds since 1970.
    """
    here = of_log(db, log.number)
    left = dict[bytes, int]()
    for name, person in claims:
        if name in here:
            continue
        row = db.execute(
            "SELECT e.row, e.body FROM event e JOIN chain c ON c.number = e.chain"
            " WHERE e.id = ? AND c.log = ? AND e.kind = 0 AND c.person = ?",
            (name, log.number, person),
        ).fetchone()
        if row is None:
            continue
        if person not in left:
            left[person] = AT_ONCE - _hidden_today(db, person, now // _DAY_MS)
        left[person] -= row[1] is not None
        due = now if left[person] >= 0 else now + HELD_MS
        _hide(db, name, row[0], row[1], due, now // _DAY_MS)


def _hidden_today(db: Db, person: bytes, day: int) -> int:
    (count,) = db.execute(
        "SELECT count(*) FROM erased x CROSS JOIN event e ON e.id = x.event"
        " CROSS JOIN chain c ON c.number = e.chain WHERE x.day = ? AND c.person = ?",
        (day, person),
    ).fetchone()
    return int(count)


def _hide(db: Db, name: bytes, row: int, body: bytes | None, due: int, day: int) -> None:
    if body is None:
        db.execute("INSERT INTO erased(event) VALUES(?)", (name,))
        return
    db.execute("INSERT INTO erased VALUES(?, ?, ?, ?)", (name, body, due, day))
    projecting.forget(db, name)
    db.execute("UPDATE event SET body = NULL, date = NULL WHERE row = ?", (row,))
    db.execute("DELETE FROM words WHERE rowid = ?", (row,))


def show_again(db: Db, log: LogRow, claims: Iterable[tuple[bytes, bytes]]) -> int:
    """Show what no act that counts erases any more; returns how many bodies came back.

    What was wiped meanwhile is no longer refused when somebody else brings it.
    """
    standing = {name for name, _ in claims}
    void = of_log(db, log.number) - standing
    return sum(_show(db, name) for name in sorted(void))


def _show(db: Db, name: bytes) -> bool:
    (body,) = db.execute("SELECT body FROM erased WHERE event = ?", (name,)).fetchone()
    db.execute("DELETE FROM erased WHERE event = ?", (name,))
    if body is None:
        return False
    content = content_of(body)
    db.execute(  # a new row number, so that the search index finds it
        "UPDATE event SET body = ?, date = ?, row = (SELECT max(row) + 1 FROM event) WHERE id = ?",
        (body, content.date if content else None, name),
    )
    return True


def of_log(db: Db, log: int) -> set[bytes]:
    """Ids of all erased events of a log, hidden or wiped."""
    # CROSS: few are erased; SQLite, which keeps no statistics here, would read every event
    rows = db.execute(
        "SELECT x.event FROM erased x CROSS JOIN event e ON e.id = x.event"
        " CROSS JOIN chain c ON c.number = e.chain WHERE c.log = ?",
        (log,),
    )
    return {row[0] for row in rows}


def wiped_of(db: Db, log: int) -> list[Erased]:
    """The erased events of a log of which nothing may be left here."""
    rows = db.execute(
        "SELECT x.event, c.log, e.chain, e.seq FROM erased x CROSS JOIN event e ON e.id = x.event"
        " CROSS JOIN chain c ON c.number = e.chain WHERE c.log = ? AND x.due = 0",
        (log,),
    )
    return [Erased(*row) for row in rows]


def has_bodies(db: Db, log: int, places: Iterable[tuple[bytes, int]]) -> bool:
    """Whether any event at these places (chain, seq) has a body here: then it is not erased."""
    sql = (
        "SELECT 1 FROM chain c JOIN event e ON e.chain = c.number"
        " WHERE c.log = ? AND c.id = ? AND e.seq = ? AND e.body IS NOT NULL"
    )
    return any(db.execute(sql, (log, *place)).fetchone() is not None for place in places)


def make_due(db: Db, names: Iterable[bytes], now: int) -> None:
    """Let hidden bodies be wiped at once: whoever erases them here means it."""
    db.executemany(
        "UPDATE erased SET due = ? WHERE event = ? AND due > 0", ((now, name) for name in names)
    )


def wipe_due(db: Db, now: int) -> list[Erased]:
    """Wipe the hidden bodies that are due; the caller forgets the records that hold them."""
    rows = db.execute(
        "SELECT x.event, c.log, e.chain, e.seq FROM erased x INDEXED BY erased_due"
        " JOIN event e ON e.id = x.event JOIN chain c ON c.number = e.chain"
        " WHERE x.due > 0 AND x.due <= ?",
        (now,),
    ).fetchall()
    db.executemany(
        "UPDATE erased SET body = NULL, due = 0 WHERE event = ?", ((row[0],) for row in rows)
    )
    return [Erased(*row) for row in rows]
