"""Taking a device out of a person's logs: the act, a new epoch without it, and the rest.

other logs <- journal: the removal stands in the journal first, and every log follows it
              (`standing` does that at each start too, so that a power cut heals)
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.core.members import Roster, Seat
from inglenook_client.journal import (
    belonging,
    composing,
    founding,
    labels,
    parting,
    rotating,
    sending,
)
from inglenook_client.journal.errors import AmbiguousError, NotFoundError, NotReadyError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Device
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema.control import Reason, RemoveDevice
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.header import Kind

_HEX = 8
"""Digits of a device's id that name it where its label does not."""


def devices(db: Db, me: Me) -> list[Device]:
    """This person's devices, as their journal knows them; the earliest first."""
    journal = belonging.journal_of(db)
    if journal is None:
        return [Device(me.label, "", this=True, id=me.device)]
    roster = logs.roster_of(db, journal)
    return seats_of(me, roster, me.person_id, labels.known(db, journal, me.person_id))


def seats_of(
    me: Me, roster: Roster, person: bytes, called: dict[bytes, str] | None = None
) -> list[Device]:
    """A person's devices that count, the earliest first; a device may have several chains.

    Args:
        me: This device.
        roster: Of the log that is asked.
        person: Whose.
        called: What devices are called by now, where that is not what they opened with.
    """
    first = dict[bytes, Seat]()
    for seat in sorted(roster.seats.values(), key=lambda seat: (seat.since, seat.chain)):
        if seat.person == person and seat.last is None:
            first.setdefault(seat.device, seat)
    names = called or {}
    return [
        Device(
            names.get(seat.device, seat.label),
            belonging.day(seat.since),
            this=seat.device == me.device,
            id=seat.device,
        )
        for seat in first.values()
    ]


def choose(found: list[Device], named: str) -> Device:
    """The device that is meant, by its name or by eight or more hex digits of its id.

    Raises:
        NotFoundError: There is none called so; the sentence lists them.
        AmbiguousError: Several are; it lists these.
    """
    said = named.strip().casefold()
    fits = [device for device in found if device.name.casefold() == said]
    fits = fits or [d for d in found if len(said) >= _HEX and d.id.hex().startswith(said)]
    if len(fits) == 1:
        return fits[0]
    listed = ", ".join(f"{device.name} ({device.id.hex()[:_HEX]})" for device in fits or found)
    if fits:
        raise AmbiguousError(
            _("Several devices are called {name}. Say which by its number: {choices}.").format(
                name=named, choices=listed
            )
        )
    raise NotFoundError(
        _("You have no device called {name}. There is: {choices}.").format(
            name=named, choices=listed
        )
    )


def check(db: Db, me: Me, device: Device) -> None:
    """Refuse a removal that would not count; changes nothing.

    Raises:
        NotReadyError: This device waits to be let in, or cannot read its journal yet.
        NotAllowedError: Its rank is not lower (protocol 3.3), it was removed itself, or the
            device is the only one.
    """
    journal = belonging.journal_of(db)
    if journal is None:
        raise NotReadyError
    if not belonging.may_write(db, journal):
        raise NotAllowedError(
            parting.removal_sentence(db, me, journal)
            or _("This device cannot do that now. Sync first; nothing was changed.")
        )
    if device.this:
        if len(devices(db, me)) == 1:
            raise NotAllowedError(_("This is your only device; nothing was changed."))
        return
    if not outranks(me, rank_of(db, journal, device.id)):
        raise NotAllowedError(
            _(
                "“{name}” was there before this device, so this one cannot remove it; nothing was"
                " changed. An older device can, or your recovery words."
            ).format(name=device.name)
        )


def rank_of(db: Db, journal: LogRow, device: bytes) -> int:
    """The rank of one of this person's devices; the lower, the older. 0 where unknown."""
    seats = logs.roster_of(db, journal).seats.values()
    return max((seat.rank for seat in seats if seat.device == device), default=0)


def outranks(me: Me, rank: int) -> bool:
    """Whether this device may remove one of that rank."""
    return bool(me.certificates) and me.certificates[-1].rank < rank


def remove(db: Db, me: Me, log: LogRow, gone: list[bytes]) -> None:
    """Remove devices from one log and begin an epoch without them; call inside a write."""
    now = ambient.now_ms()
    acts = [composing.act(Kind.MEMBER, RemoveDevice(device, b"", now)) for device in gone]
    events.append(db, log, acts)
    log = founding.refresh(db, log)
    # a device that removed itself may not; a pair that waits for the words shares nothing yet
    if me.device not in gone and not sending.waits_for_words(db, me, log):
        shut_out(db, me, log)


def shut_out(db: Db, me: Me, log: LogRow) -> None:
    """Begin an epoch that only those who still belong can read; call inside a write."""
    rotating.rotate(db, me, log, Reason.REMOVAL)
