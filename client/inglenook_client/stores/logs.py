"""Logs, chains, epochs and people, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec

from inglenook_client.core.acts import Act
from inglenook_client.core.branches import NONE, Branches
from inglenook_client.core.clocks import Past
from inglenook_client.core.events import Event, control_of
from inglenook_client.core.intake import Chain
from inglenook_client.core.members import Roster, fold
from inglenook_client.stores import ancestry, stale
from inglenook_client.stores.connection import Db
from inglenook_schema import body, epoch, header, keys, programme
from inglenook_schema.control import Genesis, LogType, Rotate, decode_genesis
from inglenook_schema.errors import PeerError
from inglenook_schema.header import Kind
from inglenook_schema.ids import ZERO_SHORT

IMPORTED = b""
"""``log.given`` of a space that came in from an export: nobody gave it back."""
NEVER = -1
NO_END = 2**62
"""``chain.last`` where nothing ends it."""


class LogRow(msgspec.Struct, frozen=True):
    """One log this device holds."""

    number: int
    id: bytes
    type: LogType
    role: str
    label: str
    relays: tuple[str, ...]
    forwarded: bool
    announced: bool
    stalled: bool
    epoch: int | None
    """Number of the epoch to write to, once its secret is here."""
    ended: int | None
    """When it was closed or left, as claimed (ms UTC, 0 unknown); None while it is open."""
    given: bytes | None
    """Who gave it back, where this person only reads it; None where they belong."""

    @property
    def is_enrolled(self) -> bool:
        """A programme that this person is enrolled in: they read it, and put nothing there."""
        return self.type is LogType.PROGRAMME and self.role == programme.MEMBER

    def opens_with(self, secret: bytes) -> bytes:
        """What opens the records of an epoch, by the secret that is kept of it.

        In a programme coordinators keep S, and members what comes from it (protocol 12.1).
        """
        if self.type is LogType.PROGRAMME and not self.is_enrolled:
            return programme.reader_secret(secret, self.id)
        return secret

    def write_token(self, secret: bytes, origin: str) -> bytes | None:
        """What puts into an epoch's mailbox, where that does not come from what opens it."""
        if self.type is LogType.PROGRAMME:
            return programme.epoch_tokens(secret, self.id, origin).write
        return None


class ChainRow(msgspec.Struct, frozen=True):
    """One chain of a log."""

    number: int
    log: int
    id: bytes
    device: bytes
    person: bytes
    sign: bytes
    mine: int
    last: int
    sealed: int
    relay: int
    partner: int
    forked: int | None


_relays = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_LOG = "number, id, type, role, label, relays, forwarded, announced, stalled, epoch, ended, given"
_CHAIN = "number, log, id, device, person, sign, mine, last, sealed, relay, partner, forked"


def meta(db: Db, key: str) -> bytes | None:
    """A value of the table ``meta``; None where it was never set."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def set_meta(db: Db, key: str, value: bytes) -> None:
    """Set a value of the table ``meta``."""
    db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, value))


def forget_meta(db: Db, key: str) -> None:
    """Drop a value of the table ``meta``."""
    db.execute("DELETE FROM meta WHERE key = ?", (key,))


def all_logs(db: Db) -> list[LogRow]:
    """Every log, in the order they were joined."""
    return [_log(row) for row in db.execute(f"SELECT {_LOG} FROM log ORDER BY number")]  # noqa: S608


def log_by_id(db: Db, log: bytes) -> LogRow | None:
    """The row of a 32-byte log id."""
    row = db.execute(f"SELECT {_LOG} FROM log WHERE id = ?", (log,)).fetchone()  # noqa: S608
    return _log(row) if row else None


def log_by_number(db: Db, number: int) -> LogRow:
    """The row of a log that is known to exist."""
    return _log(db.execute(f"SELECT {_LOG} FROM log WHERE number = ?", (number,)).fetchone())  # noqa: S608


def add_log(
    db: Db,
    log: bytes,
    type_: int,
    role: str,
    *,
    label: str = "",
    relays: Iterable[str] = (),
    forwarded: bool = False,
) -> LogRow:
    """Add a log, or return the one that is there."""
    db.execute(
        "INSERT OR IGNORE INTO log(id, type, role, label, relays, forwarded, announced, stalled)"
        " VALUES(?, ?, ?, ?, ?, ?, 0, 0)",
        (log, type_, role, label, msgspec.msgpack.encode(list(relays)), int(forwarded)),
    )
    row = log_by_id(db, log)
    assert row is not None  # noqa: S101 - inserted above
    return row


def set_relays(db: Db, number: int, relays: Iterable[str]) -> None:
    """Note where a log's mailboxes lie from now on."""
    packed = msgspec.msgpack.encode(list(relays))
    db.execute("UPDATE log SET relays = ? WHERE number = ?", (packed, number))


