"""Files that belong to entries: their sealed chunks, and where they lie (protocol 4.9).

    WAITS --every record listed--> THERE --its list, weekly--> THERE | WAITS
    WAITS --lacks there, and here as well--> LACKING: another device has it, or had it
    WAITS | THERE --erased there, by nobody's word--> TAKEN: a rid never comes back
    any   --its event is wiped--> CLOSING --nothing of it listed--> GONE --weekly--> GONE

Only what this person attached has rows here; what others attached is fetched and kept, and
their devices see to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.views import COUNTS
from inglenook_schema import attachment, mailbox
from inglenook_schema.events.attachments import AttachmentAdded
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.mailbox import Tokens
from inglenook_schema.wire import Make

WAITS, THERE, CLOSING, GONE, LACKING, TAKEN = range(6)
DAYS: Final = 400
"""Idle days that a box is asked to be kept; its list is read each week."""
LATER_DAYS: Final = 7
KIND: Final = "attachment.added"
_PLAIN: Final = -1
"""``chunk.place`` of a whole file that an import brought: its records cannot be made again."""


class FileRow(NamedTuple):
    """An attachment whose event counts and was not erased."""

    event: bytes
    log: int
    person: bytes
    said: AttachmentAdded


# --- chunks ---------------------------------------------------------------------------


def keep_chunks(db: Db, said: AttachmentAdded, event: bytes, blobs: Mapping[bytes, bytes]) -> None:
    """Keep records of a file, by name; call inside a write.

    What is no record of it is passed over; so is what comes for an event that was erased.
    """
    known = db.execute("SELECT body IS NOT NULL FROM event WHERE id = ?", (event,)).fetchone()
    if known is None or not known[0]:
        return
    db.executemany(
        "INSERT OR IGNORE INTO chunk VALUES(?, ?, ?)",
        ((event, place, blobs[name]) for place, name in enumerate(said.chunks) if name in blobs),
    )


def chunks(db: Db, said: AttachmentAdded, event: bytes) -> dict[bytes, bytes]:
    """The records of a file that are here, by name."""
    rows = db.execute(
        "SELECT place, blob FROM chunk WHERE event = ? AND place >= 0 ORDER BY place", (event,)
    )
    return {said.chunks[place]: blob for place, blob in rows if place < len(said.chunks)}


def lacking(db: Db, said: AttachmentAdded, event: bytes) -> tuple[bytes, ...]:
    """Names of the records of a file that are not here, in order."""
    rows = db.execute("SELECT place FROM chunk WHERE event = ?", (event,)).fetchall()
    here = {place for (place,) in rows}
    return tuple(name for place, name in enumerate(said.chunks) if place not in here)


def keep_plain(db: Db, event: bytes, data: bytes) -> None:
    """Keep the bytes of a file that came without its records; its hash was compared."""
    db.execute("INSERT OR IGNORE INTO chunk VALUES(?, ?, ?)", (event, _PLAIN, data))


def plain(db: Db, event: bytes) -> bytes | None:
    """The bytes of such a file."""
    row = db.execute(
        "SELECT blob FROM chunk WHERE event = ? AND place = ?", (event, _PLAIN)
    ).fetchone()
    return row[0] if row is not None else None


def is_here(db: Db, said: AttachmentAdded, event: bytes) -> bool:
    """Whether a file can be looked at without a relay."""
    return not lacking(db, said, event) or plain(db, event) is not None


# --- which there are ------------------------------------------------------------------

_ALL: Final = (
    "SELECT e.id, c.log, c.person, e.body FROM event e JOIN chain c ON c.number = e.chain"  # noqa: S608
    f" WHERE e.type = '{KIND}' AND e.linked = 1 AND e.body IS NOT NULL AND e.kind = 0"
    f" AND {COUNTS}"
)


def every(db: Db, person: bytes | None = None) -> list[FileRow]:
    """All attachments that count, in the order they came; a person's, or everybody's."""
    rows = db.execute(f"{_ALL} AND ifnull(?1, c.person) = c.person ORDER BY e.row", (person,))
    return [row for found in rows if (row := _row(*found)) is not None]


def one(db: Db, event: bytes) -> FileRow | None:
    """One attachment; None where it is none, does not count or was erased."""
    found = db.execute(f"{_ALL} AND e.id = ?", (event,)).fetchone()
    return _row(*found) if found is not None else None


def of(db: Db, targets: Iterable[bytes]) -> list[FileRow]:
    """The attachments of these events by the same author in the same space, oldest first."""
    wanted = {target: _author(db, target) for target in targets}
    return [
        row
        for row in every(db)
        if row.said.to in wanted and wanted[row.said.to] == (row.log, row.person)
    ]


def _author(db: Db, event: bytes) -> tuple[int, bytes] | None:
    row = db.execute(
        "SELECT c.log, c.person FROM event e JOIN chain c ON c.number = e.chain WHERE e.id = ?",
        (event,),
    ).fetchone()
    return None if row is None else (int(row[0]), row[1])


def _row(event: bytes, log: int, person: bytes, body: bytes) -> FileRow | None:
    said = content_of(body)
    return FileRow(event, log, person, said) if isinstance(said, AttachmentAdded) else None


# --- where they lie -------------------------------------------------------------------


class Spot(NamedTuple):
    """A file at a relay."""

    event: bytes
    relay: str
    state: int
    look: int
    address: bytes | None
    read: bytes | None
    owner: bytes | None


def ensure(db: Db, event: bytes, relays: Iterable[str]) -> None:
    """Let a file of this person lie at these relays."""
    db.executemany(
        "INSERT OR IGNORE INTO filebox(event, relay, state, look) VALUES(?, ?, ?, 0)",
        ((event, relay, WAITS) for relay in relays),
    )


def spots(db: Db, relay: str | None = None) -> list[Spot]:
    """Where this person's files lie, or are to; at one relay or at all."""
    rows = db.execute(
        "SELECT event, relay, state, look, address, read, owner FROM filebox"
        " WHERE ifnull(?1, relay) = relay ORDER BY event, relay",
        (relay,),
    )
    return [Spot(*row) for row in rows]


