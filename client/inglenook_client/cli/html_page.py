"""The timeline as one page of HTML: no scripts, nothing loaded, every word escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from inglenook_client import calendar, words
from inglenook_client.cli import saying, timeline
from inglenook_client.cli.bodies import body
from inglenook_client.cli.headlines import Names, headline
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.journal.model import Shown

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STYLE: Final = (
    "body{max-width:42em;margin:2em auto;padding:0 1em;font:1em/1.5 serif}"
    "h3{font-size:1em;color:#555;margin:1.5em 0 0}"
    "p{margin:.3em 0;white-space:pre-wrap;overflow-wrap:anywhere}"
)
_HEAD: Final = (
    '<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy"'
    " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    '<meta name="viewport" content="width=device-width">\n'
    "<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
)


def page(name: str, shown: Sequence[Shown], names: Names) -> str:
    """The whole page.

    Args:
        name: Whose journal it is.
        shown: The timeline, oldest first; what was erased is left out.
        names: What other events are called.
    """
    title = _text(_("The journal of {name}").format(name=name))
    head = _HEAD.format(lang=_text(words.language()), title=title, style=_STYLE)
    return head + "".join(_days(shown, names)) + "</body>\n</html>\n"


def _days(shown: Sequence[Shown], names: Names) -> Iterator[str]:
    day = None
    for each in shown:
        if each.content is None or each.preview:
            continue
        if each.local_date != day:
            day = each.local_date
            yield f"<h2>{_text(calendar.day_name(day) if day else '')}</h2>\n"
        yield from _event(each, names)


def _event(shown: Shown, names: Names) -> Iterator[str]:
    what = f"{saying.author(shown)}: {headline(shown, names)}"
    parts = (timeline.clock(shown), what, saying.word(shown.space))
    yield f"<h3>{' · '.join(f'<bdi>{_text(part)}</bdi>' for part in parts if part)}</h3>\n"
    told = body(shown)
    if told:
        yield f'<p dir="auto">{_text(told)}</p>\n'


def _text(said: str) -> str:
    """Text as it may stand between tags and in quoted attributes."""
    return escape(_CONTROL.sub("", said), quote=True)
