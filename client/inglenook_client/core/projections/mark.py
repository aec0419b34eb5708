"""Who wrote something and when; and which fields are this device's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from inglenook_client.core.projections.authors import Author
from inglenook_client.core.projections.facts import Fact

LOCAL: Final[Mapping[str, bool]] = MappingProxyType({"local": True})
"""Marks a field that may differ from device to device, and so stays out of `plain`."""


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
