"""What happens in a world, and when: a list of steps that follows from a seed alone.

A step's own choices follow from the seed and its number, so that a run can be shortened by
leaving steps out: what the others do stays as it was. A step is one line of text, so that a
shortened run can be kept, read and run again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from harness.world_disk import Trouble
from harness.world_network import Way
from harness.world_relay import Mishap

SLOTS = ("ada", "ada's second", "max", "max's second")
"""Where a person's devices are; who is lost or removed is followed by another in its place."""
_DAY = 1440

VISIT_TROUBLES = (*Way, *Trouble, *Mishap, "another process writes", "a short count file")
MISHAPS = (
    "the clock jumps",
    "the folder is copied",
    "the folder is put back",
    "the folder is moved",
    "the relay stays away",
    "the relay cannot be reached from here",
    "the relay is backed up",
    "the relay is put back",
    "the relay loses one record",
    "the relay's clock jumps",
    "the relay is wiped",
    "the device is lost",
    "the device is removed",
    "a device is added",
    "a relay is added",
    "the relay is left",
)
_SELDOM = {
    "the relay is wiped": 0.25,
    "the relay's clock jumps": 0.25,
    "the device is lost": 0.25,
    "the device is removed": 0.25,
    "a relay is added": 0.2,
    "the relay is left": 0.2,
}


@dataclass(frozen=True)
class Step:
    """One thing that somebody does, or that happens to them."""

    number: int
    day: int
    minute: int
    slot: str
    act: str
    trouble: str = ""
    after: int = 0
    """It strikes after so many exchanges or durable steps."""

    @property
    def is_fault(self) -> bool:
        """Whether something goes wrong."""
        return bool(self.trouble) or self.act in MISHAPS

    @property
    def line(self) -> str:
        """As text."""
        words = (self.number, self.day, self.minute, self.slot, self.act, self.trouble, self.after)
        return " | ".join(map(str, words))

    @classmethod
    def parse(cls, line: str) -> Step:
        """Undo :attr:`line`."""
        number, day, minute, slot, act, trouble, after = (word.strip() for word in line.split("|"))
        return cls(int(number), int(day), int(minute), slot, act, trouble, int(after))


@dataclass(frozen=True)
class Profile:
    """How much happens."""

    days: int
    visits: float
    """A day and device."""
    faults: float
    """A day and pair."""
    entries: int
    """At most, a visit."""
    longest_absence: int
    """Days."""


GATE = Profile(days=365, visits=0.07, faults=0.16, entries=5, longest_absence=200)
YEARS = Profile(days=730, visits=0.75, faults=1.0, entries=25, longest_absence=300)
FILES = Profile(days=120, visits=0.15, faults=0.3, entries=3, longest_absence=40)
SHORT = Profile(days=60, visits=0.25, faults=0.5, entries=3, longest_absence=30)
PROFILES = {"gate": GATE, "years": YEARS, "files": FILES, "short": SHORT}


def schedule(seed: str, profile: Profile) -> list[Step]:
    """The steps of one run."""
    dice = Random(f"schedule {seed}")
    away = {slot: list(_absences(dice, profile)) for slot in SLOTS}
    found = list[Step]()
    for day in range(profile.days):
        here = [slot for slot in SLOTS if not any(a <= day < b for a, b in away[slot])]
        found += _visits(dice, profile, day, here)
        if dice.random() < profile.faults and here:
            found.append(_fault(dice, day, dice.choice(here)))
    ordered = sorted(found, key=lambda step: (step.day, step.minute))
    return [
        Step(n, s.day, s.minute, s.slot, s.act, s.trouble, s.after) for n, s in enumerate(ordered)
    ]


def parse(text: str) -> list[Step]:
    """Steps kept as text, a line each; lines that begin with # say why."""
    lines = (line.strip() for line in text.splitlines())
    return [Step.parse(line) for line in lines if line and not line.startswith("#")]


def _absences(dice: Random, profile: Profile) -> Iterable[tuple[int, int]]:
    for _ in range(dice.choice((0, 1, 1, 2))):
        begins = dice.randrange(profile.days)
        longest = dice.choice((20, 60, profile.longest_absence))
        yield begins, begins + dice.randrange(5, min(longest, profile.longest_absence) + 1)


def _visits(dice: Random, profile: Profile, day: int, here: list[str]) -> Iterable[Step]:
    for slot in here:
        if dice.random() < profile.visits:
            act = dice.choices(("visit", "write", "erase", "read"), (20, 4, 1, 2))[0]
            yield Step(0, day, dice.randrange(_DAY), slot, act, after=profile.entries)


def _fault(dice: Random, day: int, slot: str) -> Step:
    minute = dice.randrange(_DAY)
    if dice.random() < 0.7:
        return Step(
            0, day, minute, slot, "visit", dice.choice(VISIT_TROUBLES), dice.choice((0, 1, 2, 5, 9))
        )
    weights = [_SELDOM.get(mishap, 1.0) for mishap in MISHAPS]
    return Step(0, day, minute, slot, dice.choices(MISHAPS, weights)[0])
