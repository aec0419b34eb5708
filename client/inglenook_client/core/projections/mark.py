"""Who wrote something and when; and which fields are this device's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from inglenook_client.core.projections.facts import Fact

LOCAL: Final[Mapping[str, bool]] = MappingProxyType({"local": True})
"""Marks a field that may differ from device to device, and so stays out of `plain`."""


class Author:
    """A person who wrote something: the same everywhere, called as this device knows them."""

    # Neither a struct nor a dataclass: the store keeps the person alone and asks for the rest.
    __slots__ = ("mine", "name", "person")

    def __init__(self, person: bytes, name: str = "", *, mine: bool = False) -> None:
        """Name and ``mine`` are known where it is shown, and nowhere else.

        Args:
            person: 32-byte id.
            name: What this device calls them.
            mine: Whether it is this device's own person.
        """
        self.person = person
        self.name = name
        self.mine = mine

    def __eq__(self, other: object) -> bool:
        """Whether it is the same person."""
        return isinstance(other, Author) and self.person == other.person

    def __hash__(self) -> int:
        """By person."""
        return hash(self.person)

    def __repr__(self) -> str:
        """The person's first bytes."""
        return f"Author({self.person[:4].hex()}, {self.name!r}, mine={self.mine})"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value comes from."""

    event: bytes
    at: int
    """Claimed instant, milliseconds UTC."""
    date: str
    """The writer's local date."""
    author: Author

    @property
    def by(self) -> str:
        """What this device calls its author."""
        return self.author.name

    @property
    def mine(self) -> bool:
        """Whether this person wrote it."""
        return self.author.mine


def mark(fact: Fact) -> Mark:
    """The mark of one event."""
    return Mark(fact.event, fact.at, fact.local_date, fact.author)
