"""Which events refer to which: how threads and mentions are found from either end."""

from __future__ import annotations

from collections.abc import Iterable

from inglenook_client.core.projections.threads import goes_on_with
from inglenook_client.stores.connection import Db
from inglenook_schema.events import Content, UnknownContent, references

Link = tuple[bytes, bytes, int, int]
"""[target, event, log, 1 where it goes on with the target]."""


def of(event: bytes, log: int, content: Content | UnknownContent) -> list[Link]:
    """The links of one event."""
    on = goes_on_with(content)
    found = [(target, event, log, 1) for target in on]
    found += [(target, event, log, 0) for target in set(references(content)) - {*on}]
    return found


def add(db: Db, links: Iterable[Link]) -> None:
    """Note links; those that are known stay."""
    db.executemany("INSERT OR IGNORE INTO link VALUES(?, ?, ?, ?)", links)


def drop(db: Db, event: bytes) -> None:
    """Forget what an event refers to; what refers to it stays."""
    db.execute("DELETE FROM link WHERE event = ?", (event,))


def above(db: Db, event: bytes) -> set[bytes]:
    """The event itself, and all that it goes on with, at any height."""
    found, todo = {event}, [event]
    while todo:
        for (target,) in db.execute(
            "SELECT target FROM link WHERE event = ? AND thread = 1", (todo.pop(),)
        ):
            if target not in found:
                found.add(target)
                todo.append(target)
    return found


def begun_between(db: Db, first: int, last: int) -> set[bytes]:
    """Of the events in these rows, both included, those that something goes on with."""
    if db.execute("SELECT 1 FROM link LIMIT 1").fetchone() is None:
        return set()
    rows = db.execute(
        "SELECT e.id FROM event e WHERE e.row BETWEEN ? AND ?"
        " AND EXISTS(SELECT 1 FROM link l WHERE l.target = e.id AND l.thread = 1)",
        (first, last),
    )
    return {row[0] for row in rows}


def rows_of(db: Db, events: Iterable[bytes]) -> list[int]:
    """The rows of these events."""
    sql = "SELECT row FROM event WHERE id = ?"
    return [row[0] for event in events for row in db.execute(sql, (event,))]


def begun(db: Db, events: Iterable[bytes]) -> set[bytes]:
    """Of these events, those that something goes on with."""
    sql = "SELECT 1 FROM link WHERE target = ? AND thread = 1 LIMIT 1"
    return {event for event in events if db.execute(sql, (event,)).fetchone() is not None}


def mentions(db: Db, target: bytes, log: int) -> list[bytes]:
    """Ids of all events of a log that refer to one, whether they go on with it or not."""
    rows = db.execute("SELECT event FROM link WHERE target = ? AND log = ?", (target, log))
    return [row[0] for row in rows]


def copies(db: Db, entry: bytes) -> list[bytes]:
    """Ids of what was shared of an entry, in whatever spaces, oldest first."""
    rows = db.execute(
        "SELECT e.id FROM link l JOIN event e ON e.id = l.event"
        " WHERE l.target = ? AND e.type = 'entry.shared' AND e.body IS NOT NULL ORDER BY e.row",
        (entry,),
    )
    return [row[0] for row in rows]
