"""Goals as they stand now, read from the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inglenook_client.cli.errors import MistakeError
from inglenook_client.core.projections import goals
from inglenook_client.words import _

if TYPE_CHECKING:
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown


async def every(
    journal: Journal, named: str | None = None
) -> tuple[tuple[Goal, ...], dict[int, str], dict[bytes, str]]:
    """All goals, the names of their spaces by number, and the short ids in them."""
    space = await journal.space(named) if named else None
    events = await journal.events_of(goals.KINDS, space=space)
    found = goals.goals(events, await journal.happened_before())
    spaces = {shown.space_number: shown.space for shown in events}
    ids = [goal.id for goal in found] + [step.id for goal in found for step in goal.steps]
    return found, spaces, await journal.shorts(ids)


async def one(journal: Journal, shown: Shown) -> Goal:
    """The goal that an event began.

    Raises:
        MistakeError: It began none: it goes on with another goal.
    """
    found, _spaces, _shorts = await every(journal)
    for goal in found:
        if goal.id == shown.event:
            return goal
    raise MistakeError(_("That is not the first event of a goal; goal list shows the ids."))
