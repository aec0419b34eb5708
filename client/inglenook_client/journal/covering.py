"""What a mailbox lacks of a log, put there: new events, late ones, all of it as a pack.

Sending, a second relay, a folder, events that came by an epoch left meanwhile, and healing
are one thing: compare what is here with what the mailbox's records hold (protocol 6.3).

    own events, never put elsewhere --batch, k of the person---> mailbox
    what lies elsewhere already -----batch, k of the epoch----> the same bytes, whoever puts it
    much, or without seals between --pack---------------------> mailbox
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inglenook_client.core.events import Run, batch_of
from inglenook_client.journal import identity, wrapping
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, cover, events, forgetting, logs, packing
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import ChainRow, LogRow
from inglenook_schema import record
from inglenook_schema.ids import ZERO_SHORT
from inglenook_schema.mailbox import FOLDER_RANGE, is_folder
from inglenook_schema.record import RecordKind

PACK_OVER = 500
"""Where a mailbox lacks more events than these, it gets a pack."""


@dataclass(frozen=True)
class _Gap:
    """Events of one chain that a mailbox lacks: those behind ``after``."""

    chain: ChainRow
    after: int
    last: int
    """The highest that counts and is here."""


def write_boxes(db: Db, log: LogRow) -> list[BoxRow]:
    """The mailboxes that new records of a log go to: its epoch's, one at each relay.

    Those in folders are left out: they are filled when somebody syncs with the folder.
    """
    if log.epoch is None or log.is_enrolled or wrapping.left_out_of(db, log):
        return []
    rows = db.execute(
        "SELECT number FROM mailbox WHERE log = ? AND epoch = ? AND closed = 0"
        " AND NOT (relay >= ? AND relay < ?) ORDER BY number",
        (log.number, log.epoch, *FOLDER_RANGE),
    )
    return [boxes.box(db, row[0]) for row in rows.fetchall()]


def folder_boxes(db: Db, log: LogRow, origin: str) -> list[BoxRow]:
    """The mailbox of a log's epoch in one folder, where it has one."""
    found = boxes.boxes_of(db, log.number) if is_folder(origin) and not log.is_enrolled else []
    return [box for box in found if box.relay == origin and box.epoch == log.epoch]


def last_boxes(db: Db, log: LogRow) -> list[BoxRow]:
    """Where a device that was left out of every tip can still be heard: its newest epoch's."""
    found = boxes.boxes_of(db, log.number)
    return [box for box in found if box.epoch == max(b.epoch or 0 for b in found)]


def fill(db: Db, me: Me, log: LogRow, target: BoxRow, *, shared: bool = False) -> int:
    """Make records of all that a mailbox lacks of a log; returns how many.

    Args:
        db: Inside a write; own events are sealed already.
        me: This device.
        log: Whose.
        target: One of its mailboxes, read to its end.
        shared: Whether all get k of the epoch, so that any two members put equal bytes.
    """
    gaps = _gaps(db, log, target)
    if not gaps:
        return 0
    found = [(gap, _runs(db, gap)) for gap in gaps]
    lacking = sum(gap.last - gap.after for gap in gaps)
    if lacking > PACK_OVER or any(runs is None for _, runs in found):
        return put_pack(db, log, [target])
    return sum(
        _put(db, me, log, target, gap.chain, run, shared=shared)
        for gap, runs in found
        for run in runs or ()
    )


def put_pack(db: Db, log: LogRow, targets: list[BoxRow]) -> int:
    """Put everything this device holds of a log into mailboxes; how many parts it has."""
    earlier = max(forgetting.packs_of(db, target.number) for target in targets) if targets else 0
    parts = packing.parts_of(db, log, earlier=earlier)
    newest = {chain: at[0] for chain, at in _tips(db, log).items()}
    bodies = forgetting.bodies_of(db, log.number)
    for target in targets:
        key = record.erase_key(target.keys, log.id)
        made = [boxes.enqueue(db, target, RecordKind.PACK, part, key) for part in parts]
        forgetting.note_pack(db, made, bodies, identity.today())
        cover.lift(db, target.number, newest, cover.body_bytes(db, log.number))
    return len(parts)


def leave_old(db: Db, log: LogRow) -> None:
    """After a new epoch: nothing new goes to the old mailboxes, where somebody may read on."""
    for box in boxes.boxes_of(db, log.number):
        if box.epoch != log.epoch:
            cover.withdraw(db, box.number)
    db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (log.number,))


def catch_up(db: Db, me: Me, waits: Callable[[LogRow], bool]) -> int:
    """Fill the newest mailboxes of logs that got something elsewhere; how many records.

    Args:
        db: Inside a write.
        me: Whose device.
        waits: Whether nothing of a log may be shared yet; it is looked at again.
    """
    made = 0
    for number in logs.lagging(db):
        log = logs.log_by_number(db, number)
        if waits(log):
            continue
        targets = write_boxes(db, log)
        for target in targets:
            if target.current:
                made += fill(db, me, log, target)
        if targets and all(target.current for target in targets):
            db.execute("UPDATE log SET lagging = 0 WHERE number = ?", (number,))
    return made


def _tips(db: Db, log: LogRow) -> dict[int, tuple[int, bytes]]:
    tips = {row.number: logs.tip(db, row.number) for row in logs.chains_of(db, log.number)}
    return {number: at for number, at in tips.items() if at is not None}


def _gaps(db: Db, log: LogRow, target: BoxRow) -> list[_Gap]:
    held = cover.of(db, target.number)
    tips = _tips(db, log)
    return [
        _Gap(chain, after, last)
        for chain in logs.chains_of(db, log.number)
        if chain.number in tips
        and (after := held.get(chain.number, -1))
        < (last := min(tips[chain.number][0], chain.last, *_sealed(chain)))
    ]


def _sealed(chain: ChainRow) -> tuple[int, ...]:
    return (chain.sealed,) if chain.mine and chain.id != ZERO_SHORT else ()


def _runs(db: Db, gap: _Gap) -> list[Run] | None:
    if gap.chain.forked is not None:
        return None
    return events.sealed_runs(db, gap.chain.number, gap.after, gap.last)


def _put(
    db: Db, me: Me, log: LogRow, target: BoxRow, chain: ChainRow, run: Run, *, shared: bool
) -> int:
    place = (chain.number, run.events[0].seq, run.last.seq)
    secret = identity.person_secret(db)
    own = chain.person == me.person_id and not shared and not _lies_elsewhere(db, target, place)
    if own and secret is None:
        return 0
    key = record.erase_key(secret if own and secret else target.keys, log.id)
    boxes.enqueue(db, target, RecordKind.BATCH, batch_of(run), key, place=place)
    return 1


def _lies_elsewhere(db: Db, target: BoxRow, place: tuple[int, int, int]) -> bool:
    """Whether other members may have these events from a mailbox of another epoch."""
    row = db.execute(
        "SELECT 1 FROM record r JOIN mailbox m ON m.number = r.mailbox"
        " WHERE r.chain = ? AND r.first = ? AND m.epoch <> ?",
        (*place[:2], target.epoch),
    ).fetchone()
    return row is not None
