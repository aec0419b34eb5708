"""Content events of every kind, as a careful device would write them.

Made from the structs' own types, so that a new kind or field is covered unasked. Whatever
comes out passes `checks.check`.
"""

from collections.abc import Callable, Mapping
from enum import EnumType
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from inglenook_schema.errors import InvalidEventError
from inglenook_schema.events import attachments, limits, values
from inglenook_schema.events.asking import FeedbackGiven
from inglenook_schema.events.checks import check
from inglenook_schema.events.choices import PARTS
from inglenook_schema.events.content import Content
from inglenook_schema.events.registry import KINDS

FEW = settings(max_examples=max(10, settings().max_examples // 5))
"""For a property that is tried with every kind by itself: a fifth of the profile's examples."""

instants: SearchStrategy[int] = st.integers(limits.FIRST_INSTANT, limits.LAST_INSTANT)
days: SearchStrategy[str] = st.dates().filter(lambda day: day.year >= 1900).map(str)
zones: SearchStrategy[str] = st.sampled_from(
    ("UTC", "Europe/London", "Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns")
)
# Joined anew, so that "en" is no more the default's own object than one read from a file.
languages: SearchStrategy[str] = st.sampled_from(("en", "cy", "pt-BR", "zh-Hant-TW")).map(
    lambda code: "".join(list(code))
)
links: SearchStrategy[str] = st.from_regex("https?://[a-z0-9./?=-]{1,40}", fullmatch=True)
words: SearchStrategy[str] = st.text(min_size=1, max_size=40).filter(
    lambda text: bool(text.strip())
)
"""A text that says something, in any script; no lone surrogates."""

_LEAVES: Mapping[Any, SearchStrategy[Any]] = {
    values.Instant: instants,
    values.Day: days,
    values.WritingDay: days,
    values.Zone: zones,
    values.Language: languages,
    values.Link: links,
    attachments.MediaType: st.sampled_from(("image/jpeg", "application/pdf", "text/x-c++")),
    bool: st.booleans(),
    type(None): st.none(),
    msgspec.UnsetType: st.just(msgspec.UNSET),
}


def events(*kinds: str) -> SearchStrategy[Content]:
    """An event of one of these kinds; of any kind if none is named."""
    return st.sampled_from(kinds or tuple(KINDS)).flatmap(event_of)


@cache
def event_of(kind: str) -> SearchStrategy[Content]:
    """An event of this kind."""
    shape = KINDS[kind]
    made: SearchStrategy[Content] = _feedback() if shape is FeedbackGiven else _struct(shape)
    return made.filter(_passes)


def _passes(event: Content) -> bool:
    try:
        check(event)
    except InvalidEventError:
        return False
    return True


def _struct(shape: Callable[..., Any], **fixed: SearchStrategy[Any]) -> SearchStrategy[Any]:
    hints = get_type_hints(shape, include_extras=True)
    made = {name: _value(hint) for name, hint in hints.items() if name not in fixed}
    return st.builds(shape, **made, **fixed)


def _feedback() -> SearchStrategy[FeedbackGiven]:
    in_parts = st.sampled_from(tuple(PARTS)).flatmap(
        lambda framework: _struct(
            FeedbackGiven,
            framework=st.just(framework),
            parts=st.dictionaries(st.sampled_from(PARTS[framework]), words),
        )
    )
    in_free_words = _struct(FeedbackGiven, framework=st.none(), parts=st.just({}))
    return in_parts | in_free_words


def _value(hint: Any) -> SearchStrategy[Any]:
    if hint in _LEAVES:
        return _LEAVES[hint]
    if isinstance(hint, EnumType):
        return st.sampled_from(tuple(hint))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _struct(hint)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*(_value(part) for part in get_args(hint)))
    if get_origin(hint) is Annotated:
        return _bounded(hint.__origin__, hint.__metadata__[0])
    raise NotImplementedError(hint)


def _bounded(hint: Any, meta: msgspec.Meta) -> SearchStrategy[Any]:
    if hint is int:
        return st.integers(int(meta.ge or 0), int(meta.le or 0))
    if hint is bytes:
        return st.binary(min_size=meta.min_length or 0, max_size=meta.max_length)
    if hint is str:
        return words
    if get_origin(hint) is tuple:
        return st.lists(_value(get_args(hint)[0]), max_size=3).map(tuple)
    raise NotImplementedError(hint)
