"""Who was let in and has written nothing yet: they follow only what they can read from its start.

Whoever belongs verifies a rotate by what they hold of the log. A newcomer holds nothing of it
but the secret of the epoch in their welcome: until they have written their open, that epoch's
mailbox stays as it is (protocol 5.6), and each new secret is wrapped to them too (5.3).
"""

from __future__ import annotations

from typing import NamedTuple

from inglenook_client.core.members import Roster
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import canonical, keys
from inglenook_schema.control import AddPerson, LogType
from inglenook_schema.invite import DeviceKeys, Knock


class Approved(NamedTuple):
    """A device of this person that this device let in."""

    device: bytes
    """Its id."""
    keys: DeviceKeys
    """As it knocked with."""
    mailbox: int
    """Number of its invite's, which holds its welcome."""
    over: bool
    """Whether that mailbox was closed: it was removed, or had 37 days (protocol 7.1)."""


def approved(db: Db) -> list[Approved]:
    """The earliest first; also those that came long ago."""
    rows = db.execute(
        "SELECT k.bytes, i.mailbox, m.closed FROM knock k JOIN invite i ON i.number = k.invite"
        " JOIN mailbox m ON m.number = i.mailbox WHERE k.state = 1 AND i.log IS NULL"
        " ORDER BY k.number"
    ).fetchall()
    found = [(canonical.decode(raw, Knock).device, box, bool(closed)) for raw, box, closed in rows]
    return [Approved(keys.device_id(each.sign), each, box, over) for each, box, over in found]


def awaited(db: Db, log: LogRow, roster: Roster) -> list[DeviceKeys]:
    """Keys of those who may read a log and have not opened their chain in it yet.

    Devices that another device of this person let in are not known here.
    """
    return _devices(db, log, roster) + _people(db, log, roster)


def _devices(db: Db, log: LogRow, roster: Roster) -> list[DeviceKeys]:
    seated = {seat.device for seat in roster.seats.values()}
    coming = [a for a in approved(db) if not a.over and a.device not in seated]
    if not coming or log.given is not None:
        return []
    gone = set(roster.removed)
    for other in logs.all_logs(db):  # a removal stands in the journal first
        gone |= logs.roster_of(db, other).removed if other.type is LogType.JOURNAL else set()
    return [each.keys for each in coming if each.device not in gone]


def _people(db: Db, log: LogRow, roster: Roster) -> list[DeviceKeys]:
    seated = {seat.person for seat in roster.seats.values()}
    coming = {n for n, member in roster.people.items() if not member.gone} - seated
    if not coming:
        return []
    # what the fold did not let stand may name anybody's keys beside a person's name
    added = [a.payload for a in logs.acts_of(db, log.number) if a.id not in roster.void]
    return [
        add.knock.device
        for add in added
        if isinstance(add, AddPerson) and add.knock.person and add.knock.person.id in coming
    ]
