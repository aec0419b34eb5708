"""What a text comes to: the pieces that events hold, and the tags in it."""

from __future__ import annotations

import re
from typing import Final

from inglenook_schema.events.limits import ITEMS, LABEL, TEXT

_TAG: Final = re.compile(rf"(?<![\w@.])@(\w[\w-]{{0,{LABEL - 1}}})")
_BREAKS: Final = ("\n\n", "\n", " ")


def pieces(text: str, most: int = TEXT) -> list[str]:
    """A text in pieces that one event holds each, broken where it hurts least."""
    found = list[str]()
    while len(text) > most:
        cut = _cut(text, most)
        found.append(text[:cut])
        text = text[cut:]
    return [part for part in (*found, text) if part.strip()]


def tags(text: str) -> tuple[str, ...]:
    """The ``@tags`` in a text, each once."""
    return tuple(dict.fromkeys(_TAG.findall(text)))[:ITEMS]


def _cut(text: str, most: int) -> int:
    at = (text.rfind(mark, most // 2, most) + len(mark) for mark in _BREAKS)
    return next((cut for cut in at if cut > most // 2), most)
