"""Which event a thread's id stands for, once somebody acts on what was said in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inglenook_client.words import _
from inglenook_schema.errors import NotAllowedError

if TYPE_CHECKING:
    from inglenook_client.core.projections.entries import Entry
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space


async def entry_at(journal: Journal, shown: Shown) -> Entry:
    """An entry, a reflection or a shared copy with all its changes.

    Raises:
        NotFoundError: It is no entry.
    """
    page = await journal.views.entry(shown.event)
    return page.items[0].entry


async def feedback_in(journal: Journal, thread: Shown) -> Shown:
    """The newest feedback that somebody else gave in a thread.

    Args:
        journal: Where it stands.
        thread: A ``feedback.asked``, or a ``feedback.given``, which is its own thread.

    Raises:
        NotAllowedError: Nobody gave any yet.
    """
    if thread.kind != "feedback.asked":
        return thread
    found = await journal.views.thread("feedback", thread.event)
    given = [piece for each in found for piece in each.given if piece.said.mine != thread.mine]
    if not given:
        raise NotAllowedError(_("Nobody gave you feedback on that yet."))
    return (await journal.by_id([given[-1].id]))[0]


async def summary_of(journal: Journal, checkin: Shown) -> Shown:
    """The newest summary of a check-in; of two written at once, the other's.

    Raises:
        NotAllowedError: There is none yet.
    """
    found = await journal.views.thread("checkin", checkin.event)
    met = [each for each in found if each.summaries]
    if not met:
        raise NotAllowedError(
            _("There is no summary of that yet. To write one: inglenook checkin summary")
        )
    newest = max(met, key=lambda each: each.held_on[-1:]).summaries
    theirs = [summary for summary in newest if not summary.said.mine]
    return (await journal.by_id([(theirs or newest)[-1].id]))[0]


async def plan_of_day(journal: Journal, space: Space, day: str) -> bytes | None:
    """The one check-in that was planned for a day and is not held yet; None for none or several."""
    found = [each for each in await journal.views.coming(space) if each.day == day]
    return found[0].checkin.id if len(found) == 1 else None


async def next_day_of(journal: Journal, space: Space, plan: bytes) -> str | None:
    """The day on which a plan that repeats comes round next; None where it does not repeat."""
    found = [each for each in await journal.views.coming(space) if each.checkin.id == plan]
    return found[0].day if found and found[0].checkin.repeat is not None else None
