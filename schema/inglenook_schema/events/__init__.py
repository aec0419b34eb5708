"""What happens in a space: one frozen struct a kind, and how it travels (product 4).

The structs stand in the modules named after what they are about: `writing`,
`looking_back`, `goals`, `action_plan`, `checkins`, `asking`, `resources`, `spaces`,
`relationship`, `programme`, `enrolling`, `attachments`; JSON Schema in `jsonschema`. What works
on all of them is also found here.
"""

from inglenook_schema.events.checks import check
from inglenook_schema.events.codec import decode_content, encode_content
from inglenook_schema.events.content import Content, UnknownContent
from inglenook_schema.events.reading import references, text_of
from inglenook_schema.events.registry import KINDS, SHORT_LETTER, SPACES, kind_of, short_letter

__all__ = (
    "KINDS",
    "SHORT_LETTER",
    "SPACES",
    "Content",
    "UnknownContent",
    "check",
    "decode_content",
    "encode_content",
    "kind_of",
    "references",
    "short_letter",
    "text_of",
)
