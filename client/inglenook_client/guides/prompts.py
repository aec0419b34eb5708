"""Questions to write about, by theme."""

from __future__ import annotations

from datetime import date
from functools import cache
from math import gcd
from typing import Final

import msgspec

from inglenook_client.guides.reading import named, read
from inglenook_client.words import _

ANYBODY: Final = ""


class Prompt(msgspec.Struct, frozen=True):
    """One question.

    Attributes:
        name: What it is called in the data; unique.
        text: Its words in the person's language; an entry keeps them as they were shown.
        theme: The name of its theme.
        role: Who it is for: ``mentor``, or empty for anybody.
    """

    name: str
    text: str
    theme: str = ""
    role: str = ANYBODY


class _Theme(msgspec.Struct, frozen=True):
    name: str
    title: str
    prompts: tuple[Prompt, ...]
    role: str = ANYBODY


class _File(msgspec.Struct, frozen=True):
    themes: tuple[_Theme, ...]


def themes() -> dict[str, str]:
    """What each theme is called on screen, by its name."""
    return {theme.name: _(theme.title) for theme in _themes()}


def prompts(theme: str | None = None) -> tuple[Prompt, ...]:
    """All prompts, or those of a theme, in the person's language.

    Raises:
        NoSuchGuideError: There is no such theme.
    """
    by_name = {each.name: each for each in _themes()}
    chosen = tuple(by_name.values()) if theme is None else (named(theme, by_name),)
    return tuple(
        Prompt(prompt.name, _(prompt.text), each.name, each.role)
        for each in chosen
        for prompt in each.prompts
    )


def prompt_for(
    day: date, theme: str | None = None, *, mentor: bool = False, skip: int = 0
) -> Prompt:
    """The prompt of a day: the same one all day on every device, another one tomorrow.

    Args:
        day: As the person sees it.
        theme: Only from this theme; else the mentor's own ones come only to a mentor.
        mentor: Whether the person is a mentor to somebody.
        skip: How many were passed over on this day; nothing keeps count of them.

    Raises:
        NoSuchGuideError: There is no such theme.
    """
    found = [each for each in prompts(theme) if theme or mentor or each.role == ANYBODY]
    # A step that shares no factor with their number visits every one before any comes twice,
    # and being some way off, it goes from theme to theme.
    step = next(
        far for far in range(len(found) * 3 // 8, len(found) + 2) if gcd(far, len(found)) == 1
    )
    return found[(day.toordinal() + skip) * step % len(found)]


@cache
def _themes() -> tuple[_Theme, ...]:
    return read("prompts.toml", _File).themes
