"""What a projection needs to know of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias, TypeVar

from inglenook_schema.events.content import Content, UnknownContent


class Fact(Protocol):
    """One event that counts, decoded; ``journal.model.Shown`` is one."""

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
    def by(self) -> str:
        """Name of the author, as this device knows it."""

    @property
    def mine(self) -> bool:
        """Whether this person wrote it."""

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


def key(fact: Fact) -> Key:
    """What other events of the same space call this one by."""
    return fact.space_number, fact.event
