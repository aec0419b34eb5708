"""Things as they stood at an earlier moment, and every change of one.

An earlier moment is the end of a local date as the writers saw it. What was erased since then
is gone from it too.
"""

from __future__ import annotations

from typing import Any

import msgspec

from inglenook_client.core.projections import threads
from inglenook_client.core.projections.facts import in_order
from inglenook_client.journal.views.lens import Lens, author
from inglenook_client.stores import items, telling
from inglenook_client.stores.items import Cut
from inglenook_client.stores.telling import Told


def one_of(lens: Lens, noun: str, root: bytes, as_of: str | None) -> Any | None:
    """The item that an event begins, as it stood or stands; None where it was not there yet."""
    if as_of is None:
        return lens.one(noun, root)
    log = telling.log_of(lens.db, root)
    if log is None:
        return None
    facts = [named(lens, told) for told in telling.thread(lens.db, root, log)]
    then = [told for told in facts if told.local_date <= as_of and told.content is not None]
    found = threads.fold_thread(root, then, telling.Causal(lens.db))
    return next((each.item for each in found if each.noun == noun and each.item.id == root), None)


def all_of(lens: Lens, noun: str, log: int | None, as_of: str) -> list[Any]:
    """Every item of a noun as it stood; in the order in which they began.

    It reads each thread that had begun by then, whatever became of it.
    """
    roots = [item.id for item in lens.all(noun, Cut(log)) if items.begun(item).date <= as_of]
    found = [one_of(lens, noun, root, as_of) for root in roots]
    return [item for item in found if item is not None]


def thread(lens: Lens, event: bytes) -> list[bytes]:
    """Ids of everything that belongs to a thing, the event that began it among them."""
    log = telling.log_of(lens.db, event)
    if log is None:
        return []
    facts = telling.thread(lens.db, event, log)
    ordered = in_order([(told, None) for told in facts], telling.Causal(lens.db))
    return [told.event for told, _ in ordered]


def named(lens: Lens, told: Told) -> Told:
    """The same, its author called as here."""
    who = author(lens.me, lens.known, told.space_number, told.author.person)
    return msgspec.structs.replace(told, author=who)
