"""What the database knows of itself, to notice when an older copy of it is put back.

What it is compared with lies outside (``journal/incarnation.py``).
"""

from __future__ import annotations

import msgspec

from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db

_KEY = "incarnation"


class Incarnation(msgspec.Struct, frozen=True, array_like=True):
    """Whose copy this database is, and how far it got."""

    id: bytes
    """16 random bytes; drawn anew after every doubt."""
    count: int = 0
    """How often this device's own events were sealed since."""
    inode: int = 0
    """Of the database file when it was last opened; 0 where that is not known."""
    home: str = ""
    """The data folder's real path then."""
    machine: str = ""
    """Which machine that was, as far as it says; empty where it does not."""
    doubts: int = 0
    """How often in a row its place alone gave reason to doubt."""


_decode = msgspec.msgpack.Decoder(Incarnation).decode


def load(db: Db) -> Incarnation | None:
    """What is kept; None where there is nothing yet."""
    packed = logs.meta(db, _KEY)
    try:
        return _decode(packed) if packed is not None else None
    except msgspec.MsgspecError:
        return None


def keep(db: Db, incarnation: Incarnation) -> None:
    """Write it down."""
    logs.set_meta(db, _KEY, msgspec.msgpack.encode(incarnation))


def bump(db: Db) -> None:
    """Own events were sealed, so that from now on others may see them; call inside a write."""
    found = load(db)
    if found is not None:
        keep(db, msgspec.structs.replace(found, count=found.count + 1))