def set_state(db: Db, event: bytes, relay: str, state: int, look: int, *, closing: bool) -> None:
    """Note how a file stands at a relay, and when it is asked about again.

    Args:
        db: Inside a write.
        event: Of the attachment.
        relay: Which.
        state: What the relay's list says.
        look: Day number.
        closing: Whether it was to be closed when the relay was asked: it may have been erased
            since, and then the answer is about something else.
    """
    db.execute(
        "UPDATE filebox SET state = ?, look = ? WHERE event = ? AND relay = ?"
        " AND (owner IS NOT NULL) = ?",
        (state, look, event, relay, closing),
    )


def look_now(db: Db, relay: str) -> None:
    """Have every list at a relay that lost something read at once."""
    db.execute("UPDATE filebox SET look = 0 WHERE relay = ?", (relay,))


def relays_with_work(db: Db) -> set[str]:
    """Relays at which something is to be put or closed."""
    rows = db.execute("SELECT DISTINCT relay FROM filebox WHERE state IN (?, ?)", (WAITS, CLOSING))
    return {row[0] for row in rows}


def waiting(db: Db) -> int:
    """How many files of this person some relay of theirs lacks, as far as it is known."""
    (count,) = db.execute(
        "SELECT count(DISTINCT event) FROM filebox f WHERE state = ?"
        " AND EXISTS (SELECT 1 FROM chunk WHERE event = f.event)",
        (WAITS,),
    ).fetchone()
    return int(count)


def is_waiting(db: Db, event: bytes) -> bool:
    """Whether some relay lacks this file."""
    sql = "SELECT 1 FROM filebox WHERE event = ? AND state IN (?, ?, ?)"
    return db.execute(sql, (event, WAITS, LACKING, TAKEN)).fetchone() is not None


