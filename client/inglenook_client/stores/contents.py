"""What the body of an event says, and where its row is found by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from inglenook_schema import body
from inglenook_schema.errors import MalformedEventError
from inglenook_schema.events import KINDS, Content, UnknownContent, decode_content

ENTRIES: Final = frozenset({"entry.written", "entry.shared", "reflection.written"})
"""Kinds whose texts revisions change."""
PLAIN: Final = ENTRIES | {"mood.noted"}
"""Kinds of most events: nothing looks for all of one of them."""
_SORTS: Final[Mapping[type, tuple[str, int | None]]] = {
    shape: (kind, None if kind in PLAIN else 1) for kind, shape in KINDS.items()
}


def content_of(packed: bytes) -> Content | UnknownContent | None:
    """What an event says; None where nothing can be made of it (it is kept all the same)."""
    try:
        return decode_content(body.data_of(packed))
    except MalformedEventError:
        return None


def sort_of(content: Content | UnknownContent) -> tuple[str, int | None]:
    """Kind of a content, and 1 where a projection besides the timeline reads it."""
    known = _SORTS.get(type(content))
    return known or (content.kind, None if content.kind in PLAIN else 1)
