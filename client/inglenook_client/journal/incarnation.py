"""Noticing a data folder that was put back from a copy, or cloned (architecture 3).

Two copies that write to one chain would fork it. So the database counts how often it sealed
own events, and the same count is written outside it before any of them is sent:

    DATA FOLDER/incarnation              id16 ‖ count8; goes with a copy of the folder
    $XDG_STATE_HOME/inglenook/<id>       the same; stays when the folder is put back

a count outside that is higher than the database's    an older copy was put back: sure
another place (file number, path, machine) than last time, and nothing outside to say
that it is the newest all the same                     perhaps a clone: a doubt

Either way this device writes to new chains from then on, and to its old ones never again.
That loses nothing, and is right for both copies. Where places alone go on giving doubts, as on
file systems that number their files anew each time, they are no longer asked.

An image of the whole disk takes all of this along; then the relay shows own events that are
not here, and those are adopted (protocol 6.3).
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

import msgspec

from inglenook_client import ambient
from inglenook_client.keys import rendezvous
from inglenook_client.stores import incarnation
from inglenook_client.stores.connection import Db, Store
from inglenook_client.stores.incarnation import Incarnation

NAME: Final = "incarnation"
_ID: Final = 16
_WHOLE: Final = _ID + 8
_PATIENCE: Final = 3
"""So many doubts in a row are believed where nothing but the place gives them."""


class _Doubt(Enum):
    NONE = auto()
    PLACE = auto()
    SURE = auto()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What stands outside the database."""

    beside: tuple[bytes, int] | None
    """[id, count] of the file in the data folder."""
    outside: tuple[bytes, int] | None
    """The same of the file of this id in the state folder."""
    inode: int
    home: str
    machine: str


async def check(store: Store) -> None:
    """Compare the database with what stands outside; call when it was opened.

    Costs a read and three small files where all is as it was.
    """
    kept = await store.read(incarnation.load)
    if kept is None or await asyncio.to_thread(_is_to_settle, store.path, kept):
        await store.write(lambda db: _settle(db, store.path))


async def publish(store: Store, kept: Incarnation | None) -> None:
    """Write the count down outside, before what was sealed is sent.

    A folder that takes no file is no reason to keep words from being sent.
    """
    if kept is not None:
        await asyncio.to_thread(_write, store.path, kept)


def _is_to_settle(database: Path, kept: Incarnation) -> bool:
    seen = _look(database, kept)
    place = (kept.inode, kept.home, kept.machine, kept.doubts)
    if _doubt(kept, seen) is _Doubt.NONE and place == (seen.inode, seen.home, seen.machine, 0):
        if not seen.outside == seen.beside == (kept.id, kept.count):
            _write(database, kept)  # a process may have ended between its two writes
        return False
    return True


def _settle(db: Db, database: Path) -> None:
    """Draw a new id and leave the old chains, or write down where the database lies now."""
    kept = incarnation.load(db)
    if kept is None:
        found = _Doubt.NONE
        kept = Incarnation(ambient.random_bytes(_ID))
        seen = _look(database, kept)
    else:
        seen = _look(database, kept)
        found = _doubt(kept, seen)
    doubts = kept.doubts if found is _Doubt.PLACE else 0
    if found is _Doubt.SURE or (found is _Doubt.PLACE and doubts < _PATIENCE):
        kept = Incarnation(ambient.random_bytes(_ID))
        doubts += found is _Doubt.PLACE
        db.execute("UPDATE chain SET mine = 1 WHERE mine = 2")
    kept = msgspec.structs.replace(
        kept, inode=seen.inode, home=seen.home, machine=seen.machine, doubts=doubts
    )
    _write(database, kept)
    incarnation.keep(db, kept)


def _doubt(kept: Incarnation, seen: _Seen) -> _Doubt:
    witnesses = [found for found in (seen.beside, seen.outside) if found is not None]
    if any(name == kept.id and count > kept.count for name, count in witnesses):
        return _Doubt.SURE
    moved = kept.home != seen.home
    copied = kept.inode not in {0, seen.inode} and (moved or seen.outside is None)
    elsewhere = bool(kept.machine and seen.machine) and kept.machine != seen.machine
    parted = seen.beside is None or seen.beside[0] != kept.id
    return _Doubt.PLACE if copied or elsewhere or parted else _Doubt.NONE


def _look(database: Path, kept: Incarnation) -> _Seen:
    return _Seen(
        _read(database.with_name(NAME)),
        _read(_outside(kept.id)),
        os.stat(database).st_ino,  # noqa: PTH116 - as quick as can be
        os.path.realpath(database.parent),
        ambient.machine(),
    )


def _outside(name: bytes) -> Path | None:
    """Where the count stands outside the data folder; nothing there tells whose it is."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        try:
            state = Path.home() / ".local" / "state"
        except RuntimeError:
            return None
    return state / "inglenook" / name.hex()


def _read(file: Path | None) -> tuple[bytes, int] | None:
    data = b""
    if file is not None:
        with suppress(OSError):
            data = file.read_bytes()
    if len(data) != _WHOLE:
        return None
    return data[:_ID], int.from_bytes(data[_ID:], "big")


def _write(database: Path, kept: Incarnation) -> None:
    for file in (database.with_name(NAME), _outside(kept.id)):
        if file is not None and _read(file) != (kept.id, kept.count):
            with suppress(OSError):
                _overwrite(file, kept.id + kept.count.to_bytes(8, "big"))


def _overwrite(file: Path, data: bytes) -> None:
    """One short write, so that a process that is ended leaves the old bytes or the new."""
    if file.name != NAME:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not rendezvous.is_private(file.parent):
            return
    to = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(to, data)
        os.ftruncate(to, len(data))
    finally:
        os.close(to)
