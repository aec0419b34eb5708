"""Keeping the projections: caught up before they are read, like the search (decision 0006).

    event stored ----------> its row lies past the cursor
    erased, void, reordered -> its id is stale; of what was erased nothing stays here
    catch_up: note links and traits of each -> fold the threads they belong to -> move the cursor

Most events (`threads.ALONE`) only leave traits; they become an item when something goes on
with them. What a thread comes to hangs on the events alone, so that all of this can be made
anew and is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

import msgspec

from inglenook_client.core.projections import threads
from inglenook_client.core.projections.threads import ALONE, BEGINS, SINGLE
from inglenook_client.stores import doubles, items, links, logs, stale, telling, traits
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.stale import Tell
from inglenook_client.stores.telling import Told
from inglenook_client.stores.views import COUNTS
from inglenook_schema.events import Content, UnknownContent
from inglenook_schema.keys import Person

Thread = tuple[int, bytes]
"""[log, the event that begins it]; or the noun of what stands for a whole space."""

_CHUNK: Final = 2_048
_END: Final = 2**62
_LOOKING: Final = 0.25
"""How much of the time of catching up goes into looking at events, at most."""


def forget(db: Db, event: bytes) -> None:
    """Let nothing that an event says stay in any projection; call where its body goes.

    The threads it belongs to are folded again when the projections are next caught up.
    """
    found = db.execute(
        "SELECT c.log, e.row, e.type FROM event e JOIN chain c ON c.number = e.chain"
        " WHERE e.id = ?",
        (event,),
    ).fetchone()
    if found is None or found[1] > stale.highest_known(db):
        return
    log, _row, type_ = found
    above = links.above(db, event)
    for name in above:
        items.drop(db, log, name)
    for row in links.rows_of(db, above):
        traits.drop(db, row)
    if type_ in SINGLE:
        items.drop(db, log, SINGLE[type_].encode())
    stale.note(db, [event])


# --- catching up ----------------------------------------------------------------------


class _Row(msgspec.Struct, frozen=True, gc=False):
    """One event to look at."""

    row: int
    event: bytes
    body: bytes | None
    type: str | None
    log: int
    counts: int


_COLUMNS: Final = f"e.row, e.id, e.body, e.type, c.log, {COUNTS}"
_FROM: Final = "FROM event e JOIN chain c ON c.number = e.chain"
# CROSS JOIN: this order and no other, however few events the planner expects
_IN_ORDER: Final = "FROM event e CROSS JOIN chain c ON c.number = e.chain"
_NEW: Final = (
    f"SELECT {_COLUMNS} {_IN_ORDER} WHERE e.row > ? AND e.row <= ? AND +e.kind = 0"
    " ORDER BY e.row LIMIT ?"
)
_THESE: Final = f"SELECT {_COLUMNS} {_FROM} WHERE e.row = ? AND +e.kind = 0"
_BY_PLACE: Final = "FROM chain c CROSS JOIN event e INDEXED BY event_place ON e.chain = c.number"
_ASTRAY: Final = "SELECT log FROM astray"
_UNCOUNTED: Final = (
    f"SELECT e.row {_BY_PLACE} WHERE c.mine = 0 AND (c.last < ?3 OR c.log IN ({_ASTRAY}))"
    f" AND e.row BETWEEN ?1 AND ?2 AND NOT ({COUNTS})"
)
"""Which rows lie where chains end or forked: the index alone answers."""
_MARKED: Final = "FROM stale s CROSS JOIN event e ON e.id = s.event"
_STALE: Final = (
    f"SELECT {_COLUMNS} {_MARKED} CROSS JOIN chain c ON c.number = e.chain WHERE +e.kind = 0"
)


def catch_up(db: Db, tell: Tell = stale.unheard) -> None:
    """Bring every projection up to what is stored; call inside a write."""
    at = known = stale.cursor(db)
    touched = set[Thread]()
    for span in stale.spans(db):
        _look_between(db, at, span.first - 1, touched, tell)
        _look_over(db, span, touched)
        at = span.last
    _look_between(db, at, _END, touched, tell)
    doubles.settle(db, known)
    again = [_Row(*row) for row in db.execute(_STALE)]
    for row in again:
        traits.drop(db, row.row)
    _look(db, again, links.begun(db, (row.event for row in again)), touched)
    _fold(db, _whole(db, touched), tell)
    stale.move_cursor(db, stale.last_row(db))
    tell(1)


def _look_between(db: Db, after: int, last: int, touched: set[Thread], tell: Tell) -> None:
    """Look at every event behind a row, up to another one."""
    first, total = after, max(1, stale.last_row(db) - after)
    while rows := db.execute(_NEW, (after, last, _CHUNK)).fetchall():
        begun = links.begun_between(db, after + 1, rows[-1][0])
        after = rows[-1][0]
        _look(db, [_Row(*row) for row in rows], begun, touched)
        tell(_LOOKING * (after - first) / total)


def _look_over(db: Db, span: stale.Span, touched: set[Thread]) -> None:
    """Look at what is not plain in a span, or no longer; the rest left its traits as it came."""
    ends = (span.first, span.last)
    for (row,) in db.execute(_UNCOUNTED, (*ends, logs.NO_END)).fetchall():
        traits.drop(db, row)
    begun = links.begun_between(db, *ends)
    numbers = [*span.others, *links.rows_of(db, begun)]
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        rows = [_Row(*row) for n in part for row in db.execute(_THESE, (n,))]
        for each in rows:
            traits.drop(db, each.row)
        _look(db, rows, begun, touched)


def _look(db: Db, rows: list[_Row], begun: set[bytes], touched: set[Thread]) -> None:
    """Note what these events refer to and have; collect the threads to fold.

    Args:
        db: Inside a write.
        rows: The events.
        begun: Those of them that something known already goes on with.
        touched: Is added to.
    """
    light = list[traits.Trait]()
    found = list[tuple[_Row, Content | UnknownContent | None]]()
    for row in rows:
        if row.type in ALONE and row.body is not None:
            said = traits.glance(row.body)
            alone = row.type not in BEGINS or row.event not in begun
            if alone and said is not None:  # most events: nothing else is to be known of them
                if row.counts:
                    light += traits.of_event(said, row.row)
                continue
        found.append((row, _said(row)))
    links.add(db, [link for row, s in found if s for link in links.of(row.event, row.log, s)])
    for row, content in found:
        kind = (row.type or "") if content is None else content.kind
        if kind in SINGLE:
            touched.add((row.log, SINGLE[kind].encode()))
        if content is None:
            touched.update((row.log, name) for name in links.above(db, row.event))
            links.drop(db, row.event)
        else:
            touched.add((row.log, row.event))
    traits.add(db, light)


def _said(row: _Row) -> Content | UnknownContent | None:
    return content_of(row.body) if row.body is not None else None


def _whole(db: Db, touched: set[Thread]) -> set[Thread]:
    """The threads that hang on these events: their own, and those of all they go on with."""
    found = set[Thread]()
    for log, name in touched:
        if name in _SINGLES:
            found.add((log, name))
        else:
            found.update((log, above) for above in links.above(db, name))
    return found


def _can_begin(db: Db, log: int, name: bytes) -> bool:
    """Whether an event may begin a thread: by its kind, or because it is not to be read here."""
    sql = f"SELECT e.type {_FROM} WHERE e.id = ? AND c.log = ? AND e.body IS NOT NULL AND {COUNTS}"
    row = db.execute(sql, (name, log)).fetchone()
    return row is None or row[0] in BEGINS


_SINGLES: Final = frozenset(noun.encode() for noun in SINGLE.values())
_KINDS: Final = {
    noun: {kind for kind, of in SINGLE.items() if of == noun} for noun in SINGLE.values()
}


def _fold(db: Db, found: Collection[Thread], tell: Tell) -> None:
    before = telling.Causal(db)
    me = _me(db)
    for number, (log, name) in enumerate(sorted(found)):
        if number % _CHUNK == 0:
            tell(_LOOKING + (1 - _LOOKING) * number / len(found))
        if name in _SINGLES:
            noun = name.decode()
            facts = telling.of_kinds(db, _KINDS[noun], log)
            items.replace(db, log, name, threads.fold_single(noun, facts, before), me)
        elif _can_begin(db, log, name):
            _fold_thread(db, log, name, before, me)
        else:
            items.drop(db, log, name)


def _fold_thread(
    db: Db, log: int, root: bytes, before: Callable[[Told, Told], bool], me: bytes
) -> None:
    facts = telling.thread(db, root, log)
    first = facts[0] if facts and facts[0].event == root else None
    kind = first.content.kind if first is not None and first.content is not None else None
    if first is not None:
        traits.drop(db, first.row)
    if kind in ALONE and not any(fact.content for fact in facts[1:]):
        items.drop(db, log, root)
        if first is not None:
            traits.add(db, traits.of_row(db, first.row))
        return
    found = threads.fold_thread(root, facts, before)
    items.replace(db, log, root, found, me)
    if first is not None:
        for each in found:
            if each.noun in traits.TRAITED:
                traits.add(db, traits.of_item(each.item, first.local_date, first.row))


def _me(db: Db) -> bytes:
    packed = logs.meta(db, "person")
    return msgspec.msgpack.decode(packed, type=Person).id if packed else b""


# --- anew -----------------------------------------------------------------------------


def rebuild(db: Db) -> None:
    """Forget every projection and make it anew; call inside a write."""
    for sql in ("DELETE FROM link", "DELETE FROM item", "DELETE FROM trait"):
        db.execute(sql)
    stale.move_cursor(db, 0)
    catch_up(db)
