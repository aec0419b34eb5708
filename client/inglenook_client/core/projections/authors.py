"""Who wrote something."""

from __future__ import annotations


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
