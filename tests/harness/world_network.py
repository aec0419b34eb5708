"""The way between a device and a relay, which loses, repeats, holds up and cuts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from harness.world_relay import RelayNode
from inglenook_client.transports.errors import OfflineError
from inglenook_client.transports.http import read_answer
from inglenook_schema import wire
from inglenook_schema.wire import ToClient, ToRelay
from inglenook_server.core.changes import Now

CANARY = b"canary"
"""Stands in every text that people write; outside their devices nobody may find it."""


class Way(StrEnum):
    """What happens to one exchange."""

    QUESTION_LOST = "a question is lost"
    ANSWER_LOST = "an answer is lost"
    TWICE = "a question arrives twice"
    LATE = "a question arrives hours later"
    SLOW = "the line is slow"
    CUT_ANSWER = "an answer is cut short"


@dataclass
class Network:
    """All relays, and what is on its way to them."""

    relays: dict[str, RelayNode] = field(default_factory=dict)
    way: Way | None = None
    at: int = 0
    """The exchange that it strikes."""
    exchanges: int = 0
    late: list[tuple[str, bytes]] = field(default_factory=list)
    """Questions that arrive when it suits them."""
    parted: dict[tuple[str, str], int] = field(default_factory=dict)
    """[slot, origin]: the day on which they see each other again."""
    away: dict[str, int] = field(default_factory=dict)
    """Origin: the day on which the relay is back."""
    note: Callable[[str], None] = lambda _: None

    def plan(self, way: Way, after: int) -> None:
        """Let it strike after so many exchanges more."""
        self.way, self.at = way, self.exchanges + after

    def calm(self) -> None:
        """Nothing more happens on the way."""
        self.way = None

    async def exchange(self, slot: str, origin: str, frame: ToRelay, now: Now) -> ToClient:
        """Carry one frame there and back.

        Raises:
            OfflineError: No answer came.
        """
        data = _outside(wire.encode(frame))
        relay = self.relays.get(origin)
        if relay is None or self._is_away(slot, origin, now.day):
            raise OfflineError
        way = self._next()
        if way is Way.QUESTION_LOST:
            raise OfflineError
        if way is Way.LATE:
            self.late.append((origin, data))
            raise OfflineError
        answer = _outside(await relay.ask(data, now))
        if way is Way.TWICE:
            answer = _outside(await relay.ask(data, now))
        self.note(f"{len(data)} {short(data)} > {len(answer)} {short(answer)}")
        if way is Way.ANSWER_LOST:
            raise OfflineError
        if way is Way.CUT_ANSWER:
            answer = answer[: self.exchanges * 7919 % len(answer)]
        return read_answer(answer)

    def _next(self) -> Way | None:
        self.exchanges += 1
        if self.way is None or self.exchanges <= self.at:
            return None
        if self.way is Way.SLOW:  # and slower still, until nobody waits for it
            raise OfflineError
        way, self.way = self.way, None
        return way

    def _is_away(self, slot: str, origin: str, day: int) -> bool:
        return day < max(self.parted.get((slot, origin), 0), self.away.get(origin, 0))

    async def deliver(self, dice: Random, now: Now) -> None:
        """Some of what is late arrives, in no order."""
        dice.shuffle(self.late)
        for _ in range(dice.randrange(len(self.late) + 1)):
            origin, data = self.late.pop()
            await self.relays[origin].ask(data, now)


def short(data: bytes) -> str:
    """A few letters that stand for bytes in a trace."""
    return hashlib.sha256(data).hexdigest()[:12]


def _outside(data: bytes) -> bytes:
    assert CANARY not in data, "words of a person on the wire"
    return data
