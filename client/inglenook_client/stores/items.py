"""What became of things, a row an item: written by `projecting`, read in pages by the views."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from inglenook_client.core.projections.action_plan import PlanStep
from inglenook_client.core.projections.activities import Activity
from inglenook_client.core.projections.agenda import Item
from inglenook_client.core.projections.authors import Author
from inglenook_client.core.projections.checkins import Checkin
from inglenook_client.core.projections.entries import Entry
from inglenook_client.core.projections.feedback import Feedback
from inglenook_client.core.projections.goals import Goal
from inglenook_client.core.projections.mark import Mark
from inglenook_client.core.projections.milestones import Milestone
from inglenook_client.core.projections.notes import LeftNote
from inglenook_client.core.projections.placing import place
from inglenook_client.core.projections.plain import plain
from inglenook_client.core.projections.profiles import Profile
from inglenook_client.core.projections.questions import Question
from inglenook_client.core.projections.relationship import Relationship
from inglenook_client.core.projections.resources import Resource
from inglenook_client.core.projections.stars import Star
from inglenook_client.core.projections.strengths import Strength
from inglenook_client.core.projections.threads import Found
from inglenook_client.core.projections.whose import is_mine
from inglenook_client.core.projections.wins import Win
from inglenook_client.stores.connection import Db
from inglenook_schema import canonical, suite

SHAPES: Final[dict[str, type]] = {
    "entry": Entry,
    "star": Star,
    "win": Win,
    "strength": Strength,
    "goal": Goal,
    "step": PlanStep,
    "checkin": Checkin,
    "agenda": Item,
    "question": Question,
    "note": LeftNote,
    "feedback": Feedback,
    "resource": Resource,
    "activity": Activity,
    "pair": Relationship,
    "profile": Profile,
    "milestone": Milestone,
}
"""Noun to the projection that ``said`` holds."""


Called: TypeAlias = Callable[[int, bytes], Author]
"""Who a person is on the screen of this device: of a log's number and a person's id."""


class Reader:
    """Reads projections back, with what their authors are called here."""

    def __init__(self, called: Called) -> None:
        """Good for as long as nobody is called otherwise."""
        self._called = called
        self._log = 0
        self._decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}

    def read(self, noun: str, log: int, said: bytes) -> Any:
        """The projection in a row."""
        decoder = self._decoders.get(noun)
        if decoder is None:
            shape = SHAPES[noun]
            decoder = self._decoders[noun] = msgspec.msgpack.Decoder(shape, dec_hook=self._author)
        self._log = log
        return decoder.decode(said)

    def _author(self, _shape: type, person: object) -> Author:
        assert isinstance(person, bytes)  # noqa: S101 - as it was stored
        return self._called(self._log, person)


def _person(author: object) -> bytes:
    assert isinstance(author, Author)  # noqa: S101 - nothing else is new to the encoder
    return author.person


_encode: Final = msgspec.msgpack.Encoder(enc_hook=_person).encode

_INSERT: Final = (
    "INSERT OR REPLACE INTO item(log, noun, id, thread, state, topic, rank, at, day, mine, title,"
    " hash, said) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def replace(db: Db, log: int, thread: bytes, found: Iterable[Found], me: bytes) -> None:
    """Let these be all items of a thread.

    Args:
        db: Inside a write.
        log: Where the thread stands.
        thread: The event that begins it, or the noun of what stands for a whole space.
        found: What it came to.
        me: This device's person; empty where it is not known yet.
    """
    drop(db, log, thread)
    db.executemany(_INSERT, [_row(log, thread, each, me) for each in found])


def drop(db: Db, log: int, thread: bytes) -> None:
    """Forget all items of a thread."""
    db.execute("DELETE FROM item WHERE log = ? AND thread = ?", (log, thread))


def _row(log: int, thread: bytes, found: Found, me: bytes) -> tuple[object, ...]:
    item = found.item
    at = place(item)
    mine = _is_mine(found, me)
    digest = suite.sha256(canonical.encode(plain(item)))
    return (
        *(log, found.noun, item.id, thread, str(at.state), str(at.topic), at.rank),
        *(at.begun.at, at.day, int(mine), at.title, digest, _encode(item)),
    )


def _is_mine(found: Found, me: bytes) -> bool:
    own = begun(found.item).author.person == me
    if isinstance(found.item, PlanStep):
        return is_mine(found.item.step.who, own=own)
    return own


def begun(item: Any) -> Mark:
    """When an item began, and by whom."""
    return place(item).begun


# --- reading --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """Which items are meant; all given conditions hold."""

    log: int | None = None
    states: Sequence[str] = ()
    topic: str | None = None
    mine: bool | None = None
    tag: str | None = None
    """As `placing.folded` makes it."""
    since: str | None = None
    """By day, inclusive; what has none is left out then."""
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """In which order: columns, and whether the greatest come first."""

    columns: tuple[str, ...] = ("at", "id")
    newest: bool = False


def page(
    db: Db,
    reader: Reader,
    noun: str,
    cut: Cut,
    order: Order,
    *,
    after: Sequence[object] | None = None,
    limit: int | None = None,
) -> tuple[list[Any], tuple[object, ...] | None]:
    """Items of a noun, and where the next page begins after; None where there is none.

    Args:
        db: Any.
        reader: Knows what people are called.
        noun: Of `SHAPES`.
        cut: Which.
        order: How; its columns together tell each item from each other.
        after: What the page before gave.
        limit: Most items; None for all.
    """
    where, values = _where(noun, cut)
    columns = ", ".join(order.columns)
    if after is not None:
        sign = "<" if order.newest else ">"
        where.append(f"({columns}) {sign} ({', '.join('?' * len(order.columns))})")
        values += after
    way = " DESC" if order.newest else ""
    by = ", ".join(column + way for column in order.columns)
    sql = f"SELECT log, said, {columns} {_FROM} {' AND '.join(where)} ORDER BY {by}"
    if limit is not None:
        sql += " LIMIT ?"
        values.append(limit + 1)
    rows = db.execute(sql, values).fetchall()
    more = limit is not None and len(rows) > limit
    rows = rows[:limit] if more else rows
    found = [reader.read(noun, row[0], row[1]) for row in rows]
    return found, tuple(rows[-1][2:]) if more else None


def count(db: Db, noun: str, cut: Cut) -> int:
    """How many items there are."""
    where, values = _where(noun, cut)
    return int(db.execute(f"SELECT count(*) {_FROM} {' AND '.join(where)}", values).fetchone()[0])


_FROM: Final = "FROM item WHERE"
_MANY: Final = 256
"""Ids above which all items are looked at once, instead of each by itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """An item as a list needs it: nothing of it is decoded."""

    id: bytes
    space: int
    title: str
    state: str
    topic: str
    day: str
    at: int


