"""What the timeline says, written for other programs; nothing in it is verified any more.

    csv    a row an event, RFC 4180, for a spreadsheet
    jrnl   entries and reflections, in jrnl's own text format

Entries have their present words. What was erased is left out and counted.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from inglenook_client import ambient
from inglenook_client.journal.errors import FileExistsAlreadyError
from inglenook_client.journal.model import Copied, Shown
from inglenook_client.stores.contents import ENTRIES
from inglenook_client.transports import pack_file
from inglenook_client.words import _
from inglenook_schema.errors import CallerError

COLUMNS: Final = (
    *("date", "time", "zone", "space", "by", "kind", "text"),
    *("mood", "confidence", "feelings", "tags", "starred", "event"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for a formula at the beginning of a cell."""
_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")

Pieces = Callable[[Sequence[Shown], Set[bytes]], Iterator[bytes]]


async def export(
    path: Path, to: str, shown: Sequence[Shown], stars: Set[bytes], *, replace: bool
) -> Copied:
    """Write a file, whole or not at all, mode 0600.

    Args:
        path: Where to; in a folder that is there.
        to: One of :data:`FORMATS`.
        shown: The timeline, oldest first.
        stars: Ids of the entries that have a star.
        replace: Whether a file that is there may give way.

    Raises:
        CallerError: There is nothing to write, or a file is there already.
        FileError: It cannot be written there; nothing was changed.
    """
    wanted, pieces = FORMATS[to]
    told = [each for each in here(shown) if wanted is None or each.kind in wanted]
    done = Copied(list(dict.fromkeys(each.space for each in told)), len(told), _erased(shown))
    return await _keep(path, done, b"".join(pieces(told, stars)), replace=replace)


async def keep_page(path: Path, shown: Sequence[Shown], page: str, *, replace: bool) -> Copied:
    """Write what somebody made of :func:`here`, under the rules of :func:`export`."""
    told = here(shown)
    done = Copied(list(dict.fromkeys(each.space for each in told)), len(told), _erased(shown))
    return await _keep(path, done, page.encode("utf-8"), replace=replace)


def here(shown: Sequence[Shown]) -> list[Shown]:
    """Those whose words are here."""
    return [each for each in shown if each.content is not None and not each.preview]


def _erased(shown: Sequence[Shown]) -> int:
    return sum(each.content is None for each in shown)


async def _keep(path: Path, done: Copied, data: bytes, *, replace: bool) -> Copied:
    if not done.events:
        raise CallerError(_("There is nothing here that could be written to a file yet."))
    if not await asyncio.to_thread(pack_file.write, path, [data], replace=replace):
        raise FileExistsAlreadyError
    return done


def plain(text: str) -> str:
    """A text without control characters, with one sort of line ends."""
    return _CONTROL.sub("", _LINE_ENDS.sub("\n", text)).strip()


def local(shown: Shown) -> datetime:
    """When it was written, as the clock of its writer showed it."""
    instant = _EPOCH + timedelta(milliseconds=shown.at)  # as a float it would lose some
    return instant.astimezone(ambient.zone_called(shown.zone))


# --- csv ------------------------------------------------------------------------------


def _csv(shown: Sequence[Shown], stars: Set[bytes]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in shown:
        writer.writerow([cell(value) for value in _row(each, stars)])
    yield buffer.getvalue().encode("utf-8")


def _row(shown: Shown, stars: Set[bytes]) -> Iterator[object]:
    at = local(shown)
    yield from (shown.local_date or at.date().isoformat(), f"{at:%H:%M}", shown.zone, shown.space)
    yield from (shown.by, shown.kind, shown.text)
    yield from (_said(shown, name) for name in ("mood", "confidence"))
    yield from (", ".join(_list(shown, name)) for name in ("feelings", "tags"))
    yield from ("yes" if shown.event in stars else "", shown.event.hex())


def cell(value: object) -> str:
    """One cell: what could be taken for a formula begins with an apostrophe."""
    text = _CONTROL.sub("", _LINE_ENDS.sub("\n", "" if value is None else str(value)))
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text


# --- jrnl -----------------------------------------------------------------------------


def _jrnl(shown: Sequence[Shown], stars: Set[bytes]) -> Iterator[bytes]:
    for each in shown:
        yield _entry(each, starred=each.event in stars).encode("utf-8")


def _entry(shown: Shown, *, starred: bool) -> str:
    text = plain(shown.text)
    title, _end, rest = text.partition("\n")
    lacking = [tag for tag in _list(shown, "tags") if f"@{tag}".casefold() not in text.casefold()]
    lines = [line for line in (rest, " ".join(f"@{tag}" for tag in lacking)) if line]
    # jrnl begins an entry at each line that starts with a bracket.
    rest = "".join(f"\n{_inside(line)}" for whole in lines for line in whole.split("\n"))
    return f"[{local(shown):%Y-%m-%d %H:%M}] {title}{' *' if starred else ''}{rest}\n\n"


def _inside(line: str) -> str:
    return f" {line}" if line.startswith("[") else line


def _said(shown: Shown, name: str) -> object:
    return getattr(shown.content, name, None)


def _list(shown: Shown, name: str) -> list[str]:
    said = getattr(shown.content, name, None) or ()
    return ["_".join(str(value).lstrip("@#").split()) for value in said]


FORMATS: Final[Mapping[str, tuple[frozenset[str] | None, Pieces]]] = {
    "csv": (None, _csv),
    "jrnl": (ENTRIES, _jrnl),
}
"""By name: which kinds (None for all) and how they are written."""
