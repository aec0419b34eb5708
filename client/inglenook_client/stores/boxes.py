"""Mailboxes, their cursors and the records this device holds of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from inglenook_client.core.sync import Arrived, Comparison, Mailbox, Outgoing
from inglenook_client.stores import cover, marks, parts
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import mailbox, record
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Make, Shape

EPOCH_DAYS = 400
INVITE_DAYS = 37
HELD, REFUSED, LOST = 1, 2, 3
PUTS = 2
"""``mailbox.own`` of one that this device may create, and only puts something into."""
NOWHERE = 0
"""``record.n`` of one that was refused and is not at the relay any more: it is evidence, and
nothing to be put there again."""
EVIDENCE = 16_777_216
"""Bytes that are kept of one mailbox of what was refused, or of what lies in one where anybody
may put something that this device cannot judge."""
TO_CLOSE = 2
"""``mailbox.closed`` until the relay answered its owner's wish."""


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One mailbox at one relay."""

    number: int
    type: BoxType
    log: int | None
    relay: str
    address: bytes
    box: bytes
    secret: bytes
    owner: bytes
    made: bool
    healed: int
    epoch: int | None
    current: bool
    """Whether it was read to its end."""
    seen: int
    """Day number of its relay's last answer about it, by this device's clock."""
    keys: bytes
    """32 bytes from which the erase keys of its records come: its epoch's secret, or its own."""

    @property
    def place(self) -> Place:
        """Where its records belong and what opens them."""
        return Place(self.type, self.box, self.secret)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record, opened by the caller."""

    number: int
    mailbox: int
    rid: bytes
    blob: bytes


_BOX = (
    "number, type, log, relay, address, box, secret, owner, made, healed, epoch, current, seen,"
    " ifnull((SELECT e.secret FROM epoch e WHERE e.number = mailbox.epoch), secret)"
)


def add_box(
    db: Db,
    type_: BoxType,
    relay: str,
    secret: bytes,
    *,
    place: bytes = ZERO_ID,
    log: int | None = None,
    epoch: int | None = None,
    owner: bytes = b"",
    owner_hash: bytes = b"",
    days: int = EPOCH_DAYS,
    own: bool = True,
    current: bool = False,
    puts: bool = False,
    today: int = 0,
    write: bytes | None = None,
    write_hash: bytes = b"",
) -> int:
    """Add the mailbox of a secret at a relay, or find it; returns its number.

    Args:
        puts: Whether this device reads nothing there.
        write: The write token, where it does not come from the secret.
        write_hash: Its hash alone, where this device may only read.
        current: Whether nobody else can have put anything there yet.
        owner: The owner token, where this device may close the box.
        owner_hash: Its hash; follows from ``owner`` where that is given.
        place: The log id, or zeros.
        own: Whether this device may create it at the relay.
    """
    owner_hash = mailbox.token_hash(owner) if owner else owner_hash
    tokens = mailbox.tokens(secret, place, relay)
    write = b"" if write_hash else write or tokens.write
    hashes = (
        *(mailbox.token_hash(tokens.read), write_hash or mailbox.token_hash(write)),
        owner_hash,
    )
    address = mailbox.address(*hashes)
    db.execute(
        "INSERT OR IGNORE INTO mailbox(type, log, epoch, relay, address, read, write, owner,"
        " owner_hash, box, secret, days, n, head, made, own, seen, healed, closed, current)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, ?, ?, 0, 0, ?)",
        (
            *(type_, log, epoch, relay, address, tokens.read, write, owner, owner_hash),
            *(
                mailbox.box(secret, place),
                secret,
                days,
                EMPTY_HEAD,
                PUTS if puts else int(own),
                today,
            ),
            int(current),
        ),
    )
    (number,) = db.execute(
        "SELECT number FROM mailbox WHERE relay = ? AND address = ?", (relay, address)
    ).fetchone()
    return int(number)


def box(db: Db, number: int) -> BoxRow:
    """One mailbox that is known to exist."""
    row = db.execute(f"SELECT {_BOX} FROM mailbox WHERE number = ?", (number,)).fetchone()  # noqa: S608
    return _box(row)


def boxes_of(db: Db, log: int) -> list[BoxRow]:
    """Epoch mailboxes of a log that are still asked for, newest epoch last."""
    sql = f"SELECT {_BOX} FROM mailbox WHERE log = ? AND type = ? AND closed = 0 ORDER BY number"  # noqa: S608
    return [_box(row) for row in db.execute(sql, (log, BoxType.EPOCH))]


def close_box(db: Db, number: int, *, at_relay: bool = False) -> None:
    """Ask for a mailbox no longer; with its owner token, have the relay null it first."""
    closed = TO_CLOSE if at_relay else 1
    db.execute("UPDATE mailbox SET closed = ? WHERE number = ?", (closed, number))


def plan(
    db: Db,
    relay: str,
    voucher: str,
    today: int,
    absent_days: int,
    healed_before: int,
    *,
    recovery: bool = False,
) -> list[Mailbox]:
    """Every mailbox to talk about with a relay, with what waits to be put there.

    The newest first: a pack is there before a rotate record leads to it.

    Args:
        db: Inside a read.
        relay: Its origin.
        voucher: Code for making mailboxes, or empty.
        today: Day number.
        absent_days: A mailbox last seen longer ago is not made again unasked.
        healed_before: Records lost again after a healing later than this (ms) wait.
        recovery: The recovery box alone, which is never talked about with the others.
    """
    rows = db.execute(
        "SELECT number, address, read, write, owner_hash, days, n, head, made, own,"
        " max(seen, ifnull(s.shown, 0)), iif(closed = 2, owner, NULL) FROM mailbox m LEFT JOIN"
        # a space that another relay has shown meanwhile was not away
        " (SELECT log, epoch, max(seen) AS shown FROM mailbox WHERE made = 1"
        "  AND NOT (relay >= ? AND relay < ?) GROUP BY log, epoch) s"
        " ON s.log = m.log AND s.epoch = m.epoch WHERE relay = ? AND closed <> 1"
        " AND (type = ?) = ? ORDER BY number DESC",
        (*mailbox.FOLDER_RANGE, relay, BoxType.RECOVERY, recovery),
    ).fetchall()
    found = list[Mailbox]()
    for number, address, read, write, owner_hash, days, n, head, made, own, seen, close in rows:
        if own == PUTS and not outbox(db, number, healed_before):
            continue
        hashes = (mailbox.token_hash(read), mailbox.token_hash(write), owner_hash)
        make = Make(address, *hashes, days=days, pass_=voucher.encode())
        # what lies in a folder is moved by nobody, and a stick may lie in a drawer for years
        fresh = today - seen <= absent_days or mailbox.is_folder(relay)
        found.append(
            Mailbox(
                number,
                make,
                read,
                write,
                n=n,
                head=head,
                made=bool(made) and own != PUTS,
                may_make=own == PUTS or (bool(own) and (fresh or not made)),
                deaf=own == PUTS,
                outbox=outbox(db, number, healed_before),
                erase=[(0, close)] if close else to_null(db, number) if recovery else [],
            )
        )
    return found


def to_null(db: Db, number: int) -> list[tuple[int, bytes]]:
    """[position, token] of older bundles in a recovery box whose newest one is there."""
    rows = db.execute(
        "SELECT n, token FROM record WHERE mailbox = ?1 AND token IS NOT NULL AND n IS NOT NULL"
        " AND first < (SELECT max(first) FROM record WHERE mailbox = ?1 AND token IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM record"
        "  WHERE mailbox = ?1 AND n IS NULL AND blob IS NOT NULL) ORDER BY n",
        (number,),
    )
    return [(int(n), token) for n, token in rows]


def outbox(db: Db, number: int, healed_before: int) -> list[Outgoing]:
    """Records of a mailbox that wait to be put, oldest first."""
    rows = db.execute(
        "SELECT r.number, r.rid, r.blob FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE r.mailbox = ? AND r.n IS NULL AND r.blob IS NOT NULL"
        " AND (r.state <> ? OR m.healed <= ?) ORDER BY r.number",
        (number, LOST, healed_before),
    )
    return [Outgoing(*row) for row in rows]


def enqueue(
    db: Db,
    target: BoxRow,
    kind: RecordKind,
    inner: bytes,
    key: bytes,
    *,
    place: tuple[int, int, int] | None = None,
) -> int:
    """Seal a record and keep it until it is put; the same one twice is one.

    Args:
        db: Inside a write.
        target: The mailbox it is for.
        kind: What it holds.
        inner: Its bytes.
        key: The 32-byte erase key (protocol 4.3).
        place: [chain number, first seq, last seq] of the events in it.

    Returns:
        Its number.
    """
    blob, token = record.seal_erasable(kind, inner, target.place, key)
    return keep(db, target.number, kind, blob, token=token, place=place)


def keep(
    db: Db,
    number: int,
    kind: RecordKind,
    blob: bytes,
    *,
    token: bytes | None = None,
    place: tuple[int, int, int] | None = None,
) -> int:
    """Keep a sealed record until it is put; the same blob twice is one record."""
    rid = record.rid(blob)
    done = db.execute(
        "INSERT OR IGNORE INTO record(mailbox, n, rid, kind, blob, chain, first, last, state,"
        " size, token) VALUES(?, NULL, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (number, rid, kind, blob, *(place or (None, None, None)), len(blob), token),
    )
    if place is not None:
        cover.extend(db, number, *place)
    if done.rowcount:
        return int(done.lastrowid or 0)
    (known,) = db.execute(
        "SELECT number FROM record WHERE mailbox = ? AND rid = ?", (number, rid)
    ).fetchone()
    return int(known)


def store_arrived(db: Db, arrived: Arrived, today: int) -> list[RecordRow]:
    """Write down what came and the new cursor; returns the records that are new here."""
    fresh = list[RecordRow]()
    db.execute(  # a relay may have listed another record at a place that it now fills
        "UPDATE record SET n = iif(state = ?3, ?4, NULL) WHERE mailbox = ?1 AND n <= ?2"
        " AND n > (SELECT n FROM mailbox WHERE number = ?1)",
        (arrived.box, arrived.n, REFUSED, NOWHERE),
    )
    for n, shape, rid, blob in arrived.items:
        row = db.execute(
            "SELECT number, wiped, kind, blob IS NOT NULL FROM record"
            " WHERE mailbox = ? AND rid = ?",
            (arrived.box, rid),
        ).fetchone()
        if row is not None:
            erased = shape is Shape.ERASED
            mark = marks.after(row[1], row[2], erased=erased, here=bool(row[3]))
            db.execute("UPDATE record SET wiped = ? WHERE number = ?", (mark, row[0]))
            read_back(db, row[0], n)
            if blob and not row[3] and parts.is_waited_for(db, row[0]):
                db.execute("UPDATE record SET blob = ? WHERE number = ?", (blob, row[0]))
                fresh.append(RecordRow(row[0], arrived.box, rid, blob))
            continue
        cursor = db.execute(
            "INSERT INTO record(mailbox, n, rid, kind, blob, state, size)"
            " VALUES(?, ?, ?, 0, ?, 0, ?)",
            (arrived.box, n, rid, blob or None, len(blob)),
        )
        if blob:
            fresh.append(RecordRow(int(cursor.lastrowid or 0), arrived.box, rid, blob))
    if any(shape is Shape.ERASED for _, shape, _, _ in arrived.items):
        parts.drop_nulled(db, arrived.box)
    set_cursor(db, arrived.box, arrived.n, arrived.head, today)
    return fresh


def set_cursor(db: Db, number: int, n: int, head: bytes, today: int) -> None:
    """Move a cursor."""
    db.execute(
        "UPDATE mailbox SET n = ?, head = ?, made = 1, seen = ? WHERE number = ?",
        (n, head, today, number),
    )


def seen(db: Db, numbers: Iterable[int], today: int) -> None:
    """Note that a relay answered for these mailboxes; writes only once a day."""
    db.executemany(
        "UPDATE mailbox SET seen = ?, made = 1, moved = 0 WHERE number = ?"
        " AND (seen <> ? OR made = 0)",
        ((today, number, today) for number in numbers),
    )


def label_record(
    db: Db, number: int, kind: int, *, state: int = 0, place: tuple[int, int, int] | None = None
) -> None:
    """Note what a record turned out to be.

    Args:
        place: [chain number, first seq, last seq] of a batch.
    """
    chain, first, last = place or (None, None, None)
    db.execute(
        "UPDATE record SET kind = ?, state = ?, chain = ?, first = ?, last = ? WHERE number = ?",
        (kind, state, chain, first, last, number),
    )
    if place is not None:
        (mailbox_,) = db.execute(
            "SELECT mailbox FROM record WHERE number = ?", (number,)
        ).fetchone()
        cover.extend(db, mailbox_, *place)


def bound_evidence(db: Db, numbers: Iterable[int]) -> None:
    """Of what was refused in these mailboxes keep the earliest bytes, and of the rest the names.

    In invite and recovery boxes that is all that others put there. A relay can invent as much
    as it likes, and this device's disk is no place for it.
    """
    db.executemany(
        "UPDATE record SET blob = NULL WHERE number IN (SELECT number FROM"
        " (SELECT r.number, sum(r.size) OVER (ORDER BY r.number) AS so_far FROM record r"
        "  JOIN mailbox m ON m.number = r.mailbox WHERE m.number = ? AND r.blob IS NOT NULL"
        "  AND (r.state = ? OR (m.type <> ? AND r.token IS NULL))) WHERE so_far > ?)",
        [(number, REFUSED, BoxType.EPOCH, EVIDENCE) for number in numbers],
    )


def keep_token(db: Db, number: int, token: bytes) -> None:
    """Remember what nulls a record that came, where it does."""
    db.execute("UPDATE record SET token = ? WHERE number = ? AND token IS NULL", (token, number))


def drop_blob(db: Db, number: int) -> None:
    """Forget a blob that can be made again."""
    db.execute("UPDATE record SET blob = NULL WHERE number = ?", (number,))


def held(db: Db, log: int, *, limit: int = -1) -> list[RecordRow]:
    """Batches of a log that wait for an earlier event; the oldest so many, -1 for all."""
    rows = db.execute(
        "SELECT r.number, r.mailbox, r.rid, r.blob FROM record r JOIN mailbox m"
        " ON m.number = r.mailbox WHERE r.state = ? AND m.log = ? ORDER BY r.number LIMIT ?",
        (HELD, log, limit),
    )
    return [RecordRow(*row) for row in rows]


def read_back(db: Db, number: int, n: int) -> None:
    """A record stands at this place under the running head: it is on the relay."""
    db.execute(
        "UPDATE record SET n = ?2, state = iif(state = ?3, 0, state), blob ="
        # a pack can be made again from the events it holds, once they are here
        " iif(kind = ?4 AND number NOT IN (SELECT record FROM part WHERE state = ?5), NULL,"
        " blob) WHERE number = ?1",
        (number, n, LOST, RecordKind.PACK, parts.WAITS),
    )


def was_put(db: Db, box: int, number: int, n: int) -> None:
    """A relay took a record; only of a mailbox that is never read this is all there is to know."""
    db.execute(
        "UPDATE record SET n = ? WHERE number = ? AND n IS NULL AND EXISTS"
        " (SELECT 1 FROM mailbox WHERE number = ? AND own = ?)",
        (n, number, box, PUTS),
    )


def held_rids(db: Db, number: int) -> list[bytes]:
    """Rids of a mailbox in their old order, those that wait to be put last."""
    rows = db.execute(
        "SELECT rid FROM record WHERE mailbox = ? ORDER BY n IS NULL, n, number", (number,)
    )
    return [row[0] for row in rows]


def heal(db: Db, number: int, found: Comparison, now: int) -> tuple[list[Outgoing], int]:
    """Write a comparison down.

    Returns:
        What is to be put, in old order, and how many of these the relay had lost.
    """
    db.execute("UPDATE mailbox SET n = ?, head = ? WHERE number = ?", (found.n, found.head, number))
    again = list[Outgoing]()
    lost = 0
    (may_put,) = db.execute(
        "SELECT write <> x'' FROM mailbox WHERE number = ?", (number,)
    ).fetchone()
    rows = {
        row[1]: row
        for row in db.execute(
            "SELECT number, rid, blob, n, state FROM record WHERE mailbox = ?", (number,)
        )
    }
    for rid, row in rows.items():
        at = found.positions.get(rid, NOWHERE if row[4] == REFUSED else None)
        db.execute("UPDATE record SET n = ? WHERE number = ?", (at, row[0]))
    for rid in found.again:
        row = rows[rid]
        if may_put and row[2] is not None and row[4] != REFUSED:
            again.append(Outgoing(row[0], rid, row[2]))
            if row[3] is not None:
                lost += 1
                db.execute("UPDATE record SET state = ? WHERE number = ?", (LOST, row[0]))
    if lost:
        db.execute("UPDATE mailbox SET healed = ? WHERE number = ?", (now, number))
    return again, lost


def lacks_pack(db: Db, number: int) -> bool:
    """Whether a pack of this mailbox is gone at the relay, and its blob here too."""
    row = db.execute(
        "SELECT 1 FROM record WHERE mailbox = ? AND n IS NULL AND blob IS NULL AND kind = ?"
        " AND wiped = 0",
        (number, RecordKind.PACK),
    ).fetchone()
    return row is not None


def forget_lost_packs(db: Db, number: int) -> None:
    """Drop the rows of packs that are nowhere any more."""
    db.execute(
        "DELETE FROM part WHERE record IN (SELECT number FROM record WHERE mailbox = ?"
        " AND n IS NULL AND blob IS NULL AND kind = ? AND wiped = 0)",
        (number, RecordKind.PACK),
    )
    db.execute(
        "DELETE FROM record WHERE mailbox = ? AND n IS NULL AND blob IS NULL AND kind = ?"
        " AND wiped = 0",
        (number, RecordKind.PACK),
    )


def ensure_epoch_boxes(
    db: Db, log: LogRow, epoch: int, origins: Sequence[str], today: int, *, current: bool = False
) -> list[BoxRow]:
    """A mailbox for an epoch of a log at every relay.

    Args:
        db: Inside a write.
        log: Whose.
        epoch: Its row number.
        origins: Of the relays.
        today: Day number.
        current: Whether this device just drew the epoch's secret.
    """
    if log.is_enrolled:  # where it lies came with its secret
        return [found for found in boxes_of(db, log.number) if found.epoch == epoch]
    (secret,) = db.execute("SELECT secret FROM epoch WHERE number = ?", (epoch,)).fetchone()
    numbers = [
        add_box(
            *(db, BoxType.EPOCH, origin, log.opens_with(secret)),
            place=log.id,
            log=log.number,
            epoch=epoch,
            today=today,
            current=current,
            write=log.write_token(secret, origin),
        )
        for origin in origins
    ]
    return [box(db, number) for number in numbers]


def read_to_end(db: Db, numbers: Iterable[int]) -> None:
    """Note mailboxes that were read to their end; what they lack can be told from now on."""
    for number in numbers:
        db.execute(
            "UPDATE log SET lagging = 1 WHERE number ="
            " (SELECT log FROM mailbox WHERE number = ? AND current = 0)",
            (number,),
        )
        db.execute("UPDATE mailbox SET current = 1 WHERE number = ?", (number,))


def unread(db: Db) -> set[int]:
    """Mailboxes that were never read to their end."""
    rows = db.execute("SELECT number FROM mailbox WHERE current = 0 AND closed = 0")
    return {row[0] for row in rows}


def _box(row: tuple[Any, ...]) -> BoxRow:
    number, type_, log, relay, address, name, secret, owner = row[:8]
    made, healed, epoch, current, seen, keys = row[8:]
    return BoxRow(
        *(number, BoxType(type_), log, relay, address, name, secret, owner),
        *(bool(made), healed, epoch, bool(current), seen, keys),
    )


def forget_log(db: Db, log: int) -> None:
    """Forget a log of which nothing was taken in, with its mailboxes and records."""
    which = "(SELECT number FROM mailbox WHERE log = ?)"
    db.execute(f"DELETE FROM record WHERE mailbox IN {which}", (log,))  # noqa: S608
    db.execute(f"DELETE FROM cover WHERE mailbox IN {which}", (log,))  # noqa: S608
    db.execute("DELETE FROM part WHERE log = ?", (log,))
    db.execute("DELETE FROM mailbox WHERE log = ?", (log,))
    db.execute("DELETE FROM log WHERE number = ?", (log,))
