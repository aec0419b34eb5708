"""Notes that one of a pair left the other, and that ask for nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import Before, F, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_schema.events.asking import NoteLeft

KINDS: Final = frozenset({"note.left", "cheer.given"})
"""The kinds that `notes` reads."""


@dataclass(frozen=True, slots=True)
class LeftNote:
    """One note."""

    id: bytes
    space: int = field(metadata=LOCAL)
    text: str
    regarding: bytes | None
    cheers: tuple[Cheer, ...]
    left: Mark


def notes(facts: Iterable[F], _before: Before[F]) -> tuple[LeftNote, ...]:
    """All notes, in the order in which they were left; they only grow."""
    facts = list(facts)
    cheered = cheers(facts)
    return tuple(
        LeftNote(
            fact.event,
            fact.space_number,
            said.text,
            said.regarding,
            cheered.get(key(fact), ()),
            mark(fact),
        )
        for fact, said in of_kind(facts, NoteLeft)
    )
