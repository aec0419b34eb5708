"""What is on in a calendar's own format (RFC 5545): for phones, and for who plans beside it.

    check-in, planned      VEVENT, and RRULE where it comes round; moved ones are where they moved
    check-in, held only    VEVENT, the day
    activity with a day    VEVENT
    step                   VTODO, with its day if it has one

Calendars are synced, shared and shown on locked screens. So summaries are blank, and neither
places nor texts are in it, unless somebody asks for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from icalendar import Calendar, Event, Todo

from inglenook_client import ambient
from inglenook_client.core.projections.action_plan import Step, StepState
from inglenook_client.core.projections.activities import Activity
from inglenook_client.core.projections.checkins import Again, Checkin, CheckinState, Missed
from inglenook_client.core.projections.goals import Goal
from inglenook_client.journal.errors import FileExistsAlreadyError
from inglenook_client.journal.model import Copied
from inglenook_client.transports import pack_file
from inglenook_client.words import _
from inglenook_schema.errors import CallerError

PRODUCT: Final = "-//Inglenook//Inglenook//EN"
_FREQUENCY: Final = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY"}
_EVERY_MONTH: Final = 28
"""The last day that every month has."""
_STATUS: Final = {
    StepState.OPEN: "NEEDS-ACTION",
    StepState.DONE: "COMPLETED",
    StepState.DROPPED: "CANCELLED",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to leave."""

    since: str | None = None
    """Local date, inclusive; of what comes round, some time of it is then or later."""
    until: str | None = None
    """Local date, inclusive."""
    summaries: bool = False
    """Whether it says what things are called, and where they are."""

    def within(self, first: str, last: str | None = None) -> bool:
        """Whether a stretch of days touches those that are asked for."""
        return first <= (self.until or "9999-12-31") and (last or first) >= (self.since or "")


@dataclass(frozen=True, slots=True)
class Plans:
    """What there is."""

    checkins: Sequence[Checkin]
    activities: Sequence[Activity]
    goals: Sequence[Goal]
    partners: Mapping[int, str]
    """Whom each space is shared with, by its number."""
    spaces: Mapping[int, str]


async def export(path: Path, plans: Plans, asked: Asked, *, replace: bool) -> Copied:
    """Write a file, whole or not at all, mode 0600.

    Raises:
        CallerError: There is nothing to write, or a file is there already.
        FileError: It cannot be written there; nothing was changed.
    """
    found = await asyncio.to_thread(lambda: [*_all(plans, asked)])
    if not found:
        raise CallerError(_("There is nothing here that could be written to a file yet."))
    data = await asyncio.to_thread(lambda: calendar(part for _space, part in found))
    if not await asyncio.to_thread(pack_file.write, path, [data], replace=replace):
        raise FileExistsAlreadyError
    return Copied(list(dict.fromkeys(plans.spaces[space] for space, _part in found)), len(found))


