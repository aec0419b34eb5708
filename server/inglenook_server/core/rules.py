"""The operator's dials that decide what a relay takes in (architecture 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class CreateMode(StrEnum):
    """What creating a mailbox costs."""

    OPEN = "open"
    """Nothing."""
    TOKEN = "token"  # noqa: S105 - a mode's name
    """One use of an operator's voucher."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What one mailbox may hold and take in."""

    max_bytes: int = 64 * 1024 * 1024
    """Blobs not erased, together."""
    max_records: int = 50_000
    """Erased ones count: their rids stay."""
    puts_a_minute: int = 2_000
    """New records; repeats are free."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides whether something new is taken."""

    create: CreateMode = CreateMode.OPEN
    quota: Quota = field(default_factory=Quota)