def tokens(said: AttachmentAdded, origin: str) -> tuple[Make, Tokens]:
    """What makes and opens the box of a file at a relay."""
    found = mailbox.tokens(said.box, ZERO_ID, origin)
    hashes = (mailbox.token_hash(found.read), mailbox.token_hash(found.write), said.owner)
    return Make(mailbox.address(*hashes), *hashes, days=DAYS, pass_=b""), found


def orphans(db: Db, person: bytes) -> list[bytes]:
    """Ids of a person's attachments whose entry is erased and wiped: they go with it."""
    if db.execute("SELECT 1 FROM erased LIMIT 1").fetchone() is None:
        return []
    writable = {row[0] for row in db.execute("SELECT log FROM chain WHERE mine = 2")}
    gone = "SELECT 1 FROM erased WHERE event = ? AND due = 0"
    return [
        row.event
        for row in every(db, person)
        if row.log in writable and db.execute(gone, (row.said.to,)).fetchone() is not None
    ]


# --- erasing --------------------------------------------------------------------------


def is_any_due(db: Db, now: int) -> bool:
    """Whether the event of a file is to be wiped now."""
    row = db.execute(
        "SELECT 1 FROM erased x INDEXED BY erased_due JOIN event e ON e.id = x.event"
        " WHERE x.due > 0 AND x.due <= ? AND e.type = ? LIMIT 1",
        (now, KIND),
    ).fetchone()
    return row is not None


def let_go(db: Db, person: bytes, secret: bytes | None, now: int) -> None:
    """Forget files whose events are wiped now; have their boxes closed where that is ours to do.

    Call inside a write, before the bodies go: what opens a box stands in them alone.

    Args:
        db: Inside a write.
        person: Whose devices this is one of.
        secret: Their erase secret; None while it is not here.
        now: Milliseconds since 1970.
    """
    rows = db.execute(
        "SELECT x.event, x.body, c.person, l.relays FROM erased x INDEXED BY erased_due"
        " JOIN event e ON e.id = x.event JOIN chain c ON c.number = e.chain"
        " JOIN log l ON l.number = c.log WHERE x.due > 0 AND x.due <= ? AND e.type = ?",
        (now, KIND),
    ).fetchall()
    for event, body, author, relays in rows:
        db.execute("DELETE FROM chunk WHERE event = ?", (event,))
        said = content_of(body)
        if isinstance(said, AttachmentAdded) and author == person and secret is not None:
            _close(db, event, said, secret, _relays(relays))


def _close(
    db: Db, event: bytes, said: AttachmentAdded, secret: bytes, relays: Iterable[str]
) -> None:
    lay = {row[0] for row in db.execute("SELECT relay FROM filebox WHERE event = ?", (event,))}
    owner = attachment.owner_token(secret, said.box)
    for relay in sorted(filter(mailbox.is_relay, lay.union(relays, said.relays))):
        made, found = tokens(said, relay)
        db.execute(
            "INSERT OR REPLACE INTO filebox VALUES(?, ?, ?, 0, ?, ?, ?)",
            (event, relay, CLOSING, made.address, found.read, owner),
        )


def _relays(packed: bytes) -> tuple[str, ...]:
    return msgspec.msgpack.decode(packed, type=tuple[str, ...])


def confirmed(db: Db, event: bytes) -> bool | None:
    """Whether each relay at which an erased file lay lists nothing of it; None without one."""
    states = {row[0] for row in db.execute("SELECT state FROM filebox WHERE event = ?", (event,))}
    return CLOSING not in states if states else None


def unconfirmed(db: Db) -> set[bytes]:
    """Ids of erased attachments that some relay may still hold."""
    return {row[0] for row in db.execute("SELECT event FROM filebox WHERE state = ?", (CLOSING,))}
