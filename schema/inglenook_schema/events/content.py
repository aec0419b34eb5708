"""What every content event carries, and what stands in for a kind we do not know."""

from collections.abc import Mapping
from typing import Final

import msgspec

from inglenook_schema.events.values import Instant, Language, WritingDay, Zone

DEFAULT_LANGUAGE: Final = "en"


class Content(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="content"
):
    """The body of a content event. Its author is the chain it stands in.

    Attributes:
        at: When it was written, as the writing device's clock claims: milliseconds since
            1970 in UTC.
        zone: The IANA time zone the writer was in.
        date: The local date as the writer saw it, YYYY-MM-DD.
        lang: The language it is written in, as a code like en or pt-BR.
    """

    at: Instant
    zone: Zone
    date: WritingDay
    lang: Language = DEFAULT_LANGUAGE

    @property
    def kind(self) -> str:
        """The name of the kind, ``noun.past_tense``, as it stands on the wire."""
        return str(self.__struct_config__.tag)


class UnknownContent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a newer kind, or of a kind of ours whose fields are not as we know them.

    It is kept, synced and exported as the bytes it came in; this is only a view of them.

    Attributes:
        kind: 1 to 64 characters, which may be any.
        fields: Everything in the body: None, bool, int, float, str, bytes, datetime, and
            lists and string-keyed dicts of these, at most `limits.DEPTH` deep.
        at: As in `Content`; None where it is absent or not as it must be. So the others.
    """

    kind: str
    fields: Mapping[str, object]
    at: int | None = None
    zone: str | None = None
    date: str | None = None
    lang: str | None = None
