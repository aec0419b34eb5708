"""A folder of Markdown: a file an entry and a file a goal, with front matter in YAML.

    entries/2026-03-01-walked-home-1a2b3c4d.md      its words, as they stand
    goals/2026-01-02-pass-maths-5e6f7a8b.md         why, the action plan, how far it is
    files/9a8b7c6d5e4f3a2b-boat.jpg                 what is beside one of them, if it is here

Entries come in again as they were (`coming_in.markdown`); goals are there to read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from inglenook_client.core.projections.action_plan import Progress, Step, StepState
from inglenook_client.core.projections.goals import Goal
from inglenook_client.journal import attaching, handing_over
from inglenook_client.journal.attaching import Kept
from inglenook_client.journal.errors import FolderExistsError
from inglenook_client.journal.model import Copied, Shown
from inglenook_client.stores.connection import Db, Store
from inglenook_client.stores.contents import ENTRIES
from inglenook_client.transports import new_folder
from inglenook_client.words import _
from inglenook_schema.errors import CallerError
from inglenook_schema.events.looking_back import ReflectionWritten

_SLUG: Final = 40
"""Letters of a title in a file's name."""
_BOXES: Final = {StepState.OPEN: "[ ]", StepState.DONE: "[x]", StepState.DROPPED: "[-]"}


@dataclass(frozen=True, slots=True)
class Told:
    """What leaves."""

    shown: Sequence[Shown]
    """The timeline, oldest first."""
    stars: Set[bytes]
    """Ids of the entries that have a star."""
    goals: Sequence[Goal]
    attached: Sequence[Kept]
    """Every file, whatever it belongs to."""
    spaces: Mapping[int, str]
    """What each space is called, by its number."""


async def export(store: Store, path: Path, told: Told) -> Copied:
    """Write a folder, whole or not at all.

    Args:
        store: Where the files lie.
        path: Its name, in a folder that is there.
        told: What leaves.

    Raises:
        CallerError: There is nothing to write, or something of that name is there.
        FileError: It cannot be written there; nothing was changed.
    """
    entries = [each for each in handing_over.here(told.shown) if each.kind in ENTRIES]
    erased = sum(each.content is None for each in told.shown)
    named = [*(e.space for e in entries), *(told.spaces[goal.space] for goal in told.goals)]
    done = Copied(list(dict.fromkeys(named)), len(entries) + len(told.goals), erased)
    if not done.events:
        raise CallerError(_("There is nothing here that could be written to a file yet."))
    if not await store.read(lambda db: new_folder.write(path, _files(db, entries, told, done))):
        raise FolderExistsError
    return done


def _files(
    db: Db, entries: Sequence[Shown], told: Told, done: Copied
) -> Iterator[tuple[str, bytes]]:
    beside = dict[bytes, list[Kept]]()
    for kept in told.attached:
        beside.setdefault(kept.said.to, []).append(kept)
    for each in entries:
        front, text = _entry(each, each.event in told.stars)
        front["attachments"] = yield from _attached(db, beside.get(each.event, ()), done)
        name = _name(each.local_date, front.get("title") or text, each.event)
        yield f"entries/{name}", _file(front, text)
    for goal in told.goals:
        front = _goal(goal, told.spaces)
        front["attachments"] = yield from _attached(db, beside.get(goal.id, ()), done)
        name = _name(goal.begun.date, goal.title, goal.id)
        yield f"goals/{name}", _file(front, _goal_text(goal))


def _attached(
    db: Db, attached: Sequence[Kept], done: Copied
) -> Generator[tuple[str, bytes], None, list[dict[str, str]]]:
    """The files beside something, one by one; returns what it says of each."""
    said = list[dict[str, str]]()
    for kept in attached:
        file = attaching.sound(db, kept.shown.event)
        said.append(_reference(kept, left=file is not None))
        if file is not None:
            yield _file_name(kept), file.data
        else:
            done.files_missing += 1
    return said


