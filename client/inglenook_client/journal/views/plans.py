"""Goals: the board, the page of one, and the steps of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from inglenook_client.core.projections.action_plan import PlanStep, StepState
from inglenook_client.core.projections.activities import Activity
from inglenook_client.core.projections.feedback import Feedback
from inglenook_client.core.projections.goals import Goal
from inglenook_client.core.projections.placing import BOARD
from inglenook_client.core.projections.questions import Question
from inglenook_client.core.projections.resources import Resource
from inglenook_client.core.projections.strengths import Strength
from inglenook_client.core.projections.wins import Win
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.views import moments
from inglenook_client.journal.views.lens import DUE, SOONEST, Lens, Page
from inglenook_client.stores import items, links
from inglenook_client.stores.items import Cut
from inglenook_client.words import _


@dataclass(frozen=True, slots=True)
class GoalPage:
    """One goal, and all that names it."""

    goal: Goal
    wins: tuple[Win, ...]
    questions: tuple[Question, ...]
    feedback: tuple[Feedback, ...]
    resources: tuple[Resource, ...]
    activities: tuple[Activity, ...]
    strengths: tuple[Strength, ...]
    shorts: dict[bytes, str]
    spaces: dict[int, str]


def goals(
    lens: Lens,
    log: int | None,
    states: Sequence[str],
    *,
    limit: int | None,
    after: str | None,
    as_of: str | None,
) -> Page[Goal]:
    """Goals in the order of `BOARD`, each state's oldest first.

    Args:
        lens: What is looked through.
        log: Of one space; None for all.
        states: Those alone; none for all.
        limit: Most goals.
        after: Of the page before.
        as_of: As they stood at the end of this local date, instead of now.
    """
    if as_of is not None:
        found = [g for g in moments.all_of(lens, "goal", log, as_of) if _fits(g, states)]
        found.sort(key=lambda goal: BOARD.index(goal.state))
        found = found if limit is None else found[:limit]
        return lens.as_page(found, None, goal_ids)
    return lens.page("goal", Cut(log, states), SOONEST, limit=limit, after=after, ids=goal_ids)


def _fits(goal: Goal, states: Sequence[str]) -> bool:
    return not states or goal.state in states


def goal_ids(goal: Goal) -> Iterable[bytes | None]:
    """The events of a goal that people call by a short id."""
    return goal.id, *(step.id for step in goal.steps), *(step.checkin for step in goal.steps)


def goal(lens: Lens, event: bytes, as_of: str | None) -> GoalPage:
    """One goal with all that names it.

    Raises:
        NotFoundError: That event began no goal, or not by then.
    """
    found: Goal | None = moments.one_of(lens, "goal", event, as_of)
    if found is None:
        raise NotFoundError(_("That is not the first event of a goal; goal list shows the ids."))
    about = links.mentions(lens.db, event, found.space)
    around = {
        noun: _until(items.by_ids(lens.db, lens.reader, noun, about, found.space).values(), as_of)
        for noun in ("win", "question", "feedback", "resource", "activity", "strength")
    }
    ids = {*goal_ids(found), *(item.id for group in around.values() for item in group)}
    return GoalPage(
        found,
        around["win"],
        around["question"],
        around["feedback"],
        around["resource"],
        around["activity"],
        around["strength"],
        lens.shorts(ids),
        lens.spaces,
    )


def _until(found: Iterable[Any], as_of: str | None) -> tuple[Any, ...]:
    kept = [item for item in found if as_of is None or items.begun(item).date <= as_of]
    return tuple(sorted(kept, key=lambda item: (items.begun(item).at, item.id)))


def steps(
    lens: Lens,
    log: int | None,
    *,
    mine: bool | None,
    until: str | None,
    limit: int | None,
    after: str | None,
) -> Page[PlanStep]:
    """Open steps of the goals that are being worked on: the soonest due first, then the oldest.

    Args:
        lens: What is looked through.
        log: Of one space; None for all.
        mine: Those this person has to do, alone or with the other; False for the other's.
        until: Due by this local date.
        limit: Most steps.
        after: Of the page before.
    """
    cut = Cut(log, (StepState.OPEN,), mine=mine, until=until)
    return lens.page(
        *("step", cut, DUE),
        limit=limit,
        after=after,
        ids=lambda found: (found.id, found.goal),
    )
