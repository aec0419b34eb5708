"""Events as rows: this device's own, appended; others', after the intake took them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inglenook_client.core.branches import NONE
from inglenook_client.core.clocks import covers, merge, pack, widen
from inglenook_client.core.events import Event, Run, compose
from inglenook_client.core.intake import Accepted, Intake, Outcome
from inglenook_client.stores import ancestry, incarnation, loading, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow, Writing
from inglenook_client.stores.rows import INSERT, Numbers, row_of, row_with, short_of
from inglenook_schema import header
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events import Content, short_letter
from inglenook_schema.header import Kind, Ref
from inglenook_schema.ids import ZERO_SHORT
from inglenook_schema.limits import MAX_BATCH_EVENTS, MAX_REFS

# --- own events -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be appended."""

    kind: Kind
    data: bytes
    salt: bytes
    content: Content | None = None
    """What ``data`` says, where it is content."""
    data_at: Callable[[bytes, tuple[Ref, ...]], bytes] | None = None
    """Makes ``data`` of where the event will stand: its prev and its refs."""


class Saved(NamedTuple):
    """One event of this device that was just stored."""

    event: Event
    row: int
    short: str
    """Its short id, or empty."""
    syncing: bool
    """Whether its log lies at a relay."""


def append(db: Db, log: LogRow, drafts: Sequence[Draft]) -> list[Event]:
    """As :func:`save`; returns the events alone."""
    return [saved.event for saved in save(db, log.number, drafts)]


def save(db: Db, log: int, drafts: Sequence[Draft]) -> list[Saved]:
    """Append to this device's chain of a log; call inside a write.

    Raises:
        NotAllowedError: This device has no chain there, or the space takes nothing more;
            nothing was changed.
    """
    content = drafts[0].content if drafts else None
    letter = short_letter(content) if content is not None else None
    at = logs.writing(db, log, letter)
    if at is None or at.last != logs.NO_END or at.stalled:
        raise NotAllowedError("This space takes nothing new on this device.")
    saved = _extend(db, log, at, drafts, {letter: at.numbered} if letter else {})
    if at.forked:
        ancestry.reclock(db, log)
    return saved


def _extend(
    db: Db, log: int, at: Writing, drafts: Sequence[Draft], numbered: dict[str, int]
) -> list[Saved]:
    seq, prev = (-1, at.log) if at.seq is None or at.prev is None else (at.seq, at.prev)
    refs, past = ((), {}) if at.alone else _moved(db, log, at, seq)
    numbers = Numbers(db, numbered)
    made: list[Saved] = []
    for draft in drafts:
        seq += 1
        event = compose(
            draft.kind,
            draft.data if draft.data_at is None else draft.data_at(prev, refs),
            draft.salt,
            log=at.log,
            chain=at.chain_id,
            seq=seq,
            prev=prev,
            refs=refs,
        )
        values = row_with(event, at.chain, draft.content, numbers)
        stored = db.execute(INSERT, values)
        if refs:
            ancestry.keep_past(db, at.chain, event.seq, event.id, past)
        prev, refs = event.id, ()
        row = int(stored.lastrowid or 0)
        made.append(Saved(event, row, short_of(values), bool(at.syncing)))
    return made


def _moved(db: Db, log: int, at: Writing, seq: int) -> tuple[tuple[Ref, ...], dict[bytes, int]]:
    """Heads of other chains that this chain has not referred to yet, and the new past.

    Of a chain that forked each branch is named: what is left out would not be inside the cut
    of a removal.
    """
    branches = ancestry.branches_of(db, log) if at.forked else NONE
    past = ancestry.past_of(db, at.chain, at.chain_id, seq, at.prev or b"", branches)
    refs: list[Ref] = []
    for other in logs.chains_of(db, log):
        if other.number == at.chain or other.id == ZERO_SHORT:
            continue
        for line, place, name in ancestry.heads(db, other.number, other.id, branches):
            if len(refs) == MAX_REFS or covers(past, line, place):
                continue
            refs.append((other.id, place, name))
            widen(past, other.id, line, place)
            merge(past, ancestry.past_of(db, other.number, other.id, place, name, branches))
    past.pop(at.chain_id, None)
    return tuple(sorted(refs)), past


