"""Reminders: a calendar file that is kept up to date, and a notification on this desktop.

Both say by default that something is on and not what: a calendar is synced and shared, and a
notification stands on a locked screen. Nothing is sent anywhere, and nobody learns of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from icalendar import Alarm, Event, Todo

from inglenook_client import ambient
from inglenook_client.core.projections.action_plan import PlanStep
from inglenook_client.core.reminders import Quiet, may_remind
from inglenook_client.journal import calendar_file
from inglenook_client.journal.home import Journal
from inglenook_client.journal.views.meetings import Coming
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports import pack_file
from inglenook_client.transports.errors import FileError
from inglenook_client.words import _

_LOOK_S: Final = 600
_SOON: Final = timedelta(hours=24)
_LAST: Final = "reminded"
"""Where this device notes the local date of its last notification."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is coming up."""

    checkins: Sequence[Coming]
    steps: Sequence[PlanStep]
    """Own open steps that have a day, the soonest first."""

    def soon(self, now: datetime) -> Due:
        """What begins within a day, or is due by today."""
        edge = (now + _SOON).timestamp() * 1000
        today = now.date().isoformat()
        return Due(
            [each for each in self.checkins if each.starts_at <= edge],
            [each for each in self.steps if (each.step.due_on or "9999") <= today],
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for."""

    feed: Path | None = None
    """A calendar file to keep up to date; one that is there is replaced."""
    ring: Callable[[Due], Awaitable[None]] | None = None
    """Shows a notification."""
    quiet: Quiet = Quiet()  # noqa: RUF009 - frozen
    details: bool = False
    """Whether the calendar file says what things are called."""


async def remind(journal: Journal, wanted: Wanted) -> None:
    """Look again every ten minutes, until cancelled; a file that cannot be written may be later."""
    never = asyncio.Event()
    while True:
        try:
            await asyncio.wait_for(never.wait(), _LOOK_S)
        except TimeoutError:
            with suppress(FileError):
                await look(journal, wanted)


async def look(journal: Journal, wanted: Wanted) -> None:
    """Bring the file up to date, and remind where something is coming up.

    Raises:
        FileError: The file cannot be written.
    """
    due = await _due(journal)
    if wanted.feed is not None:
        data = await asyncio.to_thread(feed, due, details=wanted.details)
        await asyncio.to_thread(pack_file.write, wanted.feed, [data], replace=True)
    now = datetime.fromtimestamp(ambient.now_ms() / 1000, ambient.zone_called(ambient.local_zone()))
    soon = due.soon(now)
    if wanted.ring is None or not (soon.checkins or soon.steps):
        return
    last = (await journal.store.read(lambda db: logs.meta(db, _LAST)) or b"").decode()
    if may_remind(now, last, wanted.quiet):
        await journal.store.write(lambda db: _note(db, now.date()))
        await wanted.ring(soon)


def _note(db: Db, day: date) -> None:
    logs.set_meta(db, _LAST, day.isoformat().encode())


async def _due(journal: Journal) -> Due:
    steps = await journal.views.steps(mine=True)
    dated = [each for each in steps.items if each.step.due_on is not None]
    return Due(await journal.views.coming(), dated)


def feed(due: Due, *, details: bool) -> bytes:
    """The calendar file (RFC 5545): the next time of each check-in, and steps with a day."""
    return calendar_file.calendar(
        iter([*_checkins(due, details=details), *_steps(due, details=details)])
    )


def _checkins(due: Due, *, details: bool) -> Iterator[Event]:
    for coming in due.checkins:
        checkin = coming.checkin
        name = f"{checkin.id.hex()}-{coming.day}"
        event = calendar_file.event(name, checkin.begun.at, _("Check-in"), summaries=details)
        starts = datetime.fromtimestamp(coming.starts_at // 1000, UTC)
        calendar_file.set_time(event, starts, checkin.minutes)
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", "Inglenook")
        alarm.add("trigger", timedelta(hours=-1))
        event.add_component(alarm)
        yield event


def _steps(due: Due, *, details: bool) -> Iterator[Todo]:
    for each in due.steps:
        yield calendar_file.todo(each.step, summaries=details)