def lines(
    db: Db, noun: str, cut: Cut, *, ids: Collection[bytes] | None = None, before: int | None = None
) -> list[Line]:
    """Items of a noun in a line each, in the order in which they began.

    Args:
        db: Any.
        noun: Of `SHAPES`.
        cut: Which.
        ids: Those alone.
        before: Begun before this instant.
    """
    where, values = _where(noun, cut)
    if before is not None:
        where.append("at < ?")
        values.append(before)
    rows = db.execute(
        f"SELECT id, log, title, state, topic, day, at {_FROM} {' AND '.join(where)}"
        " ORDER BY at, id",
        values,
    )
    return [Line(*row) for row in rows if ids is None or row[0] in ids]


def by_day(db: Db, noun: str, cut: Cut) -> list[tuple[str, int]]:
    """[day, how many items] of the days that have some."""
    where, values = _where(noun, cut)
    return db.execute(
        f"SELECT day, count(*) {_FROM} {' AND '.join(where)} AND day > '' GROUP BY day", values
    ).fetchall()


def topics(db: Db, noun: str, cut: Cut, limit: int) -> list[tuple[str, int]]:
    """[topic, how many items], the one that was last added to first."""
    where, values = _where(noun, cut)
    return db.execute(
        f"SELECT topic, count(*) {_FROM} {' AND '.join(where)} GROUP BY topic"
        " ORDER BY max(at) DESC, topic LIMIT ?",
        (*values, limit),
    ).fetchall()


def _where(noun: str, cut: Cut) -> tuple[list[str], list[object]]:
    where, values = ["noun = ?"], list[object]([noun])
    for column, wanted in (("log", cut.log), ("topic", cut.topic), ("mine", cut.mine)):
        if wanted is not None:
            where.append(f"{column} = ?")
            values.append(wanted)
    if cut.states:
        where.append(f"state IN ({','.join('?' * len(cut.states))})")
        values += [str(state) for state in cut.states]
    if cut.tag is not None:
        where.append(
            "id IN (SELECT e.id FROM trait t JOIN event e ON e.row = t.row"
            " WHERE t.name = 'tag' AND t.value = ?)"
        )
        values.append(cut.tag)
    if cut.since is not None:
        where.append("day >= ?")
        values.append(cut.since)
    if cut.until is not None:
        where.append("day > '' AND day <= ?")
        values.append(cut.until)
    return where, values


def by_ids(
    db: Db, reader: Reader, noun: str, ids: Iterable[bytes], log: int | None = None
) -> dict[bytes, Any]:
    """Items of a noun by what they are called by; in one log, or in any."""
    sql = "SELECT log, said FROM item WHERE noun = ?1 AND id = ?2 AND (?3 IS NULL OR log = ?3)"
    found = dict[bytes, Any]()
    for name in ids:
        row = db.execute(sql, (noun, name, log)).fetchone()
        if row is not None:
            found[name] = reader.read(noun, *row)
    return found


def known(db: Db, noun: str, ids: Collection[bytes]) -> set[bytes]:
    """Of these, those that are items."""
    if len(ids) > _MANY:
        rows = db.execute("SELECT id FROM item WHERE noun = ?", (noun,))
        return {row[0] for row in rows} & set(ids)
    sql = "SELECT 1 FROM item WHERE noun = ? AND id = ?"
    return {name for name in ids if db.execute(sql, (noun, name)).fetchone() is not None}


def within(db: Db, reader: Reader, noun: str, thread: bytes) -> list[Any]:
    """Items of a noun that come from one thread."""
    rows = db.execute(
        "SELECT log, said FROM item INDEXED BY item_thread WHERE thread = ? AND noun = ?"
        " ORDER BY at, id",
        (thread, noun),
    )
    return [reader.read(noun, *row) for row in rows]


def digest(db: Db, log: int) -> bytes:
    """32 bytes over all items of a log, equal on every device that holds the same events."""
    rows = db.execute("SELECT noun, id, hash FROM item WHERE log = ? ORDER BY noun, id", (log,))
    return suite.sha256(b"".join([row[0].encode() + row[1] + row[2] for row in rows]))
