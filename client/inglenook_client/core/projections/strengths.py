"""Strengths that somebody named, and where they showed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import Before, F, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_schema.events.choices import Who
from inglenook_schema.events.looking_back import StrengthNoted

KINDS: Final = frozenset({"strength.noted", "cheer.given"})
"""The kinds that `strengths` reads."""


@dataclass(frozen=True, slots=True)
class Strength:
    """One time that a strength was named."""

    id: bytes
    space: int = field(metadata=LOCAL)
    strength: str
    example: str | None
    whose: Who
    """Seen from its writer."""
    regarding: bytes | None
    """The event in which it showed."""
    cheers: tuple[Cheer, ...]
    noted: Mark


def strengths(facts: Iterable[F], _before: Before[F]) -> tuple[Strength, ...]:
    """All strengths, in the order in which they were named; they only grow."""
    facts = list(facts)
    cheered = cheers(facts)
    return tuple(
        Strength(
            fact.event,
            fact.space_number,
            said.strength,
            said.example,
            said.whose,
            said.regarding,
            cheered.get(key(fact), ()),
            mark(fact),
        )
        for fact, said in of_kind(facts, StrengthNoted)
    )
