"""Who wrote something and when; and which fields are this device's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

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
    by: str = field(metadata=LOCAL)
    mine: bool = field(metadata=LOCAL)


def mark(fact: Fact) -> Mark:
    """The mark of one event."""
    return Mark(fact.event, fact.at, fact.local_date, fact.by, fact.mine)
