"""Goals as they stand now, read from the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


async def every(
    journal: Journal, named: str | None = None
) -> tuple[tuple[Goal, ...], dict[int, str], dict[bytes, str]]:
    """All goals, the names of their spaces by number, and the short ids in them."""
    space = await journal.space(named) if named else None
    page = await journal.views.goals(space)
    return page.items, page.spaces, page.shorts


async def one(journal: Journal, shown: Shown) -> Goal:
    """The goal that an event began.

    Raises:
        NotFoundError: It began none: it goes on with another goal.
    """
    return (await journal.views.goal(shown.event)).goal
