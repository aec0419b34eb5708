"""Giving a pair's log back to somebody who lost their words and all their devices.

They start anew, as a new person, and are let into a new pair log. There the partner says
where a pack of the old log lies: in a mailbox of its own, whose secret is drawn for this and
is in no epoch, so that a lost device can neither read nor write there.

words compared, and met or spoke -> old log closed -> pack of it -> pair.restored in the new
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.journal import (
    belonging,
    calling,
    composing,
    covering,
    founding,
    identity,
    leaving,
    reading,
    sending,
)
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, events, logs, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema.control import LogType
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events.relationship import PairRestored
from inglenook_schema.record import BoxType


def check(db: Db, me: Me, new: int, old: int) -> tuple[LogRow, LogRow]:
    """The rows of the new and the old log, where the one can be given into the other.

    Raises:
        NotAllowedError: The words were not compared, they are one space or one person, it
            was given back already, or one of the two is no pair of this person's.
    """
    to, lost = logs.log_by_number(db, new), logs.log_by_number(db, old)
    fits = to.type is lost.type is LogType.PAIR and new != old
    if not fits or to.given or lost.given or not belonging.may_write(db, to):
        raise NotAllowedError(
            _("That needs two spaces: --space is the new one, --from the earlier one.")
        )
    receiver, before = _other(db, me, to), _other(db, me, lost)
    if not receiver or not before or receiver == before:
        raise NotAllowedError(
            _(
                "Only somebody who started anew needs this: they have nothing from before."
                " Nothing was changed."
            )
        )
    if not sending.is_checked(db, receiver):
        raise NotAllowedError(
            _(
                'Compare the safety words first: inglenook pair words --space "{space}"'
                "   Nothing was changed."
            ).format(space=reading.names(db, me).spaces[new])
        )
    if lost.id in _given(db, me, to):
        raise NotAllowedError(_("It was given back already; nothing was changed."))
    return to, lost


def _other(db: Db, me: Me, log: LogRow) -> bytes:
    people = logs.roster_of(db, log).people
    return next((person for person in people if person != me.person_id), b"")


def _given(db: Db, me: Me, to: LogRow) -> set[bytes]:
    rows = views.linked(db, {"pair.restored"}, to.number)
    said = [content_of(r.body) for r in rows if r.body is not None and r.person == me.person_id]
    return {each.log for each in said if isinstance(each, PairRestored)}


def give_back(db: Db, me: Me, new: int, old: int) -> None:
    """Close the old log, pack it, and say in the new one where it lies; call inside a write.

    Raises:
        NotAllowedError: As :func:`check`; nothing was changed.
    """
    to, lost = check(db, me, new, old)
    if belonging.may_write(db, lost):
        leaving.close(db, lost.number)  # so that lost devices write nothing new there
        lost = logs.log_by_number(db, old)
    secret = ambient.random_bytes(32)
    _pack(db, me, lost, secret, to.relays)
    at, zone, date = composing.moment()
    content = PairRestored(
        at=at,
        zone=zone,
        date=date,
        log=lost.id,
        type=lost.type.name.lower(),
        role=_role(db, me, lost) or None,
        secrets=(secret,),
        relays=to.relays,
        label=calling.name(db, me),
    )
    events.append(db, to, [composing.draft(content)])


def _role(db: Db, me: Me, lost: LogRow) -> str:
    """What the one who gets it back was there."""
    people = logs.roster_of(db, lost).people
    return next((m.role for name, m in people.items() if name != me.person_id), "")


def _pack(db: Db, me: Me, lost: LogRow, secret: bytes, relays: tuple[str, ...]) -> None:
    events.seal_new(db, lost, me.seal)
    db.execute("UPDATE log SET lagging = 1 WHERE number = ?", (lost.number,))
    made = [
        boxes.add_box(
            *(db, BoxType.EPOCH, origin, secret),
            place=lost.id,
            log=lost.number,
            current=True,
            today=identity.today(),
        )
        for origin in relays
    ]
    covering.put_pack(db, founding.refresh(db, lost), [boxes.box(db, number) for number in made])
