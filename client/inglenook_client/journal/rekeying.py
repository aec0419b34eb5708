"""Lost devices out of a log, by the root; and whose devices those are."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import msgspec

from inglenook_client import ambient
from inglenook_client.core.members import Roster
from inglenook_client.journal import belonging, founding, identity, kit, labels, restoring, rotating
from inglenook_client.journal.errors import AmbiguousError, NotFoundError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Lost
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.events import Draft
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports.address import is_usable
from inglenook_client.words import _
from inglenook_schema import bundle, canonical, control, keys
from inglenook_schema.control import LogType, Open, Reason, RemoveDevice
from inglenook_schema.header import Kind, Ref
from inglenook_schema.keys import Root
from inglenook_schema.limits import MAX_RELAYS

_SHORT = 8


# --- whose devices --------------------------------------------------------------------


def others(db: Db, me: Me) -> list[Lost]:
    """Every other device of this person that is known of, the earliest first."""
    first = dict[bytes, tuple[int, str]]()
    for opened in sorted(_opens(db, me), key=lambda opened: opened.at):
        first.setdefault(opened.certificates[-1].device, (opened.at, opened.label))
    for device in _certified(db, me):
        first.setdefault(device, (0, ""))
    journal = belonging.journal_of(db)
    called = labels.known(db, journal, me.person_id) if journal else {}
    found = sorted((at, label, device) for device, (at, label) in first.items())
    return [
        Lost(device, called.get(device) or label or _short(device), _short(device), label)
        for _at, label, device in found
        if device != me.device
    ]


def _short(device: bytes) -> str:
    return device.hex()[:_SHORT]


def named(db: Db, me: Me, names: Iterable[str]) -> tuple[bytes, ...]:
    """The devices that the person named, by a name or by the first eight digits of the id.

    The name that a device came with counts beside the one it was given: a thief may have
    exchanged two.

    Raises:
        NotFoundError: There is none of that name.
        AmbiguousError: There are several; a thief may have given one the name of another.
    """
    known = others(db, me)
    chosen = list[bytes]()
    for name in names:
        said = name.casefold()
        found = [d for d in known if said in (d.name.casefold(), d.came_as.casefold(), d.short)]
        if not found:
            message = _("No device of yours is called {name}. There is: {choices}")
            choices = ", ".join(device.name for device in known) or "-"
            raise NotFoundError(message.format(name=name, choices=choices))
        if len(found) > 1:
            message = _("More than one device is called {name}. Say which: {choices}")
            choices = ", ".join(device.short for device in found)
            raise AmbiguousError(message.format(name=name, choices=choices))
        chosen.append(found[0].device)
    return tuple(chosen)


def _opens(db: Db, me: Me) -> list[Open]:
    """What this person's devices said when they opened a chain, in any log."""
    acts = [act for log in logs.all_logs(db) for act in logs.acts_of(db, log.number)]
    return [
        act.payload
        for act in acts
        if isinstance(act.payload, Open) and act.payload.person == me.person
    ]


def _certified(db: Db, me: Me) -> set[bytes]:
    """Devices that stand in any certificate of this person that is here."""
    found = {cert.device for opened in _opens(db, me) for cert in opened.certificates}
    recovery_key = logs.meta(db, kit.KEY)
    if recovery_key is not None:
        box = bundle.box_of(recovery_key)
        found |= {c.device for part in restoring.opened(db, box) for c in part.certificates}
    return found


# --- one log --------------------------------------------------------------------------


def relays_of(db: Db, log: LogRow, named: str) -> tuple[str, ...]:
    """Where a log lies: as the rotates say, and not as any bundle does.

    A log's first rotate names no relay where there was none yet; then it is the one where
    its mailbox was found, that which the person named before all others.
    """
    roster = logs.roster_of(db, log)
    told = [r for tip in roster.tips for r in roster.epochs[tip].rotate.relays]
    if told:
        return tuple(dict.fromkeys(filter(is_usable, told)))[:MAX_RELAYS]
    found = found_at(db, log)
    return (named,) if named in found or not found else tuple(sorted(found))[:MAX_RELAYS]


def found_at(db: Db, log: LogRow) -> set[str]:
    """The relays at which a mailbox of a log was found."""
    rows = db.execute("SELECT relay FROM mailbox WHERE log = ? AND made = 1", (log.number,))
    return {row[0] for row in rows}


def is_over(db: Db, log: LogRow) -> bool:
    """Whether this person can write in a log no more, so that nothing of it is to be re-keyed."""
    roster = logs.roster_of(db, log)
    return roster.genesis is not None and _is_out(roster, identity.load(db))


def _is_out(roster: Roster, me: Me) -> bool:
    member = roster.people.get(me.person_id)
    return member is None or member.gone or roster.closed


def rekey(
    db: Db, log: LogRow, recovery_key: bytes, lost: Iterable[bytes], places: tuple[str, ...]
) -> bool:
    """Remove devices of this person by the root, and begin a new epoch at these relays.

    Call inside a write, once everything of the log was read: it is the cut.

    Returns:
        Whether nothing is left to do here; False where too little of the log came.
    """
    me, roster = identity.load(db), logs.roster_of(db, log)
    if roster.genesis is None:
        return False
    if _is_out(roster, me) or roster.stalled:
        return True  # nothing can be written there any more, or not yet
    if not any(_is_known(db, log, tip) for tip in roster.tips):
        return False
    restoring.forget_unproven(db, log, roster.epochs)
    if logs.my_chain(db, log.number) is None:
        founding.open_chain(db, me, log)
    log = founding.refresh(db, log)
    root = keys.root(recovery_key)
    drafts = [_removal(log, root, device) for device in sorted(set(lost) - _removed(roster))]
    if drafts:
        events.append(db, log, drafts)
    if log.type is LogType.JOURNAL:
        kit.prepare(db, me)
    log = founding.refresh(db, log)
    # a pair that waits for its words shares nothing that is new: the pack holds none
    rotating.rotate(db, me, msgspec.structs.replace(log, forwarded=False), Reason.LOST, places)
    for relay in places:
        db.execute("INSERT OR IGNORE INTO relay VALUES(?, '')", (relay,))
    return True


def _is_known(db: Db, log: LogRow, commitment: bytes) -> bool:
    return any(known == commitment for _n, known, _s in logs.epochs_of(db, log.number))


def _removed(roster: Roster) -> set[bytes]:
    """Devices of which no chain counts to its end any more."""
    standing = {seat.device for seat in roster.seats.values() if seat.last is None}
    return {seat.device for seat in roster.seats.values()} - standing


def _removal(log: LogRow, root: Root, device: bytes) -> Draft:
    """The root's act; its signature covers where it stands, which is the cut (protocol 3.3)."""
    data = partial(_signed_removal, log.id, root, device)
    return Draft(Kind.MEMBER, b"", ambient.random_bytes(32), data_at=data)


def _signed_removal(
    log: bytes, root: Root, device: bytes, prev: bytes, refs: tuple[Ref, ...]
) -> bytes:
    signature = root.sign.sign(control.root_act(log, device, prev, refs))
    return canonical.encode(RemoveDevice(device, signature, ambient.now_ms()))
