"""Looking back: moods, reflections, wins, strengths, and who one is."""

from inglenook_schema.events.choices import Period, Who
from inglenook_schema.events.content import Content
from inglenook_schema.events.values import (
    Day,
    Note,
    Points,
    Reference,
    Scale,
    Tags,
    Text,
    Title,
)


class MoodNoted(Content, frozen=True, kw_only=True, tag="mood.noted"):
    """Somebody noted how they are, without writing an entry.

    Attributes:
        mood: How the writer feels, 1 (low) to 5 (high).
        feelings: Feelings in single words.
        confidence: How sure of themselves they feel, 1 to 5.
        note: A few words about it.
    """

    mood: Scale
    feelings: Tags = ()
    confidence: Scale | None = None
    note: Note | None = None


class ReflectionWritten(Content, frozen=True, kw_only=True, tag="reflection.written"):
    """Somebody looked back on a stretch of time, in their own journal.

    Attributes:
        period: How long a stretch it was.
        starts_on: Its first day, where the period alone does not say it.
        ends_on: Its last day, that day included.
        strides: Where strides were made, a line each.
        attention: What needs attention, a line each.
        surprised_by: What came as a surprise.
        next_focus: What comes next.
    """

    period: Period
    starts_on: Day | None = None
    ends_on: Day | None = None
    strides: Points = ()
    attention: Points = ()
    surprised_by: Note | None = None
    next_focus: Note | None = None


class WinRecorded(Content, frozen=True, kw_only=True, tag="win.recorded"):
    """Something went well, and either of a pair or somebody alone wrote it down.

    Attributes:
        text: What went well.
        whose: Whose win it is, seen from the writer.
        goal: The goal it belongs to.
        tags: Tags, without their @.
        on: The day it happened, where that is not the day it was written.
    """

    text: Text
    whose: Who = Who.ME
    goal: Reference | None = None
    tags: Tags = ()
    on: Day | None = None


class StrengthNoted(Content, frozen=True, kw_only=True, tag="strength.noted"):
    """Somebody named a strength, their own or their partner's.

    Attributes:
        strength: The strength in a few words, for example "asks good questions".
        example: When it showed.
        whose: Whose strength it is, seen from the writer.
        regarding: The event in which it showed.
    """

    strength: Title
    example: Note | None = None
    whose: Who = Who.ME
    regarding: Reference | None = None


class ProfileSet(Content, frozen=True, kw_only=True, tag="profile.set"):
    """Somebody said who they are in this space; each space has its own.

    Merge: a profile replaces the person's earlier one whole; the causally later wins.

    Attributes:
        display_name: The name they want to be called.
        pronouns: Their pronouns, in their own words.
        languages: Languages they speak, as names or codes.
        interests: What they like, a line each.
        how_i_like_help: How they like to be helped.
        good_times: When they can usually be met.
        setting: Where the mentoring takes place; a free label.
        stage: Where they are on their way; a free label.
    """

    display_name: Title
    pronouns: Title | None = None
    languages: Points = ()
    interests: Points = ()
    how_i_like_help: Note | None = None
    good_times: Note | None = None
    setting: Title | None = None
    stage: Title | None = None
