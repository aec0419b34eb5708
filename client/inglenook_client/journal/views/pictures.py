"""The numbers that pictures are drawn of: moods by the week, a goal's steps by the week.

Pure functions of what the other views give; whoever draws decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from inglenook_client.core.projections.goals import Goal, GoalState
from inglenook_client.journal.views.days import week_of
from inglenook_client.journal.views.writing import MoodPoint

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class MoodWeek:
    """How somebody was in one week."""

    starts_on: str
    mood: float | None
    """From 1 to 5, the mean of what was noted; None where nothing was."""
    confidence: float | None
    noted: int
    """How many times a mood or a confidence was noted."""


@dataclass(frozen=True, slots=True)
class StepWeek:
    """How far a goal's plan was when a week ended."""

    starts_on: str
    done: int
    wanted: int
    """All steps that were there and not dropped."""
    confidence: int | None
    """The last one said by then."""


def mood_weeks(
    points: Iterable[MoodPoint], today: date, weeks: int, week_start: int
) -> list[MoodWeek]:
    """The weeks up to today, oldest first; ``week_start`` 0 is Monday."""
    gathered = dict[date, list[MoodPoint]]()
    for point in points:
        gathered.setdefault(week_of(date.fromisoformat(point.day), week_start), []).append(point)
    last = week_of(today, week_start)
    starts = [last - _WEEK * back for back in reversed(range(weeks))]
    return [_mood_week(start, gathered.get(start, [])) for start in starts]


def _mood_week(start: date, points: list[MoodPoint]) -> MoodWeek:
    moods = [point.mood for point in points if point.mood is not None]
    sure = [point.confidence for point in points if point.confidence is not None]
    return MoodWeek(start.isoformat(), _mean(moods), _mean(sure), len(points))


def _mean(values: list[int]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def burn_up(goal: Goal, today: date, weeks: int, week_start: int) -> list[StepWeek]:
    """A goal's plan at the end of each week from its beginning on, the newest ``weeks`` of them.

    Of a goal that was reached or let go, up to then.
    """
    first = week_of(date.fromisoformat(goal.begun.date), week_start)
    over = goal.moved if goal.state in {GoalState.ACHIEVED, GoalState.LET_GO} else None
    last = week_of(date.fromisoformat(over.date) if over else today, week_start)
    count = min(weeks, (last - first).days // 7 + 1)
    starts = [last - _WEEK * back for back in reversed(range(max(1, count)))]
    return [_step_week(goal, start) for start in starts]


def _step_week(goal: Goal, start: date) -> StepWeek:
    end = (start + _WEEK).isoformat()  # the day after its last
    there = [step for step in goal.steps if step.added.date < end]
    settled = [step for step in there if step.settled is not None and step.settled.date < end]
    done = sum(step.state == "done" for step in settled)
    dropped = sum(step.state == "dropped" for step in settled)
    said = [note for note in goal.progress if note.noted.date < end and note.confidence is not None]
    confidence = said[-1].confidence if said else goal.confidence
    return StepWeek(start.isoformat(), done, len(there) - dropped, confidence)
