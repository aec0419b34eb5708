"""What a projection needs to know of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias, TypeVar

from inglenook_client.core.projections.authors import Author
from inglenook_schema.events.checkins import CheckinHeld
from inglenook_schema.events.content import Content, UnknownContent


class Fact(Protocol):
    """One event that counts, decoded."""

    @property
    def event(self) -> bytes:
        """32-byte id, the same everywhere."""

    @property
    def at(self) -> int:
        """Claimed instant, milliseconds UTC."""

    @property
    def local_date(self) -> str:
        """The day its writer saw."""

    @property
    def author(self) -> Author:
        """Who wrote it."""

    @property
    def space_number(self) -> int:
        """This device's own number of the space it stands in."""

    @property
    def content(self) -> Content | UnknownContent | None:
        """None where the body was erased."""


F = TypeVar("F", bound=Fact)
V = TypeVar("V")
C = TypeVar("C", bound=Content)

Before: TypeAlias = Callable[[F, F], bool]
"""Whether the first was in the causal past of the second."""
Key: TypeAlias = tuple[int, bytes]
"""An event within its space: nothing outside that space can mean it."""


def of_kind(facts: Iterable[F], kind: type[C]) -> Iterable[tuple[F, C]]:
    """The facts whose content is of one kind, in the order in which all readers see them."""
    found = [(fact, fact.content) for fact in facts if isinstance(fact.content, kind)]
    return sorted(found, key=lambda pair: (pair[0].at, pair[0].event))


def gathered(
    facts: Iterable[F], kind: type[C], target: Callable[[C], bytes | None]
) -> dict[Key, list[tuple[F, C]]]:
    """The facts of one kind, by the event in their own space that each is about."""
    found = dict[Key, list[tuple[F, C]]]()
    for fact, content in of_kind(facts, kind):
        about = target(content)
        if about is not None:
            found.setdefault((fact.space_number, about), []).append((fact, content))
    return found


def talked(facts: Iterable[F]) -> dict[Key, tuple[str, ...]]:
    """The days on which something was talked about at a check-in, by what it was."""
    found = dict[Key, set[str]]()
    for fact, held in of_kind(facts, CheckinHeld):
        for about in held.covered:
            found.setdefault((fact.space_number, about), set()).add(held.on)
    return {about: tuple(sorted(days)) for about, days in found.items()}


def key(fact: Fact) -> Key:
    """What other events of the same space call this one by."""
    return fact.space_number, fact.event


def in_order(claims: Iterable[tuple[F, V]], before: Before[F]) -> list[tuple[F, V]]:
    """Each after what it was written after; of concurrent ones by instant, then id.

    For few: each is compared with each.
    """
    left = sorted(claims, key=lambda claim: (claim[0].at, claim[0].event))
    done = list[tuple[F, V]]()
    while left:
        first = next(
            claim for claim in left if not any(before(other[0], claim[0]) for other in left)
        )
        left.remove(first)
        done.append(first)
    return done
