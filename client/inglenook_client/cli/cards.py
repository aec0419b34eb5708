"""Lists for a person to read: each thing a line about it, then what it says.

q1  no reply yet · wants experience · soon · you and Maya
    How do you begin?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from inglenook_client.cli import markdown
from inglenook_client.cli.screen import Screen, one_line

_INDENT = " " * 6


class Called(Protocol):
    """What ids and spaces are called on this device; every page of a view tells it."""

    @property
    def shorts(self) -> dict[bytes, str]:
        """Short ids, such as g1, by event id."""

    @property
    def spaces(self) -> dict[int, str]:
        """What each space is called, by its number."""


@dataclass(frozen=True, slots=True)
class Card:
    """One thing in a list."""

    short: str
    """Its short id; empty where it has none."""
    about: Sequence[str]
    """What is said about it on its first line; empty parts are left out."""
    text: str = ""
    """What it says, below; may have several lines."""
    first: str = ""
    """What stands before all else, for the eye to find."""


def every_line(screen: Screen, cards: Iterable[Card]) -> Iterator[str]:
    """The lines of some cards; with ``--plain`` one for each."""
    for card in cards:
        yield from [plain_line(card)] if screen.plain else lines(screen, card)


def plain_line(card: Card) -> str:
    """One card on one line."""
    text = " / ".join(card.text.splitlines())
    return "  ".join(part for part in (card.short or "-", card.first, _about(card), text) if part)


def lines(screen: Screen, card: Card) -> list[str]:
    """The lines of one card."""
    about = _about(card)
    beside = f" · {about}" if card.first and about else about
    head = f"  {screen.bold(card.short.ljust(3))} {card.first}{screen.dim(beside)}".rstrip()
    return [
        head,
        *(
            _INDENT + line if line else ""
            for line in markdown.lines(screen, card.text, len(_INDENT))
        ),
    ]


def _about(card: Card) -> str:
    return " · ".join(one_line(part) for part in card.about if part)
