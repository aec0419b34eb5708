"""Answers that bring nothing but records, taken in together while they come quickly.

A pack of many parts comes in several answers. Taken in one by one, each would be written to
the disk and dropped again with the last. Gathered they are not written at all; what is lost
with a power cut is a second of reading.
"""

from __future__ import annotations

from typing import Final

from inglenook_client.core.sync import Arrived, Conversation, Effect, Made, Phase

_MOST: Final = 33_554_432
"""Bytes; some more than a pack of 100,000 entries."""
_LONGEST_S: Final = 1.0
"""Whoever has a slow line sees the first page of a pack before the rest is here."""


class Gathered:
    """What came and is not taken in yet."""

    def __init__(self) -> None:
        """Nothing is here."""
        self._effects = list[Effect]()
        self._bytes = 0
        self._since = 0.0

    def add(self, effects: list[Effect], now: float) -> None:
        """Take an answer's effects.

        Args:
            now: Monotonic seconds.
        """
        if not self._effects:
            self._since = now
        self._effects += effects
        self._bytes += size_of(effects)

    def may_wait(self, talk: Conversation, now: float) -> bool:
        """Whether the next answer may come before this is taken in.

        Not where the device puts or erases anything: what to put follows from what came.
        """
        return (
            all(isinstance(effect, Arrived | Made) for effect in self._effects)
            and self._bytes < _MOST
            and now - self._since < _LONGEST_S
            and any(box.phase is Phase.ASKING for box in talk.boxes.values())
            and not any(box.outbox or box.erase for box in talk.boxes.values())
        )

    def take(self) -> list[Effect]:
        """All of it; nothing is left here."""
        effects = self._effects
        self._effects, self._bytes = [], 0
        return effects


def size_of(effects: list[Effect]) -> int:
    """Bytes of the records that came."""
    arrived = [effect for effect in effects if isinstance(effect, Arrived)]
    return sum(len(item[3]) for effect in arrived for item in effect.items)
