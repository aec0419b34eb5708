"""The YAML in front of a Markdown file, of which nothing is built but plain values.

References inside it are refused: a few lines of them can stand for more than a machine holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from inglenook_client.journal.coming_in.errors import UnreadableFileError

MAX_FRONT: Final = 65_536
"""Characters in front of one file."""
_FENCE: Final = "---\n"
_ENDS: Final = ("\n---\n", "\n...\n")
# A number of thousands of digits is a ValueError, deep nesting a RecursionError, half a date
# with a tag of its own an AttributeError.
_UNREADABLE: Final = (
    yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError, AttributeError,
    LookupError,
)  # fmt: skip


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError
        return super().compose_node(parent, index)


_FAST: Final = getattr(yaml, "CSafeLoader", _Loader)
"""Ten times as fast; for what has no reference in it."""


def parted(text: str) -> tuple[Mapping[str, Any], str]:
    """What stands in front of a text, by lower-case name, and the text behind it.

    Raises:
        UnreadableFileError: What is fenced in front is no map of YAML, or too long.
    """
    if not text.startswith(_FENCE):
        return {}, text
    ends = [(at, mark) for mark in _ENDS if (at := text.find(mark, 3)) >= 0]
    at, mark = min(ends, default=(-1, ""))
    if at < 0:
        return {}, text
    return _map(text[len(_FENCE) : at + 1]), text[at + len(mark) :]


def _map(front: str) -> Mapping[str, Any]:
    if len(front) > MAX_FRONT:
        raise UnreadableFileError
    loader = _Loader if "*" in front or "&" in front else _FAST
    try:
        found = yaml.load(front, Loader=loader)  # noqa: S506 - safe ones, both
    except _UNREADABLE:
        raise UnreadableFileError from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UnreadableFileError
    return {str(name).strip().casefold(): value for name, value in found.items()}
