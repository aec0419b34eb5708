"""The port that a survey's rows are kept behind, the same for both operators.

A survey is a bag of rows, read in part and changed all at once: a change names the version
that it was decided on, and is thrown away where another came first. Whatever was drawn for
it, noise above all, is thrown away with it, so that only what is stored is ever told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import Final, NamedTuple, Protocol, TypeAlias

SELF: Final = bytes(32)
"""In a survey's place: what an operator is, and what concerns all surveys."""
ONE: Final = b""
"""The id of a row that stands alone in its kind."""


@unique
class Kind(IntEnum):
    """What a row is; an id says which."""

    STATE = 1
    """How far a survey is."""
    ROSTER = 2
    """All keys that may ask for a token, one after the other."""
    CLAIM = 3
    """By such a key: its request, and what came of it."""
    ANSWER = 4
    """By answer: all its reports; at the Witness what was found in them."""
    NONCE = 5
    """By a token's nonce: the answer it stands for."""
    GONE = 6
    """By answer: withdrawn (1) or replaced (2)."""
    WITNESSED = 7
    """By answer: the Witness's name under a withdrawal."""
    LETTERS = 8
    """By answer: how many letters came about it."""
    ERRAND = 9
    """By number: what the Witness is asked to do."""
    VERIFY = 10
    """By the number of a check: what the Relay needs to finish it. At the Witness, by a
    check's hash: what came of it."""
    OUT = 11
    """By answer: its out shares, checked by both."""
    ERROR = 12
    """By answer: questions whose report does not count, and why."""
    RESULT = 13
    """What is told at the end, the same each time."""
    WITHDRAWN = 14
    """At the Witness, by commitment: a secret that came in a letter."""
    REPORT = 15
    """At the Witness, by question and report id: the answer that it came with."""
    IDENTITY = 16
    """Under SELF: an operator's keys."""
    PEER = 17
    """Under SELF, by signing key: the other operator's card."""
    TOKEN_KEY = 18
    """Under SELF, by the hash of its public half: a token key, and the survey that has it."""


Key: TypeAlias = tuple[Kind, bytes]


class Wanted(NamedTuple):
    """Rows to read: one by its id, or the first of a kind."""

    kind: Kind
    id: bytes | None = ONE
    """None for all."""
    most: int = 2**31 - 1
    """So many of them at most, in the order of their ids."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read, at one instant."""

    version: int
    """0 where there is no such survey."""
    found: dict[Key, bytes]

    def get(self, kind: Kind, id_: bytes = ONE) -> bytes | None:
        """One row's value."""
        return self.found.get((kind, id_))

    def all(self, kind: Kind) -> list[tuple[bytes, bytes]]:
        """Ids and values of a kind that was wanted whole, by id."""
        return sorted((id_, value) for (each, id_), value in self.found.items() if each is kind)


@dataclass(slots=True)
class Change:
    """What becomes of a survey's rows; clears come first, then drops, then puts."""

    version: int
    """That it was decided on."""
    due: bool | None = None
    """Whether errands wait; None leaves that."""
    put: dict[Key, bytes] = field(default_factory=dict)
    drop: set[Key] = field(default_factory=set)
    clear: set[Kind] = field(default_factory=set)

    def set(self, kind: Kind, value: bytes, id_: bytes = ONE) -> None:
        """Write one row."""
        self.put[kind, id_] = value

    def remove(self, kind: Kind, ids: Iterable[bytes]) -> None:
        """Delete some rows, there or not."""
        self.drop.update((kind, id_) for id_ in ids)


class Survey(NamedTuple):
    """One that there are rows of."""

    id: bytes
    due: bool


class SumsStore(Protocol):
    """Rows of surveys.

    Every method raises ``StoreUnavailableError`` when the engine says no; then nothing of
    what was asked has happened, or it happens again harmlessly.
    """

    async def load(self, survey: bytes, wanted: tuple[Wanted, ...]) -> Rows:
        """Read rows of one survey at one instant."""
        ...

    async def save(self, survey: bytes, change: Change) -> bool:
        """Apply a change, durable on return; False where the version is another by now.

        Deleted bytes are gone from an embedded engine's files when this returns.
        """
        ...

    async def surveys(self) -> list[Survey]:
        """All that there are rows of, ``SELF`` left out."""
        ...
