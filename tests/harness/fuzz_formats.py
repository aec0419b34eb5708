"""Other programs' files as targets: what reads them, and small ones that come in whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from PIL import Image

from inglenook_client.journal import attaching
from inglenook_client.journal.coming_in import (
    day_one,
    daylio,
    jrnl_json,
    jrnl_text,
    markdown,
    own_lines,
    taking,
)
from inglenook_client.journal.coming_in.found import Here, Piece
from inglenook_client.journal.coming_in.zip_file import Zip

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


DAYLIO: Final = (
    b"full_date,date,weekday,time,mood,activities,note_title,note\n"
    b'2026-03-01,March 1,Sun,9:15 pm,good,"friends | music","","Went <b>out</b><br>&amp; danced"\n'
    b'2026-02-28,February 28,Saturday,21:10,calm,"",Title,"Two\nlines"\n'
    b'2026-02-27,February 27,Friday,08:00,awful,"","",""\n'
)
MARKDOWN: Final = (
    (
        b"---\ndate: 2026-03-01T09:15:00+01:00\nzone: Europe/Berlin\ntitle: Home\n"
        b"tags: [ben, exam]\nmood: 4\nfeelings: tired, glad\nstarred: true\n"
        b"---\n\nWalked, with @max.\n"
    ),
    b"---\nattachments: [{file: ../files/a.png, name: a.png, alt: A boat}]\n---\n\nand more\n",
)


OWN: Final = (
    b'{"line":"export","format":1,"since":null,"until":null}\n'
    b'{"line":"space","log":"'
    + b"ab"
    * 32
    + b'","name":"journal","type":"journal","role":"owner"}\n'
    b'{"line":"chain","chain":"' + b"00" * 16 + b'"}\n'
)
_ENTRY: Final = {
    "uuid": "1546F37361264E129200B2CA6A885855",
    "creationDate": "2026-03-01T08:15:00Z",
    "timeZone": "Asia/Taipei",
    "starred": True,
    "tags": ["island", "spring"],
    "text": "![](dayone-moment://AD6F)\n\nBy boat\\. All @day.\n",
    "photos": [{"identifier": "AD6F", "md5": "0" * 32, "type": "jpeg", "orderInEntry": 0}],
    "weather": {"temperatureCelsius": 26},
}
DAY_ONE: Final = json.dumps({"metadata": {"version": "1.0"}, "entries": [_ENTRY]}).encode()


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members:
            opened.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _picture(form: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (9, 7), (200, 30, 90)).save(made, form)
    return made.getvalue()


def _unzip(data: bytes) -> object:
    with Zip(io.BytesIO(data)) as opened:
        return [opened.read(name, 2**20) for name in opened.names()]


def _ended(data: bytes) -> bytes:
    """Lines with an end that fits them, as nobody's damage has it."""
    data = data.replace(b"\r", b"").rstrip(b"\n") + b"\n"
    end = {"line": "end", "lines": data.count(b"\n"), "sha256": sha256(data).hexdigest()}
    return data + json.dumps(end).encode()


def _beside(name: str) -> tuple[int, Callable[[], bytes]] | None:
    return (len(name), lambda: b"x") if name.isascii() else None


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
        "Day One's JSON": (
            _all(lambda data: day_one.read(data, HERE, lambda _name: (1, lambda: b"x"))),
            (DAY_ONE,),
            ("day_one.read",),
        ),
        "a zip": (_unzip, (zipped(("Journal.json", DAY_ONE), ("photos/a.jpeg", b"x")),), ()),
        "Daylio's CSV": (_all(lambda data: daylio.read(data, HERE)), (DAYLIO,), ("daylio.read",)),
        "a picture": (
            lambda data: attaching.ready(data, Path("a.png"), "alt"),
            (_picture("PNG"), _picture("JPEG"), _picture("WEBP"), _picture("GIF"), b"plain"),
            ("attaching.read",),
        ),
        "our own lines": (
            lambda data: own_lines.read(_ended(data)),
            (OWN,),
            ("own_lines.read",),
        ),
        "a Markdown file": (
            _all(lambda data: [markdown.read(data, HERE, "2026-03-01.md", 0, _beside)]),
            MARKDOWN,
            ("markdown.read",),
        ),
    }


def _all(read: Callable[[bytes], Iterable[Piece]]) -> Read:
    """To the end, and up to where it would be written."""
    return lambda data: taking.checked(read(data))
