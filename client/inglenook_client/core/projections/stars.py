"""Which entries somebody marked to find them again, for themselves alone.

A star stands in the journal, whichever space the entry is in: no event is told by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from inglenook_client.core.projections.facts import Before, F, Key, key
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import winner
from inglenook_schema.events.looking_back import ReflectionWritten
from inglenook_schema.events.writing import (
    EntryShared,
    EntryStarred,
    EntryUnstarred,
    EntryWritten,
)

KINDS: Final = frozenset({"entry.starred", "entry.unstarred"})
"""The kinds that `stars` reads."""

_MARKABLE: Final = (EntryWritten, EntryShared, ReflectionWritten, type(None))


@dataclass(frozen=True, slots=True)
class Star:
    """Whether one entry is marked."""

    id: bytes
    """Of the entry."""
    space: int = field(metadata=LOCAL)
    """Where the star stands: the journal."""
    on: bool
    given: Mark


def stars(facts: Iterable[F], before: Before[F]) -> tuple[Star, ...]:
    """Every entry that was ever marked, by its id; also where it is not among the facts."""
    facts = list(facts)
    others = {key(fact) for fact in facts if not isinstance(fact.content, _MARKABLE)}
    claims = dict[Key, list[tuple[F, bool]]]()
    for fact in facts:
        said = fact.content
        if isinstance(said, EntryStarred | EntryUnstarred):
            about = fact.space_number, said.entry
            if about not in others:
                claims.setdefault(about, []).append((fact, isinstance(said, EntryStarred)))
    found = list[Star]()
    for (space, entry), given in sorted(claims.items()):
        won = winner(given, before)
        if won is not None:
            found.append(Star(entry, space, won[1], mark(won[0])))
    return tuple(found)
