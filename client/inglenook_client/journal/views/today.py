"""Today: how one is, what comes next, and what is new from a partner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inglenook_client.core.projections.action_plan import PlanStep
from inglenook_client.core.projections.questions import Question, QuestionState
from inglenook_client.journal import reading
from inglenook_client.journal.model import Shown
from inglenook_client.journal.views import meetings, plans, writing
from inglenook_client.journal.views.lens import SOONEST, Lens, Page
from inglenook_client.journal.views.meetings import Coming
from inglenook_client.stores import logs, stale, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.items import Cut

_SEEN: Final = "seen"
_FEW: Final = 5
_WEEK_MS: Final = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Today:
    """One day's first page."""

    moods: tuple[int, ...]
    """Noted today; 1 to 5."""
    coming: Coming | None
    """The next check-in of any pair."""
    steps: Page[PlanStep]
    """The next ones to do, the soonest due first."""
    questions: Page[Question]
    """What partners asked and this person did not answer yet."""
    news: tuple[Shown, ...]
    """What partners wrote since this was last looked at, newest first; at most a few."""
    empty: bool
    """Whether nothing was ever written here."""


def today(lens: Lens, day: str, now: int) -> Today:
    """What a day begins with.

    Args:
        lens: What is looked through.
        day: The local date.
        now: Milliseconds UTC.
    """
    points = writing.moods(lens, None, day, day)
    ahead = meetings.coming(lens, None, now)
    asked = Cut(states=(QuestionState.OPEN,), mine=False)
    return Today(
        tuple(point.mood for point in points if point.mood is not None),
        ahead[0] if ahead else None,
        plans.steps(lens, None, mine=True, until=None, limit=_FEW, after=None),
        lens.page("question", asked, SOONEST, limit=_FEW, after=None),
        tuple(reading.by_ids(lens.db, lens.me, _news(lens, now))),
        views.is_empty(lens.db),
    )


def _news(lens: Lens, now: int) -> list[bytes]:
    """What partners wrote that arrived since it was looked at; of a week where it never was."""
    seen = logs.meta(lens.db, _SEEN)
    row = None if seen is None else int.from_bytes(seen, "big")
    me = lens.me.person_id
    return views.of_others(lens.db, me, after=row, since=now - _WEEK_MS, limit=_FEW)


def looked(db: Db) -> None:
    """Note that everything here by now was seen; on this device, and nobody is told."""
    logs.set_meta(db, _SEEN, stale.last_row(db).to_bytes(8, "big"))
