"""A folder of Markdown files, or one: each is an entry, with what its front matter says.

    ---
    date: 2026-03-01T09:15:00+01:00      created, created_at; or the file's name, or its folders
    zone: Europe/Berlin                  timezone
    title: …   tags: [a, b]   mood: 4   feelings: [tired]   starred: true
    ---

    What was written.

What our own export writes comes in as it was. A file that says no date is dated by its last
change. Hidden files and links to elsewhere are passed over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from inglenook_client.ambient import is_zone
from inglenook_client.journal import texts
from inglenook_client.journal.attaching import MAX_READ
from inglenook_client.journal.coming_in import files, yaml_text
from inglenook_client.journal.coming_in.errors import TooMuchError, UnreadableFileError
from inglenook_client.journal.coming_in.found import (
    MAX_PIECES,
    MAX_TEXT,
    Attached,
    Found,
    Here,
    Moment,
    Piece,
    Skipped,
    folded,
    label,
    moment,
    moment_of,
)
from inglenook_client.words import _
from inglenook_schema.events.limits import ITEMS, TITLE

ENDINGS: Final = frozenset({".md", ".markdown"})
MAX_NOTE: Final = 4 * 2**20
"""Bytes of one file."""
_IN_NAME: Final = re.compile(
    r"(?<!\d)(\d{4})([-_./]?)(\d{2})\2(\d{2})"
    r"(?:[T _-]+([01]\d|2[0-3])[-:.h]?([0-5]\d)(?!\d))?(?!\d)"
)
"""A day, and perhaps a time, in a file's name or its folders'."""
_OURS: Final = re.compile(r"[0-9a-f]{64}")
_FORMS: Final = (
    "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d.%m.%Y %H:%M", "%d.%m.%Y", "%B %d, %Y", "%d %B %Y", "%b %d, %Y",
)  # fmt: skip
_DATED: Final = ("date", "created", "created_at", "datetime", "creationdate")
Beside = Callable[[str], "tuple[int, Callable[[], bytes]] | None"]
"""Of a file's name as a note has it: bytes, and how to read them."""
_STARRED: Final = ("starred", "favorite", "favourite", "star")


def fits(path: Path, head: bytes) -> bool:
    """Whether it looks like one."""
    del head
    if path.is_dir():
        return next(_notes(path), None) is not None
    return path.suffix.casefold() in ENDINGS


def pieces(path: Path, here: Here) -> Iterable[Piece]:
    """All files of a folder, by name; or the one that is named.

    Raises:
        TooMuchError: It is too much.
        FileError: One of them cannot be read.
    """
    left = MAX_TEXT
    for number, file in enumerate([path] if path.is_file() else sorted(_notes(path))):
        where = file.relative_to(path).as_posix() if file != path else file.name
        try:
            data = files.content(file, MAX_NOTE)
        except TooMuchError:
            yield Skipped(where, _("It is too long for an entry."))
            continue
        left -= len(data)
        if left < 0 or number >= MAX_PIECES:
            raise TooMuchError
        beside = partial(_beside, path if path.is_dir() else path.parent, file.parent)
        yield read(data, here, where, int(file.stat().st_mtime * 1000), beside)


def _notes(folder: Path) -> Iterator[Path]:
    for at, inside, names in os.walk(folder):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        for name in sorted(names):
            file = Path(at, name)
            wanted = file.suffix.casefold() in ENDINGS and not name.startswith(".")
            if wanted and not file.is_symlink():  # it may lead out of the folder
                yield file


def _beside(folder: Path, at: Path, name: str) -> tuple[int, Callable[[], bytes]] | None:
    """A file that a note names: inside the folder that comes in, and no link out of it."""
    file = Path(os.path.normpath(at / name))
    inside = file.is_relative_to(folder) and file.resolve().is_relative_to(folder.resolve())
    if not inside or not file.is_file():
        return None
    return file.stat().st_size, partial(files.content, file, MAX_READ)


def _nothing(_name: str) -> None:
    return None


