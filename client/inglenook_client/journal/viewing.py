"""The views of one journal: each catches the projections up, then reads one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from inglenook_client.journal.folder import Folder
from inglenook_client.journal.model import Shown, Space
from inglenook_client.journal.views import lens
from inglenook_client.journal.views.lens import Lens, Page
from inglenook_client.stores import items, projecting, stale
from inglenook_client.stores.connection import Db

if TYPE_CHECKING:
    from inglenook_client.core.projections.action_plan import PlanStep
    from inglenook_client.core.projections.feedback import Feedback
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.core.projections.questions import Question
    from inglenook_client.journal.views.plans import GoalPage

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
        """Bring the projections up to what is stored."""
        if await self._folder.store.read(stale.is_behind):
            await self._folder.store.write(projecting.catch_up)

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
        from inglenook_client.journal.views import plans  # noqa: PLC0415 - start-up

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
        from inglenook_client.journal.views import plans  # noqa: PLC0415 - start-up

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
        from inglenook_client.journal.views import plans  # noqa: PLC0415 - start-up

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
        from inglenook_client.journal.views import asking  # noqa: PLC0415 - start-up

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
        from inglenook_client.journal.views import asking  # noqa: PLC0415 - start-up

        return await self._see(
            lambda it: asking.feedback(
                it, _number(space), states, mine=mine, limit=limit, after=after
            )
        )

    # --- any thing ---

    async def thread(self, noun: str, event: bytes) -> list[Any]:
        """The items of a noun that come from the thread an event begins: one, mostly.

        Several where a check-in repeats: the plan, then each day it was held on.
        """
        return await self._see(lambda it: items.within(it.db, it.reader, noun, event))

    async def history(self, event: bytes) -> list[Shown]:
        """Every event of a thing, each after what it was written after; erased ones too."""
        from inglenook_client.journal import reading  # noqa: PLC0415 - start-up
        from inglenook_client.journal.views import moments  # noqa: PLC0415

        return await self._see(lambda it: reading.by_ids(it.db, it.me, moments.thread(it, event)))


def _number(space: Space | None) -> int | None:
    return space.number if space else None