def start_log(db: Db, log: LogRow, genesis: Event, seal: bytes, person: bytes, sign: bytes) -> None:
    """Store a genesis that this device made."""
    chain = logs.add_chain(db, log.number, ZERO_SHORT, ZERO_SHORT, person, sign, mine=1)
    db.execute("UPDATE chain SET last = ? WHERE number = ?", (logs.NO_END, chain))
    db.execute(INSERT, row_of(genesis, chain, Numbers(db)))
    _keep_seal(db, chain, genesis, seal)


def open_chain(
    db: Db, log: LogRow, draft: Draft, device: bytes, person: bytes, sign: bytes
) -> Event:
    """Open a new chain of this device in a log; an older one of its own is closed."""
    refs = _all_heads(db, log)
    event = compose(Kind.OPEN, draft.data, draft.salt, log=log.id, prev=log.id, refs=refs)
    db.execute("UPDATE chain SET mine = 1 WHERE log = ? AND mine = 2", (log.number,))
    chain = logs.add_chain(db, log.number, event.chain, device, person, sign, mine=2)
    db.execute("UPDATE chain SET last = ? WHERE number = ?", (logs.NO_END, chain))
    db.execute(INSERT, row_of(event, chain, Numbers(db)))
    past = {name: seq for name, seq, _ in refs}
    for other in logs.chains_of(db, log.number):
        if other.id in past:
            merge(past, ancestry.past_at(db, other.number, past[other.id]))
    past.pop(event.chain, None)
    ancestry.keep_past(db, chain, event.seq, event.id, past)
    if ancestry.has_fork(db, log.number):
        ancestry.reclock(db, log.number)
    return event


def _all_heads(db: Db, log: LogRow) -> tuple[Ref, ...]:
    branches = ancestry.branches_of(db, log.number)
    found = [
        (chain.id, seq, name)
        for chain in logs.chains_of(db, log.number)
        if chain.id != ZERO_SHORT
        for _, seq, name in ancestry.heads(db, chain.number, chain.id, branches)
    ]
    return tuple(sorted(found)[:MAX_REFS])


def seal_new(db: Db, log: LogRow, seal: Callable[[bytes, bytes], bytes]) -> None:
    """Seal own events that have no seal above them yet (protocol 2.4).

    A seal covers at most 64 events, and stands under each control event.

    Args:
        db: Inside a write.
        log: Whose.
        seal: Makes this device's seal of (log id, event id).
    """
    for chain in logs.chains_of(db, log.number):
        if not chain.mine:
            continue
        rows = db.execute(
            "SELECT header, body FROM event WHERE chain = ? AND seq > ? ORDER BY seq",
            (chain.number, chain.sealed),
        ).fetchall()
        groups = _cut([event_of(raw, content) for raw, content in rows])
        for group in groups:
            _keep_seal(db, chain.number, group[-1], seal(log.id, group[-1].id))
        if groups:
            db.execute(
                "UPDATE chain SET sealed = ? WHERE number = ?", (groups[-1][-1].seq, chain.number)
            )
            incarnation.bump(db)


