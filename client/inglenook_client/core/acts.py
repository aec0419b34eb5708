"""One control event, as the fold reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from inglenook_client.core.clocks import Past
from inglenook_schema.control import Erase, Genesis, Member, Open, Rotate
from inglenook_schema.header import Ref

Control: TypeAlias = Genesis | Open | Member | Rotate | Erase


@dataclass(frozen=True, slots=True)
class Act:
    """One control event with its causal past (itself left out)."""

    id: bytes
    chain: bytes
    seq: int
    past: Past
    prev: bytes
    refs: tuple[Ref, ...]
    payload: Control | None
    """None for a kind or act that this version does not know."""
