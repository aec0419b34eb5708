"""How a data folder begins: with a new journal, by a first device's link, or from the words."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from inglenook_client.journal import (
    calling,
    composing,
    founding,
    identity,
    incarnation,
    kit,
    letting_in,
    moving,
    restoring,
)
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.folder import DATABASE, Folder
from inglenook_client.journal.model import Joined
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db, Store
from inglenook_client.words import _
from inglenook_schema.control import LogType
from inglenook_schema.errors import NotAllowedError


async def found(
    home: Path,
    key: bytes,
    *,
    name: str,
    relay: str | None,
    voucher: str | None,
    device_label: str,
) -> Store:
    """The database of a new journal; the arguments and errors are those of `Journal.create`."""
    origin = moving.checked(relay) if relay is not None else None
    return await _begun(home, key, lambda db: _found(db, name, origin, voucher or "", device_label))


async def accept_device(home: Path, key: bytes, link: str, *, device_label: str) -> Joined:
    """Begin as a second device, by the first device's link: in an empty folder.

    Repeated, it goes on where it was ended, with the same keys; the same link knocks once.

    Raises:
        PeerError: The link, or what it leads to, is not the first device's.
        OfflineError: The relay could not be reached; nothing was started.
    """
    store = await _begun(home, key, lambda db: _wait(db, device_label))
    try:
        await incarnation.check(store)
        return await letting_in.join(await Folder.of(home, store), link, device=True)
    finally:
        await store.close()


async def restore(
    home: Path,
    key: bytes,
    *,
    words: str | None,
    relay: str | None,
    voucher: str | None,
    device_label: str,
    keep: tuple[str, ...] | None,
) -> Store:
    """The database of a restore; the arguments and errors are those of `home.begin_restore`."""
    given = await asyncio.to_thread(kit.read_words, words) if words is not None else None
    origin = moving.checked(relay) if relay is not None else None
    at = restoring.State(origin or "", keep or (), asks=keep is None)
    return await _begun(home, key, lambda db: _restore(db, given, device_label, at, voucher or ""))


async def _begun(home: Path, key: bytes, begin: Callable[[Db], None]) -> Store:
    """The database of a folder, after a first write; a new one is there with it or not at all.

    So a process that is killed leaves no database that only looks like a journal.
    """
    database = home / DATABASE
    part = database.with_name(f"{DATABASE}.part")
    is_new = not await asyncio.to_thread(database.exists)
    if is_new:
        await asyncio.to_thread(_take_away, part)
    store = await Store(part if is_new else database, key).open()
    try:
        await store.write(begin)
    except BaseException:
        await store.close()
        if is_new:
            await asyncio.to_thread(_take_away, part)
        raise
    if not is_new:
        return store
    await store.close()  # which leaves one file
    await asyncio.to_thread(_name, part, database)
    return await Store(database, key).open()


def _take_away(database: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + end).unlink(missing_ok=True)


def _name(part: Path, database: Path) -> None:
    part.rename(database)
    folder = os.open(database.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _restore(db: Db, given: bytes | None, label: str, at: restoring.State, voucher: str) -> None:
    if restoring.is_on(db):
        if given is not None:
            kit.check_words(identity.load(db), given)
        restoring.rename(db, at)
        return
    _refuse_second(db, "device")
    if given is None or not at.relay:
        raise NotFoundError(
            _("Nothing was begun here yet. Say the words and the relay: --words-file, --relay")
        )
    restoring.begin(db, given, label, at, voucher)


def _found(db: Db, name: str, origin: str | None, voucher: str, label: str) -> None:
    _refuse_second(db, "device")
    identity.make_device(db, label, name)
    identity.make_person(db)
    relays = (origin,) if origin else ()
    for known in relays:
        db.execute("INSERT INTO relay VALUES(?, ?)", (known, voucher))
    me = identity.load(db)
    journal = founding.found(db, me, LogType.JOURNAL, "owner", relays)
    events.append(db, journal, [composing.draft(calling.profile(db, me))])
    kit.prepare(db, me)


def _wait(db: Db, label: str) -> None:
    _refuse_second(db, "person")
    if logs.meta(db, "device") is None:  # else it knocked before, with these keys
        identity.make_device(db, label, "")


def _refuse_second(db: Db, sign: str) -> None:
    if logs.meta(db, sign) is not None:
        raise NotAllowedError(_("There is a journal here already; nothing was changed."))