def set_ended(db: Db, number: int, at: int | None) -> None:
    """Note when a log was closed or left; None where it is open (again)."""
    db.execute("UPDATE log SET ended = ? WHERE number = ? AND ended IS NOT ?", (at, number, at))
    if at is not None:
        db.execute("UPDATE log SET stalled = 1 WHERE number = ? AND stalled = 0", (number,))


def name_of(db: Db, person: bytes) -> str:
    """What a partner is called, by the newest pair that they are in; empty where unknown."""
    row = db.execute(
        "SELECT l.label FROM log l JOIN chain c ON c.log = l.number"
        " WHERE c.person = ? AND l.label <> '' ORDER BY l.number DESC",
        (person,),
    ).fetchone()
    return row[0] if row else ""


def chains_of(db: Db, log: int) -> list[ChainRow]:
    """Every chain of a log, the genesis's too."""
    sql = f"SELECT {_CHAIN} FROM chain WHERE log = ? ORDER BY number"  # noqa: S608
    return [ChainRow(*row) for row in db.execute(sql, (log,))]


def my_chain(db: Db, log: int) -> ChainRow | None:
    """The chain this device writes to, if it has one there."""
    sql = f"SELECT {_CHAIN} FROM chain WHERE log = ? AND mine = 2"  # noqa: S608
    row = db.execute(sql, (log,)).fetchone()
    return ChainRow(*row) if row else None


def without_chain(db: Db) -> set[int]:
    """Numbers of the logs in which this device has no chain to write to."""
    rows = db.execute(
        "SELECT number FROM log l WHERE NOT EXISTS"
        " (SELECT 1 FROM chain c WHERE c.log = l.number AND c.mine = 2)"
    )
    return {row[0] for row in rows}


def unsealed(db: Db) -> set[int]:
    """Numbers of the logs in which this device wrote what no record holds yet."""
    rows = db.execute(
        "SELECT log FROM chain c WHERE mine > 0 AND EXISTS"
        " (SELECT 1 FROM event e WHERE e.chain = c.number AND e.seq > c.sealed)"
    )
    return {row[0] for row in rows}


def lagging(db: Db) -> list[int]:
    """Numbers of the logs whose newest mailboxes may lack something that is here."""
    return [row[0] for row in db.execute("SELECT number FROM log WHERE lagging = 1")]


class Writing(msgspec.Struct, frozen=True):
    """All that an append builds on, read at once."""

    log: bytes
    """The 32-byte log id."""
    stalled: int
    chain: int
    chain_id: bytes
    last: int
    seq: int | None
    """Of the chain's newest event; None where it has none."""
    prev: bytes | None
    """Id of that event; the lower one where the chain forked."""
    alone: int
    """1: nobody else has a chain in this log."""
    forked: int
    """1: some chain of this log has two events at one place."""
    syncing: int
    """1: it lies at a relay."""
    numbered: int
    """Highest number that the letter has in short ids."""


_WRITING = """
SELECT l.id, l.stalled, c.number, c.id, c.last,
  (SELECT max(seq) FROM event WHERE chain = c.number),
  (SELECT min(id) FROM event
    WHERE chain = c.number AND seq = (SELECT max(seq) FROM event WHERE chain = c.number)),
  NOT EXISTS (SELECT 1 FROM chain o
    WHERE o.log = l.number AND o.number <> c.number AND o.id <> zeroblob(16)),
  EXISTS (SELECT 1 FROM chain f WHERE f.log = l.number AND f.forked IS NOT NULL),
  EXISTS (SELECT 1 FROM mailbox m WHERE m.log = l.number AND m.type = 1
    AND NOT (m.relay >= 'folder:' AND m.relay < 'folder;')),
  (SELECT ifnull(max(n), 0) FROM event WHERE letter = ?2)
FROM log l JOIN chain c ON c.log = l.number AND c.mine = 2 WHERE l.number = ?1
"""


def writing(db: Db, log: int, letter: str | None = None) -> Writing | None:
    """What an append to a log builds on; None where this device has no chain to write to.

    Args:
        db: Inside a write.
        log: Its number.
        letter: Of the short id that is to be given, if any.
    """
    row = db.execute(_WRITING, (log, letter)).fetchone()
    return Writing(*row) if row else None


