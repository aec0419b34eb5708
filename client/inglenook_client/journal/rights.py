"""Who may do what with what is there (product 4): refused before anything is written.

The rules bind the writer alone. What others wrote against them, perhaps with another program,
is shown and kept; the projections say what it comes to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inglenook_client.stores.contents import ENTRIES
from inglenook_client.words import _
from inglenook_schema.errors import NotAllowedError

if TYPE_CHECKING:
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.model import Shown, Space

MENTOR: Final = "mentor"


def may_change_goal(goal: Goal, space: Space) -> None:
    """A goal is its mentee's; a mentor rewords only what they suggested, until it is taken on.

    Raises:
        NotAllowedError: It is not this person's to change.
    """
    if not (goal.begun.mine and goal.state == "proposed"):
        _own_goal(space)


def may_accept_goal(goal: Goal, space: Space) -> None:
    """A mentee takes on what their mentor suggested, once.

    Raises:
        NotAllowedError: There is nothing to take on.
    """
    if space.role == MENTOR or goal.state != "proposed":
        raise NotAllowedError(_("Only your mentor's proposal can be taken on, and only once."))


def may_achieve_goal(goal: Goal, space: Space) -> None:
    """A goal that was taken on is reached when its mentee says so.

    Raises:
        NotAllowedError: It is the mentee's to say, not taken on yet, or was said already.
    """
    _own_goal(space)
    if goal.state == "achieved":
        raise NotAllowedError(_("You reached this goal already."))
    _taken_on(goal)


def may_pause_goal(goal: Goal, space: Space) -> None:
    """A goal that is being worked on can rest.

    Raises:
        NotAllowedError: It is the mentee's to say, or nobody works on it now.
    """
    _own_goal(space)
    _taken_on(goal)
    if goal.state != "active":
        raise NotAllowedError(_("Only a goal that you are working on can rest."))


def may_resume_goal(goal: Goal, space: Space) -> None:
    """A goal that rests, was reached or let go can be taken up again.

    Raises:
        NotAllowedError: It is the mentee's to say, or it is being worked on already.
    """
    _own_goal(space)
    _taken_on(goal)
    if goal.state == "active":
        raise NotAllowedError(_("You are working on this goal already."))


def may_let_go_goal(goal: Goal, space: Space) -> None:
    """A mentee may let go of a goal, and of a proposal, at any time.

    Raises:
        NotAllowedError: It is the mentee's to say, or was said already.
    """
    _own_goal(space)
    if goal.state == "let_go":
        raise NotAllowedError(_("You let go of this goal already."))


def may_settle(question: Shown) -> None:
    """Whoever asked says how it came out.

    Raises:
        NotAllowedError: The other of the pair asked.
    """
    if not question.mine:
        raise NotAllowedError(_("Whoever asked settles a question. To answer it: reply"))


def may_answer_feedback(given: Shown) -> None:
    """Whoever was given feedback has the last word on it.

    Raises:
        NotAllowedError: It is one's own, or only a request for some.
    """
    if given.kind != "feedback.given":
        raise NotAllowedError(_("That only asks for feedback. To give some: feedback give"))
    if given.mine:
        raise NotAllowedError(_("The last word on feedback is for whoever was given it."))


def may_confirm(summary: Shown) -> None:
    """A summary is confirmed by the one who did not write it.

    Raises:
        NotAllowedError: It is one's own.
    """
    if summary.mine:
        raise NotAllowedError(_("You wrote this summary; it is the other's to confirm."))


def may_revise(entry: Shown) -> None:
    """Everybody changes their own words only.

    Raises:
        NotAllowedError: Somebody else wrote it, it is erased, or nothing that is revised.
    """
    if not entry.mine:
        raise NotAllowedError(_("Only whoever wrote it can change it."))
    if entry.kind not in ENTRIES or entry.content is None:
        raise NotAllowedError(_("Only an entry, a reflection or what you shared can be changed."))


def _own_goal(space: Space) -> None:
    if space.role == MENTOR:
        raise NotAllowedError(
            _("This goal is your mentee's to change. To say something about it: progress, or ask.")
        )


def _taken_on(goal: Goal) -> None:
    if goal.state == "proposed":
        raise NotAllowedError(_("This goal is not taken on yet: goal accept"))
