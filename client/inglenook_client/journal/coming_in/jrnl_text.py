"""jrnl's own files: an entry begins at a line with its time in brackets.

    [2026-03-01 09:00] The first line is the title. *
    The rest is the body, with @tags anywhere.

A star at the end of the first line marks the entry. Times say no zone. What stands in brackets
and is no time is text, as jrnl takes it. A folder of such files by year, month and day is a
journal too. (Before version 2 there were no brackets.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from inglenook_client.journal.coming_in import files
from inglenook_client.journal.coming_in.errors import (
    LockedFileError,
    TooMuchError,
    UnreadableFileError,
)
from inglenook_client.journal.coming_in.found import (
    MAX_PIECES,
    MAX_TEXT,
    Found,
    Here,
    Piece,
    Skipped,
    folded,
    moment,
)
from inglenook_client.words import _
from inglenook_schema.events.limits import ITEMS, LABEL

_BEGINS: Final = re.compile(r"^\[([^\]\n]{7,40})\] ", re.MULTILINE)
_BEGAN: Final = re.compile(r"^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) ", re.MULTILINE)
"""Before version 2."""
_TIMES: Final = (
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M",
    "%A, %B %d, %Y %I:%M %p",
    "%a %d %b %Y %H:%M",
    "%d %b %Y %H:%M",
    "%d %B %Y %H:%M",
)
"""Ways to write a time that say which day is meant; a day before or after a month says it not."""
_TAG: Final = re.compile(r"(?<!\S)[@#]([-+*#/\w]*\w[-+*#/\w]*)")
_LOCKED: Final = (b"JRNLv3", b"gAAAAA")
_DAY_FILES: Final = "[0-9][0-9][0-9][0-9]/[01][0-9]/[0-3][0-9].txt"


def fits(path: Path, head: bytes) -> bool:
    """Whether it looks like one."""
    if path.is_dir():
        return next(path.glob(_DAY_FILES), None) is not None
    if head.startswith(_LOCKED):
        return True
    said = head.decode("utf-8-sig", "ignore").lstrip()
    first = _BEGINS.match(said)
    return bool((first and _time(first[1])) or _BEGAN.match(said))


def pieces(path: Path, here: Here) -> Iterable[Piece]:
    """All entries of a file, or of a folder of day files.

    Raises:
        UnreadableFileError: It is no such file.
        LockedFileError: jrnl encrypted it.
        TooMuchError: It is too long.
    """
    if not path.is_dir():
        yield from read(files.content(path), here)
        return
    left = MAX_TEXT
    for day in sorted(path.glob(_DAY_FILES)):
        data = files.content(day)
        left -= len(data)
        if left < 0:
            raise TooMuchError
        if data.strip():
            yield from read(data, here, f"{day.relative_to(path).as_posix()}: ")


def read(data: bytes, here: Here, inside: str = "") -> Iterator[Piece]:
    """The entries of one file, in its order.

    Args:
        data: All of it.
        here: For the time zone.
        inside: What to put before a line's number.
    """
    if data.startswith(_LOCKED):
        raise LockedFileError
    said = files.text(data)
    starts = _starts(_BEGINS, said) or _starts(_BEGAN, said)
    if not starts or said[: starts[0][0].start()].strip():
        raise UnreadableFileError
    ends = [*(m.start() for m, _when in starts[1:]), len(said)]
    line, at = 1, 0
    for (begin, when), end in zip(starts, ends, strict=True):
        line += said.count("\n", at, begin.start())
        at = begin.start()
        where = inside + _("line {number}").format(number=line)
        yield entry(said[begin.end() : end], when, here, where)


def _starts(begins: re.Pattern[str], said: str) -> list[tuple[re.Match[str], datetime]]:
    """Where entries begin, and when they were written; to look at a line takes a while."""
    found = list[tuple[re.Match[str], datetime]]()
    for looked, match in enumerate(begins.finditer(said)):
        if looked == MAX_PIECES:
            raise TooMuchError
        when = _time(match[1])
        if when is not None:
            found.append((match, when))
    return found


def entry(said: str, when: datetime, here: Here, where: str, *, starred: bool = False) -> Piece:
    """One entry.

    Args:
        said: Title and body.
        when: As the clock on the wall showed it.
        here: For the time zone.
        where: Where it stands.
        starred: Whether a star is known from elsewhere.
    """
    first, end, rest = said.strip().partition("\n")
    if first.rstrip().endswith("*"):
        starred, first = True, first.strip(" *")
    text = (first + end + rest).strip()
    if not text:
        return Skipped(where, _("There are no words in it."))
    then = moment(when, here.zone)
    if then is None:
        return Skipped(where, _("Its date does not lie between 1900 and 9999."))
    return Found(
        where=where,
        same=f"jrnl\0{when:%Y-%m-%dT%H:%M}\0{folded(text)}".encode(errors="replace"),
        at=then.at,
        zone=then.zone,
        date=then.date,
        text=text,
        tags=_tags(text),
        starred=starred,
    )


def _tags(text: str) -> tuple[str, ...]:
    """With jrnl's own two signs, each once."""
    return tuple(dict.fromkeys(tag[:LABEL] for tag in _TAG.findall(text)))[:ITEMS]


def _time(said: str) -> datetime | None:
    for form in _TIMES:
        try:
            return datetime.strptime(said, form)  # noqa: DTZ007 - the zone comes from elsewhere
        except ValueError:
            continue
    return None
