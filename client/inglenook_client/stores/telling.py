"""Events as the projections read them: who said what when, and which knew of which."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from inglenook_client.core.branches import Branches
from inglenook_client.core.clocks import covers
from inglenook_client.core.projections.authors import Author
from inglenook_client.stores import ancestry
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.views import COUNTS
from inglenook_schema.events import Content, UnknownContent


class Told(msgspec.Struct, frozen=True):
    """One event that counts, of any log."""

    event: bytes
    at: int
    local_date: str
    author: Author
    space_number: int
    content: Content | UnknownContent | None
    chain: int
    """The chain's number here."""
    chain_id: bytes
    seq: int
    row: int


_COLUMNS = "e.id, e.body, e.seq, e.row, c.number, c.id, c.person, c.log"
_COUNTS = f"e.kind = 0 AND {COUNTS}"
_JOIN = "CROSS JOIN chain c ON c.number = e.chain"
_FROM = f"FROM event e {_JOIN} WHERE"
_LINKED = f"FROM event e INDEXED BY event_linked {_JOIN} WHERE e.linked = 1 AND"
_BELOW = f"FROM link l CROSS JOIN event e ON e.id = l.event {_JOIN} WHERE"


def log_of(db: Db, event: bytes) -> int | None:
    """The number of the log that an event stands in, if it is here."""
    sql = "SELECT c.log FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?"
    row = db.execute(sql, (event,)).fetchone()
    return int(row[0]) if row else None


def one(db: Db, event: bytes, log: int) -> Told | None:
    """An event of a log, if it is here and counts."""
    row = db.execute(
        f"SELECT {_COLUMNS} {_FROM} e.id = ? AND c.log = ? AND {_COUNTS}",
        (event, log),
    ).fetchone()
    return _told(row) if row else None


def at(db: Db, row: int) -> Told | None:
    """The event in a row, if it counts."""
    found = db.execute(f"SELECT {_COLUMNS} {_FROM} e.row = ? AND {_COUNTS}", (row,)).fetchone()
    return _told(found) if found else None


def thread(db: Db, root: bytes, log: int) -> list[Told]:
    """All that counts of a thread: what begins it, if it is here, and what goes on with it."""
    first = one(db, root, log)
    found = {} if first is None else {root: first}
    todo = [root]
    while todo:
        rows = db.execute(
            f"SELECT {_COLUMNS} {_BELOW} l.target = ? AND l.thread = 1 AND l.log = ?"
            f" AND c.log = l.log AND {_COUNTS}",
            (todo.pop(), log),
        ).fetchall()
        for row in rows:
            if row[0] not in found:
                found[row[0]] = _told(row)
                todo.append(row[0])
    return list(found.values())


def of_kinds(db: Db, kinds: Iterable[str], log: int) -> list[Told]:
    """All that counts of a log and is of one of these kinds, which are not plain ones."""
    wanted = sorted(kinds)
    rows = db.execute(
        f"SELECT {_COLUMNS} {_LINKED} e.type IN ({','.join('?' * len(wanted))})"
        f" AND c.log = ? AND {_COUNTS}",
        (*wanted, log),
    )
    return [_told(row) for row in rows]


def _told(row: tuple[bytes, bytes | None, int, int, int, bytes, bytes, int]) -> Told:
    name, body, seq, number, chain, chain_id, person, log = row
    content = content_of(body) if body is not None else None
    at, date = (content.at or 0, content.date or "") if content else (0, "")
    return Told(name, at, date, Author(person), log, content, chain, chain_id, seq, number)


class Causal:
    """Which of two events was written knowing of the other; pasts are read as they are asked."""

    def __init__(self, db: Db) -> None:
        """Good for one transaction."""
        self._db = db
        self._branches: dict[int, Branches] = {}
        self._pasts: dict[bytes, dict[bytes, int]] = {}

    def __call__(self, a: Told, b: Told) -> bool:
        """Whether ``a`` was in the causal past of ``b``."""
        if a.space_number != b.space_number or a.event == b.event:
            return False
        branches = self._of(a.space_number)
        mine, other = branches.line(a.event, a.chain_id), branches.line(b.event, b.chain_id)
        if mine == other:
            return a.seq < b.seq
        return covers(self._past(b, branches), mine, a.seq)

    def _of(self, log: int) -> Branches:
        if log not in self._branches:
            self._branches[log] = ancestry.branches_of(self._db, log)
        return self._branches[log]

    def _past(self, told: Told, branches: Branches) -> dict[bytes, int]:
        if told.event not in self._pasts:
            self._pasts[told.event] = ancestry.past_of(
                self._db, told.chain, told.chain_id, told.seq, told.event, branches
            )
        return self._pasts[told.event]
