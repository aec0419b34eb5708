"""What this person took in from other programs: import ids, and where each of them stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.views import COUNTED
from inglenook_schema.events.coming_in import ImportMade

KIND: Final = "import.made"


class Arrival(NamedTuple):
    """One event that came in; it may be erased."""

    id: bytes
    """Import id, 16 bytes."""
    event: bytes
    here: bool
    """Whether its body is."""
    erased: bool


class Known:
    """The import ids that a journal knows, read on as it grows."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._row = 0
        self._here = dict[bytes, bytes]()
        self._all = set[bytes]()
        self._gone = set[bytes]()

    def read_on(self, db: Db, log: int) -> None:
        """Take in what other processes and devices added meanwhile."""
        for row, ids, came in since(db, log, self._row):
            self._row = row
            self._all.update(ids)
            self._here.update((each.id, each.event) for each in came if each.here)
            self._gone.update(each.id for each in came if each.erased)

    def __contains__(self, name: bytes) -> bool:
        """Whether it came in once."""
        return name in self._all

    def event(self, name: bytes) -> bytes | None:
        """The event it came in as; None where that was erased, or is not on this device."""
        return None if name in self._gone else self._here.get(name)

    def is_gone(self, name: bytes) -> bool:
        """Whether it came in, and was erased."""
        return name in self._gone

    def add(self, name: bytes, event: bytes) -> None:
        """Note what this process wrote."""
        self._all.add(name)
        self._here[name] = event


def since(db: Db, log: int, after: int) -> Iterator[tuple[int, tuple[bytes, ...], list[Arrival]]]:
    """Each ``import.made`` past a row: its row, its ids, and what of them is on this device."""
    rows = db.execute(
        "SELECT e.row, e.chain, e.seq, e.body FROM event e INDEXED BY event_linked"  # noqa: S608
        f" CROSS JOIN chain c ON c.number = e.chain WHERE e.linked = 1 AND e.type = ?"
        f" AND c.log = ? AND e.row > ? AND e.body IS NOT NULL AND {COUNTED} ORDER BY e.row",
        (KIND, log, after),
    ).fetchall()
    for row, chain, seq, body in rows:
        said = content_of(body)
        if isinstance(said, ImportMade):
            yield row, said.ids, list(_behind(db, chain, seq, said.ids))


def _behind(db: Db, chain: int, seq: int, ids: tuple[bytes, ...]) -> Iterator[Arrival]:
    """The events behind an ``import.made`` that its ids are of."""
    rows = db.execute(
        "SELECT e.seq, e.id, e.body IS NOT NULL, e.id IN (SELECT event FROM erased)"  # noqa: S608
        " FROM event e JOIN chain c ON c.number = e.chain"
        f" WHERE e.chain = ? AND e.seq > ? AND e.seq <= ? AND e.kind = 0 AND {COUNTED}",
        (chain, seq, seq + len(ids)),
    )
    for at, event, here, erased in rows:
        yield Arrival(ids[at - seq - 1], event, bool(here), bool(erased))
