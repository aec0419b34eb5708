"""What this person is called: the newest name that they gave themself in their journal.

Each space has a profile of its own, whose name counts there. A new space begins with this one, on
whichever of the person's devices it was given.
"""

from __future__ import annotations

from inglenook_client.journal import belonging, composing
from inglenook_client.journal.identity import Me
from inglenook_client.stores import views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_schema.events.looking_back import ProfileSet


def name(db: Db, me: Me) -> str:
    """The name that new partners are told."""
    journal = belonging.journal_of(db)
    rows = views.profile_rows(db, journal.number) if journal else []
    for _log, person, _chain, body, _at, _id in reversed(rows):
        said = content_of(body)
        if person == me.person_id and isinstance(said, ProfileSet):
            return said.display_name
    return me.name  # a device that knocked has no journal yet


def profile(db: Db, me: Me) -> ProfileSet:
    """What this person is called, for one space."""
    at, zone, date = composing.moment()
    return ProfileSet(at=at, zone=zone, date=date, display_name=name(db, me))