def sealed_runs(db: Db, chain: int, after: int, last: int) -> list[Run] | None:
    """The events of a chain behind ``after``, cut where seals are known, up to the last seal.

    Args:
        db: Any transaction.
        chain: Its number; it has no fork.
        after: Seq; -1 for all.
        last: Highest seq that counts.

    Returns:
        None where a batch cannot hold what lies between two seals: a pack can.
    """
    rows = db.execute(
        "SELECT e.header, e.body, s.signature FROM event e LEFT JOIN seal s ON s.event = e.id"
        " WHERE e.chain = ? AND e.seq > ? AND e.seq <= ? ORDER BY e.seq",
        (chain, after, last),
    ).fetchall()
    runs = list[Run]()
    group = list[Event]()
    for raw, content, signature in rows:
        group.append(event_of(raw, content))
        if signature is not None:
            if len(_cut(group)) > 1:
                return None
            runs.append(Run(tuple(group), signature))
            group = []
    return runs if len(group) < MAX_BATCH_EVENTS else None


def seal_of(db: Db, event: bytes) -> bytes:
    """The seal of an event that has one of its own."""
    (signature,) = db.execute("SELECT signature FROM seal WHERE event = ?", (event,)).fetchone()
    return bytes(signature)


def _cut(events: Iterable[Event]) -> list[list[Event]]:
    groups = list[list[Event]]()
    size = 0
    for event in events:
        weight = len(event.raw) + len(event.body or b"") + 8
        last = groups[-1][-1] if groups else None
        if (
            last is None
            or last.kind != Kind.CONTENT
            or len(groups[-1]) == MAX_BATCH_EVENTS
            or size + weight > _BATCH_BYTES
        ):
            groups.append([])
            size = 0
        groups[-1].append(event)
        size += weight
    return groups


_BATCH_BYTES = 900_000


def event_of(raw: bytes, content: bytes | None) -> Event:
    """An event from its row; the row was checked when it was stored."""
    head = header.decode(raw)
    name = header.event_id(raw)
    return Event(name[:16] if head.kind == Kind.OPEN else head.chain, head, raw, name, content)


def _keep_seal(db: Db, chain: int, event: Event, signature: bytes) -> None:
    db.execute(
        "INSERT OR IGNORE INTO seal VALUES(?, ?, ?, ?)", (event.id, chain, event.seq, signature)
    )


# --- others' events -------------------------------------------------------------------


class StoredLog:
    """The intake's view of one log."""

    def __init__(self, db: Db, log: int) -> None:
        """Reads rows as they are asked for."""
        self._db = db
        self._numbers = {row.id: row.number for row in logs.chains_of(db, log)}

    def ids_at(self, chain: bytes, seq: int) -> list[bytes]:
        """See :class:`Lookup`."""
        number = self._numbers.get(chain)
        if number is None:
            return []
        rows = self._db.execute("SELECT id FROM event WHERE chain = ? AND seq = ?", (number, seq))
        return [row[0] for row in rows]

    def past_at(self, chain: bytes, seq: int) -> dict[bytes, int]:
        """See :class:`Lookup`."""
        number = self._numbers.get(chain)
        return {} if number is None else ancestry.past_at(self._db, number, seq)


def take(db: Db, log: LogRow, runs: Sequence[Run]) -> Outcome:
    """Take runs of one log in, and store what was accepted; call inside a write."""
    intake = Intake(log.id, logs.intake_chains(db, log.number), StoredLog(db, log.number))
    outcome = intake.take(runs)
    keep(db, log, outcome)
    return outcome


def keep(db: Db, log: LogRow, outcome: Outcome) -> None:
    """Store what an intake accepted, and put the pasts right where something came late."""
    chains = seat(db, log, outcome)
    accepted = [a.event for a in outcome.accepted]
    if len(accepted) < loading.MANY:
        numbers = Numbers(db)
        db.executemany(INSERT, (row_of(e, chains[e.chain], numbers) for e in accepted))
    else:
        loading.load(db, [accepted], chains)
    settle(db, log, outcome, chains)


