"""The views of one journal: each catches the projections up, then reads one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from inglenook_client import ambient
from inglenook_client.journal import composing
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.model import Shown, Space
from inglenook_client.journal.views import lens
from inglenook_client.journal.views.lens import Lens, Page
from inglenook_client.stores import items, projecting, stale
from inglenook_client.stores.connection import Db
from inglenook_client.stores.errors import BusyStoreError, CannotStoreError

if TYPE_CHECKING:
    from datetime import date

    from inglenook_client.core.projections.action_plan import PlanStep
    from inglenook_client.core.projections.activities import Activity
    from inglenook_client.core.projections.checkins import Checkin
    from inglenook_client.core.projections.entries import Entry
    from inglenook_client.core.projections.feedback import Feedback
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.core.projections.milestones import Milestone
    from inglenook_client.core.projections.notes import LeftNote
    from inglenook_client.core.projections.profiles import Profile
    from inglenook_client.core.projections.questions import Question
    from inglenook_client.core.projections.resources import Resource
    from inglenook_client.core.projections.wins import Win
    from inglenook_client.journal.views.looking_back import (
        By,
        Horizons,
        LookBack,
        Named,
        Stretch,
    )
    from inglenook_client.journal.views.meetings import Agenda, Coming, Rhythm
    from inglenook_client.journal.views.plans import GoalPage
    from inglenook_client.journal.views.today import Today
    from inglenook_client.journal.views.us import Mentoring, Us
    from inglenook_client.journal.views.writing import Day, MoodPoint, Writing

T = TypeVar("T")


class Views:
    """What people look at; see `journal.views`.

    ``space`` is one space, or None for all. ``limit`` and ``after`` page through: ``after`` is
    the ``more`` of the page before. ``as_of`` is a local date at whose end things are shown.
    """

    def __init__(self, folder: Folder) -> None:
        """Use `Journal.views`."""
        self._folder = folder

    async def fresh(self) -> None:
        """Bring the projections up to what is stored.

        A full disk, or another program that holds the store, keeps nobody from reading: what
        was kept before is shown.
        """
        if await self._folder.store.read(stale.is_behind):
            with suppress(CannotStoreError, BusyStoreError):
                tell = self._folder.tell
                await self._folder.store.write(lambda db: projecting.catch_up(db, tell))

    async def _see(self, look: Callable[[Lens], T]) -> T:
        await self.fresh()

        def through(db: Db) -> T:
            return look(lens.through(db, self._folder.me))

        return await self._folder.store.read(through)

    # --- goals ---

    async def goals(
        self,
        space: Space | None = None,
        *,
        states: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
        as_of: str | None = None,
    ) -> Page[Goal]:
        """The board: proposed, active, paused, achieved, let go; each state's oldest first."""
        from inglenook_client.journal.views import plans

        return await self._see(
            lambda it: plans.goals(
                it, _number(space), states, limit=limit, after=after, as_of=as_of
            )
        )

    async def goal(self, event: bytes, *, as_of: str | None = None) -> GoalPage:
        """One goal, and all that names it.

        Raises:
            NotFoundError: That event began no goal, or not by then.
        """
        from inglenook_client.journal.views import plans

        return await self._see(lambda it: plans.goal(it, event, as_of))

    async def steps(
        self,
        space: Space | None = None,
        *,
        mine: bool | None = None,
        until: str | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[PlanStep]:
        """Open steps of the goals that are being worked on, the soonest due first."""
        from inglenook_client.journal.views import plans

        return await self._see(
            lambda it: plans.steps(
                it, _number(space), mine=mine, until=until, limit=limit, after=after
            )
        )

    # --- asking ---

    async def questions(
        self,
        space: Space | None = None,
        *,
        states: Sequence[str] = (),
        want: str | None = None,
        mine: bool | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Question]:
        """Open ones first, the most urgent of them first."""
        from inglenook_client.journal.views import asking

        return await self._see(
            lambda it: asking.questions(
                it, _number(space), states, want=want, mine=mine, limit=limit, after=after
            )
        )

    async def feedback(
        self,
        space: Space | None = None,
        *,
        states: Sequence[str] = (),
        mine: bool | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Feedback]:
        """What was asked for and not given first, then what waits for a last word.

        ``mine``: begun by this person (asked, or given unasked), or by the other.
        """
        from inglenook_client.journal.views import asking

        return await self._see(
            lambda it: asking.feedback(
                it, _number(space), states, mine=mine, limit=limit, after=after
            )
        )

    # --- check-ins ---

    async def checkins(
        self,
        space: Space | None = None,
        *,
        states: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Checkin]:
        """By the day they are on, newest first."""
        from inglenook_client.journal.views import meetings

        return await self._see(
            lambda it: meetings.checkins(it, _number(space), states, limit=limit, after=after)
        )

    async def checkin(self, event: bytes) -> Page[Checkin]:
        """What became of a plan or a meeting; of one that repeats, each day it was held on.

        Raises:
            NotFoundError: It is no check-in.
        """
        from inglenook_client.journal.views import meetings

        return await self._see(lambda it: meetings.checkin(it, event))

    async def coming(self, space: Space | None = None) -> list[Coming]:
        """Every check-in that is still to come, the soonest first."""
        from inglenook_client.journal.views import meetings

        return await self._see(lambda it: meetings.coming(it, _number(space), ambient.now_ms()))

    async def agenda(self, space: Space) -> Agenda:
        """What to talk about next; how the partner likes help stands on top."""
        from inglenook_client.journal.views import meetings

        now, _zone, today = composing.moment()
        return await self._see(lambda it: meetings.agenda(it, space.number, now, today))

    async def rhythm(self, space: Space, *, weeks: int = 26, week_start: int = 0) -> Rhythm:
        """The weeks up to now against the agreed rhythm; ``week_start`` 0 is Monday."""
        from inglenook_client.journal.views import meetings

        today = ambient.today()
        return await self._see(
            lambda it: meetings.rhythm(it, space.number, today, weeks, week_start)
        )

    # --- the journal ---

    async def entries(
        self,
        space: Space | None = None,
        *,
        tag: str | None = None,
        moods: tuple[int, int] | None = None,
        starred: bool = False,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Writing]:
        """Entries, reflections and what was shared, as they stand now, newest first.

        Args:
            space: Of one space.
            tag: With this tag.
            moods: With a mood from the first to the second, both included.
            starred: Only marked ones.
            since: Local date that they are about, inclusive.
            until: As ``since``.
            limit: Most of them.
            after: Of the page before.
        """
        from inglenook_client.journal.views import writing
        from inglenook_client.stores.writings import Wanted

        wanted = Wanted(
            _number(space), tag=tag, moods=moods, starred=starred, since=since, until=until
        )
        return await self._see(
            lambda it: writing.entries_page(it, wanted, limit=limit, after=after)
        )

    async def entry(self, event: bytes, *, as_of: str | None = None) -> Page[Writing]:
        """One entry, by its id or by that of a further part of it.

        Raises:
            NotFoundError: It is no entry, or was not there by then.
        """
        from inglenook_client.journal.views import writing

        return await self._see(lambda it: writing.one(it, event, as_of))

    async def calendar(self, first: str, last: str, space: Space | None = None) -> dict[str, Day]:
        """What the days from one to another have, both included; empty days left out."""
        from inglenook_client.journal.views import writing

        return await self._see(lambda it: writing.calendar(it, _number(space), first, last))

    async def moods(self, first: str, last: str) -> list[MoodPoint]:
        """Every mood and confidence that was noted on these days, oldest first."""
        from inglenook_client.journal.views import writing

        return await self._see(lambda it: writing.moods(it, None, first, last))

    async def tags(self, limit: int = 50) -> list[tuple[str, int]]:
        """Every tag and how often it was given, the most used first."""
        from inglenook_client.stores import writings

        return await self._see(lambda it: writings.tags(it.db, limit))

    async def on_this_day(
        self, day: date, space: Space | None = None, *, low: bool = False
    ) -> dict[str, Page[Writing]]:
        """The entries of the same day in earlier years; low moods only where asked for."""
        from inglenook_client.journal.views import looking_back

        return await self._see(
            lambda it: looking_back.on_this_day(it, _number(space), day, low=low)
        )

    # --- looking back ---

    async def look_back(
        self, day: date, space: Space | None = None, *, low: bool = False
    ) -> LookBack:
        """What a day brings back; what had a low mood only where ``low`` asks for it."""
        from inglenook_client.journal.views import looking_back

        return await self._see(lambda it: looking_back.look_back(it, _number(space), day, low=low))

    async def reflections(
        self,
        space: Space | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Entry]:
        """Reflections, newest first."""
        from inglenook_client.journal.views import looking_back

        return await self._see(
            lambda it: looking_back.reflections(
                it, _number(space), since=since, until=until, limit=limit, after=after
            )
        )

    async def strides(
        self, since: date, until: date, *, by: By | str = "week", week_start: int = 0
    ) -> list[Stretch]:
        """Strides beside what needs attention, a week or a month at a time, oldest first."""
        from inglenook_client.journal.views import looking_back

        return await self._see(
            lambda it: looking_back.strides(it, since, until, looking_back.By(by), week_start)
        )

    async def wins(
        self,
        space: Space | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Win]:
        """Wins by the day they happened, newest first."""
        from inglenook_client.journal.views import looking_back

        return await self._see(
            lambda it: looking_back.wins(
                it, _number(space), since=since, until=until, limit=limit, after=after
            )
        )

    async def strengths(
        self, space: Space | None = None, *, limit: int | None = None
    ) -> Page[Named]:
        """Strengths with where they were used, the one that was last named first."""
        from inglenook_client.journal.views import looking_back

        return await self._see(lambda it: looking_back.strengths(it, _number(space), limit=limit))

    async def horizons(self, since: str, until: str, space: Space | None = None) -> Horizons:
        """Parts of life and new ground that were touched from one day to another."""
        from inglenook_client.journal.views import looking_back

        return await self._see(lambda it: looking_back.horizons(it, _number(space), since, until))

    # --- the shelf ---

    async def shelf(
        self,
        space: Space | None = None,
        *,
        tag: str | None = None,
        helped: str | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Resource]:
        """Resources and strategies, newest first.

        ``helped`` is the best that anybody said who tried it, or ``untried``.
        """
        from inglenook_client.journal.views import shelf

        return await self._see(
            lambda it: shelf.resources(
                it, _number(space), tag=tag, helped=helped, limit=limit, after=after
            )
        )

    async def activities(
        self,
        space: Space | None = None,
        *,
        states: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[Activity]:
        """Those that nobody answered first, then answered ones, then attended ones."""
        from inglenook_client.journal.views import shelf

        return await self._see(
            lambda it: shelf.activities(it, _number(space), states, limit=limit, after=after)
        )

    async def notes(
        self, space: Space | None = None, *, limit: int | None = None, after: str | None = None
    ) -> Page[LeftNote]:
        """Notes that were left, newest first."""
        from inglenook_client.journal.views import shelf

        return await self._see(lambda it: shelf.notes(it, _number(space), limit=limit, after=after))

    # --- us ---

    async def us(self, space: Space) -> Us:
        """How a pair stands: its state, the agreement and its versions, who is who."""
        from inglenook_client.journal.views import us

        return await self._see(lambda it: us.us(it, space.number))

    async def people(self, space: Space) -> tuple[Profile, ...]:
        """Who the people of a space say they are, this person first."""
        from inglenook_client.journal.views import us

        return await self._see(lambda it: us.people(it, space.number))

    async def timeline(
        self, space: Space, *, limit: int | None = None, after: str | None = None
    ) -> Page[Milestone]:
        """What happened between the two, newest first."""
        from inglenook_client.journal.views import us

        return await self._see(lambda it: us.timeline(it, space.number, limit=limit, after=after))

    async def mentoring(self, space: Space) -> Mentoring:
        """For a mentor: their own reflections, and the feedback asked of the mentee."""
        from inglenook_client.journal.views import us

        return await self._see(lambda it: us.mentoring(it, space.number))

    # --- today ---

    async def today(self) -> Today:
        """How one is, what comes next, what is new from a partner."""
        from inglenook_client.journal.views import today

        now, _zone, day = composing.moment()
        return await self._see(lambda it: today.today(it, day, now))

    async def looked(self) -> None:
        """Note on this device that what is new was seen; nobody is told."""
        from inglenook_client.journal.views import today

        await self._folder.store.write(today.looked)

    # --- any thing ---

    async def thread(self, noun: str, event: bytes) -> list[Any]:
        """The items of a noun that come from the thread an event begins: one, mostly.

        Several where a check-in repeats: the plan, then each day it was held on.
        """
        return await self._see(lambda it: items.within(it.db, it.reader, noun, event))

    async def history(self, event: bytes) -> list[Shown]:
        """Every event of a thing, each after what it was written after.

        What was erased is left out: that it belonged here is erased too.
        """
        from inglenook_client.journal import reading
        from inglenook_client.journal.views import moments

        return await self._see(lambda it: reading.by_ids(it.db, it.me, moments.thread(it, event)))


def _number(space: Space | None) -> int | None:
    return space.number if space else None
