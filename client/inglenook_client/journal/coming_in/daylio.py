"""Daylio's CSV: a row a mood, with activities and a note.

    full_date,date,weekday,time,mood,activities,note_title,note
    2026-03-01,March 1,Sunday,9:15 pm,good,"friends | music","","Went to a party"

Columns are found by their names, in any order; older files have year and date instead of
full_date. Daylio's own five moods are known; others are told by ``--mood calm=4``, and their
name is kept as a feeling. Activities become tags. A row with a note or activities is an entry,
one with neither a mood.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from inglenook_client.journal.coming_in import files
from inglenook_client.journal.coming_in.errors import UnreadableFileError
from inglenook_client.journal.coming_in.found import Found, Here, Piece, Skipped, folded, moment
from inglenook_client.words import _
from inglenook_schema.events.limits import ITEMS, LABEL, TITLE

MOODS: Final[Mapping[str, int]] = {
    "rad": 5, "good": 4, "meh": 3, "bad": 2, "fugly": 2, "awful": 1
}  # fmt: skip
"""As Daylio calls them where nobody gave them other names."""
_NEEDED: Final = frozenset({"time", "mood", "activities"})
_TIMES: Final = ("%H:%M", "%I:%M %p", "%I:%M%p", "%H.%M")
_DAYS: Final = ("%Y-%m-%d", "%Y %d %B", "%Y %B %d")
_BREAK: Final = re.compile(r"</(?:p|div|li|ul|ol|h\d)>|<br ?/?>", re.IGNORECASE)
_ITEM: Final = re.compile(r"<li>", re.IGNORECASE)
_BOLD: Final = re.compile(r"</?(?:b|strong)>", re.IGNORECASE)
_SLANTED: Final = re.compile(r"</?(?:i|em)>", re.IGNORECASE)
_MARK: Final = re.compile(
    r"</?(?:p|div|ul|ol|h\d|span|u|s|font|strike)(?: [^<>]{0,200})?>", re.IGNORECASE
)


def fits(path: Path, head: bytes) -> bool:
    """Whether it looks like one."""
    first = head.decode("utf-8-sig", "ignore").partition("\n")[0]
    return path.is_file() and set(_columns(first)) >= _NEEDED


def _columns(line: str) -> list[str]:
    return [name.strip().strip('"').casefold() for name in line.split(",")]


def pieces(path: Path, here: Here) -> Iterable[Piece]:
    """All rows of a file.

    Raises:
        UnreadableFileError: It is no such file.
        TooMuchError: It is too long.
    """
    return read(files.content(path), here)


def read(data: bytes, here: Here) -> Iterator[Piece]:
    """The rows of one file, in its order; the newest stands first there."""
    rows = csv.reader(io.StringIO(files.text(data), newline=""))
    try:
        names = _columns(",".join(next(rows, [])))
        if not set(names) >= _NEEDED or not {"full_date", "year"} & set(names):
            raise UnreadableFileError
        for row in rows:
            if any(cell.strip() for cell in row):
                cells = dict.fromkeys(names, "") | dict(zip(names, row, strict=False))
                yield _row(cells, here, _("line {number}").format(number=rows.line_num))
    except csv.Error:
        raise UnreadableFileError from None


def _row(cells: Mapping[str, str], here: Here, where: str) -> Piece:
    local = _local(cells)
    then = moment(local, here.zone) if local is not None else None
    if then is None:
        return Skipped(where, _("Its date is none, or not one between 1900 and 9999."))
    name = folded(cells["mood"])
    mood = here.moods.get(name.casefold(), MOODS.get(name.casefold()))
    title, note = _note(cells.get("note_title", "")), _note(cells.get("note", ""))
    names = [folded(each)[:LABEL] for each in cells["activities"].split("|")]
    activities = tuple(dict.fromkeys(each for each in names if each))[:ITEMS]
    if title and len(title) > TITLE:
        title, note = "", f"{title}\n\n{note}"
    text = note or title or ", ".join(activities)
    if mood is None and name and not text:
        message = _("What mood is “{name}”? Say it with --mood, from 1 to 5.")
        return Skipped(where, message.format(name=name))
    if mood is None and not text:
        return Skipped(where, _("There are no words in it."))
    own = name and name.casefold() not in MOODS
    return Found(
        where=where,
        same="\0".join(
            ("daylio", f"{local:%Y-%m-%dT%H:%M}", name, "|".join(activities), folded(title + note))
        ).encode(errors="replace"),
        at=then.at,
        zone=then.zone,
        date=then.date,
        title=title if title and note else None,
        text=text,
        mood=mood,
        feelings=(name[:LABEL],) if own else (),
        tags=activities,
    )


def _local(cells: Mapping[str, str]) -> datetime | None:
    day = cells.get("full_date", "").strip() or f"{cells.get('year', '')} {cells.get('date', '')}"
    clock = folded(cells["time"]).replace(".m.", "m").replace("a.m", "am").replace("p.m", "pm")
    for day_form in _DAYS:
        for form in _TIMES:
            try:
                return datetime.strptime(f"{day.strip()} {clock}", f"{day_form} {form}")  # noqa: DTZ007
            except ValueError:
                continue
    return None


def _note(said: str) -> str:
    """A note without the marks of the web that newer versions put into it."""
    if "<" in said:
        said = _ITEM.sub("- ", _BREAK.sub("\n", said))
        said = _MARK.sub("", _SLANTED.sub("*", _BOLD.sub("**", said)))
    try:
        return html.unescape(said).strip()
    except ValueError:  # a sign's number of thousands of digits
        return said.strip()
