"""Who somebody is in a space: each person's causally last word on it, whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from inglenook_client.core.projections.facts import Before, F, of_kind
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_client.core.projections.single import by_person
from inglenook_schema.events.looking_back import ProfileSet

KINDS: Final = frozenset({"profile.set"})
"""The kinds that `profiles` reads."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One person in one space."""

    id: bytes
    """Of the person, 32 bytes."""
    space: int = field(metadata=LOCAL)
    display_name: str
    pronouns: str | None
    languages: tuple[str, ...]
    interests: tuple[str, ...]
    how_i_like_help: str | None
    good_times: str | None
    setting: str | None
    stage: str | None
    said: Mark


def profiles(facts: Iterable[F], before: Before[F]) -> tuple[Profile, ...]:
    """The profile of each person; of one space's events only."""
    return tuple(
        Profile(
            fact.author.person,
            fact.space_number,
            said.display_name,
            said.pronouns,
            said.languages,
            said.interests,
            said.how_i_like_help,
            said.good_times,
            said.setting,
            said.stage,
            mark(fact),
        )
        for fact, said in by_person(of_kind(facts, ProfileSet), before)
    )
