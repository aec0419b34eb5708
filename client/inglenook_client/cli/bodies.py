"""What an event says, with a label before each part that needs one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from inglenook_client.calendar import short_day
from inglenook_client.cli import saying
from inglenook_client.words import _, later
from inglenook_schema.events.choices import PARTS

if TYPE_CHECKING:
    from inglenook_client.core.projections.entries import Entry
    from inglenook_client.journal.model import Shown

_WHY = ("why", later("Why"))
_BY = ("target_on", later("By"))
_KNOW = ("how_we_know", later("How you will know"))
_PARTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "goal.set": (("title", ""), _WHY, _KNOW, _BY),
    "goal.proposed": (("title", ""), _WHY, _KNOW, _BY),
    "goal.revised": (("title", ""), _WHY, _KNOW, _BY, ("note", "")),
    "step.added": (("title", ""), ("due_on", later("By")), ("if_then", later("If it gets hard"))),
    "progress.noted": (
        ("note", ""), ("moved", later("What moved it")), ("obstacle", later("In the way")),
    ),
    "reflection.written": (
        ("strides", later("Strides")), ("attention", later("Needs attention")),
        ("surprised_by", later("A surprise")), ("next_focus", later("What comes next")),
    ),
    "checkin.summarised": (
        ("points", ""), ("went_well", later("What went well")), ("stuck_on", later("Stuck on")),
    ),
    "feedback.answered": (("heard", later("What was heard")),),
    "attachment.added": (("alt", ""),),
    "checkin.planned": (("where", later("Where")),),
    "strength.noted": (("strength", ""), ("example", later("It showed"))),
    "feedback.asked": (("about", ""), ("focus", later("Most of all"))),
    "activity.suggested": (
        ("title", ""), ("text", ""), ("on", later("On")), ("where", later("Where")), ("url", ""),
    ),
    "agreement.proposed": (
        ("hopes", later("What we hope for")), ("contact_hours", later("When to write")),
        ("boundaries", later("Off limits")), ("limits_text", later("Limits of confidentiality")),
    ),
    "profile.set": (
        ("display_name", ""), ("pronouns", later("Pronouns")), ("languages", later("Languages")),
        ("interests", later("Likes")), ("how_i_like_help", later("How I like help")),
        ("good_times", later("Good times")), ("setting", later("Where")), ("stage", later("Stage")),
    ),
    "resource.shared": (
        ("title", ""), ("url", ""), ("strategy", ""), ("why_it_helped_me", later("Why it helped")),
    ),
}  # fmt: skip
"""By kind its parts in the order of reading, with their labels; the text does for the others."""
_DAYS: Final = frozenset({"target_on", "due_on", "on"})
"""Parts that are a day."""


def body(shown: Shown) -> str:
    """The words of an event, ready to read; empty where it was erased or has none."""
    content: Any = shown.content
    match shown.kind:
        case "feedback.given" if getattr(content, "parts", None):
            return "\n".join(_feedback(content))
        case kind if kind in _PARTS and content is not None and not hasattr(content, "fields"):
            return "\n".join(_labelled(content, _PARTS[kind]))
        case _:
            return shown.text


def versions(entry: Entry, short: str) -> Iterator[str]:
    """Texts that were written at once, side by side, and how to settle it."""
    yield _("Two versions were written at the same time:")
    for number, each in enumerate(entry.versions, 1):
        who = saying.writer(each.given)
        yield from ("", f"{number}. {short_day(each.given.date)}, {who}:", each.text)
    yield ""
    yield _(
        "To keep one: inglenook revise {id} --keep 1   To join them: inglenook revise {id}"
    ).format(id=short)


def _labelled(content: Any, parts: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, label in parts:
        value = getattr(content, name, None)
        if name in _DAYS and value:
            value = short_day(value, whole=True)
        if isinstance(value, tuple):
            value = ("\n" if label and len(value) > 1 else "") + "\n".join(value)
        if isinstance(value, str) and value:
            space = "" if value.startswith("\n") else " "
            yield f"{_(label)}:{space}{value}" if label else value


def _feedback(content: Any) -> Iterator[str]:
    if content.text:
        yield content.text
    order = [part for known in PARTS.values() for part in known]
    for name, text in sorted(
        content.parts.items(), key=lambda part: order.index(part[0]) if part[0] in order else 99
    ):
        yield f"{saying.word(name)}: {text}"
