"""What a command line means: a command, words to save, or a slip (product 5).

    first word is a command                          → that command
    ``--`` first, or blanks inside the first word    → text, whatever it says
    one word                                         → refused, with a hint
    several words                                    → text, unless they look like a command
                                                       that was mistyped; ``today`` and ``next``
                                                       take no words, and begin many a sentence
    nothing                                          → the editor
    ``-``                                            → standard input

Several words look like a command where the first is one letter away from one and what
follows is what that command takes: its second word, an id, an option, words in quotes.
``as I walked home`` and ``logged 5 km`` are prose; ``gaol new`` and ``shwo e7`` are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from inglenook_client.cli.index import NOUNS, PLANNED, SENTENCES

FLAGS: Final = ("--json", "--plain")
SPACE: Final = "--space"
ON: Final = "--on"
ATTACH: Final = "--attach"
ALT: Final = "--alt"
_VALUED: Final = (SPACE, ON, ATTACH, ALT)

_REFERENCE: Final = re.compile(r"[a-z]\d+|[0-9a-f]{8,64}")
_ANYTHING: Final = re.compile(r".*", re.DOTALL)
_ENDINGS: Final = ("s", "es", "d", "ed", "ing", "ings", "n", "er", "ers")
_LEADS_TO: Final[dict[str, re.Pattern[str]]] = {
    "show": _REFERENCE,
    "share": _REFERENCE,
    "reply": _REFERENCE,
    "progress": _REFERENCE,
    "settle": _REFERENCE,
    "erase": _REFERENCE,
    "revise": _REFERENCE,
    "star": _REFERENCE,
    "unstar": _REFERENCE,
    "cheer": _REFERENCE,
    # Typos of these two are hardly ever words of their own, and anything may follow them.
    "search": _ANYTHING,
    "reflect": _ANYTHING,
}
"""What the next word looks like, after a command without second words."""


class Run(msgspec.Struct, frozen=True):
    """A command and its arguments."""

    name: str
    arguments: tuple[str, ...]


class Text(msgspec.Struct, frozen=True):
    """Words to save."""

    words: str
    options: tuple[str, ...] = ()
    """``--json``, ``--plain``, ``--space NAME``, ``--on DATE``, ``--attach FILE`` and
    ``--alt TEXT``, wherever they stood."""
    literal: bool = False
    """Whether it was said to be text, whatever it looks like."""


class FromEditor(msgspec.Struct, frozen=True):
    """Nothing was said: open the editor."""

    options: tuple[str, ...] = ()


class FromInput(msgspec.Struct, frozen=True):
    """The words come on standard input."""

    options: tuple[str, ...] = ()


class Help(msgspec.Struct, frozen=True):
    """A page of help: of everything, or of one first word."""

    about: str = ""


class Version(msgspec.Struct, frozen=True):
    """Which version this is."""


class Slip(msgspec.Struct, frozen=True):
    """Refused: nothing is saved, and a hint is given."""

    words: tuple[str, ...]
    near: str = ""
    """The command that may have been meant."""
    planned: bool = False
    """Whether that command comes with a later version."""


Meaning = Run | Text | FromEditor | FromInput | Help | Version | Slip


def meaning(line: Sequence[str]) -> Meaning:
    """What the arguments after ``inglenook`` mean."""
    options, rest = _leading_options(line)
    match rest:
        case []:
            return FromEditor(options)
        case ["-"]:
            return FromInput(options)
        case ["--", *words]:
            return Text(" ".join(words), options, literal=True) if words else FromEditor(options)
        case ["-h" | "--help", *_] | ["help"]:
            return Help()
        case ["help", first] if first in NOUNS:
            return Help(first)
        case ["--version"]:
            return Version()
        case [first, *more] if first in NOUNS and not _is_sentence(first, more):
            return _command(first, more, options)
        case _:
            return _words(rest, options)


def _is_sentence(first: str, more: list[str]) -> bool:
    rest = _leading_options(more)[1]
    return first in SENTENCES and bool(rest) and not rest[0].startswith("-")


def nearest(word: str, among: Iterable[str]) -> str:
    """The one of ``among`` that ``word`` was probably meant to be, or nothing."""
    close = [other for other in among if distance(word, other) <= (1 if len(other) < 6 else 2)]
    return min(close, key=lambda other: (distance(word, other), other), default="")


def distance(a: str, b: str) -> int:
    """Letters to change, add, drop or swap with their neighbour to get from a to b."""
    before, row = list[int](), list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _command(first: str, more: list[str], options: tuple[str, ...]) -> Meaning:
    seconds = NOUNS[first]
    if not seconds:
        return Run(first, (*options, *more))
    ahead, rest = _leading_options(more)
    if not rest:
        return Slip((first,))
    if rest[0] in {"-h", "--help"}:
        return Help(first)
    second, *arguments = rest
    if second in seconds:
        return Run(f"{first} {second}", (*options, *ahead, *arguments))
    if second in PLANNED.get(first, ()):
        return Slip((first, *rest), f"{first} {second}", planned=True)
    near = nearest(second, seconds)
    return Slip((first, *rest), f"{first} {near}" if near else "")


def _words(rest: list[str], options: tuple[str, ...]) -> Meaning:
    words, more = _options_among(rest)
    first = words[0] if words else ""
    stray = next((word for word in words if re.match(r"--\w", word)), "")
    if any(blank in first for blank in " \t\n") and not stray:
        return Text(" ".join(words), (*options, *more))
    if len(words) == 1 and not first.startswith("-"):
        return _one_word(first)
    if first.startswith("-") or stray:
        return Slip(tuple(rest))
    slip = _mistyped(words)
    return slip or Text(" ".join(words), (*options, *more))


def _one_word(word: str) -> Meaning:
    if not word.strip():
        return Text("")
    if word in PLANNED:
        return Slip((word,), word, planned=True)
    return Slip((word,), nearest(word.casefold(), [*NOUNS, "help"]))


def _mistyped(words: list[str]) -> Slip | None:
    first, second = words[0].casefold(), words[1]
    for command in (*NOUNS, *PLANNED):
        near = distance(first, command) <= 1 and not _inflected(first, command)
        if near and _goes_on(command, second):
            after = nearest(second, _seconds(command))
            meant = f"{command} {after}".strip()
            return Slip(tuple(words), meant, planned=command not in NOUNS)
    return None


def _inflected(word: str, command: str) -> bool:
    """Whether it is the command's word in a sentence: ``logged``, ``wins``, ``shared``."""
    stems = {command, command.removesuffix("e"), command + command[-1]}
    return word != command and any(word == stem + end for stem in stems for end in _ENDINGS)


def _goes_on(command: str, second: str) -> bool:
    """Whether what follows is what this command takes."""
    if " " in second:
        return True  # quoted on its own, as no one quotes prose
    if seconds := _seconds(command):
        return bool(nearest(second, seconds)) and len(second) > 2
    return command in _LEADS_TO and bool(_LEADS_TO[command].fullmatch(second))


def _seconds(command: str) -> tuple[str, ...]:
    return (*NOUNS.get(command, ()), *PLANNED.get(command, ()))


def _leading_options(line: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The options that every command takes, as far as they stand in front."""
    rest, options = list(line), list[str]()
    while rest:
        if rest[0] in FLAGS or rest[0].startswith(tuple(f"{name}=" for name in _VALUED)):
            options.append(rest.pop(0))
        elif rest[0] in _VALUED and len(rest) > 1:
            options += [rest.pop(0), rest.pop(0)]
        else:
            break
    return tuple(options), rest


def _options_among(rest: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Words and options apart; a ``--`` among words is a dash in somebody's sentence."""
    words, options = list[str](), list[str]()
    rest = list(rest)
    while rest:
        ahead, rest = _leading_options(rest)
        options += ahead
        if rest:
            words.append(rest.pop(0))
    return words, tuple(options)
