"""How far events got: what was read back from a relay, and what other devices said they hold.

chain.relay    read back from a newest mailbox: all events up to this one
holding        another device's signed word (a ref, or the heads of an ack) on a chain
heard          when something of a person last came, and since when we wait for more
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inglenook_client.stores import cover
from inglenook_client.stores.connection import Db
from inglenook_schema.mailbox import FOLDER_RANGE
from inglenook_schema.record import BoxType, RecordKind

_REFUSED = 2
_NEWEST = (
    "SELECT m.number, m.n FROM mailbox m JOIN log l ON l.number = m.log AND l.epoch = m.epoch"
    " WHERE l.number = ? AND m.type = ? AND NOT (m.relay >= ? AND m.relay < ?)"
)
_NOT_READ = "mailbox = ?1 AND (n IS NULL OR n > ?2) AND state <> ?3 AND wiped = 0"


def note_relay(db: Db, log: int, today: int, *, lost: bool = False) -> None:
    """Write down which events lie in a newest mailbox and were read back from there.

    An answer to a put is no proof: only a place under the running head counts, once the
    cursor has passed it (architecture 7).

    Args:
        db: Inside a write.
        log: Its number.
        today: Day number.
        lost: Whether a relay does not hold any more what it once had.
    """
    if lost:
        db.execute("UPDATE chain SET relay = -1 WHERE log = ?", (log,))
    found = dict[int, int]()
    for number, n in db.execute(_NEWEST, (log, BoxType.EPOCH, *FOLDER_RANGE)).fetchall():
        for chain, seq in _read_back(db, number, n).items():
            found[chain] = max(seq, found.get(chain, -1))
    grown = False
    for chain, seq in found.items():
        own = db.execute(
            "UPDATE chain SET relay = ?1 WHERE number = ?2 AND relay < ?1 RETURNING mine > 0",
            (seq, chain),
        ).fetchone()
        grown = grown or own == (1,)
    if grown:
        db.execute("UPDATE heard SET waits = ? WHERE log = ? AND waits IS NULL", (today, log))


def _read_back(db: Db, mailbox: int, n: int) -> dict[int, int]:
    """Highest seq by chain; nothing while a pack of the mailbox was not read back."""
    place = (mailbox, n, _REFUSED)
    pack = db.execute(
        f"SELECT 1 FROM record WHERE {_NOT_READ} AND kind = ?4 LIMIT 1",  # noqa: S608
        (*place, RecordKind.PACK),
    ).fetchone()
    if pack is not None:
        return {}
    waiting = dict(
        db.execute(
            f"SELECT chain, min(first) FROM record WHERE {_NOT_READ}"  # noqa: S608
            " AND chain IS NOT NULL GROUP BY chain",
            place,
        ).fetchall()
    )
    held = cover.of(db, mailbox)
    return {chain: min(seq, waiting.get(chain, seq + 1) - 1) for chain, seq in held.items()}


def hold(db: Db, said: Mapping[tuple[int, bytes], int]) -> None:
    """Other devices said that they hold a chain up to a seq.

    Args:
        db: Inside a write.
        said: Seq by [chain number, device id].
    """
    db.executemany(
        "INSERT INTO holding VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET"
        " seq = max(seq, excluded.seq)",
        [(chain, device, seq) for (chain, device), seq in said.items()],
    )


def held(db: Db, log: int) -> dict[bytes, dict[int, int]]:
    """By device, the highest seq by chain number."""
    found = dict[bytes, dict[int, int]]()
    rows = db.execute(
        "SELECT h.device, h.chain, h.seq FROM chain c JOIN holding h ON h.chain = c.number"
        " WHERE c.log = ?",
        (log,),
    )
    for device, chain, seq in rows:
        found.setdefault(device, {})[chain] = seq
    return found


def hear(db: Db, log: int, people: Iterable[bytes], today: int) -> None:
    """Something of these people came."""
    db.executemany(
        "INSERT INTO heard VALUES(?, ?, ?, NULL) ON CONFLICT DO UPDATE SET"
        " day = max(day, excluded.day), waits = NULL",
        [(log, person, today) for person in people],
    )


def silences(db: Db, log: int) -> dict[bytes, tuple[int, int]]:
    """By person, [the day when something last came, the day since when ours waits for them]."""
    rows = db.execute(
        "SELECT person, day, waits FROM heard WHERE log = ? AND waits IS NOT NULL", (log,)
    )
    return {person: (day, waits) for person, day, waits in rows}


# --- this device's own word -----------------------------------------------------------


def owe(db: Db, log: int) -> None:
    """Something came after the ack of the day; the next day's is to say so."""
    db.execute("INSERT OR IGNORE INTO owed VALUES(?)", (log,))


def paid(db: Db, log: int) -> None:
    """An ack says all that is here."""
    db.execute("DELETE FROM owed WHERE log = ?", (log,))


def owed(db: Db, today: int) -> set[int]:
    """Logs of which this device has more to say, and may by now."""
    rows = db.execute(
        "SELECT o.log FROM owed o JOIN ack a ON a.log = o.log WHERE a.day < ?"
        " AND a.device = (SELECT value FROM meta WHERE key = 'device')",
        (today,),
    )
    return {row[0] for row in rows}