def add_chain(
    db: Db, log: int, chain: bytes, device: bytes, person: bytes, sign: bytes, *, mine: int = 0
) -> int:
    """Add a chain, or find it; returns its number. It counts once the roster says so."""
    db.execute(
        "INSERT OR IGNORE INTO chain(log, id, device, person, sign, mine, last, sealed, relay,"
        " partner) VALUES(?, ?, ?, ?, ?, ?, -1, -1, -1, -1)",
        (log, chain, device, person, sign, mine),
    )
    (number,) = db.execute(
        "SELECT number FROM chain WHERE log = ? AND id = ?", (log, chain)
    ).fetchone()
    return int(number)


def tip(db: Db, chain: int) -> tuple[int, bytes] | None:
    """Sequence number and id of a chain's newest event; the lower id where it forked."""
    seq, name = db.execute(
        "SELECT seq, min(id) FROM event"
        " WHERE chain = ?1 AND seq = (SELECT max(seq) FROM event WHERE chain = ?1)",
        (chain,),
    ).fetchone()
    return None if seq is None else (int(seq), name)


def intake_chains(db: Db, log: int) -> dict[bytes, Chain]:
    """The chains of a log as the intake wants them; those without an event are left out."""
    found = dict[bytes, Chain]()
    for row in chains_of(db, log):
        at = tip(db, row.number)
        if at is not None and row.id != ZERO_SHORT:
            found[row.id] = Chain(row.sign, at[0], at[1], ancestry.past_at(db, row.number, at[0]))
    return found


_ControlRow: TypeAlias = tuple[int, bytes, int, bytes, bytes, bytes | None, bytes | None]
"""[chain number, chain, seq, id, header, body, packed past of the nearest event that has one]."""
_CONTROL_BODY = (
    "CASE WHEN e.kind = 1 THEN ifnull(nullif(e.body, x''),"
    " (SELECT begun FROM log WHERE number = c.log)) ELSE e.body END"
)
"""Of an imported journal what its beginning says beside its key stands in for the body."""
_CONTROLS = f"""
SELECT c.number, c.id, e.seq, e.id, e.header, {_CONTROL_BODY},
  (SELECT p.past FROM past p WHERE p.chain = c.number AND p.seq <= e.seq
    ORDER BY p.seq DESC, p.event LIMIT 1)
FROM chain c CROSS JOIN event e INDEXED BY event_control ON e.chain = c.number
WHERE e.kind > 0 AND c.log = ?
"""  # noqa: S608
_FOLDED = 32
"""So many logs' rosters are kept: a sync asks for the same again and again, and each fold
verifies every certificate. What it is made of is the key, so that nothing kept is ever old."""


def acts_of(db: Db, log: int, branches: Branches = NONE) -> Sequence[Act]:
    """All control events of a log with their pasts, for the fold.

    Args:
        db: Any.
        log: Its number.
        branches: Of its forked chains.
    """
    rows = _control_rows(db, log)
    if branches is NONE:
        return _read(rows)
    return _acts(rows, lambda row: ancestry.past_of(db, row[0], row[1], row[2], row[3], branches))


def _control_rows(db: Db, log: int) -> tuple[_ControlRow, ...]:
    return tuple(db.execute(_CONTROLS, (log,)).fetchall())


@lru_cache(maxsize=_FOLDED)
def _read(rows: tuple[_ControlRow, ...]) -> tuple[Act, ...]:
    return _acts(rows, lambda row: ancestry.past_in_line(row[6], row[1], row[2]))


def _acts(rows: Sequence[_ControlRow], past_of: Callable[[_ControlRow], Past]) -> tuple[Act, ...]:
    acts = list[Act]()
    for row in rows:
        _number, chain, seq, name, raw, content, _past = row
        event = Event(chain, header.decode(raw), raw, name, content)
        try:
            payload = control_of(event)
        except PeerError:
            continue  # protocol 2.6: void, and keeps its place in the chain
        head = event.header
        acts.append(Act(name, chain, seq, past_of(row), head.prev, head.refs, payload))
    return tuple(acts)


def roster_of(db: Db, log: LogRow) -> Roster:
    """Fold a log's control events."""
    if not ancestry.has_fork(db, log.number):
        return _fold_rows(log.id, _control_rows(db, log.number))
    branches = ancestry.branches_of(db, log.number)
    forks = {
        row[0]: int(row[1])
        for row in db.execute(
            "SELECT id, forked FROM chain WHERE log = ? AND forked IS NOT NULL", (log.number,)
        )
    }
    return fold(log.id, acts_of(db, log.number, branches), forks, branches)


@lru_cache(maxsize=_FOLDED)
def _fold_rows(log: bytes, rows: tuple[_ControlRow, ...]) -> Roster:
    return fold(log, _read(rows))


