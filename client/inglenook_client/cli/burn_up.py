"""How a goal's plan and confidence went week by week: a picture on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client import ambient
from inglenook_client.calendar import short_day, week_start
from inglenook_client.cli import pictures, saying
from inglenook_client.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.views.pictures import StepWeek

_WEEKS: Final = 26


def lines(goal: Goal, *, plain: bool) -> list[str]:
    """The picture, or the numbers of it; nothing where there is nothing to see yet."""
    from inglenook_client.journal.views.pictures import burn_up

    weeks = burn_up(goal, ambient.today(), _WEEKS, week_start())
    moved = any(week.done for week in weeks) or bool(goal.progress)
    if len(weeks) < 2 or not moved:
        return []
    return list(_numbers(weeks) if plain else _picture(weeks))


def _picture(weeks: list[StepWeek]) -> Iterator[str]:
    last, since = weeks[-1], short_day(weeks[0].starts_on)
    if last.wanted:
        drawn = pictures.bars([week.done for week in weeks], 0, max(w.wanted for w in weeks))
        message = ngettext(
            "{done} of {n} step done since {day}",
            "{done} of {n} steps done since {day}",
            last.wanted,
        )
        yield f"{drawn}  {message.format(done=last.done, n=last.wanted, day=since)}"
    if last.confidence is not None:
        drawn = pictures.bars([week.confidence for week in weeks], 1, 5)
        now = saying.scale(saying.CONFIDENCE, last.confidence)
        yield f"{drawn}  " + _("how sure of it, now: {sure}").format(sure=now)


def _numbers(weeks: list[StepWeek]) -> Iterator[str]:
    for week in weeks:
        done = _("{done} of {n} done").format(done=week.done, n=week.wanted)
        sure = "-" if week.confidence is None else week.confidence
        yield f"{week.starts_on}  {done}  " + _("how sure {n}").format(n=sure)
