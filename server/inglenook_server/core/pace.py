"""How many new records each mailbox took in this minute; kept in memory only.

At rest a relay knows no time finer than a day, so this count never reaches a store.
"""

from __future__ import annotations


class Pace:
    """Counts puts a mailbox, minute by minute; holds only the running minute."""

    def __init__(self, puts_a_minute: int) -> None:
        self._limit = puts_a_minute
        self._minute = 0
        self._counts: dict[bytes, int] = {}

    def take(self, address: bytes, minute: int) -> bool:
        """Count one put; false if this minute's are used up.

        Args:
            address: The mailbox.
            minute: Whole minutes of a clock that never goes back.
        """
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        count = self._counts.get(address, 0)
        if count >= self._limit:
            return False
        self._counts[address] = count + 1
        return True
