"""How much one event may say.

Texts and lists are counted in characters and items, so that a person can be told before
anything is encoded. They are generous, and the longest text at four bytes a letter still
fits into one payload; several long texts together may not, which the encoder refuses.
"""

from typing import Final

from inglenook_schema.limits import MAX_PAYLOAD

PAYLOAD: Final = MAX_PAYLOAD - 4
"""Bytes of one encoded event; four more hold its length (protocol 2.2)."""

TEXT: Final = 60_000
"""Characters of a main text; a longer entry is split and goes on in the next event."""
NOTE: Final = 10_000
"""Characters of a remark beside the main thing."""
POINT: Final = 2_000
"""Characters of one line in a list."""
TITLE: Final = 300
LABEL: Final = 100
"""Characters of a name, a tag, an area."""
URL: Final = 2_000
ITEMS: Final = 64
"""Entries of a list, or of a feedback's parts."""

KIND: Final = 64
"""Characters of a kind's name, also of one we do not know."""
ZONE: Final = 64
LANGUAGE: Final = 35
"""Characters of a language code (RFC 5646, section 4.4.1)."""
DEPTH: Final = 32
"""Maps and lists inside one another in an event of an unknown kind."""

FIRST_INSTANT: Final = -2_208_988_800_000
"""1900-01-01T00:00Z in milliseconds since 1970."""
LAST_INSTANT: Final = 253_402_214_399_999
"""The end of 9999-12-30 in UTC: a day short, so that every zone's local date exists."""
