"""Day One's JSON export: a zip with a JSON a journal, and photos beside.

    Journal.json           {"metadata": {…}, "entries": [{"uuid", "creationDate", "timeZone", …}]}
    photos/<md5>.<type>    named by an entry's ``photos``, and shown where its text says
                           ``![](dayone-moment://<identifier>)``

Places, weather and steps stay behind. So do films, sounds and other files, which is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from inglenook_client.ambient import is_zone
from inglenook_client.journal import texts
from inglenook_client.journal.attaching import MAX_READ
from inglenook_client.journal.coming_in import files, json_text
from inglenook_client.journal.coming_in.errors import TooMuchError, UnreadableFileError
from inglenook_client.journal.coming_in.found import (
    MAX_TEXT,
    Attached,
    Found,
    Here,
    Piece,
    Skipped,
    folded,
    label,
    moment_of,
)
from inglenook_client.journal.coming_in.zip_file import Zip
from inglenook_client.words import _
from inglenook_schema.events.limits import ITEMS

_MD5: Final = re.compile(r"[0-9a-fA-F]{32}")
_TYPE: Final = re.compile(r"[a-z0-9]{1,5}")
_SHOWN: Final = re.compile(r"!\[[^\]\n]{0,200}\]\(dayone-moment:[^)\s]{0,200}\)")
_ESCAPED: Final = re.compile(r"\\([.\-+!(){}|>~])")
"""Signs that Day One marks as no Markdown, and that are none in the middle of a text."""
_BLANK_LINES: Final = re.compile(r"\n{3,}")

Photos = Callable[[str], "tuple[int, Callable[[], bytes]] | None"]
"""Of a name in the zip: bytes, and how to read them."""


class _Photo(msgspec.Struct, frozen=True):
    md5: str | None = None
    type: str | None = None
    filename: str | None = None
    caption: str | None = None


class _Other(msgspec.Struct, frozen=True):
    """A film, a sound, a document: not looked at."""


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    creation_date: str
    uuid: str = ""
    text: str | None = None
    rich_text: str | None = None
    time_zone: str | None = None
    starred: bool = False
    tags: list[str] = []
    photos: list[_Photo] = []
    videos: list[_Other] = []
    audios: list[_Other] = []
    pdf_attachments: list[_Other] = []


class _Run(msgspec.Struct, frozen=True):
    text: str = ""


class _Rich(msgspec.Struct, frozen=True):
    contents: list[_Run] = []


def fits(path: Path, head: bytes) -> bool:
    """Whether it looks like one."""
    if not path.is_file():
        return False
    if head.startswith(b"PK\x03\x04"):
        try:
            with Zip(path) as opened:
                return any(_is_journal(name) for name in opened.names())
        except (UnreadableFileError, TooMuchError):
            return True  # reading it says what is wrong
    return json_text.has(head, "entries", "creationDate")


def _is_journal(name: str) -> bool:
    return name.casefold().endswith(".json") and "/" not in name and "\\" not in name


def pieces(path: Path, here: Here) -> Iterable[Piece]:
    """All entries of a zip, journal by journal; or of a JSON alone, without its photos.

    Raises:
        UnreadableFileError: It is no such file.
        TooMuchError: It is too long.
        FileError: It cannot be read.
    """
    if not files.head(path).startswith(b"PK"):
        yield from read(files.content(path), here)
        return
    left = MAX_TEXT
    with Zip(path) as opened:
        names = [name for name in opened.names() if _is_journal(name)]
        if not names:
            raise UnreadableFileError
        for name in names:
            data = opened.read(name, left)
            left -= len(data)
            photos = partial(_photo, path, opened)
            yield from read(data, here, photos, f"{name}: " if len(names) > 1 else "")


def _photo(path: Path, opened: Zip, name: str) -> tuple[int, Callable[[], bytes]] | None:
    size = opened.size(name)
    return None if size is None else (size, partial(_read_photo, path, name))


def _read_photo(path: Path, name: str) -> bytes:
    with Zip(path) as opened:
        return opened.read(name, MAX_READ)


def _no_photo(_name: str) -> None:
    return None


def read(data: bytes, here: Here, photos: Photos = _no_photo, inside: str = "") -> Iterator[Piece]:
    """The entries of one journal, in its order.

    Args:
        data: All of its JSON.
        here: For entries that say no time zone.
        photos: Where their photos are.
        inside: What to put before an entry's number.
    """
    for number, raw in enumerate(json_text.entries(data), start=1):
        where = inside + _("entry {number}").format(number=number)
        entry = json_text.shaped(raw, _Entry)
        if entry is None:
            yield Skipped(where, _("It is not as its format has it."))
            continue
        yield from _pieces(entry, here, photos, where)


def _pieces(entry: _Entry, here: Here, photos: Photos, where: str) -> Iterator[Piece]:
    zone = entry.time_zone if entry.time_zone and is_zone(entry.time_zone) else here.zone
    instant = _instant(entry.creation_date)
    then = moment_of(instant, zone) if instant is not None else None
    if then is None:
        yield Skipped(where, _("Its date is none, or not one between 1900 and 9999."))
        return
    attached = list[Attached]()
    for photo in entry.photos:
        found = _attached(photo, photos)
        if isinstance(found, str):
            yield Skipped(where, found)
        else:
            attached.append(found)
    if others := len(entry.videos) + len(entry.audios) + len(entry.pdf_attachments):
        yield Skipped(where, _others(others))
    text = _text(entry)
    if not text and not attached:
        yield Skipped(where, _("There are no words in it."))
        return
    own = tuple(label(tag) for tag in entry.tags)
    yield Found(
        where=where,
        same=f"dayone\0{entry.uuid or entry.creation_date + folded(text)}".encode(errors="replace"),
        at=then.at,
        zone=then.zone,
        date=then.date,
        text=text or _("A photo."),
        tags=tuple(dict.fromkeys(tag for tag in (*own, *texts.tags(text)) if tag))[:ITEMS],
        starred=entry.starred,
        attached=tuple(attached),
    )


def _others(count: int) -> str:
    from inglenook_client.words import ngettext  # noqa: PLC0415 - seldom

    message = ngettext(
        "Its film, sound or document stays behind; its words come in.",
        "Its {count} films, sounds and documents stay behind; its words come in.",
        count,
    )
    return message.format(count=count)


def _attached(photo: _Photo, photos: Photos) -> Attached | str:
    """A photo that is there; else why it does not come in."""
    kind = (photo.type or "jpeg").casefold()
    # By its sum alone, so that no name in the file leads anywhere else.
    if photo.md5 is None or not _MD5.fullmatch(photo.md5) or not _TYPE.fullmatch(kind):
        return _("A photo of it is named by nothing that is in the file.")
    for ending in dict.fromkeys((kind, "jpeg", "jpg")):
        found = photos(f"photos/{photo.md5}.{ending}")
        if found is not None:
            size, data = found
            name = _plain(photo.filename) or f"{photo.md5[:8]}.{ending}"
            return Attached(name, size, data, folded(photo.caption or ""))
    return _("A photo of it is not in the file.")


def _plain(name: str | None) -> str:
    """A file's own name, whatever folders were put before it."""
    said = "".join(sign for sign in name or "" if sign.isprintable())
    return said.replace("\\", "/").rpartition("/")[2].strip(". ")[-100:]


def _instant(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _text(entry: _Entry) -> str:
    said = entry.text
    if said is None and entry.rich_text is not None:
        rich = json_text.shaped(msgspec.Raw(entry.rich_text.encode("utf-8", "replace")), _Rich)
        said = "".join(run.text for run in rich.contents) if rich is not None else ""
    said = _ESCAPED.sub(r"\1", _SHOWN.sub("", said or ""))
    return _BLANK_LINES.sub("\n\n", said.replace("\r\n", "\n")).strip()
