"""The shelf: resources and strategies, and whom each of them helped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from inglenook_client.core.projections.cheers import Cheer, cheers
from inglenook_client.core.projections.facts import Before, F, gathered, key, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import by_person
from inglenook_schema.events.choices import Helped
from inglenook_schema.events.resources import ResourceShared, ResourceTried

KINDS: Final = frozenset({"resource.shared", "resource.tried", "cheer.given"})
"""The kinds that `resources` reads."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one person says of it, having tried it."""

    helped: Helped
    note: str | None
    said: Mark


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing on the shelf."""

    id: bytes
    space: int = field(metadata=LOCAL)
    title: str
    url: str | None
    strategy: str | None
    why_it_helped_me: str | None
    tags: tuple[str, ...]
    goal: bytes | None
    tried: tuple[Tried, ...]
    """One a person, the last that each said."""
    cheers: tuple[Cheer, ...]
    shared: Mark


def resources(facts: Iterable[F], before: Before[F]) -> tuple[Resource, ...]:
    """Everything on the shelf, in the order in which it was put there."""
    facts = list(facts)
    tried, cheered = gathered(facts, ResourceTried, lambda act: act.resource), cheers(facts)
    return tuple(
        Resource(
            fact.event,
            fact.space_number,
            said.title,
            said.url,
            said.strategy,
            said.why_it_helped_me,
            said.tags,
            said.goal,
            tuple(
                Tried(act.helped, act.note, mark(by))
                for by, act in by_person(tried.get(key(fact), []), before)
            ),
            cheered.get(key(fact), ()),
            mark(fact),
        )
        for fact, said in of_kind(facts, ResourceShared)
    )