def read(data: bytes, here: Here, where: str, changed: int = 0, beside: Beside = _nothing) -> Piece:
    """One file.

    Args:
        data: All of it.
        here: For the time zone.
        where: Its name, with its folders.
        changed: When it was changed last, milliseconds UTC.
        beside: Where the files are that it names.
    """
    try:
        front, body = yaml_text.parted(files.text(data))
    except UnreadableFileError:
        return Skipped(where, _("It is no text, or what stands in front of it is not to be read."))
    if front.get("kind") == "goal":
        return Skipped(where, _("It is a goal; goals come in from a jsonl export."))
    text = body.strip()
    title = _line(front.get("title"))
    if len(title) > TITLE:
        title, text = "", f"# {title}\n\n{text}"
    if not text and not title:
        return Skipped(where, _("There are no words in it."))
    then, said = _moment(front, here, where, changed)
    if then is None:
        return Skipped(where, _("Its date is none, or not one between 1900 and 9999."))
    return Found(
        where=where,
        same=f"markdown\0{said}\0{folded(f'{title} {text}')}".encode(errors="replace"),
        event=_event(front.get("id")),
        at=then.at,
        zone=then.zone,
        date=then.date,
        title=title if title and text else None,
        text=text or title,
        mood=_scale(front.get("mood")),
        feelings=_labels(front.get("feelings")),
        tags=tuple(dict.fromkeys((*_labels(front.get("tags")), *texts.tags(text))))[:ITEMS],
        attached=tuple(_attached(front.get("attachments"), beside)),
        for_date=_day(front.get("for_date")),
        prompt=_line(front.get("prompt"))[:TITLE] or None,
        starred=any(front.get(name) is True for name in _STARRED),
    )


def _attached(said: object, beside: Beside) -> Iterator[Attached]:
    """The files that our own export names in front; one that is not there is passed over."""
    for each in said[:ITEMS] if isinstance(said, list) else ():
        name = each.get("file") if isinstance(each, dict) else None
        found = beside(name) if isinstance(name, str) and "\0" not in name else None
        if found is not None:
            called = _line(each.get("name")) or Path(name or "").name
            yield Attached(called[-TITLE:], found[0], found[1], _line(each.get("alt")))


def _event(said: object) -> bytes | None:
    """The event that our own export wrote here."""
    return bytes.fromhex(said) if isinstance(said, str) and _OURS.fullmatch(said) else None


def _moment(
    front: Mapping[str, Any], here: Here, where: str, changed: int
) -> tuple[Moment | None, str]:
    """When it was written, and what of that is the same on every device."""
    zone = next((z for n in ("zone", "timezone") if is_zone(z := _line(front.get(n)))), here.zone)
    for name in _DATED:
        if front.get(name) is not None:
            when = _time(front[name])
            found = _placed(when, zone) if when is not None else None
            return found, when.isoformat() if when is not None else ""
    for named in reversed(list(_IN_NAME.finditer(where))):
        year, _sign, month, day, hour, minute = named.groups()
        try:
            when = datetime(int(year), int(month), int(day), int(hour or 12), int(minute or 0))  # noqa: DTZ001
        except ValueError:
            continue
        return moment(when, zone), when.isoformat()
    try:
        return moment_of(datetime.fromtimestamp(changed / 1000, UTC), zone), ""
    except (OverflowError, ValueError, OSError):  # a disk can hold years that no calendar has
        return None, ""


def _placed(when: datetime, zone: str) -> Moment | None:
    return moment(when, zone) if when.tzinfo is None else moment_of(when, zone)


def _time(said: object) -> datetime | None:
    """A time from what YAML made of it; a day alone is its noon."""
    if isinstance(said, datetime):
        return said
    if isinstance(said, date):
        return datetime(said.year, said.month, said.day, 12)  # noqa: DTZ001
    text = _line(said)
    found: datetime | None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = next(filter(None, (_in_form(text, form) for form in _FORMS)), None)
    if found is not None and not re.search(r"\d[:h]\d", text):
        found = found.replace(hour=12)
    return found


def _in_form(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone comes from elsewhere
    except ValueError:
        return None


def _day(said: object) -> str | None:
    when = _time(said) if said is not None else None
    return when.date().isoformat() if when is not None and when.year >= 1900 else None


def _line(said: object) -> str:
    """One line of what YAML made; nothing of a number of thousands of digits, which is none."""
    try:
        return folded(str(said)) if isinstance(said, str | int | float) else ""
    except ValueError:
        return ""


def _scale(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= 5 else None


def _labels(said: object) -> tuple[str, ...]:
    """A list of words, or words with blanks or commas between them."""
    if isinstance(said, str):
        said = re.split(r"[,\s]+", said)
    if not isinstance(said, list):
        return ()
    found = (label(_line(each)) for each in said[:1_000])
    return tuple(dict.fromkeys(each for each in found if each))[:ITEMS]
