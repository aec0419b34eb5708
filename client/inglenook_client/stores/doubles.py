"""What two devices took in from one file, neither knowing of the other: shown once (protocol 2.8).

    came in twice, untouched    -> the one with the least id is shown
    one was gone on with        -> that one
    both were                   -> both: nothing that somebody wrote goes out of sight
    one was erased              -> none; and once it is wiped, the others are erased too

What belongs to such a thing and came in with it (a star, the rest of a long text) is shown
where that is. All of it hangs on the events alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from inglenook_client.stores import imports, logs
from inglenook_client.stores.connection import Db
from inglenook_schema.control import LogType

_LEDGERS = (
    "FROM event e INDEXED BY event_linked CROSS JOIN chain c ON c.number = e.chain"
    " WHERE e.linked = 1 AND e.type = 'import.made' AND c.log = ?"
)


def settle(db: Db, after: int) -> None:
    """Find what came in twice, and which of it is shown; the projections look at it again.

    Args:
        db: Inside a write; the links of all events are noted.
        after: The row up to which this was done before.
    """
    journal = next((log for log in logs.all_logs(db) if log.type is LogType.JOURNAL), None)
    if journal is None or not _is_due(db, journal.number, after):
        return
    groups = _groups(db, journal.number)
    shown = _shown(db, groups)
    now = {
        event: (name, int(event not in shown)) for name, group in groups.items() for event in group
    }
    before = {row[0]: (row[1], row[2]) for row in db.execute("SELECT event, id, hidden FROM twin")}
    changed = [
        event
        for event in now.keys() | before.keys()
        if now.get(event, _ALONE)[1] != before.get(event, _ALONE)[1]
    ]
    if now != before:
        db.execute("DELETE FROM twin")
        rows = [(event, *rest) for event, rest in now.items()]
        db.executemany("INSERT INTO twin VALUES(?, ?, ?)", rows)
    db.executemany("INSERT OR IGNORE INTO stale VALUES(?)", ((event,) for event in changed))


_ALONE = (b"", 0)


def _is_due(db: Db, log: int, after: int) -> bool:
    """Whether two chains took something in, and anything about it may have changed.

    Most of what is written here concerns none of it, and costs four looks into an index.
    """
    (chains,) = db.execute(f"SELECT count(DISTINCT e.chain) {_LEDGERS}", (log,)).fetchone()
    if chains < 2 and db.execute("SELECT 1 FROM twin LIMIT 1").fetchone() is None:
        return False
    return any(db.execute(sql, values).fetchone() for sql, values in _changes(log, after))


def _changes(log: int, after: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "SELECT 1 FROM stale LIMIT 1", ()
    yield f"SELECT 1 {_LEDGERS} AND e.row > ? LIMIT 1", (log, after)
    new = "SELECT 1 FROM event e JOIN chain c ON c.number = e.chain WHERE e.row > ?"
    yield f"{new} AND c.log = ? AND c.mine = 0 LIMIT 1", (after, log)
    about = "SELECT 1 FROM event e JOIN link l ON l.event = e.id JOIN twin t ON t.event = l.target"
    yield f"{about} WHERE e.row > ? LIMIT 1", (after,)


def _groups(db: Db, log: int) -> dict[bytes, dict[bytes, bool]]:
    """Of each import id that several events have: the events, and whether each was erased."""
    found = dict[bytes, dict[bytes, bool]]()
    for _row, _ids, came in imports.since(db, log, 0):
        for each in came:
            found.setdefault(each.id, {})[each.event] = each.erased
    return {name: group for name, group in found.items() if len(group) > 1}


def _shown(db: Db, groups: Mapping[bytes, Mapping[bytes, bool]]) -> set[bytes]:
    twins = {event for group in groups.values() for event in group}
    belongs = {event: found for event in twins if (found := _targets(db, event) & twins)}
    shown = set[bytes]()
    for group in groups.values():
        if any(group.values()) or belongs.keys() & group.keys():
            continue
        shown |= {event for event in group if _about(db, event) - twins} or {min(group)}
    return shown | {event for event, targets in belongs.items() if targets & shown}


def _targets(db: Db, event: bytes) -> set[bytes]:
    return {row[0] for row in db.execute("SELECT target FROM link WHERE event = ?", (event,))}


def _about(db: Db, event: bytes) -> set[bytes]:
    return {row[0] for row in db.execute("SELECT event FROM link WHERE target = ?", (event,))}


def siblings(db: Db, events: Iterable[bytes]) -> list[bytes]:
    """What came in as the same things as these, from other devices."""
    sql = "SELECT event FROM twin WHERE id = (SELECT id FROM twin WHERE event = ?1) AND event <> ?1"
    return [row[0] for event in events for row in db.execute(sql, (event,))]


def shown_for(db: Db, letter: str, n: int) -> bytes | None:
    """What is shown in place of the event with a short id of this device."""
    row = db.execute(
        "SELECT o.event FROM event e JOIN twin t ON t.event = e.id AND t.hidden = 1"
        " JOIN twin o ON o.id = t.id AND o.hidden = 0 WHERE e.letter = ? AND e.n = ?"
        " ORDER BY o.event LIMIT 1",
        (letter, n),
    ).fetchone()
    return None if row is None else bytes(row[0])


def left_over(db: Db) -> list[bytes]:
    """What is here of things that were erased, and wiped, as they came in from another device."""
    rows = db.execute(
        "SELECT t.event FROM twin t JOIN event e ON e.id = t.event AND e.body IS NOT NULL"
        " WHERE t.id IN (SELECT w.id FROM twin w JOIN erased x ON x.event = w.event"
        " WHERE x.due = 0) ORDER BY t.event"
    )
    return [row[0] for row in rows]
