"""Words that are being written: in the encrypted file, on this device alone, until they are saved.

begun --the editor's file changes--> kept again --saved as an event--> dropped
                                     kept       --a crash-----------> still here
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from inglenook_client.stores.connection import Db

_COLUMNS = "number, line, form, text, saved, folder"


@dataclass(frozen=True, slots=True)
class Draft:
    """One text that is not saved yet."""

    number: int
    """This device's own; not used again while it is here."""
    line: tuple[str, ...]
    """The command that it is for; empty for a plain entry."""
    form: str
    """What stood there at first, and is no loss."""
    text: str
    saved: int
    """When it was last kept: ms UTC."""
    folder: str
    """Where an editor has it open, or had when something ended too early; else empty."""


def begin(db: Db, line: Sequence[str], form: str, text: str, folder: str, now: int) -> int:
    """Keep a new one; returns its number. Call inside a write."""
    stored = db.execute(
        "INSERT INTO draft(line, form, text, saved, folder) VALUES(?, ?, ?, ?, ?)",
        (msgspec.msgpack.encode(tuple(line)), form, text, now, folder),
    )
    return int(stored.lastrowid or 0)


def keep(db: Db, number: int, text: str, folder: str, now: int) -> None:
    """Keep what it has become; one that was dropped stays so. Call inside a write."""
    db.execute(
        "UPDATE draft SET text = ?, folder = ?, saved = ? WHERE number = ?",
        (text, folder, now, number),
    )


def drop(db: Db, number: int) -> None:
    """Forget one. Call inside a write."""
    db.execute("DELETE FROM draft WHERE number = ?", (number,))


def every(db: Db) -> list[Draft]:
    """All of them, the oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM draft ORDER BY saved, number")  # noqa: S608
    return [
        Draft(number, msgspec.msgpack.decode(line, type=tuple[str, ...]), *rest)
        for number, line, *rest in rows
    ]


def any_open(db: Db) -> bool:
    """Whether an editor has one open, or had."""
    return db.execute("SELECT 1 FROM draft WHERE folder <> '' LIMIT 1").fetchone() is not None
