"""When somebody may be reminded: at most once a day, and never while it is quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without reminders, by the clock here; over midnight where they end before they begin.

    Where both are the same there are none.
    """

    begin: time = time(21)
    end: time = time(8)

    def at(self, now: time) -> bool:
        """Whether it is quiet then."""
        if self.begin <= self.end:
            return self.begin <= now < self.end
        return now >= self.begin or now < self.end


def may_remind(now: datetime, last: str, quiet: Quiet) -> bool:
    """Whether a reminder may be shown.

    Args:
        now: By the clock here.
        last: The local date of the reminder before; empty where there was none.
        quiet: Hours without.
    """
    return not quiet.at(now.time()) and last < now.date().isoformat()
