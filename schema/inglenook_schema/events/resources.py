"""The shelf of resources and strategies, and activities to go to."""

from inglenook_schema.events.choices import ActivityAnswer, Helped
from inglenook_schema.events.content import Content
from inglenook_schema.events.values import (
    Day,
    Instant,
    Link,
    Note,
    Reference,
    Tags,
    Text,
    Title,
    Zone,
)


class ResourceShared(Content, frozen=True, kw_only=True, tag="resource.shared"):
    """Somebody put something that helped them on the shelf: their own, or the pair's.

    Attributes:
        title: What it is called.
        url: Where it is on the web; http or https.
        strategy: A way of doing things, told in words.
        why_it_helped_me: Why it helped the writer; asked for by every form.
        tags: Tags, without their @.
        goal: The goal it may help with.
    """

    title: Title
    url: Link | None = None
    strategy: Text | None = None
    why_it_helped_me: Note | None = None
    tags: Tags = ()
    goal: Reference | None = None


class ResourceTried(Content, frozen=True, kw_only=True, tag="resource.tried"):
    """Somebody tried a resource. Merge: each person's causally later word wins.

    Attributes:
        resource: The resource.
        helped: Whether it helped them.
        note: How it went.
    """

    resource: Reference
    helped: Helped
    note: Note | None = None


class ActivitySuggested(Content, frozen=True, kw_only=True, tag="activity.suggested"):
    """Somebody suggested something to go to or to do together.

    Attributes:
        title: What it is.
        text: More about it.
        url: Where it is on the web; http or https.
        where: The place, in words.
        on: The day, where there is no exact time.
        starts_at: When it begins: milliseconds since 1970 in UTC.
        tz: The time zone ``starts_at`` was given in.
        tags: Tags, without their @.
        goal: The goal it may help with.
    """

    title: Title
    text: Text | None = None
    url: Link | None = None
    where: Title | None = None
    on: Day | None = None
    starts_at: Instant | None = None
    tz: Zone | None = None
    tags: Tags = ()
    goal: Reference | None = None


class ActivityAnswered(Content, frozen=True, kw_only=True, tag="activity.answered"):
    """Somebody said whether they mean to go.

    Merge: each person's causally later answer wins.

    Attributes:
        activity: The activity.
        answer: Going, maybe, or not this time.
        note: A word about it.
    """

    activity: Reference
    answer: ActivityAnswer
    note: Note | None = None


class ActivityAttended(Content, frozen=True, kw_only=True, tag="activity.attended"):
    """Somebody went. Merge: each person's causally later word wins.

    Attributes:
        activity: The activity.
        on: The day, where that is not the day it was written.
        new_to_me: Whether it was something they had never done before.
        note: How it was.
    """

    activity: Reference
    on: Day | None = None
    new_to_me: bool = False
    note: Note | None = None
