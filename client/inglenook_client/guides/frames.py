"""Ways to lay out feedback: the schema's frameworks, each part with a question and an example."""

from __future__ import annotations

from functools import cache

import msgspec

from inglenook_client.guides.reading import named, read
from inglenook_client.words import _


class Part(msgspec.Struct, frozen=True):
    """One part of it.

    Attributes:
        name: What an event stores.
        title: What it is called on screen.
        question: What belongs there.
        example: A few words of it, as somebody might write them.
    """

    name: str
    title: str
    question: str
    example: str


class Frame(msgspec.Struct, frozen=True):
    """One way.

    Attributes:
        name: What an event stores.
        title: What it is called on screen.
        about: What it is good for, in a sentence.
        parts: In the order in which they are asked.
    """

    name: str
    title: str
    about: str
    parts: tuple[Part, ...]


class _File(msgspec.Struct, frozen=True):
    frames: tuple[Frame, ...]


def frames() -> tuple[Frame, ...]:
    """All of them, in the person's language."""
    return tuple(_translated(each) for each in _by_name().values())


def frame(name: str) -> Frame:
    """One by its name, however a person writes it.

    Raises:
        NoSuchGuideError: There is none; the sentence lists what there is.
    """
    return _translated(named(name, _by_name()))


def _translated(found: Frame) -> Frame:
    parts = tuple(
        Part(part.name, _(part.title), _(part.question), _(part.example)) for part in found.parts
    )
    return Frame(found.name, _(found.title), _(found.about), parts)


@cache
def _by_name() -> dict[str, Frame]:
    return {each.name: each for each in read("frames.toml", _File).frames}
