"""Cheers on the way: for a goal, a step, a win or anything else; they only grow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inglenook_client.core.projections.facts import F, Key, gathered
from inglenook_client.core.projections.mark import Mark, mark
from inglenook_schema.events.action_plan import CheerGiven


@dataclass(frozen=True, slots=True)
class Cheer:
    """One cheer."""

    text: str | None
    given: Mark


def cheers(facts: Iterable[F]) -> dict[Key, tuple[Cheer, ...]]:
    """The cheers that each event earned, oldest first."""
    given = gathered(facts, CheerGiven, lambda cheer: cheer.regarding)
    return {
        about: tuple(Cheer(cheer.text, mark(fact)) for fact, cheer in claims)
        for about, claims in given.items()
    }
