"""A survey as a coordinator writes it: a small text file (docs/commands.md, surveys).

title: This month          tick: We met this month
closes: 14 days            k: 10
withdraw: 2 days           epsilon: 1
                           one: Which fits best?     several 2: …     mean 1-5: …
                           - An option
[de] after any of these is the same in another language
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from inglenook_schema.errors import CallerError
from inglenook_schema.sums import floors
from inglenook_schema.sums.terms import Kind, Question, Wording

MAX_FILE: Final = 65_536
_DAYS: Final = re.compile(r"(\d{1,3}) days?")
_OTHER: Final = re.compile(r"\[([A-Za-z-]{2,35})\]\s*(.+)")
_HEAD: Final = re.compile(r"(title|language|closes|withdraw|k|epsilon)\s*:\s*(.+)")
_ASK: Final = re.compile(r"(tick|one|mean (\d{1,4})-(\d{1,4})|several (\d{1,2}))\s*:\s*(.+)")


@dataclass
class _Worded:
    """Something in every language."""

    texts: dict[str, str]


@dataclass
class _Asked:
    kind: Kind
    text: _Worded
    low: int = 0
    high: int = 0
    most: int = 0
    options: list[_Worded] = field(default_factory=list)
    k: int | None = None
    epsilon: Fraction = Fraction(1)


@dataclass(frozen=True)
class Draft:
    """What a file says."""

    title: tuple[tuple[str, str], ...]
    open_days: int
    withdraw_days: int
    """After it closes."""
    questions: tuple[Question, ...]


def read_draft(text: str) -> Draft:
    """Read a survey's file.

    Raises:
        CallerError: A line says nothing that is known, or something is missing.
    """
    if len(text) > MAX_FILE:
        raise CallerError("That file is too long for a survey.")
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#") and not reader.take(stripped):
            raise CallerError("Line {line} of the survey says nothing that is known.", line=number)
    return reader.draft()


class _Reader:
    def __init__(self) -> None:
        self._language = "en"
        self._title: _Worded | None = None
        self._days = {"closes": 14, "withdraw": 1}
        self._asked: list[_Asked] = []
        self._last: _Worded | None = None

    def take(self, line: str) -> bool:
        """Whether a line says something."""
        if (other := _OTHER.fullmatch(line)) and self._last is not None:
            self._last.texts[other[1]] = other[2].strip()
            return True
        if line.startswith("- ") and self._asked:
            self._last = _Worded({self._language: line[2:].strip()})
            self._asked[-1].options.append(self._last)
            return True
        if ask := _ASK.fullmatch(line):
            self._ask(ask)
            return True
        head = _HEAD.fullmatch(line)
        return head is not None and self._head(head[1], head[2].strip())

    def _ask(self, found: re.Match[str]) -> None:
        kinds = {"t": Kind.TICK, "o": Kind.CHOICE, "m": Kind.MEAN, "s": Kind.CHOICES}
        self._last = _Worded({self._language: found[5].strip()})
        low, high, most = (int(found[at] or 0) for at in (2, 3, 4))
        self._asked.append(_Asked(kinds[found[1][0]], self._last, low, high, most))

    def _head(self, name: str, said: str) -> bool:
        match name:
            case "title":
                self._title = self._last = _Worded({self._language: said})
            case "language":
                self._language = said
            case "closes" | "withdraw":
                days = _DAYS.fullmatch(said)
                self._days[name] = int(days[1]) if days else 0
                return days is not None
            case "k" if self._asked and said.isdecimal():
                self._asked[-1].k = int(said)
            case "epsilon" if self._asked and re.fullmatch(r"\d+(\.\d{1,2}|/\d+)?", said):
                self._asked[-1].epsilon = _fraction(said)
            case _:
                return False
        return True

    def draft(self) -> Draft:
        if self._title is None or not self._asked:
            raise CallerError("A survey needs a title and a question.")
        languages = list(self._title.texts)
        title = tuple(self._title.texts.items())
        questions = tuple(_question(each, languages) for each in self._asked)
        return Draft(title, self._days["closes"], self._days["withdraw"], questions)


def _question(asked: _Asked, languages: list[str]) -> Question:
    try:
        wordings = tuple(
            Wording(
                language,
                asked.text.texts[language],
                tuple(option.texts[language] for option in asked.options),
            )
            for language in languages
        )
    except KeyError:
        raise CallerError("A question or an option is not there in every language.") from None
    k = asked.k or floors.floor(asked.kind, len(asked.options))
    spend = (asked.epsilon.numerator, asked.epsilon.denominator)
    return Question(asked.kind, wordings, asked.low, asked.high, asked.most, k, spend)


def _fraction(said: str) -> Fraction:
    try:
        return Fraction(said)
    except ZeroDivisionError:
        raise CallerError("ε is a number above zero.") from None
