"""Check-ins: planned, held, and what came of them.

A check-in's id is that of its ``checkin.planned``; of one that nobody planned, that of its
``checkin.held``.

    planned -> held | missed -> summarised -> confirmed
"""

from typing import Annotated

import msgspec

from inglenook_schema.events.choices import Unit, Who
from inglenook_schema.events.content import Content
from inglenook_schema.events.limits import ITEMS
from inglenook_schema.events.values import (
    Day,
    Instant,
    Label,
    Minutes,
    Note,
    Point,
    Points,
    Reference,
    References,
    Title,
    Zone,
)


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """How often: every so many days, weeks or months.

    Attributes:
        every: 1 to 31.
        unit: What is counted.
    """

    every: Annotated[int, msgspec.Meta(ge=1, le=31)] = 1
    unit: Unit = Unit.WEEK


class NextStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that was agreed at a check-in; it becomes a step when somebody adds it.

    Attributes:
        title: What is to be done, in a line.
        who: Who does it, seen from the writer of the summary.
        due_on: The day to have it done by.
        goal: The goal it belongs to.
    """

    title: Point
    who: Who = Who.ME
    due_on: Day | None = None
    goal: Reference | None = None


class CheckinPlanned(Content, frozen=True, kw_only=True, tag="checkin.planned"):
    """Either of a pair planned to meet.

    Attributes:
        starts_at: When it begins: milliseconds since 1970 in UTC. Of a repeated check-in,
            the first time.
        tz: The time zone it was planned in; repeats keep that zone's clock time.
        minutes: How long it is meant to take, 1 to 1440.
        where: A place, a call, a link, in words.
        template: The agenda template it starts from, by its name.
        repeat: How often it comes round; absent for a single one.
    """

    starts_at: Instant
    tz: Zone
    minutes: Minutes
    where: Title | None = None
    template: Label | None = None
    repeat: Rhythm | None = None


class AgendaItemAdded(Content, frozen=True, kw_only=True, tag="agenda.item_added"):
    """Either of a pair put something on the agenda.

    Attributes:
        checkin: The check-in it is for; absent for the next one, whenever that is.
        text: What to talk about, in a line; may be absent where ``regarding`` says it.
        regarding: The question, goal, step or other event to talk about.
    """

    checkin: Reference | None = None
    text: Point | None = None
    regarding: Reference | None = None


class AgendaItemRemoved(Content, frozen=True, kw_only=True, tag="agenda.item_removed"):
    """Either of a pair took something off the agenda.

    Attributes:
        item: The ``agenda.item_added``, or the question or step that stood there by itself.
        checkin: The check-in it is taken from; absent for the next one.
    """

    item: Reference
    checkin: Reference | None = None


class CheckinHeld(Content, frozen=True, kw_only=True, tag="checkin.held"):
    """The two met, and either wrote it down.

    Merge: where both wrote it down for one plan and day, it was one check-in.

    Attributes:
        plan: The ``checkin.planned``; absent where nobody had planned it.
        on: The day they met.
        minutes: How long it took, 1 to 1440.
        covered: Agenda items, questions, goals and steps that were talked about.
        note: Anything else to remember.
    """

    plan: Reference | None = None
    on: Day
    minutes: Minutes | None = None
    covered: References = ()
    note: Note | None = None


class CheckinMissed(Content, frozen=True, kw_only=True, tag="checkin.missed"):
    """A planned check-in did not take place, or will not; shown as "not yet, moved".

    Merge: the causally later new time wins.

    Attributes:
        plan: The ``checkin.planned``.
        new_time: When it is to be instead: milliseconds since 1970 in UTC.
        on: The day it was planned for, where the plan repeats.
        note: A word about it; never a reason that must be given.
    """

    plan: Reference
    new_time: Instant | None = None
    on: Day | None = None
    note: Note | None = None


class CheckinSummarised(Content, frozen=True, kw_only=True, tag="checkin.summarised"):
    """Either of a pair wrote up a check-in, for the other to confirm.

    Merge: a later summary of the same check-in takes the place of the earlier; two written
    at once are both shown.

    Attributes:
        checkin: The check-in, by its plan or else by its ``checkin.held``.
        points: What was said, a line each.
        went_well: What went well.
        stuck_on: Where things are stuck.
        next_steps: What was agreed to do next.
    """

    checkin: Reference
    points: Points = ()
    went_well: Note | None = None
    stuck_on: Note | None = None
    next_steps: Annotated[tuple[NextStep, ...], msgspec.Meta(max_length=ITEMS)] = ()


class CheckinConfirmed(Content, frozen=True, kw_only=True, tag="checkin.confirmed"):
    """The other of the pair agreed with a summary.

    Attributes:
        summary: The ``checkin.summarised``, in exactly this version.
        note: Something to add.
    """

    summary: Reference
    note: Note | None = None
