"""Where the entries of a journal are: rows found by time, by tag, by mood, by star, by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from inglenook_client.core.projections.folding import folded
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import ENTRIES
from inglenook_client.stores.views import COUNTS

_DAY_MS: Final = 86_400_000
_SLACK_MS: Final = 2 * _DAY_MS
"""A local date is never further than this from its instant, whatever the zone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; all given conditions hold."""

    log: int | None = None
    tag: str | None = None
    moods: tuple[int, int] | None = None
    """From, to; both included."""
    starred: bool = False
    since: str | None = None
    """The local date that an entry is about, inclusive."""
    until: str | None = None


_COUNTS: Final = f"e.kind = 0 AND e.body IS NOT NULL AND {COUNTS}"
_FROM_TIME: Final = "FROM event e INDEXED BY event_at CROSS JOIN chain c ON c.number = e.chain"
_FROM: Final = f"{_FROM_TIME} WHERE"
_BETWEEN: Final = "e.at BETWEEN ? AND ? AND e.date BETWEEN ? AND ?"
_ON_ITS_DAY: Final = "NOT EXISTS(SELECT 1 FROM trait t WHERE t.row = e.row AND t.name = 'day')"
_DAY: Final = "ifnull((SELECT t.day FROM trait t WHERE t.row = e.row AND t.name = 'day'), e.date)"
_TRAITS: Final = (
    "FROM trait t CROSS JOIN event e ON e.row = t.row JOIN chain c ON c.number = e.chain WHERE"
)
_STARS: Final = (
    "FROM item i CROSS JOIN event e ON e.id = i.id JOIN chain c ON c.number = e.chain WHERE"
)


def rows(
    db: Db, wanted: Wanted, after: Sequence[object] | None, count: int
) -> list[tuple[Any, ...]]:
    """[claimed instant, or day of a tag or a mood; row] of the entries, newest first.

    Args:
        db: Any.
        wanted: Which.
        after: The last of the page before.
        count: Most of them; -1 for all.
    """
    if wanted.tag is not None:
        return _by_trait(db, wanted, "tag", folded(wanted.tag), after, count)
    if wanted.moods is not None:
        return _by_trait(db, wanted, "mood", "", after, count)
    if wanted.starred:
        return _by_star(db, wanted, after, count)
    return _by_time(db, wanted, after, count)


def _narrow(wanted: Wanted) -> tuple[list[str], list[object]]:
    """What is asked of the event whichever way it is found; parts have no letter."""
    where = [_COUNTS, "e.letter IS NOT NULL", f"e.type IN ({','.join('?' * len(ENTRIES))})"]
    values = list[object](sorted(ENTRIES))
    if wanted.log is not None:
        where.append("c.log = ?")
        values.append(wanted.log)
    return where, values


def _by_trait(
    db: Db,
    wanted: Wanted,
    name: str,
    value: str,
    after: Sequence[object] | None,
    count: int,
) -> list[tuple[Any, ...]]:
    where, values = _narrow(wanted)
    where += ["t.name = ?", "t.value = ?"]
    values += [name, value]
    if wanted.moods is not None and name == "mood":
        where.append("t.n BETWEEN ? AND ?")
        values += wanted.moods
    elif wanted.moods is not None:
        where.append(
            "EXISTS(SELECT 1 FROM trait m WHERE m.row = e.row AND m.name = 'mood'"
            " AND m.n BETWEEN ? AND ?)"
        )
        values += wanted.moods
    if wanted.starred:
        where.append(
            "EXISTS(SELECT 1 FROM item i WHERE i.noun = 'star' AND i.id = e.id AND i.state = 'on')"
        )
    for sign, day in ((">=", wanted.since), ("<=", wanted.until)):
        if day is not None:
            where.append(f"t.day {sign} ?")
            values.append(day)
    if after is not None:
        where.append("(t.day, t.row) < (?, ?)")
        values += after
    sql = f"SELECT t.day, t.row {_TRAITS} {' AND '.join(where)} ORDER BY t.day DESC, t.row DESC"
    return db.execute(f"{sql} LIMIT ?", (*values, count)).fetchall()


def _by_star(
    db: Db, wanted: Wanted, after: Sequence[object] | None, count: int
) -> list[tuple[Any, ...]]:
    where, values = _narrow(wanted)
    where.append("i.noun = 'star' AND i.state = 'on'")
    for sign, day in ((">=", wanted.since), ("<=", wanted.until)):
        if day is not None:
            where.append(f"{_DAY} {sign} ?")
            values.append(day)
    if after is not None:
        where.append("(e.at, e.row) < (?, ?)")
        values += after
    sql = f"SELECT e.at, e.row {_STARS} {' AND '.join(where)} ORDER BY e.at DESC, e.row DESC"
    return db.execute(f"{sql} LIMIT ?", (*values, count)).fetchall()


def _by_time(
    db: Db, wanted: Wanted, after: Sequence[object] | None, count: int
) -> list[tuple[Any, ...]]:
    where, values = _narrow(wanted)
    dated = wanted.since is not None or wanted.until is not None
    if dated:
        where += [_BETWEEN, _ON_ITS_DAY]
        values += span(wanted.since, wanted.until)
    if after is not None:
        where.append("(e.at, e.row) < (?, ?)")
        values += after
    sql = f"SELECT e.at, e.row {_FROM} {' AND '.join(where)} ORDER BY e.at DESC, e.row DESC"
    rows = db.execute(f"{sql} LIMIT ?", (*values, count)).fetchall()
    if dated:
        rows += _moved(db, wanted, after)
        rows.sort(reverse=True)
    return rows if count < 0 else rows[:count]


def _moved(db: Db, wanted: Wanted, after: Sequence[object] | None) -> list[tuple[Any, ...]]:
    """Entries of the wanted days that were written on another one."""
    where, values = _narrow(wanted)
    where.append("t.name = 'day' AND t.value = '' AND t.day BETWEEN ? AND ?")
    values += [wanted.since or "", wanted.until or "9999-12-31"]
    if after is not None:
        where.append("(e.at, e.row) < (?, ?)")
        values += after
    return db.execute(f"SELECT e.at, e.row {_TRAITS} {' AND '.join(where)}", values).fetchall()


def span(since: str | None, until: str | None) -> tuple[int, int, str, str]:
    """Two local dates as instants between which their events lie, and as dates."""
    low, high = since or "0001-01-03", until or "9999-12-29"
    return (
        _instant(low) - _SLACK_MS,
        _instant(high) + _DAY_MS + _SLACK_MS,
        since or "",
        until or "9999-12-31",
    )


def _instant(day: str) -> int:
    return (
        int(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp()) * 1000
    )


def per_day(db: Db, log: int | None, first: str, last: str) -> list[tuple[str, int]]:
    """[day, how many entries] of the days from one to another, both included."""
    where, values = _narrow(Wanted(log))
    here = " AND ".join(where)
    written = (
        f"SELECT e.date, count(*) {_FROM} {here} AND {_BETWEEN} AND {_ON_ITS_DAY} GROUP BY e.date"
    )
    about = (
        f"SELECT t.day, count(*) {_TRAITS} {here} AND t.name = 'day' AND t.value = ''"
        " AND t.day BETWEEN ? AND ? GROUP BY t.day"
    )
    found = db.execute(written, (*values, *span(first, last))).fetchall()
    return found + db.execute(about, (*values, first, last)).fetchall()


def moods(db: Db, log: int | None, first: str, last: str) -> list[tuple[str, str, int, int, bytes]]:
    """[``mood`` or ``confidence``, day, claimed instant, 1 to 5, event id]."""
    return db.execute(
        "SELECT t.name, t.day, e.at, t.n, e.id FROM trait t CROSS JOIN event e ON e.row = t.row"
        " JOIN chain c ON c.number = e.chain WHERE t.name IN ('mood', 'confidence')"
        " AND t.value = '' AND t.day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR c.log = ?3)",
        (first, last, log),
    ).fetchall()


def tags(db: Db, limit: int) -> list[tuple[str, int]]:
    """Every tag and how often it was given, the most used first."""
    return db.execute(
        "SELECT value, count(*) FROM trait WHERE name = 'tag' GROUP BY value"
        " ORDER BY count(*) DESC, value LIMIT ?",
        (limit,),
    ).fetchall()


def threads_of(db: Db, log: int | None, first: str, last: str, kinds: Sequence[str]) -> set[bytes]:
    """The threads that events of these kinds and days belong to: what begins each.

    Of an event that goes on with one inside a thread (a step of a goal) that one's is meant.
    """
    rows = db.execute(
        f"SELECT e.id, l.target {_FROM_TIME} LEFT JOIN link l ON l.event = e.id AND l.thread = 1"
        f" WHERE {_COUNTS} AND e.type IN ({','.join('?' * len(kinds))})"
        f" AND {_BETWEEN} AND c.log = ifnull(?, c.log)",
        (*kinds, *span(first, last), log),
    ).fetchall()
    names = {name for row in rows for name in row if name is not None}
    sql = "SELECT thread FROM item WHERE noun = 'step' AND id = ?"
    inside = {row[0] for name in names for row in db.execute(sql, (name,))}
    return names | inside


def oldest(db: Db) -> int | None:
    """The earliest claimed instant; None where nothing is written."""
    (first,) = db.execute("SELECT min(at) FROM event WHERE at IS NOT NULL").fetchone()
    return None if first is None else int(first)
