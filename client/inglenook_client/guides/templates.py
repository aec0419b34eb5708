"""Agendas to start a check-in from; the mentee has most of the words in each of them."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from inglenook_client.guides.reading import named, read
from inglenook_client.words import _


class Item(msgspec.Struct, frozen=True):
    """One thing to talk about.

    Attributes:
        who: Who begins with it.
        text: Its words, in the person's language.
    """

    who: Literal["mentee", "mentor", "both"]
    text: str


class Template(msgspec.Struct, frozen=True):
    """One agenda.

    Attributes:
        name: What a plan stores.
        title: What it is called on screen.
        about: What it is for, in a sentence.
        minutes: How long it is meant to take.
        items: In their order.
    """

    name: str
    title: str
    about: str
    minutes: int
    items: tuple[Item, ...]


class _File(msgspec.Struct, frozen=True):
    templates: tuple[Template, ...]


def templates() -> tuple[Template, ...]:
    """All of them, in the person's language."""
    return tuple(_translated(each) for each in _by_name().values())


def template(name: str) -> Template:
    """One by its name, however a person writes it.

    Raises:
        NoSuchGuideError: There is none; the sentence lists what there is.
    """
    return _translated(named(name, _by_name()))


def _translated(found: Template) -> Template:
    items = tuple(Item(item.who, _(item.text)) for item in found.items)
    return Template(found.name, _(found.title), _(found.about), found.minutes, items)


@cache
def _by_name() -> dict[str, Template]:
    return {each.name: each for each in read("templates.toml", _File).templates}
