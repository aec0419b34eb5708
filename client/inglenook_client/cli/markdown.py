"""A little Markdown, for the terminal: what people type anyway, shown as they mean it.

    # heading    *slanted*  **bold**  `as it is`    - item    > quoted    [words](https://…)

Lines stay lines, and text without such marks stays as it is. Nothing is hidden: a link shows
where it leads, and without colours, or not on a terminal, the marks themselves are printed.
What others wrote steers nothing: control characters are taken out before anything is drawn,
and there is no HTML and no picture.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from inglenook_client.cli.screen import harmless

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from inglenook_client.cli.screen import Screen

_MARKS: Final = re.compile(r"[*_`\[\\]|^\s{0,3}(?:#{1,6}\s|[-+*]\s|>)", re.MULTILINE)
"""Where none of these is, there is nothing to draw, and no library to load."""
_HEADING: Final = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*$")
_ITEM: Final = re.compile(r"(\s*)[-+*]\s+(.*)$")
_NUMBERED: Final = re.compile(r"(\s*\d{1,3}[.)]\s+)(.*)$")
_QUOTED: Final = re.compile(r" {0,3}>\s?(.*)$")
_FENCE: Final = "```"
_LEAST: Final = 20
"""Columns that are left for words, however deep they stand."""

PLAIN: Final = ""
BOLD: Final = "1"
DIM: Final = "2"
SLANTED: Final = "3"


class Span(NamedTuple):
    """Some letters, all drawn in one way."""

    text: str
    style: str


def lines(screen: Screen, text: str, indent: int = 0) -> Iterator[str]:
    """The lines of a text, broken to fit where there is a terminal.

    Args:
        screen: Where they go.
        text: As anybody wrote it.
        indent: Columns that stand before each line.
    """
    room = max(_LEAST, screen.width - indent) if screen.width else 0
    if not screen.coloured or not _MARKS.search(text):
        for line in harmless(text).splitlines():
            yield from textwrap.wrap(line, room) or [""] if room else [line]
        return
    as_it_is = False
    for line in harmless(text).splitlines():
        if line.strip().startswith(_FENCE):
            as_it_is = not as_it_is
        elif as_it_is:
            yield _drawn([Span(line, DIM)])
        else:
            yield from _line(line, room)


def _line(line: str, room: int) -> Iterator[str]:
    if heading := _HEADING.match(line):
        yield from _wrapped(_spans(heading[1], BOLD), room, "", "")
    elif item := _ITEM.match(line):
        yield from _wrapped(_spans(item[2]), room, f"{item[1]}• ", f"{item[1]}  ")
    elif numbered := _NUMBERED.match(line):
        yield from _wrapped(_spans(numbered[2]), room, numbered[1], " " * len(numbered[1]))
    elif quoted := _QUOTED.match(line):
        yield from _wrapped(_spans(quoted[1], DIM), room, "│ ", "│ ")
    else:
        yield from _wrapped(_spans(line), room, "", "")


def _spans(text: str, style: str = PLAIN) -> list[Span]:
    """The parts of a line by how they are drawn."""
    (inline,) = _parser().parseInline(text)
    found, styles, leads = list[Span](), [style], list[str]()
    for token in inline.children or ():
        match token.type:
            case "strong_open":
                styles.append(BOLD)
            case "em_open":
                styles.append(SLANTED)
            case "strong_close" | "em_close":
                styles.pop()
            case "link_open":
                leads.append(_leads_to(token))
            case "link_close":
                found.append(Span(f" ({leads.pop()})", DIM))
            case "code_inline":
                found.append(Span(token.content, DIM))
            case _:
                found.append(Span(token.content, styles[-1]))
    return found


def _leads_to(token: Token) -> str:
    return str(token.attrs.get("href", ""))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("zero", {"html": False}).enable(["emphasis", "backticks", "escape", "link"])


def _wrapped(spans: list[Span], room: int, first: str, more: str) -> Iterator[str]:
    """Lines of at most ``room`` columns, 0 for one line.

    Args:
        spans: What is on them.
        room: Columns.
        first: What stands before the first line.
        more: What stands before the others.
    """
    row, used, start = list[Span](), 0, first
    for word in _words(spans):
        length = sum(len(part.text) for part in word)
        if room and row and len(start) + used + length > room:
            yield start + _drawn(row)
            word = [Span(word[0].text.lstrip(), word[0].style), *word[1:]]  # noqa: PLW2901
            row, used, start = [], 0, more
        row += word
        used += sum(len(part.text) for part in word)
    yield (start + _drawn(row)).rstrip()


def _words(spans: list[Span]) -> Iterator[list[Span]]:
    """Words with the blanks before them; one may change its style in the middle."""
    word = list[Span]()
    for span in spans:
        for part in re.findall(r"\s+\S*|\S+", span.text):
            if part[0].isspace() and word:
                yield word
                word = []
            word.append(Span(part, span.style))
    if word:
        yield word


def _drawn(spans: list[Span]) -> str:
    made = ""
    for style, part in groupby(spans, lambda span: span.style):
        text = "".join(span.text for span in part)
        made += f"\x1b[{style}m{text}\x1b[0m" if style and text.strip() else text
    return made
