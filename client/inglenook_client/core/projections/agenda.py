"""What somebody put on the agenda: open -> talked about | taken off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from inglenook_client.core.projections.facts import (
    Before,
    F,
    gathered,
    key,
    of_kind,
    talked,
)
from inglenook_client.core.projections.mark import LOCAL, Mark, mark
from inglenook_schema.events.checkins import AgendaItemAdded, AgendaItemRemoved

KINDS: Final = frozenset({"agenda.item_added", "agenda.item_removed", "checkin.held"})
"""The kinds that `agenda_items` reads."""


class ItemState(StrEnum):
    """How an agenda item stands."""

    OPEN = "open"
    TALKED = "talked"
    """Covered at a check-in."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to talk about."""

    id: bytes
    space: int = field(metadata=LOCAL)
    checkin: bytes | None
    """The check-in it is for; None for the next one, whenever that is."""
    text: str | None
    regarding: bytes | None
    removed: tuple[Mark, ...]
    talked: tuple[str, ...]
    """Days of the check-ins that covered it."""
    state: ItemState
    added: Mark


def agenda_items(facts: Iterable[F], _before: Before[F]) -> tuple[Item, ...]:
    """All agenda items, in the order in which they were added; what was taken off stays off."""
    facts = list(facts)
    removed = gathered(facts, AgendaItemRemoved, lambda act: act.item)
    days = talked(facts)
    return tuple(
        _item(
            fact,
            said,
            tuple(mark(act) for act, _ in removed.get(key(fact), [])),
            days.get(key(fact), ()),
        )
        for fact, said in of_kind(facts, AgendaItemAdded)
    )


def _item(fact: F, said: AgendaItemAdded, removed: tuple[Mark, ...], days: tuple[str, ...]) -> Item:
    state = ItemState.TALKED if days else ItemState.REMOVED if removed else ItemState.OPEN
    return Item(
        fact.event,
        fact.space_number,
        said.checkin,
        said.text,
        said.regarding,
        removed,
        days,
        state,
        mark(fact),
    )