def _reference(kept: Kept, *, left: bool) -> dict[str, str]:
    """What an entry says of a file beside it; without ``file`` where that does not leave."""
    name = {"file": f"../{_file_name(kept)}"} if left else {}
    return name | {"name": kept.said.name, "alt": kept.said.alt}


def _file_name(kept: Kept) -> str:
    """A name that every disk takes, whatever its sender called it."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", kept.said.name)[-60:].lstrip(".")
    return f"files/{kept.shown.event.hex()[:16]}-{plain or 'file'}"


def _file(front: Mapping[str, Any], text: str) -> bytes:
    said = {name: value for name, value in front.items() if value not in (None, [], "", False)}
    head = yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=1_000)
    return f"---\n{head}---\n\n{text}\n".encode("utf-8", "replace")


def _name(day: str, title: str, event: bytes) -> str:
    """A name that every disk takes: day, a few plain letters, and what makes it the only one."""
    plain = unicodedata.normalize("NFKD", title[:200]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:_SLUG].strip("-")
    return "-".join(filter(None, (day, slug, event.hex()[:8]))) + ".md"


def _entry(shown: Shown, starred: bool) -> tuple[dict[str, Any], str]:  # noqa: FBT001
    content: Any = shown.content
    # Without the zone's name, which YAML has no place for; that stands beside it.
    at = datetime.fromisoformat(handing_over.local(shown).isoformat())
    front = {
        "id": shown.event.hex(),
        "kind": shown.kind,
        "date": at if _is_whole(at) else at.isoformat(),
        "zone": shown.zone,
        "for_date": getattr(content, "for_date", None),
        "space": shown.space,
        "by": shown.by,
        "title": getattr(content, "title", None),
        "prompt": getattr(content, "prompt", None),
        "mood": getattr(content, "mood", None),
        "feelings": list(getattr(content, "feelings", ())),
        "tags": list(getattr(content, "tags", ())),
        "starred": starred,
    }
    if isinstance(content, ReflectionWritten):
        return front, handing_over.plain(shown.text)
    text = getattr(content, "text", None) or getattr(content, "excerpt", None) or ""
    return front, handing_over.plain(text)


def _is_whole(at: datetime) -> bool:
    """Whether YAML has a place for its offset: before there were zones, those had seconds."""
    return not (at.utcoffset() or timedelta()) % timedelta(minutes=1)


def _goal(goal: Goal, spaces: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": goal.id.hex(),
        "kind": "goal",
        "date": goal.begun.date,
        "space": spaces[goal.space],
        "by": goal.begun.by,
        "title": goal.title,
        "state": str(goal.state),
        "area": goal.area,
        "target_on": goal.target_on,
        "confidence": goal.confidence,
    }


def _goal_text(goal: Goal) -> str:
    parts = [f"# {_line(goal.title)}"]
    for heading, text in (
        (_("Why"), goal.why),
        (_("How we know"), goal.how_we_know),
        (_("What became of it"), goal.outcome),
    ):
        if text:
            parts.append(f"## {heading}\n\n{handing_over.plain(text)}")
    if goal.steps:
        parts.append("## " + _("Steps") + "\n\n" + "\n".join(map(_step, goal.steps)))
    if goal.progress:
        parts.append("## " + _("Progress") + "\n\n" + "\n".join(map(_progress, goal.progress)))
    return "\n\n".join(parts)


def _step(step: Step) -> str:
    due = " " + _("(by {day})").format(day=step.due_on) if step.due_on else ""
    note = f": {_line(step.note)}" if step.note else ""
    return f"- {_BOXES[step.state]} {_line(step.title)}{due}{note}"


def _progress(noted: Progress) -> str:
    numbers = [
        message.format(number=number)
        for number, message in (
            (noted.level, _("level {number} of 5")),
            (noted.confidence, _("confidence {number} of 5")),
        )
        if number is not None
    ]
    said = [text for text in (noted.moved, noted.obstacle, noted.note) if text]
    return f"- {noted.noted.date} {noted.noted.by}: {'; '.join([*numbers, *map(_line, said)])}"


def _line(text: str) -> str:
    return " ".join(handing_over.plain(text).split())
