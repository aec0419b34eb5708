"""Writing events of any kind on a device, on whatever day they are said to be from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from harness.devices import Device
from inglenook_client.journal import composing
from inglenook_client.journal.model import Shown, Space
from inglenook_schema.events import SPACES, Content

_ZONES: Final = [ZoneInfo(name) for name in ("UTC", "Europe/London")]
"""Read here, since no coroutine may wait for a file; the module keeps them."""


async def say(
    device: Device,
    shape: type[Content],
    *,
    day: str | None = None,
    space: Space | None = None,
    **said: Any,
) -> Shown:
    """Append one event: in the journal where its kind may stand there, else in the pair.

    Args:
        device: Whose journal.
        shape: The kind.
        day: At noon in UTC on this local date; else now.
        space: Where, if not there.
        said: Its fields.
    """
    at, zone, today = composing.moment()
    if day is not None:
        noon = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        at, zone, today = int(noon.timestamp() * 1000) + 43_200_000, "UTC", day
    content = shape(at=at, zone=zone, date=today, **said)
    alone = "journal" in SPACES[content.kind]
    where = space or await device.journal.space(None, pair=not alone)
    return await device.journal.append(where, content)
