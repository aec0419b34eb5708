"""Writing: entries, their revisions, the copies that are shared, stars."""

from msgspec import UNSET

from inglenook_schema.events.content import Content
from inglenook_schema.events.values import (
    Day,
    Line,
    Note,
    Reference,
    Scale,
    Tags,
    Text,
    Title,
    Unset,
)


class EntryWritten(Content, frozen=True, kw_only=True, tag="entry.written"):
    """Somebody wrote in their own journal; only their own devices can read it.

    Attributes:
        title: A heading, if it was given one.
        text: What was written; plain text, at most 60,000 characters.
        prompt: The prompt it answers, in the words that were shown.
        mood: How the writer feels, 1 (low) to 5 (high).
        feelings: Feelings in single words.
        tags: Tags, without their @.
        for_date: The day it is about, where that is not the day it was written.
        continues: The entry that this one goes on from, when a text was longer than one
            event holds. It is shown as part of that entry.
    """

    title: Title | None = None
    text: Text
    prompt: Line | None = None
    mood: Scale | None = None
    feelings: Tags = ()
    tags: Tags = ()
    for_date: Day | None = None
    continues: Reference | None = None


class EntryRevised(Content, frozen=True, kw_only=True, tag="entry.revised"):
    """The author changed an entry; what stood before stays in its history.

    Merge: each field by itself, the causally later wins. Texts revised on two devices at
    once are both kept and shown as two versions.

    Attributes:
        entry: The entry, reflection or shared entry that changes.
        title: The new title; null takes it away.
        text: The new text in full.
        mood: The new mood; null takes it away.
        feelings: All feelings as they now are.
        tags: All tags as they now are.
        for_date: The day it is about; null says the day it was written.
    """

    entry: Reference
    title: Title | Unset | None = UNSET
    text: Text | Unset = UNSET
    mood: Scale | Unset | None = UNSET
    feelings: Tags | Unset = UNSET
    tags: Tags | Unset = UNSET
    for_date: Day | Unset | None = UNSET


class EntryShared(
    Content, frozen=True, kw_only=True, tag="entry.shared", rename={"source": "from"}
):
    """The author copied one entry, or an excerpt, into the space of a pair.

    It is a copy: revising or erasing the journal's own entry does not touch it.

    Attributes:
        source: The journal entry or reflection it was copied from. A salted hash, which
            tells the partner nothing; the author's devices find the entry by it.
        title: The entry's title, if that is shared too.
        text: The whole text, or none where an excerpt is shared.
        excerpt: The part that is shared, as the author edited it.
        mood: The entry's mood, 1 to 5, if that is shared too.
        feelings: The entry's feelings, if they are shared too.
        tags: The entry's tags, if they are shared too.
        for_date: The day the entry is about, if that is shared too.
        note: A word to the partner about it.
    """

    source: Reference | None = None
    title: Title | None = None
    text: Text | None = None
    excerpt: Text | None = None
    mood: Scale | None = None
    feelings: Tags = ()
    tags: Tags = ()
    for_date: Day | None = None
    note: Note | None = None


class EntryStarred(Content, frozen=True, kw_only=True, tag="entry.starred"):
    """Somebody marked an entry to find it again, for themselves alone.

    Merge: of starred and unstarred the causally later wins.

    Attributes:
        entry: The entry, in whichever of the person's spaces it stands.
    """

    entry: Reference


class EntryUnstarred(Content, frozen=True, kw_only=True, tag="entry.unstarred"):
    """Somebody took a star away. Merge: as for starring.

    Attributes:
        entry: The entry that had it.
    """

    entry: Reference
