"""The small values that bodies are made of: texts, scales, days, references.

A field's type says more than its shape: ``WORDS`` marks what a person said in their own
words (`reading.text_of` gathers it), ``REFERENCE`` the id of another event
(`reading.references`).
"""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta, UnsetType

from inglenook_schema.events import limits
from inglenook_schema.ids import EventId, Origin, Secret
from inglenook_schema.limits import MAX_RELAYS

WORDS: Final = "words"
REFERENCE: Final = "reference"

# Only days that exist: February is where the leap years are.
DAY_PATTERN: Final = (
    r"^(?:(?:19|[2-9][0-9])[0-9]{2}-(?:"
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:(?:19|[2-9][0-9])(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[3579][26])00)-02-29)$"
)

Reference: TypeAlias = Annotated[EventId, REFERENCE]
"""The full id of another event, 32 bytes; it may lie in another of the person's logs."""

Instant: TypeAlias = Annotated[int, Meta(ge=limits.FIRST_INSTANT, le=limits.LAST_INSTANT)]
"""Milliseconds since 1970-01-01T00:00Z."""
Day: TypeAlias = Annotated[str, Meta(min_length=10, max_length=10, pattern=DAY_PATTERN)]
"""A date of the calendar, ``YYYY-MM-DD``, 1900 to 9999."""
WritingDay: TypeAlias = Annotated[
    str, Meta(min_length=10, max_length=10, extra_json_schema={"pattern": DAY_PATTERN})
]
"""A `Day` that every event has: the codec matches it, since it can remember those it met."""
Zone: TypeAlias = Annotated[str, Meta(min_length=1, max_length=limits.ZONE)]
"""An IANA time zone name. Another device may not know it: fall back to UTC."""
Language: TypeAlias = Annotated[
    str, Meta(max_length=limits.LANGUAGE, pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
]
"""A language tag (RFC 5646), for example ``en`` or ``pt-BR``."""
Minutes: TypeAlias = Annotated[int, Meta(ge=1, le=1_440)]
Scale: TypeAlias = Annotated[int, Meta(ge=1, le=5)]
"""1 to 5, low to high, and shown as words."""

Title: TypeAlias = Annotated[str, Meta(max_length=limits.TITLE), WORDS]
Text: TypeAlias = Annotated[str, Meta(max_length=limits.TEXT), WORDS]
Note: TypeAlias = Annotated[str, Meta(max_length=limits.NOTE), WORDS]
Point: TypeAlias = Annotated[str, Meta(max_length=limits.POINT), WORDS]
Link: TypeAlias = Annotated[
    str, Meta(max_length=limits.URL, pattern="^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$"), WORDS
]
"""A web address; no other scheme, since a link like ``javascript:`` runs where clicked."""
Points: TypeAlias = Annotated[tuple[Point, ...], Meta(max_length=limits.ITEMS)]

Line: TypeAlias = Annotated[str, Meta(max_length=limits.TITLE)]
"""A line that is shown, but is not the writer's own words."""
Label: TypeAlias = Annotated[str, Meta(max_length=limits.LABEL)]
"""A short name that is filtered by or shown beside, and not searched as text."""
Tag: TypeAlias = Annotated[str, Meta(min_length=1, max_length=limits.LABEL)]
Tags: TypeAlias = Annotated[tuple[Tag, ...], Meta(max_length=limits.ITEMS)]
References: TypeAlias = Annotated[tuple[Reference, ...], Meta(max_length=limits.ITEMS)]
Secrets: TypeAlias = Annotated[tuple[Secret, ...], Meta(max_length=limits.ITEMS)]
"""32 bytes each; never shown."""
Relays: TypeAlias = Annotated[tuple[Origin, ...], Meta(max_length=MAX_RELAYS)]

Unset: TypeAlias = UnsetType
"""In a revision: absent says "as it was"; None or an empty list says "taken away"."""
