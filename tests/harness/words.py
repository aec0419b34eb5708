"""Looking for words in everything a device or a relay still holds."""

from __future__ import annotations

import zlib

from inglenook_client.stores import boxes
from inglenook_client.stores.connection import Db
from inglenook_schema import mailbox, record
from inglenook_schema.errors import PeerError
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_server.stores.memory import MemoryStore


def places(db: Db, words: bytes) -> set[str]:
    """The tables that hold these words: rows, index shadow tables, blobs once opened."""
    found = set[str]()
    names = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in names:
        if name == "words":
            continue  # its content lies in the shadow tables
        for row in db.execute(f"SELECT * FROM {name}"):
            if any(_in(value, words) for value in row):
                found.add(name)
    for number, blob in db.execute("SELECT mailbox, blob FROM record WHERE blob IS NOT NULL"):
        if words in opened(blob, boxes.box(db, number).place):
            found.add("record, opened")
    return found


def _in(value: object, words: bytes) -> bool:
    raw = value.encode() if isinstance(value, str) else value
    return isinstance(raw, bytes) and words in raw.lower()


def opened(blob: bytes, place: Place) -> bytes:
    """What a record says, a pack's part inflated; nothing where it does not open."""
    try:
        kind, inner = record.open_record(blob, place)
    except PeerError:
        return b""
    return zlib.decompress(inner) if kind is RecordKind.PACK else inner


def at_relay(store: MemoryStore, secrets: list[tuple[bytes, bytes]], words: bytes) -> int:
    """How many live records of a relay say these words.

    Args:
        store: What it holds.
        secrets: [log id, epoch secret] of whoever looks.
        words: In lower case.
    """
    keys = [Place(BoxType.EPOCH, mailbox.box(s, log), s) for log, s in secrets]
    blobs = [row.blob for rows in store._records.values() for row in rows if row.blob]
    return sum(any(words in opened(blob, place) for place in keys) for blob in blobs)


def epoch_secrets(db: Db) -> list[tuple[bytes, bytes]]:
    """[log id, epoch secret] of all that this device can open."""
    return db.execute(
        "SELECT l.id, e.secret FROM epoch e JOIN log l ON l.number = e.log"
    ).fetchall()
