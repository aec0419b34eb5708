"""Making events: when it is, what is said, and the salt that hides it."""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.journal.identity import Me
from inglenook_client.stores.events import Draft
from inglenook_schema import canonical
from inglenook_schema.events import Content, encode_content
from inglenook_schema.events.looking_back import ProfileSet
from inglenook_schema.header import Kind


def draft(content: Content) -> Draft:
    """A content event, ready to be appended."""
    return Draft(Kind.CONTENT, encode_content(content), ambient.random_bytes(32), content)


def act(kind: Kind, payload: object) -> Draft:
    """A control event, ready to be appended."""
    return Draft(kind, canonical.encode(payload), ambient.random_bytes(32))


def moment() -> tuple[int, str, str]:
    """Now, as an event says it: ms UTC, IANA zone, local date."""
    now = ambient.now_ms()
    zone = ambient.local_zone()
    return now, zone, ambient.local_date(now, zone).isoformat()


def profile(me: Me) -> ProfileSet:
    """What this person is called, for one space."""
    at, zone, date = moment()
    return ProfileSet(at=at, zone=zone, date=date, display_name=me.name)
