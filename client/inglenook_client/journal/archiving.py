"""Packs in a file: all of some spaces, sealed, for devices that hold them (protocol 10).

Export is the pack that a rotation would put; import is the pack that a mailbox would bring.
Nothing in the file names a space, and nobody else can open it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from inglenook_client.journal import reading, receiving, sending
from inglenook_client.journal.errors import (
    FileExistsAlreadyError,
    ForeignPackError,
    NotFoundError,
    PackFileError,
)
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Exported, Imported
from inglenook_client.stores import events, logs, packing
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports import pack_file
from inglenook_client.words import _
from inglenook_schema import mailbox, packfile, record
from inglenook_schema.errors import CallerError, NotAllowedError, PeerError
from inglenook_schema.limits import MAX_FILE
from inglenook_schema.packfile import Section
from inglenook_schema.record import BoxType, Place, RecordKind


async def export(folder: Folder, path: Path, space: int | None, *, replace: bool) -> Exported:
    """Write all of one space, or of every space, to a file.

    Args:
        folder: This device's.
        path: Where to.
        space: Its number; None for all.
        replace: Whether a file that is there may give way.

    Raises:
        CallerError: There is nothing that could be written, or the file is there already.
        FileError: It cannot be written there.
    """
    sections, done = await folder.store.write(lambda db: _pack(db, folder.me, space))
    data = packfile.encode(sections)
    done.size = len(data)
    if not await asyncio.to_thread(pack_file.write, path, [data], replace=replace):
        raise FileExistsAlreadyError
    return done


def _pack(db: Db, me: Me, space: int | None) -> tuple[list[Section], Exported]:
    done, sections = Exported(), list[Section]()
    names = reading.names(db, me).spaces
    for log in logs.all_logs(db):
        if space not in (None, log.number):
            continue
        name = names[log.number] or receiving.space_name(log)
        if sending.waits_for_words(db, me, log):
            if space is not None:
                raise NotAllowedError(
                    _("Compare the safety words first: inglenook pair words --confirm")
                )
            done.left_out.append(name)
        elif log.epoch is not None:
            sections.append(_section(db, me, log))
            done.spaces.append(name)
    if not sections:
        raise CallerError(_("There is nothing here that could be written to a file yet."))
    return sections, done


def _section(db: Db, me: Me, log: LogRow) -> Section:
    events.seal_new(db, log, me.seal)
    db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (log.number,))
    secret = next(s for number, _c, s in logs.epochs_of(db, log.number) if number == log.epoch)
    place = _place(log, secret)
    key = record.erase_key(secret, log.id)
    parts = packing.parts_of(db, log)
    return Section(
        place.box, tuple(record.seal(RecordKind.PACK, part, place, key) for part in parts)
    )


def _place(log: LogRow, secret: bytes) -> Place:
    opens = log.opens_with(secret)
    return Place(BoxType.EPOCH, mailbox.box(opens, log.id), opens)


async def import_(folder: Folder, path: Path) -> Imported:
    """Take in what a file holds of the spaces of this device; all that opens, or nothing.

    Raises:
        NotFoundError: There is no such file.
        PackFileError: It is damaged; nothing was changed.
        ForeignPackError: Nothing in it opens here; nothing was changed.
        FileError: It cannot be read.
    """
    data = await asyncio.to_thread(pack_file.read, path, MAX_FILE)
    if data is None:
        raise NotFoundError(_("There is no such file, or it is far too long."))
    try:
        sections = packfile.decode(data)
        return await folder.store.write(lambda db: _unpack(db, folder.me, sections))
    except PeerError:
        raise PackFileError from None


def _unpack(db: Db, me: Me, sections: Sequence[Section]) -> Imported:
    done = Imported()
    opened = dict[int, int]()
    rest = list(sections)
    while found := _openable(db, rest):  # the journal may bring the spaces of the others
        for section, log, place in found:
            rest.remove(section)
            parts = [_part(blob, place) for blob in section.records]
            received = receiving.receive_pack(db, log, parts)
            opened[log.number] = received.events
            done.news += received.news
    if not opened:
        raise ForeignPackError
    names = reading.names(db, me).spaces
    for number, count in sorted(opened.items()):
        log = logs.log_by_number(db, number)
        done.spaces.append((names[number] or receiving.space_name(log), count))
    done.unknown = len(rest)
    return done


def _openable(db: Db, sections: Sequence[Section]) -> list[tuple[Section, LogRow, Place]]:
    places = {
        place.box: (log, place)
        for log in logs.all_logs(db)
        for _n, _c, secret in logs.epochs_of(db, log.number)
        for place in (_place(log, secret),)
    }
    return [(each, *places[each.box]) for each in sections if each.box in places]


def _part(blob: bytes, place: Place) -> bytes:
    """The compressed part in a record; raises PeerError where it is another record."""
    opened = record.open_record(blob, place)
    if opened.kind is not RecordKind.PACK:
        raise PackFileError
    return opened.inner
