"""Sync without a relay: a stick, or a folder that several devices see (protocol 6.6).

mailboxes for all epochs -> read what lies there -> put what it lacks

What goes on from there is the same as with a relay; what is there is not *on the relay*.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inglenook_client.journal import covering, identity, parting, sending, syncing
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Report
from inglenook_client.journal.syncing import Tally
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.errors import BusyStoreError, CannotStoreError
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports.errors import FolderError
from inglenook_client.transports.folder import FolderRelay
from inglenook_client.words import _, ngettext
from inglenook_schema import record, suite
from inglenook_schema.record import RecordKind

_ROUNDS = 64
"""So many epochs one after the other may be found in a folder in one sync."""


async def sync_folder(
    folder: Folder, path: Path, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Take in what lies in a folder, and put there what it lacks of every space.

    Raises:
        FolderError: It is not there or cannot be used; what was done before stands.
        BusyStoreError: Another process of this device syncs with a folder just now.
    """
    tally = Tally()
    with _alone(folder.home):
        async with FolderRelay(path) as relay:
            if relay.fresh:
                tally.news.append(_("Nobody had synced with this folder before."))
            await _talk(folder, relay, tally, progress)
            tally.news += await folder.store.write(lambda db: _strange(db, relay))
            problem = _(str(relay.trouble)) if relay.trouble is not None else ""
    await folder.refresh()
    return Report(tally.sent, tally.received, bool(problem), problem, tally.news)


async def _talk(
    folder: Folder,
    relay: FolderRelay,
    tally: Tally,
    progress: Callable[[int, int], None] | None,
) -> None:
    async def converse() -> None:
        await syncing.converse(folder.store, relay.origin, relay, tally, progress=progress)

    for _round in range(_ROUNDS):
        if not await folder.store.write(lambda db: _ensure_boxes(db, relay.origin)):
            break
        await converse()  # what it brings may lead to further epochs, and spaces
    else:
        raise FolderError
    if _round == 0:
        await converse()
    await folder.store.write(lambda db: _load(db, identity.load(db), relay.origin))
    await converse()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time syncs with folders; the relay's may run beside it."""
    try:
        lock = os.open(home / "folder.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:
        raise CannotStoreError from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise BusyStoreError from None
    try:
        yield
    finally:
        os.close(lock)


def _ensure_boxes(db: Db, origin: str) -> int:
    """A mailbox in the folder for every epoch of every space; returns how many are new."""
    before, me = _count(db, origin), identity.load(db)
    for log in logs.all_logs(db):
        if parting.is_over(db, me, log):
            continue
        for number, _commitment, _secret in logs.epochs_of(db, log.number):
            boxes.ensure_epoch_boxes(db, log, number, (origin,), identity.today())
    return _count(db, origin) - before


def _count(db: Db, origin: str) -> int:
    (count,) = db.execute("SELECT count(*) FROM mailbox WHERE relay = ?", (origin,)).fetchone()
    return int(count)


def _load(db: Db, me: Me, origin: str) -> None:
    """Make ready what the folder lacks; call inside a write, after it was read to its end."""
    unsealed = logs.unsealed(db)
    for log in logs.all_logs(db):
        if log.epoch is None or sending.waits_for_words(db, me, log):
            continue
        if log.number in unsealed:
            events.seal_new(db, log, me.seal)
            db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (log.number,))
        for target in covering.folder_boxes(db, log, origin):
            if target.current:
                covering.fill(db, me, log, target)
            row = db.execute(
                "SELECT signed FROM ack WHERE log = ? AND device = ?", (log.number, me.device)
            ).fetchone()
            if row is not None:
                key = record.erase_key(target.keys, log.id)
                boxes.enqueue(db, target, RecordKind.ACK, row[0], key)
        _forward(db, log, origin)


def _forward(db: Db, log: LogRow, origin: str) -> None:
    """Copy forwarding addresses: who comes with an older epoch finds the way (protocol 5.3).

    A box is called the same everywhere, so one blob serves all.
    """
    rows = db.execute(
        "SELECT f.number, r.blob, r.token, r.chain, r.first, r.last FROM mailbox f"
        " JOIN mailbox o ON o.log = f.log AND o.epoch = f.epoch AND o.number <> f.number"
        " JOIN record r ON r.mailbox = o.number"
        " WHERE f.log = ? AND f.relay = ? AND f.closed = 0 AND r.kind = ? AND r.blob IS NOT NULL",
        (log.number, origin, RecordKind.ROTATE),
    ).fetchall()
    for target, blob, token, chain, first, last in rows:
        place = None if chain is None else (chain, first, last)
        boxes.keep(db, target, RecordKind.ROTATE, blob, token=token, place=place)


def _strange(db: Db, relay: FolderRelay) -> list[str]:
    """Say once that files were passed over, and again only where they are others."""
    found = sorted(relay.strange)
    key = f"strange {relay.origin}"
    seen = suite.sha256("\n".join(found).encode("utf-8", "surrogateescape")) if found else b""
    if (logs.meta(db, key) or b"") == seen:
        return []
    logs.set_meta(db, key, seen)
    if not found:
        return []
    return [
        ngettext(
            "{count} file in that folder is not a whole record, and was passed over.",
            "{count} files in that folder are not whole records, and were passed over.",
            len(found),
        ).format(count=len(found))
    ]
