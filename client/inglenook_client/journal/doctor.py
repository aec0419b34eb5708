"""The doctor's look at a data folder: verifies all of it, changes nothing, tells nothing private.

Each check gives sentences; each sentence says what to do. Spaces and chains are numbers in
them, so that they may be shown to somebody who helps.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from inglenook_client import ambient
from inglenook_client.journal import attaching, identity, unpacking
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Check
from inglenook_client.stores import logs, packing, parts, search
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import ChainRow, LogRow
from inglenook_client.words import _, later, ngettext
from inglenook_schema import body, epoch, header, keys, mailbox, seal, suite
from inglenook_schema.errors import PeerError
from inglenook_schema.header import Kind
from inglenook_schema.ids import ZERO_SHORT
from inglenook_schema.record import BoxType

_LOW_SPACE: Final = 64 * 1024 * 1024
_FIRST_GOOD_YEAR_MS: Final = 1_704_067_200_000
_FAR_AHEAD_DAYS: Final = 5 * 365
_AGAIN: Final = later(
    "Add this device again from another one, or restore it with the recovery kit."
)
_PACKED: Final = 20_000
"""Events of a log of which a pack is made, and read again, in a second or two."""


def examine(db: Db, home: Path) -> Check:
    """Look at everything; call inside a read."""
    me = identity.load(db)
    (sound,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        index = sound.startswith("fts5")
        damage = (
            _("The search is damaged. Run: inglenook doctor --rebuild")
            if index
            else _("The database is damaged. Put a copy of the folder back, then sync.")
        )
        return Check(ok=False, problems=[damage])
    problems = [*_room(home), *_clock(db), *_own_keys(db, me)]
    seen = 0
    for number, log in enumerate(logs.all_logs(db), start=1):
        count, found = _chains(db, log, number)
        seen += count
        problems += found
        problems += _epochs(db, log, number)
        packable = log.given != logs.IMPORTED  # what is only read is packed for nobody
        if (
            packable
            and not found
            and count <= _PACKED
            and logs.genesis_of(db, log.number) is not None
        ):
            problems += _pack(db, log, number)
    problems += [*_index(db), *_files(db)]
    note = ngettext("{count} event verified.", "{count} events verified.", seen)
    return Check(
        not problems, problems, [note.format(count=seen), *_on_their_way(db, me), *_modes(home)]
    )


# --- the folder and the machine -------------------------------------------------------


def _room(home: Path) -> Iterator[str]:
    free = os.statvfs(home)
    if free.f_bavail * free.f_frsize < _LOW_SPACE:
        yield _("This device is nearly full: less than 64 MB are free. Make some room.")


def _modes(home: Path) -> Iterator[str]:
    """All of it is encrypted, so that open doors are no damage."""
    if stat.S_IMODE(home.stat().st_mode) & 0o077:
        yield _("Others on this computer can look into the data folder: chmod 700 on it.")
    if any(stat.S_IMODE(file.lstat().st_mode) & 0o077 for file in home.iterdir()):
        yield _("Others on this computer can read a file of the data folder: chmod 600 on it.")


def _clock(db: Db) -> Iterator[str]:
    """The newest own instant is a witness: an entry is not written before it is written."""
    now = ambient.now_ms()
    if now < _FIRST_GOOD_YEAR_MS:
        yield _("This device's clock is years behind. Set the date, then go on.")
        return
    (newest,) = db.execute(
        "SELECT max(e.at) FROM event e JOIN chain c ON c.number = e.chain WHERE c.mine > 0"
    ).fetchone()
    days = 0 if newest is None else (newest - now) // identity.DAY_MS
    if days > 0:
        message = ngettext(
            "This device's clock is {count} day behind what was last written on it. Set the date.",
            "This device's clock is {count} days behind what was last written on it. Set the date.",
            days,
        )
        yield message.format(count=days)
    elif -days > _FAR_AHEAD_DAYS:
        yield _(
            "By this device's clock nothing was written on it for years. If that is not so,"
            " the clock is ahead: set the date."
        )


# --- keys -----------------------------------------------------------------------------


def _own_keys(db: Db, me: Me) -> Iterator[str]:
    again = _(_AGAIN)
    pairs = db.execute("SELECT public, private FROM kem").fetchall()
    if any(suite.kem_public(kem) != name for name, kem in [(me.kem_public, me.kem), *pairs]):
        yield _("A private key of this device does not fit its public one.") + " " + again
    if me.person is None:
        return
    try:
        last = keys.check_chain(me.certificates, me.person)
        fits = (last.device, last.sign) == (me.device, me.sign.public)
    except PeerError:
        fits = False
    if not fits:
        yield _("This device's certificates do not lead from its person to it.") + " " + again
    (strange,) = db.execute(
        "SELECT count(*) FROM chain WHERE mine > 0 AND id <> ? AND (device <> ? OR sign <> ?)",
        (ZERO_SHORT, me.device, me.sign.public),
    ).fetchone()
    if strange:
        yield _(
            "A chain is taken for this device's own and is not. Run: inglenook doctor --rebuild"
        )
    recovery = logs.meta(db, "recovery")
    if recovery is not None and keys.root(recovery).public != me.person:
        yield _("The recovery words kept here are another person's. Do not write them down.")


def _epochs(db: Db, log: LogRow, number: int) -> Iterator[str]:
    again = _(_AGAIN)
    known = logs.epochs_of(db, log.number)
    # who is enrolled holds what comes from an epoch's secret, which no commitment fits
    checked = [] if log.is_enrolled else known
    if any(epoch.commitment(log.id, secret) != promised for _n, promised, secret in checked):
        message = _("A key of space {number} does not fit what was promised for it.")
        yield message.format(number=number) + " " + again
    secrets = {row: log.opens_with(secret) for row, _promised, secret in known}
    boxes = db.execute(
        "SELECT epoch, box, secret FROM mailbox WHERE log = ? AND type = ?",
        (log.number, BoxType.EPOCH),
    )
    for of, name, secret in boxes.fetchall():
        if secrets.get(of, secret) != secret or mailbox.box(secret, log.id) != name:
            message = _("A mailbox of space {number} has another space's key.")
            yield message.format(number=number) + " " + again
    roster = logs.roster_of(db, log)
    without = [promised for _n, promised, _secret in known if promised not in roster.epochs]
    if roster.genesis is not None and without and log.epoch is None:
        yield _("Where space {number} goes on is not known here yet. Sync.").format(number=number)


# --- what was written -----------------------------------------------------------------


def _chains(db: Db, log: LogRow, number: int) -> tuple[int, list[str]]:
    """Verify every chain of a log; returns how many events it has, and what is wrong."""
    found = list[str]()
    events = 0
    for place, chain in enumerate(logs.chains_of(db, log.number), start=1):
        seen, wrong = _walk(db, log, chain)
        events += seen
        if wrong:
            message = _(
                "Chain {chain} of space {number} does not verify: {why}"
                " What else is here is whole. Put a copy of the folder back, then sync."
            )
            found.append(message.format(chain=place, number=number, why=wrong))
    return events, found


def _walk(db: Db, log: LogRow, chain: ChainRow) -> tuple[int, str]:
    """Verify one chain; returns how many events, and what is wrong with it."""
    rows = db.execute(
        "SELECT e.id, e.header, e.body, s.signature FROM event e LEFT JOIN seal s"
        " ON s.event = e.id WHERE e.chain = ? ORDER BY e.seq, e.id",
        (chain.number,),
    ).fetchall()
    known = {log.id}
    sealed = last = -1
    for name, raw, packed, signature in rows:
        try:
            head = header.decode(raw)
            if header.event_id(raw) != name:
                return len(rows), _("an event was altered.")
            if head.kind != Kind.GENESIS and head.prev not in known:
                return len(rows), _("an event is missing.")
            if packed and body.commitment(packed) != head.pcommit:
                return len(rows), _("an entry was altered.")
            if signature is not None:
                sign = _signer(db, log) if chain.id == ZERO_SHORT else chain.sign
                seal.check(sign, signature, log.id, name)
                sealed = head.seq
        except PeerError:
            return len(rows), _("a signature or a header is wrong.")
        known.add(name)
        last = head.seq
    # own events wait for their seal until they are sent; what was sent has one
    needed = chain.sealed if chain.mine else last
    return len(rows), _("its last event has no signature.") if sealed < needed else ""


def _signer(db: Db, log: LogRow) -> bytes:
    genesis = logs.genesis_of(db, log.number)
    return genesis.certificates[-1].sign if genesis else b""


# --- what follows from it -------------------------------------------------------------


def _pack(db: Db, log: LogRow, number: int) -> Iterator[str]:
    """A pack made now would bring all of it to a new device."""
    try:
        parts = packing.parts_of(db, log, sealed=True)
        unpacking.verify(log.id, parts)
    except PeerError:
        yield _(
            "Space {number} cannot be packed for another device. Sync all of your devices."
        ).format(number=number)


def _on_their_way(db: Db, me: Me) -> Iterator[str]:
    """What is still on its way; nothing is wrong with that."""
    if me.person is not None and identity.person_secret(db) is None:
        yield _("The journal's beginning is not here yet. Sync, then look again.")
    if count := parts.any_wait(db):
        message = ngettext(
            "{count} part of a pack waits for the others. The next sync asks for them.",
            "{count} parts of packs wait for the others. The next sync asks for them.",
            count,
        )
        yield message.format(count=count)


def _files(db: Db) -> Iterator[str]:
    """The records of attached files, against the names that their events have for them."""
    for name in attaching.damaged(db):
        yield _("A part of the file “{name}” is damaged here.").format(name=name)


def _index(db: Db) -> Iterator[str]:
    lacking, stray = search.compare(db)
    if lacking:
        message = ngettext(
            "The search does not find {count} event. Run: inglenook doctor --rebuild",
            "The search does not find {count} events. Run: inglenook doctor --rebuild",
            lacking,
        )
        yield message.format(count=lacking)
    if stray:
        message = ngettext(
            "The search still knows {count} event that is gone. Run: inglenook doctor --rebuild",
            "The search still knows {count} events that are gone. Run: inglenook doctor --rebuild",
            stray,
        )
        yield message.format(count=stray)
