"""Making events: when it is, what is said, and the salt that hides it."""

from __future__ import annotations

from datetime import UTC, datetime

from inglenook_client import ambient
from inglenook_client.stores.events import Draft
from inglenook_schema import canonical
from inglenook_schema.events import Content, encode_content
from inglenook_schema.header import Kind


def draft(content: Content) -> Draft:
    """A content event, ready to be appended."""
    return Draft(Kind.CONTENT, encode_content(content), ambient.random_bytes(32), content)


def act(kind: Kind, payload: object) -> Draft:
    """A control event, ready to be appended."""
    return Draft(kind, canonical.encode(payload), ambient.random_bytes(32))


def moment(on: str | None = None) -> tuple[int, str, str]:
    """When something is, as an event says it: ms UTC, IANA zone, local date.

    Args:
        on: A local date, for what belongs to another day: then it is noon there. None and
            today are now.
    """
    now = ambient.now_ms()
    zone = ambient.local_zone()
    today = ambient.local_date(now, zone).isoformat()
    if on is None or on == today:
        return now, zone, today
    from inglenook_client.journal import dating  # noqa: PLC0415 - seldom

    return dating.at_noon(on, dating.Moment(now, zone, "")), zone, on


def month() -> tuple[int, str, str]:
    """The beginning of this month in UTC, for what is to be told no finer."""
    first = datetime.fromtimestamp(ambient.now_ms() / 1000, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return int(first.timestamp()) * 1000, "UTC", first.date().isoformat()
