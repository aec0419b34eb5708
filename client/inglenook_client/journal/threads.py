"""Which event a thread's id stands for, once somebody acts on what was said in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inglenook_client.core.projections.single import winner
from inglenook_client.words import _
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events.asking import FeedbackGiven
from inglenook_schema.events.checkins import CheckinSummarised

if TYPE_CHECKING:
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space


async def feedback_in(journal: Journal, thread: Shown, space: Space) -> Shown:
    """The newest feedback that somebody else gave in a thread.

    Args:
        journal: Where it stands.
        thread: A ``feedback.asked``, or a ``feedback.given``, which is its own thread.
        space: The space it stands in.

    Raises:
        NotAllowedError: Nobody gave any yet.
    """
    if thread.kind != "feedback.asked":
        return thread
    given = [
        (shown, shown.content)
        for shown in await journal.events_of(frozenset({"feedback.given"}), space=space)
        if isinstance(shown.content, FeedbackGiven)
        and shown.content.asked == thread.event
        and shown.mine != thread.mine
    ]
    newest = winner(given, await journal.happened_before())
    if newest is None:
        raise NotAllowedError(_("Nobody gave you feedback on that yet."))
    return newest[0]


async def summary_of(journal: Journal, checkin: Shown, space: Space) -> Shown:
    """The newest summary of a check-in; of two written at once, the other's.

    Raises:
        NotAllowedError: There is none yet.
    """
    written = [
        (shown, shown.content)
        for shown in await journal.events_of(frozenset({"checkin.summarised"}), space=space)
        if isinstance(shown.content, CheckinSummarised) and shown.content.checkin == checkin.event
    ]
    before = await journal.happened_before()
    theirs = [each for each in written if not each[0].mine]
    newest = winner(theirs, before) or winner(written, before)
    if newest is None:
        raise NotAllowedError(
            _("There is no summary of that yet. To write one: inglenook checkin summary")
        )
    return newest[0]
