"""The action plan: a goal's steps, its progress, and a cheer on the way."""

from inglenook_schema.events.choices import Who
from inglenook_schema.events.content import Content
from inglenook_schema.events.values import Day, Note, Reference, Scale, Title


class StepAdded(Content, frozen=True, kw_only=True, tag="step.added"):
    """Either of a pair, or somebody alone, put a step into a goal's action plan.

    Attributes:
        goal: The goal.
        title: What is to be done, in a line.
        who: Who does it, seen from the writer.
        due_on: The day to have it done by.
        if_then: A plan for a hard moment: "if I get stuck, then I ask".
        checkin: The check-in at which it was agreed.
    """

    goal: Reference
    title: Title
    who: Who = Who.ME
    due_on: Day | None = None
    if_then: Note | None = None
    checkin: Reference | None = None


class StepDone(Content, frozen=True, kw_only=True, tag="step.done"):
    """A step was done. Merge: of done, reopened and dropped the causally later wins.

    Attributes:
        step: The step.
        note: How it went.
    """

    step: Reference
    note: Note | None = None


class StepReopened(Content, frozen=True, kw_only=True, tag="step.reopened"):
    """A step that was done or dropped is to do again. Merge: as for done.

    Attributes:
        step: The step.
        note: What is still to do.
    """

    step: Reference
    note: Note | None = None


class StepDropped(Content, frozen=True, kw_only=True, tag="step.dropped"):
    """A step is no longer wanted. Merge: as for done.

    Attributes:
        step: The step.
        note: Why it is not wanted any more.
    """

    step: Reference
    note: Note | None = None


class ProgressNoted(Content, frozen=True, kw_only=True, tag="progress.noted"):
    """Either of a pair noted where a goal stands; all notes stay, side by side.

    Attributes:
        goal: The goal.
        level: How far along it is, 1 (just begun) to 5 (there).
        confidence: How sure the writer is that it will be reached, 1 to 5.
        moved: What moved it on.
        obstacle: What stands in the way.
        note: Anything else.
    """

    goal: Reference
    level: Scale | None = None
    confidence: Scale | None = None
    moved: Note | None = None
    obstacle: Note | None = None
    note: Note | None = None


class CheerGiven(Content, frozen=True, kw_only=True, tag="cheer.given"):
    """Either of a pair cheered the other on.

    Attributes:
        regarding: The goal, step, win or other event that earned it.
        text: A few words; a cheer may do without.
    """

    regarding: Reference
    text: Note | None = None
