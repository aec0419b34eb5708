"""What a record's mark says of words that were erased: ``record.wiped``.

WHOLE --a body in it is wiped here--> HELD_WORDS --listed as erased--> GONE
WHOLE --listed as erased--> TAKEN       GONE --listed whole--> HELD_WORDS
                                        TAKEN --listed whole--> WHOLE
"""

from __future__ import annotations

from typing import Final

from inglenook_schema.record import RecordKind

WHOLE: Final = 0
HELD_WORDS: Final = 1
"""It held words that were erased; its blob is forgotten here and to be nulled at the relay."""
GONE: Final = 2
"""And the relay lists it as erased, or never had it."""
TAKEN: Final = 3
"""The relay lists it as erased, for no signed act that is known here."""


def after(mark: int, kind: int, *, erased: bool, here: bool) -> int:
    """The mark after a relay listed or sent the record.

    Args:
        mark: Before.
        kind: What the record holds.
        erased: Whether it came as erased.
        here: Whether its blob is on this device.
    """
    if not erased:
        return {GONE: HELD_WORDS, TAKEN: WHOLE}.get(mark, mark)
    if mark == HELD_WORDS:
        return GONE
    counts = kind == RecordKind.PACK or (kind == RecordKind.BATCH and here)
    return TAKEN if mark == WHOLE and counts else mark