def seat(db: Db, log: LogRow, outcome: Outcome) -> dict[bytes, int]:
    """Add the chains that were opened; returns the numbers of all chains of the log."""
    device = logs.meta(db, "device") or b""
    numbers = dict[bytes, int]()
    for event, opened in outcome.opened:
        cert = opened.certificates[-1]
        numbers[event.chain] = logs.add_chain(
            *(db, log.number, event.chain, cert.device, cert.person, cert.sign),
            mine=1 if cert.device == device else 0,
        )
    for row in logs.chains_of(db, log.number):
        numbers[row.id] = row.number
    if ZERO_SHORT not in numbers and any(a.event.kind == Kind.GENESIS for a in outcome.accepted):
        numbers[ZERO_SHORT] = logs.add_chain(
            db, log.number, ZERO_SHORT, ZERO_SHORT, ZERO_SHORT, ZERO_SHORT
        )
    return numbers


def settle(db: Db, log: LogRow, outcome: Outcome, numbers: Mapping[bytes, int]) -> None:
    """Store what follows from events whose rows are stored: pasts, seals, forks."""
    _keep_pasts(db, log, outcome.accepted, numbers)
    for event in outcome.refilled:
        _refill(db, event, Numbers(db))
    for event, signature in outcome.seals:
        _keep_seal(db, numbers[event.chain], event, signature)
    for chain, seq in outcome.forked:
        db.execute(
            "UPDATE chain SET forked = min(?, ifnull(forked, ?)) WHERE number = ?",
            (seq, seq, numbers[chain]),
        )
    if _came_late(db, log, outcome) or outcome.reclock or ancestry.has_fork(db, log.number):
        ancestry.reclock(db, log.number)
    # protocol 3.3: own events that this database lacked: adopt them, write to a new chain
    db.executemany(
        "UPDATE chain SET mine = 1 WHERE log = ? AND id = ? AND mine = 2",
        [(log.number, name) for name in outcome.newest()],
    )


def _keep_pasts(
    db: Db, log: LogRow, accepted: Sequence[Accepted], numbers: Mapping[bytes, int]
) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO past VALUES(?, ?, ?, ?)",
        (
            (numbers[a.event.chain], a.event.seq, a.event.id, pack(a.past))
            for a in accepted
            if a.past is not None
        ),
    )
    db.executemany(
        "INSERT OR IGNORE INTO awaited VALUES(?, ?, ?, ?, ?)",
        ((log.number, *ref, a.event.id) for a in accepted for ref in a.awaits),
    )


def _refill(db: Db, event: Event, short: Numbers) -> None:
    """A body that was missing came; it was checked against the header.

    The row gets a new number, as if it arrived now, so that the search index finds it.
    """
    row = db.execute(
        "SELECT row FROM event WHERE id = ? AND body IS NULL"
        " AND id NOT IN (SELECT event FROM erased)",
        (event.id,),
    ).fetchone()
    if row is not None:
        db.execute(
            "UPDATE event SET body = ?, type = ?, at = ?, date = ?, letter = ifnull(letter, ?),"
            " n = ifnull(n, ?), linked = ?, row = (SELECT max(row) + 1 FROM event) WHERE row = ?",
            (*row_of(event, 0, short)[5:], row[0]),
        )


def _came_late(db: Db, log: LogRow, outcome: Outcome) -> bool:
    """Whether something came that lies behind what refers to it; who waited for it, no longer.

    Where a ref's own event is still missing, what stands before that in its chain says most
    of what is known of it: the pasts must not depend on which of the two came first.
    """
    came = db.execute(
        "SELECT DISTINCT a.log, a.event FROM awaited a JOIN event e ON e.id = a.event"
        " WHERE a.log = ?",
        (log.number,),
    ).fetchall()
    db.executemany("DELETE FROM awaited WHERE log = ? AND event = ?", came)
    awaited = db.execute(
        "SELECT chain, max(seq) FROM awaited WHERE log = ? GROUP BY chain", (log.number,)
    )
    places = dict[bytes, int](awaited.fetchall())
    return bool(came) or any(
        a.past is not None and a.event.seq <= places.get(a.event.chain, -1)
        for a in outcome.accepted
    )
