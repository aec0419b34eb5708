"""Goals.

The mentee owns a goal; a mentor's is a proposal until the mentee accepts it. A goal's id is
that of its ``goal.proposed`` if it began as one, else that of its ``goal.set``.

    proposed -> active <-> paused -> achieved | let go
"""

from msgspec import UNSET

from inglenook_schema.events.content import Content
from inglenook_schema.events.values import Day, Note, Reference, Scale, Title, Unset


class GoalProposed(Content, frozen=True, kw_only=True, tag="goal.proposed"):
    """A mentor suggested a goal; nothing comes of it until the mentee sets it.

    Attributes:
        title: The goal in a line.
        why: Why it may be worth it.
        area: What part of life or work it belongs to, in a few words.
        how_we_know: By what both would know that it is reached.
        target_on: The day to aim for.
    """

    title: Title
    why: Note | None = None
    area: Title | None = None
    how_we_know: Note | None = None
    target_on: Day | None = None


class GoalSet(Content, frozen=True, kw_only=True, tag="goal.set"):
    """The mentee took on a goal: their own, or one that was proposed, in their own words.

    Merge: where a proposal is set twice, each field of the causally later wins.

    Attributes:
        goal: The ``goal.proposed`` that this accepts; absent for a goal of one's own.
        title: The goal in a line.
        why: Why it matters to the mentee.
        area: What part of life or work it belongs to, in a few words.
        how_we_know: By what the mentee will know that it is reached.
        target_on: The day to aim for.
        confidence: How sure the mentee is to reach it, 1 to 5.
    """

    goal: Reference | None = None
    title: Title
    why: Note | None = None
    area: Title | None = None
    how_we_know: Note | None = None
    target_on: Day | None = None
    confidence: Scale | None = None


class GoalRevised(Content, frozen=True, kw_only=True, tag="goal.revised"):
    """The mentee changed a goal; a field that is absent stays as it was.

    Merge: each field by itself, the causally later wins.

    Attributes:
        goal: The goal.
        title: The new title.
        why: The new reason; null takes it away.
        area: The new area; null takes it away.
        how_we_know: The new sign of success; null takes it away.
        target_on: The new day to aim for; null takes it away.
        note: Why it changed.
    """

    goal: Reference
    title: Title | Unset = UNSET
    why: Note | Unset | None = UNSET
    area: Title | Unset | None = UNSET
    how_we_know: Note | Unset | None = UNSET
    target_on: Day | Unset | None = UNSET
    note: Note | None = None


class GoalAchieved(Content, frozen=True, kw_only=True, tag="goal.achieved"):
    """The mentee reached a goal.

    Merge: of set, achieved, paused, resumed and let go the causally later wins.

    Attributes:
        goal: The goal.
        on: The day it was reached, where that is not the day it was written.
        note: How it feels, or what helped.
    """

    goal: Reference
    on: Day | None = None
    note: Note | None = None


class GoalPaused(Content, frozen=True, kw_only=True, tag="goal.paused"):
    """The mentee laid a goal aside for a while. Merge: as for achieved.

    Attributes:
        goal: The goal.
        until: The day to look at it again.
        note: Why it rests.
    """

    goal: Reference
    until: Day | None = None
    note: Note | None = None


class GoalResumed(Content, frozen=True, kw_only=True, tag="goal.resumed"):
    """The mentee took a goal up again, whatever had become of it. Merge: as for achieved.

    Attributes:
        goal: The goal.
        note: What brought it back.
    """

    goal: Reference
    note: Note | None = None


class GoalLetGo(Content, frozen=True, kw_only=True, tag="goal.let_go"):
    """The mentee decided against a goal, or against a proposal. Merge: as for achieved.

    Attributes:
        goal: The goal.
        note: What was learned from it.
    """

    goal: Reference
    note: Note | None = None
