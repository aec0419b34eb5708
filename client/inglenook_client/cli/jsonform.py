"""The JSON that programs read (issue 2): keys may be added and are never renamed.

Every event has ``id, event, kind, at, local_date, by, space, text, reach``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from inglenook_client.core.projections.goals import Goal
    from inglenook_client.journal.model import (
        Check,
        Device,
        Member,
        RelayShown,
        Report,
        Shown,
        Status,
    )

Json = dict[str, Any]
_C1: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_NOT_ASCII: Final = re.compile("[^\x00-\x7e]")
_SECRET: Final = frozenset({"secret", "secrets", "box"})
"""Fields with a key; a program that needs one takes an export."""


def dumps(value: object, *, ascii_only: bool = False) -> str:
    """One JSON document, indented; control characters of every sort are escaped.

    Args:
        value: What it says.
        ascii_only: Where it is printed, other letters cannot be.
    """
    packed = msgspec.json.encode(value, enc_hook=_hexed)
    text = msgspec.json.format(packed, indent=2).decode()
    return (_NOT_ASCII if ascii_only else _C1).sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def event(shown: Shown) -> Json:
    """One event; ``late`` and ``preview`` stand only where they are so."""
    marks = {name: True for name in ("late", "preview") if getattr(shown, name)}
    return {
        "id": shown.short,
        "event": shown.event.hex(),
        "kind": shown.kind,
        "at": instant(shown.at),
        "local_date": shown.local_date,
        "by": shown.by,
        "space": shown.space,
        "text": shown.text,
        "reach": str(shown.reach),
        "fields": fields(shown),
        **marks,
    }


def events(found: Iterable[Shown]) -> list[Json]:
    """A list of events."""
    return [event(shown) for shown in found]


def fields(shown: Shown) -> Json | None:
    """What the event says, field by field, ids as hex; None where it was erased."""
    if shown.content is None:
        return None
    said = getattr(shown.content, "fields", None)
    if not isinstance(said, Mapping):
        said = msgspec.to_builtins(shown.content, builtin_types=(bytes,))
    about = {"kind", "at", "zone", "date", "lang"} | _SECRET
    return {name: _readable(value) for name, value in said.items() if name not in about}


def goal(found: Goal, space: str, shorts: Mapping[bytes, str]) -> Json:
    """One goal with its steps."""
    return {
        "id": shorts.get(found.id, ""),
        "event": found.id.hex(),
        "title": found.title,
        "state": str(found.state),
        "space": space,
        "steps": [
            {
                "id": shorts.get(step.id, ""),
                "event": step.id.hex(),
                "text": step.title,
                "done": step.state == "done",
                "state": str(step.state),
                "who": str(step.who),
                "due_on": step.due_on,
            }
            for step in found.steps
        ],
        "why": found.why,
        "target_on": found.target_on,
        "confidence": found.confidence,
    }


def member(found: Member) -> Json:
    """One person in a space."""
    return {
        "name": found.name,
        "role": found.role,
        "devices": [device(each) for each in found.devices],
        "checked": found.checked,
        "me": found.me,
        "left": found.left,
    }


def device(found: Device) -> Json:
    """One device."""
    return {
        "name": found.name,
        "since": found.since,
        "this": found.this,
        "device": found.id.hex(),
        "here": found.here,
    }


def relay(found: RelayShown) -> Json:
    """One relay."""
    return {
        "relay": found.origin,
        "spaces": found.spaces,
        "reached": found.reached or None,
        "left": found.left,
    }


def status(found: Status) -> Json:
    """How everything stands."""
    return {
        "relay": found.relay,
        "waiting": found.waiting,
        "on_relay": found.on_relay,
        "files_waiting": found.files_waiting,
        "problems": found.problems,
        "spaces": [
            {
                "name": space.name,
                "waiting": space.waiting,
                "on_relay": space.on_relay,
                "on_partner": space.on_partner,
                "undelivered": space.undelivered,
                "state": space.state,
                "on": [{"device": held.device, "events": held.events} for held in space.on],
                "quiet_since": space.quiet_since or None,
                "ended": space.ended,
            }
            for space in found.spaces
        ],
    }


def check(found: Check) -> Json:
    """What ``doctor`` found."""
    return {"ok": found.ok, "problems": found.problems, "notes": found.notes}


def report(found: Report) -> Json:
    """What one sync did."""
    return {
        "sent": found.sent,
        "received": found.received,
        "offline": found.offline,
        "problem": found.problem,
        "news": found.news,
    }


def instant(ms: int) -> str:
    """RFC 3339 in UTC with a Z, from milliseconds since 1970."""
    seconds, rest = divmod(ms, 1000)
    at = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return f"{at.isoformat()}.{rest:03d}Z"


def _readable(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case Mapping():
            return {str(name): _readable(item) for name, item in value.items()}
        case list() | tuple():
            return [_readable(item) for item in value]
        case _:
            return value


def _hexed(value: object) -> object:
    """Whatever else an event of an unknown kind holds, as text."""
    return value.hex() if isinstance(value, bytes) else str(value)
