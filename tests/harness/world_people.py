"""The people of a world, their devices, and what each of them may rely on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial

from harness.devices import Device
from inglenook_client.stores.connection import Db

ADA, MAX = "Ada", "Max"
PERSON = {"ada": ADA, "ada's second": ADA, "max": MAX, "max's second": MAX}
OTHER = {
    "ada": "ada's second",
    "ada's second": "ada",
    "max": "max's second",
    "max's second": "max",
}


class Fate(Enum):
    """What has to be true of a text at the end."""

    MUST = auto()
    """It was saved, and is on a disk that is still there: everybody who may has it."""
    MAY = auto()
    """The only disk that is known to have had it is lost, or what erased it may not count."""
    ERASED = auto()
    """Nobody has it."""


@dataclass
class Text:
    """One thing that was written."""

    words: str
    by: Node
    shared: bool
    event: bytes
    fate: Fate = Fate.MUST
    erased_by: Node | None = None

    def is_for(self, person: str) -> bool:
        """Whether this person is to have it."""
        return self.shared or self.by.person == person


@dataclass(eq=False)
class Node:
    """One device of a world."""

    slot: str
    device: Device
    label: str
    """What its person calls it."""
    skew_ms: int = 0
    """How far its clock is ahead."""
    ids: set[bytes] = field(default_factory=set)
    """Ids of all events that were ever durable on its disk."""
    restoring: bool = False
    since: int = 0
    """Day on which it was let in; 0 where it was there from the beginning."""
    copied: set[bytes] | None = None
    """What its copied folder holds; None where there is no copy."""
    copied_epochs: set[bytes] = field(default_factory=set)
    """Commitments of the secrets in it."""
    copied_at: int = 0
    """How many losses of relays there had been when it was copied."""
    was_skewed: bool = False
    """Whether its clock ever was wrong: then it rightly says so."""
    said: list[str] = field(default_factory=list)
    """Every sentence of a sync, in order."""

    @property
    def person(self) -> str:
        """Whose it is."""
        return PERSON[self.slot]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.device.home.name

    async def events(self) -> set[bytes]:
        """Ids of all events on its disk."""
        return await self.device.read(_ids)

    async def last(self) -> int:
        """The number of the event that came last."""
        return await self.device.read(_last)

    async def contents(self, *, after: int) -> set[bytes]:
        """Ids of what says something and came behind that number."""
        return await self.device.read(partial(_contents, after=after))


def _ids(db: Db) -> set[bytes]:
    return {row[0] for row in db.execute("SELECT id FROM event")}


def _last(db: Db) -> int:
    (number,) = db.execute("SELECT ifnull(max(row), 0) FROM event").fetchone()
    return int(number)


def _contents(db: Db, after: int) -> set[bytes]:
    rows = db.execute("SELECT id FROM event WHERE kind = 0 AND row > ?", (after,))
    return {row[0] for row in rows}