def apply_roster(db: Db, log: LogRow, roster: Roster) -> None:
    """Write down which chains count and how far, and note new people."""
    for row in chains_of(db, log.number):
        seat = roster.seats.get(row.id)
        last = NEVER if seat is None else NO_END if seat.last is None else seat.last
        if row.id == ZERO_SHORT:
            last = NO_END
        if last != row.last:
            db.execute("UPDATE chain SET last = ? WHERE number = ?", (last, row.number))
            stale.note_span(db, row.number, min(last, row.last) + 1, max(last, row.last) + 1)
    if ancestry.has_fork(db, log.number):
        ancestry.set_astray(db, log.number, _astray(db, log.number, roster))
    for name, member in roster.people.items():
        add_person(db, name, member.person)
    best = _best_epoch(db, log, roster)
    if best != log.epoch:  # nothing was read back from the new mailbox yet
        db.execute("UPDATE chain SET relay = -1 WHERE log = ?", (log.number,))
        # it may have been read to its end while its rotate still waited for its past
        db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (log.number,))
    db.execute(
        "UPDATE log SET stalled = ?, epoch = ? WHERE number = ?",
        (int(roster.closed or roster.stalled), best, log.number),
    )


def _best_epoch(db: Db, log: LogRow, roster: Roster) -> int | None:
    """Number of the epoch to write to; None where this device was left out of every tip."""
    known = {commitment: number for number, commitment, _ in epochs_of(db, log.number)}
    begun = {
        act.payload.commitment for act in acts_of(db, log.number) if isinstance(act.payload, Rotate)
    }
    ahead = [number for commitment, number in known.items() if commitment not in begun]
    if ahead:  # its rotate waits for what stands before it, which its own mailbox brings
        return max(ahead)
    # protocol 5.3: without a tip's secret nothing is put: somebody may read on in the old one
    nowhere = None if roster.tips else log.epoch
    return next((known[tip_] for tip_ in roster.tips if tip_ in known), nowhere)


def _astray(db: Db, log: int, roster: Roster) -> list[bytes]:
    """Content on branches that do not count, up to the place where their chains end."""
    branches = ancestry.branches_of(db, log)
    found = list[bytes]()
    for row in chains_of(db, log):
        seat = roster.seats.get(row.id)
        if row.forked is None or seat is None or seat.last is None:
            continue
        content = db.execute(
            "SELECT seq, id FROM event WHERE kind = 0 AND chain = ? AND seq BETWEEN ? AND ?",
            (row.number, row.forked, seat.last),
        )
        found += [name for seq, name in content if not seat.counts(seq, branches.line_of[name])]
    return found


def add_person(db: Db, name: bytes, person: keys.Person) -> None:
    """Remember a person's root public keys."""
    db.execute("INSERT OR IGNORE INTO person VALUES(?, ?, ?, 0)", (name, person.sign, person.kem))


def add_epoch(db: Db, log: LogRow, secret: bytes, day: int, commitment: bytes | None = None) -> int:
    """Keep an epoch secret; returns its number, the old one's where it is known.

    Args:
        commitment: Of the epoch, where the secret is a reader's: it was not made from that.
    """
    commitment = commitment or epoch.commitment(log.id, secret)
    db.execute(
        "INSERT OR IGNORE INTO epoch(log, commitment, secret, entered) VALUES(?, ?, ?, ?)",
        (log.number, commitment, secret, day),
    )
    (number,) = db.execute(
        "SELECT number FROM epoch WHERE commitment = ?", (commitment,)
    ).fetchone()
    return int(number)


def epochs_of(db: Db, log: int) -> list[tuple[int, bytes, bytes]]:
    """[number, commitment, secret] of every epoch of a log, oldest first."""
    return db.execute(
        "SELECT number, commitment, secret FROM epoch WHERE log = ? ORDER BY number", (log,)
    ).fetchall()


def genesis_of(db: Db, log: int) -> Genesis | None:
    """The genesis of a log, once it is here."""
    row = db.execute(
        f"SELECT {_CONTROL_BODY} FROM chain c CROSS JOIN event e INDEXED BY event_control"  # noqa: S608
        " ON e.chain = c.number WHERE e.kind > 0 AND e.kind = ? AND c.log = ?",
        (Kind.GENESIS, log),
    ).fetchone()
    return decode_genesis(body.data_of(row[0])) if row and row[0] else None


def _log(
    row: tuple[
        int, bytes, int, str, str, bytes, int, int, int, int | None, int | None, bytes | None
    ],
) -> LogRow:
    number, name, type_, role, label, relays = row[:6]
    forwarded, announced, stalled = (bool(flag) for flag in row[6:9])
    return LogRow(
        *(number, name, LogType(type_), role, label, _relays(relays)),
        *(forwarded, announced, stalled),
        *row[9:],
    )