def calendar(parts: Iterator[Event | Todo]) -> bytes:
    """A calendar of these parts."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    for part in parts:
        made.add_component(part)
    made.add_missing_timezones()
    return bytes(made.to_ical())


def _all(plans: Plans, asked: Asked) -> Iterator[tuple[int, Event | Todo]]:
    for checkin in plans.checkins:
        for event in checkin_events(checkin, asked, plans.partners.get(checkin.space, "")):
            yield checkin.space, event
    for activity in plans.activities:
        found = _activity(activity, asked)
        if found is not None:
            yield activity.space, found
    for goal in plans.goals:
        for todo in _steps(goal, asked):
            yield goal.space, todo


def checkin_events(checkin: Checkin, asked: Asked, partner: str) -> Iterator[Event]:
    """A check-in, and of one that comes round the times that were moved elsewhere."""
    summary = _("Check-in with {name}").format(name=partner) if partner else _("Check-in")
    if checkin.plan is not None:
        return  # one day of a plan, which is here already
    if checkin.starts_at is None:
        for day in checkin.held_on:
            if asked.within(day):
                event = _event(checkin.id.hex(), checkin.begun.at, summary, asked)
                event.add("dtstart", date.fromisoformat(day))
                yield event
        return
    start = _local(checkin.starts_at, checkin.tz)
    first = start.date().isoformat()
    if asked.within(first, "9999-12-31" if checkin.repeat else None):
        event = _event(checkin.id.hex(), checkin.begun.at, summary, asked, checkin.where)
        set_time(event, start, checkin.minutes, comes_round=checkin.repeat is not None)
        if checkin.repeat is not None:
            _come_round(event, checkin, checkin.repeat, start)
        elif checkin.state is CheckinState.MISSED and all(
            m.new_time is None for m in checkin.missed
        ):
            event.add("status", "CANCELLED")
        yield event
    for missed in _moved(checkin).values() if checkin.repeat else ():
        moved = _local(missed.new_time, checkin.tz) if missed.new_time is not None else None
        if moved is not None and asked.within(moved.date().isoformat()):
            event = _event(missed.said.event.hex(), missed.said.at, summary, asked, checkin.where)
            set_time(event, moved, checkin.minutes)
            yield event


def _come_round(event: Event, checkin: Checkin, repeat: Again, start: datetime) -> None:
    rule: dict[str, object] = {"freq": _FREQUENCY[repeat.unit], "interval": repeat.every}
    if repeat.unit == "month" and start.day > _EVERY_MONTH:  # the last that a shorter month has
        rule |= {"bymonthday": [*range(_EVERY_MONTH, start.day + 1)], "bysetpos": -1}
    event.add("rrule", rule)
    for on in _moved(checkin):
        day = date.fromisoformat(on)
        event.add("exdate", start.replace(year=day.year, month=day.month, day=day.day))


def _moved(checkin: Checkin) -> dict[str, Missed]:
    """The days of a plan that were missed, each with what was said of it last."""
    return {missed.on: missed for missed in checkin.missed if missed.on is not None}


def _activity(activity: Activity, asked: Asked) -> Event | None:
    start = _local(activity.starts_at, activity.tz) if activity.starts_at is not None else None
    day = start.date().isoformat() if start else activity.on
    if day is None or not asked.within(day):
        return None
    suggested = activity.suggested
    event = _event(activity.id.hex(), suggested.at, activity.title, asked, activity.where)
    if start is None:
        event.add("dtstart", date.fromisoformat(day))
    else:
        set_time(event, start, None)
    if asked.summaries and activity.text:
        event.add("description", activity.text)
    return event


def _steps(goal: Goal, asked: Asked) -> Iterator[Todo]:
    for step in goal.steps:
        if asked.within(step.due_on or step.added.date):
            yield todo(step, summaries=asked.summaries)


def todo(step: Step, *, summaries: bool) -> Todo:
    """A step; without a word of it unless ``summaries``."""
    made = Todo()
    made.add("uid", f"{step.id.hex()}@inglenook")
    made.add("dtstamp", _instant(step.added.at))
    made.add("summary", step.title if summaries else "")
    made.add("class", "PRIVATE")
    made.add("status", _STATUS[step.state])
    if step.due_on is not None:
        made.add("due", date.fromisoformat(step.due_on))
    if step.state is StepState.DONE and step.settled is not None:
        made.add("completed", _instant(step.settled.at))
    return made


def _event(name: str, at: int, summary: str, asked: Asked, where: str | None = None) -> Event:
    made = event(name, at, summary, summaries=asked.summaries)
    if asked.summaries and where:
        made.add("location", where)
    return made


def event(name: str, at: int, summary: str, *, summaries: bool) -> Event:
    """Something that is on, without its time; without a word of it unless ``summaries``."""
    made = Event()
    made.add("uid", f"{name}@inglenook")
    made.add("dtstamp", _instant(at))
    made.add("summary", summary if summaries else "")
    made.add("class", "PRIVATE")
    return made


def set_time(
    event: Event, start: datetime, minutes: int | None, *, comes_round: bool = False
) -> None:
    """A time in UTC; in its zone where it comes round, since that keeps the clock's time."""
    event.add("dtstart", start if comes_round else start.astimezone(UTC))
    if minutes is not None:
        event.add("duration", timedelta(minutes=minutes))


def _local(at: int, zone: str | None) -> datetime:
    return datetime.fromtimestamp(at // 1000, ambient.zone_called(zone or "UTC"))


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
