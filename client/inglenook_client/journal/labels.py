"""What devices are called: the label they opened with, or the newest name they were given."""

from __future__ import annotations

from dataclasses import dataclass

from inglenook_client.core.clocks import covers
from inglenook_client.journal import belonging, composing
from inglenook_client.journal.identity import Me
from inglenook_client.stores import ancestry, events, logs, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_schema.events import check
from inglenook_schema.events.spaces import DeviceRenamed


@dataclass(frozen=True, slots=True)
class _Given:
    """A name that was given, and where in the log it stands."""

    number: int
    chain: bytes
    seq: int
    at: int
    event: bytes
    label: str


def known(db: Db, log: LogRow, person: bytes) -> dict[bytes, str]:
    """What a person's devices are called in a log, by device.

    Names that somebody else gives them are passed over, and so are those that this person
    gives to somebody else's devices.
    """
    seats = sorted(logs.roster_of(db, log).seats.values(), key=lambda s: (-s.since, s.chain))
    found = {seat.device: seat.label for seat in seats if seat.person == person}
    for device, given in _given(db, log, person).items():
        if device in found:
            found[device] = _newest(db, given).label
    return found


def everybodys(db: Db, log: LogRow) -> dict[bytes, str]:
    """What all devices are called in a log, by device."""
    found = dict[bytes, str]()
    for person in logs.roster_of(db, log).people:
        found |= known(db, log, person)
    return found


def _given(db: Db, log: LogRow, person: bytes) -> dict[bytes, list[_Given]]:
    chains = {chain.number: chain.id for chain in logs.chains_of(db, log.number)}
    found = dict[bytes, list[_Given]]()
    for row in views.linked(db, {"device.renamed"}, log.number):
        said = content_of(row.body) if row.body is not None and row.person == person else None
        if isinstance(said, DeviceRenamed):
            given = _Given(row.chain, chains[row.chain], row.seq, said.at, row.id, said.label)
            found.setdefault(said.device, []).append(given)
    return found


def _newest(db: Db, given: list[_Given]) -> _Given:
    """Protocol 2.5: the causally later wins, else the later claimed instant, then the id."""
    last = [g for g in given if not any(_before(db, g, other) for other in given)]
    return max(last or given, key=lambda g: (g.at, g.event))


def _before(db: Db, a: _Given, b: _Given) -> bool:
    if a.number == b.number:
        return a.seq < b.seq
    return covers(ancestry.past_at(db, b.number, b.seq), a.chain, a.seq)


def rename(db: Db, me: Me, device: bytes, label: str) -> None:
    """Say in the journal and in every open space what a device is called from now on.

    Call inside a write.

    Raises:
        InvalidEventError: The name is empty or too long; nothing was changed.
    """
    at, zone, date = composing.moment()
    name = " ".join(label.split())
    content = DeviceRenamed(at=at, zone=zone, date=date, device=device, label=name)
    check(content)
    for log in logs.all_logs(db):
        if belonging.may_write(db, log):
            events.append(db, log, [composing.draft(content)])
    follow(db, me)


def follow(db: Db, me: Me) -> None:
    """Take over what this device was called on another one; it opens new chains under it."""
    journal = belonging.journal_of(db)
    if journal is None or not views.linked(db, {"device.renamed"}, journal.number):
        return
    label = known(db, journal, me.person_id).get(me.device)
    if label and label != me.label:
        logs.set_meta(db, "label", label.encode())
