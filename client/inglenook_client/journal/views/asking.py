"""Questions by how urgent they are, and feedback by what is still open."""

from __future__ import annotations

from collections.abc import Sequence

from inglenook_client.core.projections.feedback import Feedback
from inglenook_client.core.projections.questions import Question
from inglenook_client.journal.views.lens import SOONEST, Lens, Page
from inglenook_client.stores.items import Cut


def questions(
    lens: Lens,
    log: int | None,
    states: Sequence[str],
    *,
    want: str | None,
    mine: bool | None,
    limit: int | None,
    after: str | None,
) -> Page[Question]:
    """Open ones first, and of these the most urgent; then by when they were asked.

    Args:
        lens: What is looked through.
        log: Of one space; None for all.
        states: Those alone; none for all.
        want: What the asker would like back.
        mine: Asked by this person, or by the other; None for both.
        limit: Most questions.
        after: Of the page before.
    """
    cut = Cut(log, states, want, mine)
    return lens.page(
        *("question", cut, SOONEST), limit=limit, after=after, ids=lambda q: (q.id, q.goal)
    )


def feedback(
    lens: Lens,
    log: int | None,
    states: Sequence[str],
    *,
    mine: bool | None,
    limit: int | None,
    after: str | None,
) -> Page[Feedback]:
    """What was asked for and not given first, then what waits for a last word.

    Args:
        lens: What is looked through.
        log: Of one space; None for all.
        states: Those alone; none for all.
        mine: Begun by this person (asked, or given unasked), or by the other; None for both.
        limit: Most threads.
        after: Of the page before.
    """
    return lens.page(
        *("feedback", Cut(log, states, mine=mine), SOONEST),
        limit=limit,
        after=after,
        ids=lambda thread: (
            *(thread.id, thread.regarding),
            *(name for piece in thread.given for name in (piece.id, piece.regarding)),
        ),
    )
