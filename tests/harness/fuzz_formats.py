"""Other programs' files as targets: what reads them, and small ones that come in whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Final

from inglenook_client.journal.coming_in import jrnl_json, jrnl_text, taking
from inglenook_client.journal.coming_in.found import Here, Piece

Read = Callable[[bytes], object]
Row = tuple[Read, tuple[bytes, ...], tuple[str, ...]]
"""Reads bytes; seeds; the public functions that meet the bytes."""

HERE: Final = Here("Europe/Berlin", {"calm": 4})
JRNL: Final = (
    b"[2026-03-01 09:15] Walked home, with @ben. *\n[not a date] text\n\n"
    b"[2025-02-03 11:59:00 PM] Late\nbody #tag\n"
)
JRNL_JSON: Final = json.dumps(
    {
        "tags": {"@ben": 1},
        "entries": [
            {
                "title": "Walked.",
                "body": "With @ben",
                "date": "2026-03-01",
                "time": "09:15",
                "tags": ["@ben", "@more"],
                "starred": True,
            }
        ],
    }
).encode()


def formats() -> dict[str, Row]:
    """By name."""
    return {
        "jrnl's file": (
            _all(lambda data: jrnl_text.read(data, HERE)),
            (JRNL,),
            ("jrnl_text.read",),
        ),
        "jrnl's JSON": (
            _all(lambda data: jrnl_json.read(data, HERE)),
            (JRNL_JSON,),
            ("jrnl_json.read",),
        ),
    }


def _all(read: Callable[[bytes], Iterable[Piece]]) -> Read:
    """To the end, and up to where it would be written."""
    return lambda data: taking.checked(read(data))
