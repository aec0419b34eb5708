"""What went well, and who cheered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import Before, F, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_schema.events.choices import Who
from inglenook_schema.events.looking_back import WinRecorded

KINDS: Final = frozenset({"win.recorded", "cheer.given"})
"""The kinds that `wins` reads."""


@dataclass(frozen=True, slots=True)
class Win:
    """Something that went well."""

    id: bytes
    space: int = field(metadata=LOCAL)
    text: str
    whose: Who
    """Seen from its writer."""
    goal: bytes | None
    tags: tuple[str, ...]
    on: str
    """The day it happened."""
    cheers: tuple[Cheer, ...]
    recorded: Mark


def wins(facts: Iterable[F], _before: Before[F]) -> tuple[Win, ...]:
    """All wins, in the order in which they were written down; they only grow."""
    facts = list(facts)
    cheered = cheers(facts)
    return tuple(
        Win(
            fact.event,
            fact.space_number,
            said.text,
            said.whose,
            said.goal,
            said.tags,
            said.on or fact.local_date,
            cheered.get(key(fact), ()),
            mark(fact),
        )
        for fact, said in of_kind(facts, WinRecorded)
    )
