"""The clock, the dice and the place of this machine: the client reads them here only.

Everything else takes ``now`` and random bytes as arguments (style 1). This module imports
only the standard library, because the agent process does (``keys/holder.py``).
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Final

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", re.ASCII)
_ZONE_FILES: Final = re.compile(r".*/zoneinfo/(?:posix/|right/)?(.+)")
_ETC: Final = Path("/etc")


def now_ms() -> int:
    """Milliseconds since 1970 in UTC, as this machine's clock claims."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds since some moment; never goes back, and counts while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


def random_bytes(n: int) -> bytes:
    """``n`` bytes from the system's generator, fit for keys."""
    return os.urandom(n)


def machine(etc: Path = _ETC) -> str:
    """What this machine calls itself (``etc/machine-id``); empty where it does not."""
    return _first_line(etc / "machine-id")


def local_zone(etc: Path = _ETC) -> str:
    """The IANA name of this machine's time zone, for example ``Europe/Berlin``.

    The first that names a known zone counts: ``$TZ``, ``etc/timezone``, where
    ``etc/localtime`` links to; else ``UTC``. A ``TZ`` of another form (``CET-1CEST``)
    names none.
    """
    written = (os.environ.get("TZ", "").removeprefix(":"), _first_line(etc / "timezone"))
    linked = os.path.realpath(etc / "localtime")
    for candidate in (*written, linked):
        name = _ZONE_FILES.sub(r"\1", candidate)
        if is_zone(name):
            return name
    return "UTC"


def local_date(now: int, zone: str) -> date:
    """The calendar day at ``now`` (:func:`now_ms`) in ``zone``; an unknown zone is UTC."""
    return datetime.fromtimestamp(now / 1000, zone_called(zone)).date()


def zone_called(name: str) -> tzinfo:
    """The time zone with an IANA name; UTC where this machine knows none."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - costs start-up

    return ZoneInfo(name) if is_zone(name) else UTC


def today() -> date:
    """The calendar day here and now."""
    return local_date(now_ms(), local_zone())


def _first_line(file: Path) -> str:
    try:
        return file.read_text("ascii").partition("\n")[0].strip()
    except (OSError, ValueError):
        return ""


def is_zone(name: str) -> bool:
    """Whether this machine knows a time zone by that name."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - costs start-up

    if not _ZONE_NAME.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
