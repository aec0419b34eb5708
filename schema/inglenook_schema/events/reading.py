"""What any event says and points to, whichever kind it is, found by its fields' types."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from inglenook_schema.events.content import Content, UnknownContent
from inglenook_schema.events.values import REFERENCE, WORDS

_LIKELY_WORDS = ("title", "text", "note")


def text_of(event: Content | UnknownContent) -> str:
    """What the writer said in their own words, a line for each field, as search reads it.

    Tags, feelings and the prompt are not among it. Of an unknown kind: its title, text and
    note, if it has them. Empty where there is nothing to read.
    """
    if type(event) is UnknownContent:  # isinstance() of a struct costs as much as all the rest
        found = [event.fields.get(name) for name in _LIKELY_WORDS]
        return "\n".join(words for words in found if isinstance(words, str) and words)
    said: list[str] = []  # list[str]() would cost as much again as all the rest
    for name in _marked_fields(type(event), WORDS):
        value = getattr(event, name)
        if isinstance(value, str):
            said.append(value)
        elif value:
            said += [leaf for leaf in _leaves(value, WORDS) if isinstance(leaf, str)]
    return "\n".join(filter(None, said))


def references(event: Content | UnknownContent) -> tuple[bytes, ...]:
    """Ids of the other events this one points to, in its fields' order; may repeat."""
    if isinstance(event, UnknownContent):
        return ()
    return tuple(found for found in _leaves(event, REFERENCE) if isinstance(found, bytes))


def _leaves(value: object, mark: str) -> Iterator[object]:
    """Each value inside ``value`` that stands in a field marked so."""
    match value:
        case msgspec.Struct():
            for name in _marked_fields(type(value), mark):
                yield from _leaves(getattr(value, name), mark)
        case tuple():
            for item in value:
                yield from _leaves(item, mark)
        case dict():
            for item in value.values():
                yield from _leaves(item, mark)
        case _:
            yield value


@cache
def _marked_fields(shape: type[msgspec.Struct], mark: str) -> tuple[str, ...]:
    hints = get_type_hints(shape, include_extras=True)
    return tuple(name for name in shape.__struct_fields__ if _carries(hints[name], mark))


def _carries(hint: Any, mark: str) -> bool:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return bool(_marked_fields(hint, mark))
    if get_origin(hint) is Annotated and mark in hint.__metadata__:
        return True
    return any(_carries(part, mark) for part in get_args(hint))
