"""What the full-text index holds of an event: its words, and marks to narrow a search by.

A mark is a letter and what follows it, in signs that the index keeps as they are:

    c12            by the chain with this number: who wrote it, and in which space
    k676f616c…     its kind        t6578616d  a tag        (UTF-8 in hex)
    d20260131      the local date  m3         a mood
"""

from __future__ import annotations

import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from inglenook_client.stores.contents import content_of, sort_of
from inglenook_schema.events import Content, UnknownContent, text_of

_FIRST: Final = date(1900, 1, 1)
_LAST: Final = date(9999, 12, 31)
_DAY: Final = timedelta(days=1)


def of_body(packed: bytes | None, chain: int) -> tuple[str, str] | None:
    """Words and marks of a body; None where it is gone or nothing can be made of it."""
    content = content_of(packed) if packed is not None else None
    return of_content(content, chain) if content is not None else None


def of_content(content: Content | UnknownContent, chain: int) -> tuple[str, str]:
    """Words and marks of what an event says."""
    text = text_of(content)
    marks = _place_marks(chain, sort_of(content)[0], content.date)
    if mood := getattr(content, "mood", None):
        marks += f" m{mood}"
    beside: Any = getattr(content, "tags", None)
    if beside:
        marks += _tag_marks(tuple(beside))
        text += "\n" + " ".join(beside)
    if feelings := getattr(content, "feelings", None):
        text += "\n" + " ".join(feelings)
    return text, marks


# Where a whole journal comes in, these repeat, and to write them anew costs as much as to read
# the events.


@lru_cache(maxsize=4_096)
def _place_marks(chain: int, kind: str, day: str | None) -> str:
    dated = f" d{day.replace('-', '')}" if day else ""
    return f"c{chain} {kind_mark(kind)}{dated}"


@lru_cache(maxsize=4_096)
def _tag_marks(tags: tuple[str, ...]) -> str:
    return "".join([f" {tag_mark(tag)}" for tag in tags])


@lru_cache(maxsize=1_024)
def kind_mark(kind: str) -> str:
    """The mark of a kind, known or not."""
    return f"k{kind.encode().hex()}"


@lru_cache(maxsize=4_096)
def tag_mark(tag: str) -> str:
    """The mark of a tag; capitals and accents make no other tag of it."""
    apart = unicodedata.normalize("NFKD", tag.lstrip("@#").casefold())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return f"t{plain.encode(errors='replace').hex()}"


def days_between(since: str | None, until: str | None) -> Iterator[str]:
    """Beginnings of day marks that together stand for all days between two, both included.

    Args:
        since: ``YYYY-MM-DD``; None for no bound.
        until: The same.
    """
    at = date.fromisoformat(since) if since else _FIRST
    end = date.fromisoformat(until) if until else _LAST
    while at <= end:
        digits, last = next(_spans(at, end))
        yield f"d{at:%Y%m%d}"[: 1 + digits]
        if last == _LAST:
            return
        at = last + _DAY


def _spans(at: date, end: date) -> Iterator[tuple[int, date]]:
    """Spans that begin on a day and end by another, longest first: digits, its last day."""
    if (at.month, at.day) == (1, 1):
        for digits, years in ((1, 1000), (2, 100), (3, 10), (4, 1)):
            last = date(min(at.year + years - 1, _LAST.year), 12, 31)
            if at.year % years == 0 and last <= end:
                yield digits, last
    if at.day == 1:
        last = at.replace(day=monthrange(at.year, at.month)[1])
        if last <= end:
            yield 6, last
    yield 8, at
