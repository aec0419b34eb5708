"""What each event was written after, as rows (protocol 2.5); and which branch it is on.

A row of ``past`` is kept for events with refs, and for the first of a chain or a branch. Only
a log that has a fork pays for branches: they are found anew whenever they are asked for.
"""

from __future__ import annotations

from inglenook_client.core.branches import NONE, Branches, Place, trace
from inglenook_client.core.clocks import Joint, Past, merge, pack, recompute, unpack, widen
from inglenook_client.stores import stale
from inglenook_client.stores.connection import Db
from inglenook_schema import header


def has_fork(db: Db, log: int) -> bool:
    """Whether some chain of a log has two events at one place."""
    sql = "SELECT EXISTS(SELECT 1 FROM chain WHERE log = ? AND forked IS NOT NULL)"
    (found,) = db.execute(sql, (log,)).fetchone()
    return bool(found)


def branches_of(db: Db, log: int) -> Branches:
    """The branches of a log's forked chains; none in most logs."""
    if not has_fork(db, log):
        return NONE
    rows = db.execute(
        "SELECT c.id, e.seq, e.id, e.header FROM chain c JOIN event e ON e.chain = c.number"
        " AND e.seq >= c.forked WHERE c.log = ? AND c.forked IS NOT NULL ORDER BY c.id, e.seq",
        (log,),
    )
    places = list[Place]()
    place, here, before = (b"", -1), list[bytes](), list[bytes]()
    for chain, seq, name, raw in rows:
        if (chain, seq) != place:
            before = here if (chain, seq - 1) == place else []
            place, here = (chain, seq), []
        here.append(name)
        # what is held is held with all before it: where one event stands alone, it is that one
        prev = before[0] if len(before) == 1 else header.decode(raw).prev
        places.append(Place(chain, seq, name, prev))
    return trace(places)


def all_branches(db: Db) -> dict[bytes, bytes]:
    """The branch of every event that is on one, in any log."""
    logs = db.execute("SELECT DISTINCT log FROM chain WHERE forked IS NOT NULL").fetchall()
    found = dict[bytes, bytes]()
    for (log,) in logs:
        found.update(branches_of(db, log).line_of)
    return found


def past_at(db: Db, chain: int, seq: int) -> dict[bytes, int]:
    """Causal past of the nearest event with refs at or below ``seq``; else empty.

    Where the chain forked, of one of them; :func:`past_of` tells them apart.
    """
    row = db.execute(
        "SELECT past FROM past WHERE chain = ? AND seq <= ? ORDER BY seq DESC, event LIMIT 1",
        (chain, seq),
    ).fetchone()
    return unpack(row[0]) if row else {}


def past_in_line(packed: bytes | None, chain: bytes, seq: int) -> Past:
    """Causal past of an event of a log without a fork, with what stands before it in its chain.

    Args:
        packed: The past of the nearest event at or below it that has one.
        chain: The chain's id.
        seq: Its place there.
    """
    past = unpack(packed) if packed is not None else {}
    if seq > 0:
        merge(past, {chain: seq - 1})
    return past


def past_of(
    db: Db, number: int, chain: bytes, seq: int, event: bytes, branches: Branches
) -> dict[bytes, int]:
    """Causal past of one event, with what stands before it in its own chain.

    Args:
        db: Any.
        number: Of its chain.
        chain: The chain's id.
        seq: Its place there.
        event: Its id.
        branches: Of its log.
    """
    line = branches.line_of.get(event)
    past = past_at(db, number, seq) if line is None else _on_branch(db, number, seq, line, branches)
    if seq > 0:
        widen(past, chain, branches.before(line or chain, seq), seq - 1)
    return past


def _on_branch(db: Db, number: int, seq: int, line: bytes, branches: Branches) -> dict[bytes, int]:
    rows = db.execute(
        "SELECT event, past FROM past WHERE chain = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC",
        (number, branches.first[line], seq),
    )
    return next((unpack(past) for name, past in rows if branches.line_of[name] == line), {})


def heads(db: Db, chain: int, name: bytes, branches: Branches) -> list[tuple[bytes, int, bytes]]:
    """[line, seq, id] of a chain's newest event, or of each branch's; none where it is empty."""
    tips = dict[bytes, tuple[bytes, int, bytes]]()
    if name not in branches.forked:
        sql = "SELECT seq, id FROM event WHERE chain = ? ORDER BY seq DESC LIMIT 1"
        return [(name, seq, event) for seq, event in db.execute(sql, (chain,))]
    ended = set(branches.above.values())
    rows = db.execute(
        "SELECT e.seq, e.id FROM event e JOIN chain c ON c.number = e.chain"
        " WHERE c.number = ? AND e.seq >= c.forked ORDER BY e.seq",
        (chain,),
    )
    for seq, event in rows:
        line = branches.line_of[event]
        if line not in ended:
            tips[line] = (line, seq, event)
    return sorted(tips.values(), key=lambda tip: tip[1:])


def keep_past(db: Db, chain: int, seq: int, event: bytes, past: Past) -> None:
    """Store the causal past of one event."""
    db.execute("INSERT OR REPLACE INTO past VALUES(?, ?, ?, ?)", (chain, seq, event, pack(past)))


def reclock(db: Db, log: int) -> None:
    """Compute every causal past of a log anew: what lies behind one event became known late."""
    branches = branches_of(db, log)
    rows = db.execute(
        "SELECT p.chain, c.id, p.seq, p.event, e.header, p.past FROM past p"
        " JOIN chain c ON c.number = p.chain JOIN event e ON e.id = p.event WHERE c.log = ?",
        (log,),
    ).fetchall()
    known = {row[3] for row in rows}
    for branch in branches.first.keys() - known:
        rows += db.execute(
            "SELECT e.chain, c.id, e.seq, e.id, e.header, x'' FROM event e"
            " JOIN chain c ON c.number = e.chain WHERE e.id = ?",
            (branch,),
        )
    joints = [Joint(row[1], row[2], row[3], header.decode(row[4]).refs) for row in rows]
    pasts = recompute(joints, branches)
    changed = [
        (number, seq, name, pack(pasts[name]))
        for number, _, seq, name, _, past in rows
        if not past or unpack(past) != pasts[name]
    ]
    db.executemany("INSERT OR REPLACE INTO past VALUES(?, ?, ?, ?)", changed)
    for number, seq, _name, _past in changed:
        _note_reordered(db, number, seq)


def _note_reordered(db: Db, chain: int, seq: int) -> None:
    """What was written with a past that is known otherwise now may win or lose by that."""
    sql = "SELECT min(seq) FROM past WHERE chain = ? AND seq > ?"
    (end,) = db.execute(sql, (chain, seq)).fetchone()
    stale.note_span(db, chain, seq, end)


def set_astray(db: Db, log: int, astray: list[bytes]) -> None:
    """Write down which content events do not count though their place does."""
    before = {row[0] for row in db.execute("SELECT event FROM astray WHERE log = ?", (log,))}
    stale.note(db, before ^ {*astray})
    db.execute("DELETE FROM astray WHERE log = ?", (log,))
    db.executemany("INSERT INTO astray VALUES(?, ?)", ((name, log) for name in astray))
