"""Making anew all that follows from the events: the index, pasts, who belongs, how far they got.

Events, seals, records, keys and short ids stay as they are. The roster and the pasts are pure
functions of the events, so that nothing is lost by forgetting them. All in one write.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from inglenook_client.core.clocks import Joint, pack
from inglenook_client.journal import founding, identity, receiving
from inglenook_client.journal.identity import Me
from inglenook_client.stores import ancestry, logs, projecting, reaching, search
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of, sort_of
from inglenook_client.stores.logs import ChainRow, LogRow
from inglenook_client.stores.rows import Numbers
from inglenook_schema import header
from inglenook_schema.batch import Ack
from inglenook_schema.events import short_letter
from inglenook_schema.header import Kind

_CHUNK = 2_048
_ack = msgspec.msgpack.Decoder(Ack).decode


def rebuild(db: Db) -> int:
    """Forget what was derived and derive it again; call inside a write. How many events."""
    me = identity.load(db)
    events = _reread(db)
    for log in logs.all_logs(db):
        _note_own(db, me, log)
        _note_forks(db, log)
        joints = _joints(db, log)
        _note_pasts(db, log, joints)
        log = founding.refresh(db, log)  # noqa: PLW2901 - the same, as it is now
        _note_holding(db, me, log, joints)
        reaching.note_relay(db, log.number, identity.today(), lost=True)
    search.rebuild(db)
    projecting.rebuild(db)
    return events


def _reread(db: Db) -> int:
    """Read each body once more: an older version may have known less of its kind."""
    numbers = Numbers(db)
    seen = row = 0
    while rows := db.execute(
        "SELECT row, body, type, at, date, linked, letter, n FROM event"
        " WHERE row > ? ORDER BY row LIMIT ?",
        (row, _CHUNK),
    ).fetchall():
        seen += len(rows)
        row = rows[-1][0]
        db.executemany(
            "UPDATE event SET type = ?, at = ?, date = ?, linked = ?, letter = ?, n = ?"
            " WHERE row = ?",
            [(*new, at) for at, *old in rows if (new := _read(numbers, *old)) is not None],
        )
    return seen


def _read(
    numbers: Numbers, body: bytes | None, *old: str | int | None
) -> tuple[str | int | None, ...] | None:
    """What stands in the row by its body, where that is not what stands there now."""
    content = content_of(body) if body is not None else None
    if content is None:
        return None
    type_, linked = sort_of(content)
    letter, n = old[4:]
    if letter is None and (letter := short_letter(content)) is not None:
        n = numbers.next(letter)
    new = (type_, content.at, content.date, linked, letter, n)
    return None if new == old else new


def _note_own(db: Db, me: Me, log: LogRow) -> None:
    """Which chains are this device's, and how far they are sealed."""
    db.execute(
        "UPDATE chain SET mine = iif(device = ?1, max(mine, 1), 0) WHERE log = ?2"
        " AND id <> zeroblob(16)",
        (me.device, log.number),
    )
    db.execute(
        "UPDATE chain SET sealed ="
        " ifnull((SELECT max(seq) FROM seal WHERE seal.chain = chain.number), -1)"
        " WHERE log = ? AND mine > 0",
        (log.number,),
    )


def _note_forks(db: Db, log: LogRow) -> None:
    db.execute(
        "UPDATE chain SET forked = (SELECT min(seq) FROM (SELECT seq FROM event"
        " WHERE chain = chain.number GROUP BY seq HAVING count(*) > 1)) WHERE log = ?",
        (log.number,),
    )


def _joints(db: Db, log: LogRow) -> list[tuple[ChainRow, Joint]]:
    """Every event that says what it was written after."""
    found = list[tuple[ChainRow, Joint]]()
    for chain in logs.chains_of(db, log.number):
        rows = db.execute(
            "SELECT seq, id, kind, header FROM event WHERE chain = ?", (chain.number,)
        )
        for seq, name, kind, raw in rows:
            refs = header.decode(raw).refs
            if refs or kind == Kind.OPEN:
                found.append((chain, Joint(chain.id, seq, name, refs)))
    return found


def _note_pasts(db: Db, log: LogRow, joints: Sequence[tuple[ChainRow, Joint]]) -> None:
    db.execute(
        "DELETE FROM past WHERE chain IN (SELECT number FROM chain WHERE log = ?)", (log.number,)
    )
    db.execute("DELETE FROM awaited WHERE log = ?", (log.number,))
    db.executemany(
        "INSERT INTO past VALUES(?, ?, ?, ?)",
        ((chain.number, j.seq, j.id, pack({})) for chain, j in joints),
    )
    db.executemany(
        "INSERT OR IGNORE INTO awaited SELECT ?1, ?2, ?3, ?4, ?5"
        " WHERE NOT EXISTS (SELECT 1 FROM event WHERE id = ?4)",
        ((log.number, *ref, j.id) for _, j in joints for ref in j.refs),
    )
    ancestry.reclock(db, log.number)


def _note_holding(db: Db, me: Me, log: LogRow, joints: Sequence[tuple[ChainRow, Joint]]) -> None:
    """What other devices said that they hold, by their refs and acks."""
    db.execute(
        "DELETE FROM holding WHERE chain IN (SELECT number FROM chain WHERE log = ?)",
        (log.number,),
    )
    db.execute("UPDATE chain SET partner = -1 WHERE log = ?", (log.number,))
    chains = {chain.id: chain for chain in logs.chains_of(db, log.number)}
    said = [(chain, ref[:2]) for chain, joint in joints for ref in joint.refs]
    tips = [(chain, logs.tip(db, chain.number)) for chain in chains.values()]
    said += [(chain, (chain.id, tip[0])) for chain, tip in tips if tip is not None]
    for device, signed in db.execute(
        "SELECT device, signed FROM ack WHERE log = ?", (log.number,)
    ).fetchall():
        author = next((c for c in chains.values() if c.device == device), None)
        if author is not None:
            said += [(author, head) for head in receiving.held_by(db, _ack(signed))]
    receiving.note_holding(db, me, chains, said)
