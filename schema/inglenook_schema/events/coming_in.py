"""What came in from other programs: which of it is here already, erased or not."""

from typing import Annotated, Final

import msgspec

from inglenook_schema.events.content import Content
from inglenook_schema.events.values import Label
from inglenook_schema.ids import ImportId

MOST: Final = 1_024
"""Events that one ``import.made`` is about, at most."""


class ImportMade(Content, frozen=True, kw_only=True, tag="import.made"):
    """A device took things in that were written elsewhere; they are the events behind this one.

    Merge: a set that grows. The n-th id is that of the n-th event behind this one in its
    chain. It stays when that event is erased, so that the same file does not bring it back;
    without the person's erase secret an id tells nothing. Of several events with one id the
    one with the least event id is shown, and those that something goes on with; once one of
    them is erased, none is.

    Attributes:
        source: What it came from, by the importer's name.
        ids: The import ids, in the order of those events.
    """

    source: Label
    ids: Annotated[tuple[ImportId, ...], msgspec.Meta(max_length=MOST)] = ()
