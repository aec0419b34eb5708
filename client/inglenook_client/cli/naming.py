"""What to call the events that other events are about: ``s1 “Read chapter 2”``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import hours
from inglenook_client.cli.screen import one_line
from inglenook_schema.events.reading import references

if TYPE_CHECKING:
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown

LONGEST: Final = 40
_NAMED: Final = frozenset(
    {
        "goal.proposed", "goal.set", "step.added", "question.asked", "checkin.planned",
        "checkin.held", "resource.shared", "activity.suggested", "feedback.asked",
        "feedback.given", "win.recorded",
    }
)  # fmt: skip


async def names(journal: Journal, events: Iterable[Shown]) -> dict[bytes, str]:
    """What to call everything that these events are about."""
    about = {ref for shown in events if shown.content for ref in references(shown.content)}
    if not about:
        return {}
    shorts = await journal.shorts(sorted(about))
    titles = {
        shown.event: _called(shown)
        for shown in await journal.by_id(sorted(about))
        if shown.kind in _NAMED
    }
    called = {ref: f"{shorts.get(ref, '')} {titles.get(ref, '')}".strip() for ref in about}
    return {ref: name for ref, name in called.items() if name}


def _called(shown: Shown) -> str:
    content: Any = shown.content
    match shown.kind:
        case "checkin.planned" if content is not None:
            return f"({short_day(hours.day(content.starts_at, content.tz), whole=True)})"
        case "checkin.held" if content is not None:
            return f"({short_day(content.on, whole=True)})"
        case _:
            return title(shown.text)


def title(text: str) -> str:
    """The first line of a text in quotes, cut where it gets long."""
    line = cut(text)
    return f"“{line}”" if line else ""


def cut(text: str) -> str:
    """The first line of a text, cut where it gets long."""
    line = one_line(text.split("\n", 1)[0])
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
