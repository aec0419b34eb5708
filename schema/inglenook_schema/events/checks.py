"""Whether an event says what its kind is for; asked before it is written, never after.

What others wrote is judged by the types alone (`codec.decode_content`), so that a rule which
becomes stricter here never makes an older event unreadable.
"""

import re
from enum import EnumType
from functools import lru_cache
from typing import Final, get_args, get_type_hints

import msgspec

from inglenook_schema.errors import InvalidEventError
from inglenook_schema.events.asking import FeedbackGiven
from inglenook_schema.events.checkins import CheckinPlanned, CheckinSummarised
from inglenook_schema.events.choices import PARTS, Role
from inglenook_schema.events.codec import encode_content, is_day
from inglenook_schema.events.content import Content
from inglenook_schema.events.goals import GoalRevised
from inglenook_schema.events.needs import NEEDS
from inglenook_schema.events.programme import ProgrammeCreated
from inglenook_schema.events.relationship import PairJoined
from inglenook_schema.events.resources import ActivitySuggested
from inglenook_schema.events.writing import EntryRevised, EntryShared

_TIME: Final = "The time must lie between the years 1900 and 9999."
_DATE: Final = "A date is written like 2026-01-31 and must be a day of the calendar."
_ZONE: Final = "A time zone is a name like Europe/London."
_BLANK_ITEM: Final = "A tag, a feeling or a line of a list cannot be empty."
_TOO_LONG_TEXT: Final = "“{field}” can hold at most {most} letters."
_TOO_MANY: Final = "“{field}” can hold at most {most} items."
_CHOICES: Final = "“{field}” can be: {choices}."
_MISFIT: Final = "“{field}” is not as it should be."
_CONTACTS: Final = 2
_PARTS: Final = "The parts of {framework} are: {parts}."
_MISFITS: Final = {
    **dict.fromkeys(("at", "starts_at", "new_time"), _TIME),
    **dict.fromkeys(("date", "for_date", "on", "until", "due_on", "target_on"), _DATE),
    **dict.fromkeys(("starts_on", "ends_on"), _DATE),
    **dict.fromkeys(("zone", "tz"), _ZONE),
    "mood": "A mood is a number from 1 to 5.",
    "confidence": "Confidence is a number from 1 to 5.",
    "level": "A level is a number from 1 to 5.",
    "minutes": "Minutes are a number from 1 to 1440, which is a day.",
    "every": "A rhythm is every 1 to 31 days, weeks or months.",
    "lang": "A language is a code like en or pt-BR.",
    "url": "A link starts with http:// or https:// and has no blanks.",
}
"""By field: what to say of a value that its type does not allow."""

# How msgspec tells what did not fit: "Expected `str` of length <= 300 - at `$.title`".
_PLACE: Final = r"\$(?:\.\w+|\[[^]]*\])*\.(\w+)(\[)?"
_TOO_LONG: Final = r"`(\w+)` of length <= (\d+)"


def check(event: Content) -> None:
    """Refuse an event that its writer would not have meant.

    Raises:
        InvalidEventError: With a sentence for the person: a value out of its range, a text
            left blank that is the point of it, a date or a time zone that does not exist, or
            more than one event can hold.
    """
    _check_types(event)
    if not is_day(event.date):
        raise InvalidEventError(_DATE)
    _check_zone(event.zone)
    _check_lists(event)
    for fields, sentence in NEEDS.get(type(event), ()):
        if not any(_says_something(getattr(event, name)) for name in fields):
            raise InvalidEventError(sentence)
    _check_kind(event)


def _check_types(event: Content) -> None:
    payload = encode_content(event)
    try:
        msgspec.msgpack.decode(payload, type=type(event))
    except msgspec.ValidationError as misfit:
        raise _told(type(event), str(misfit)) from None


def _told(shape: type[Content], misfit: str) -> InvalidEventError:
    """Put in our words what msgspec found, without repeating what was written."""
    place = re.search(_PLACE, misfit)
    name, inside_list = (place[1], place[2]) if place else ("", None)
    field = name.replace("_", " ")
    if too_long := re.search(_TOO_LONG, misfit):
        sentence = _TOO_LONG_TEXT if too_long[1] == "str" else _TOO_MANY
        return InvalidEventError(sentence, field=field, most=int(too_long[2]))
    if "enum value" in misfit:
        return InvalidEventError(_CHOICES, field=field, choices=_choices(shape, name))
    if inside_list and "length >=" in misfit:
        return InvalidEventError(_BLANK_ITEM)
    if name in _MISFITS:
        return InvalidEventError(_MISFITS[name])
    return InvalidEventError(_MISFIT, field=field)


def _choices(shape: type[Content], name: str) -> str:
    hint = get_type_hints(shape).get(name)
    for part in (hint, *get_args(hint)):
        if isinstance(part, EnumType):
            return ", ".join(part.__members__.values())
    return "one of a few set words"


@lru_cache(maxsize=64)
def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  (costs every start of the program 3 ms)

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a folder's name, with the tzdata package
        raise InvalidEventError(_ZONE) from None


def _check_lists(event: Content) -> None:
    for value in msgspec.structs.astuple(event):
        if isinstance(value, tuple) and any(_is_blank(item) for item in value):
            raise InvalidEventError(_BLANK_ITEM)


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _says_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(_says_something(part) for part in value.values())
    return value not in (None, ()) and not _is_blank(value)


def _check_kind(event: Content) -> None:
    match event:
        case EntryShared(text=str(), excerpt=str()):
            raise InvalidEventError("Share either the whole text or an excerpt, not both.")
        case EntryRevised() | GoalRevised():
            _check_revision(event)
        case FeedbackGiven():
            _check_parts(event)
        case CheckinPlanned(tz=zone) | ActivitySuggested(tz=str(zone)):
            _check_zone(zone)
        case ActivitySuggested(starts_at=int()):
            raise InvalidEventError("A time needs its time zone.")
        case CheckinSummarised(next_steps=steps) if any(_is_blank(step.title) for step in steps):
            raise InvalidEventError("A next step needs some words.")
        case ProgrammeCreated(contacts=contacts) if len(contacts) < _CONTACTS:
            raise InvalidEventError("A programme needs two people to turn to, or more.")
        case ProgrammeCreated(contacts=contacts) if any(
            _is_blank(each.name) or _is_blank(each.reach) for each in contacts
        ):
            raise InvalidEventError("Each contact needs a name, and a way to reach them.")
        case PairJoined(role=role) if role not in (Role.MENTOR, Role.MENTEE):
            raise InvalidEventError("In a pair one is a mentor or a mentee.")
        case _:
            pass


def _check_revision(event: EntryRevised | GoalRevised) -> None:
    open_to_change = [
        field.name for field in msgspec.structs.fields(event) if field.default is msgspec.UNSET
    ]
    if all(getattr(event, name) is msgspec.UNSET for name in open_to_change):
        raise InvalidEventError("Nothing has changed.")
    match event:
        case EntryRevised(text=text) if _is_blank(text):
            raise InvalidEventError("An entry needs some words; to take it back, erase it.")
        case GoalRevised(title=title) if _is_blank(title):
            raise InvalidEventError("A goal needs a title.")
        case _:
            pass


def _check_parts(event: FeedbackGiven) -> None:
    if event.framework is None:
        if event.parts:
            raise InvalidEventError("Feedback in parts needs its framework.")
        return
    known = PARTS[event.framework]
    if not event.parts.keys() <= set(known):
        raise InvalidEventError(_PARTS, framework=event.framework, parts=", ".join(known))
