"""What is there to try and to go to, and what was left for the other."""

from __future__ import annotations

from collections.abc import Sequence

from inglenook_client.core.projections.activities import Activity
from inglenook_client.core.projections.folding import folded
from inglenook_client.core.projections.notes import LeftNote
from inglenook_client.core.projections.resources import Resource
from inglenook_client.journal.views.lens import DUE, NEWEST, Lens, Page
from inglenook_client.stores.items import Cut


def resources(
    lens: Lens,
    log: int | None,
    *,
    tag: str | None,
    helped: str | None,
    limit: int | None,
    after: str | None,
) -> Page[Resource]:
    """The shelf, newest first.

    Args:
        lens: What is looked through.
        log: Of one space; None for all.
        tag: Only what has this tag.
        helped: Only what somebody tried, and at best said this of it: ``yes``, ``a_bit``,
            ``not_for_me``; or ``untried``.
        limit: Most of them.
        after: Of the page before.
    """
    cut = Cut(log, topic=helped, tag=None if tag is None else folded(tag))
    return lens.page(
        *("resource", cut, NEWEST), limit=limit, after=after, ids=lambda it: (it.id, it.goal)
    )


def activities(
    lens: Lens, log: int | None, states: Sequence[str], *, limit: int | None, after: str | None
) -> Page[Activity]:
    """Those that nobody answered first, then answered ones, then attended ones; by day."""
    return lens.page(
        *("activity", Cut(log, states), DUE),
        limit=limit,
        after=after,
        ids=lambda it: (it.id, it.goal),
    )


def notes(lens: Lens, log: int | None, *, limit: int | None, after: str | None) -> Page[LeftNote]:
    """Notes that were left, newest first."""
    return lens.page(
        *("note", Cut(log), NEWEST), limit=limit, after=after, ids=lambda it: (it.regarding,)
    )
