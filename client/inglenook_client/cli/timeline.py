"""Events for a person to read: a day, then what happened on it, each with who and where.

Tuesday, 3 February 2026

e7  18:42  entry · only you · saved on this device
walked home, felt ok
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final

from inglenook_client.calendar import day_name
from inglenook_client.cli import hours, markdown, saying
from inglenook_client.cli.bodies import body
from inglenook_client.cli.headlines import Names, headline
from inglenook_client.cli.screen import Screen, harmless
from inglenook_client.words import _, ngettext

if TYPE_CHECKING:
    from inglenook_client.journal.model import Shown

LINES: Final = 12
"""Lines of one event in a list, on a terminal; `show` prints all."""
_INDENT: Final = " " * 6


def print_events(screen: Screen, events: Iterable[Shown], names: Names) -> None:
    """Print events, oldest first, under the days their writers saw."""
    if screen.plain:
        for shown in events:
            screen.say(plain_line(shown, names))
        return
    for number, (day, found) in enumerate(groupby(events, key=lambda shown: shown.local_date)):
        if number:
            screen.say("")
        screen.say(screen.bold(day_name(day)), "")
        for shown in found:
            screen.say(*event_lines(screen, shown, names))


def plain_line(shown: Shown, names: Names) -> str:
    """One event on one line: date, time, id, space, who, what, text."""
    what = f"{saying.author(shown)}: {headline(shown, names)}"
    space = saying.word(shown.space)
    text = " / ".join(body(shown).splitlines())
    parts = (shown.local_date, clock(shown), shown.short or "-", space, what, text)
    return "  ".join(part for part in parts if part)


def event_lines(screen: Screen, shown: Shown, names: Names, most: int = LINES) -> Iterator[str]:
    """The lines of one event: a line about it, then what it says."""
    yield f"  {screen.bold(shown.short.ljust(3))} {clock(shown)}  " + screen.dim(
        " · ".join(about(shown, names))
    )
    lines = list(markdown.lines(screen, body(shown), len(_INDENT)))
    shown_lines = lines[:most] if screen.on_terminal and len(lines) > most + 1 else lines
    yield from (_INDENT + line if line else "" for line in shown_lines)
    if left := len(lines) - len(shown_lines):
        more = ngettext("… {n} more line", "… {n} more lines", left).format(n=left)
        where = _("{more}: inglenook show {id}")
        name = shown.short or shown.event.hex()[:8]
        yield _INDENT + screen.dim(where.format(more=more, id=name))


def about(shown: Shown, names: Names, *, where: bool = True) -> list[str]:
    """What happened, who can read it, where it is (unless that is said elsewhere)."""
    what = headline(shown, names)
    if not shown.mine:
        what = f"{saying.author(shown)}: {what}"
    parts = [what, saying.readers(shown.space)]
    if shown.mine and where:
        parts.append(saying.reach(shown))
    if shown.late:
        parts.append(_("came late"))
    if shown.missing:
        parts.append(
            ngettext(
                "written after {n} event that is not here yet",
                "written after {n} events that are not here yet",
                shown.missing,
            ).format(n=shown.missing)
        )
    return parts


def text_lines(text: str, width: int | None) -> Iterator[str]:
    """The lines of a text, broken to fit where there is a width."""
    for line in harmless(text).splitlines():
        room = max(20, width - len(_INDENT)) if width else 0
        yield from textwrap.wrap(line, room) or [""] if width else [line]


def clock(shown: Shown) -> str:
    """The time of day as the writer saw it."""
    return hours.clock(shown.at, shown.zone)
