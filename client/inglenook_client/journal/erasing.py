"""Erasing what this person wrote: a signed act, then the bytes, then how far that has got.

erase event in each space -> its bodies wiped here at once -> the next sync does the relay
deep: and a new epoch, so that old keys open nothing that comes, and the old mailbox ends
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from inglenook_client import ambient
from inglenook_client.journal import (
    composing,
    covering,
    founding,
    reading,
    rotating,
    sending,
    wiping,
)
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import AtRelay, Erasing, Gone
from inglenook_client.journal.reading import Names
from inglenook_client.stores import doubles, erasing, events, files, logs, nulling, views
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.words import _
from inglenook_schema.control import Erase, Reason
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events.writing import EntryShared, EntryWritten
from inglenook_schema.header import Kind

_TARGETS = 64
_LONG = 16_384
"""Bytes; no shorter entry has a second part."""
_RECEIPTS = ("space.joined", "space.left")
"""How a person's devices find their spaces; they hold nothing that anybody wrote."""


def erase(db: Db, me: Me, names: Sequence[bytes], *, deep: bool) -> Erasing:
    """Erase events of this person; call inside a write.

    Erasing what is erased already is harmless.

    Raises:
        NotFoundError: One of them is not here; nothing was changed.
        NotAllowedError: One of them is not this person's to erase, or its space takes
            nothing more; nothing was changed.
    """
    names = [*names, *doubles.siblings(db, names)]
    names = list(dict.fromkeys((*names, *_rest_of(db, names))))
    names += [row.event for row in files.of(db, names) if row.event not in names]
    logs_of = {name: _own_log(db, me, name) for name in names}
    for number, group in groupby(sorted(names, key=logs_of.__getitem__), logs_of.__getitem__):
        _erase_in(db, me, number, list(group))
        if deep:
            _begin_epoch(db, me, number)
    return states(db, me, names)


def erase_all_mine(db: Db, me: Me, number: int) -> Erasing:
    """Erase everything that this person wrote in a space; call inside a write."""
    rows = db.execute(
        "SELECT e.id FROM event e JOIN chain c ON c.number = e.chain WHERE c.log = ?"
        " AND c.person = ? AND e.kind = 0 AND ifnull(e.type, '') NOT IN (?, ?)"
        " AND (e.body IS NOT NULL OR e.id IN (SELECT event FROM erased WHERE due > 0))"
        " ORDER BY e.row",
        (number, me.person_id, *_RECEIPTS),
    ).fetchall()
    return erase(db, me, [row[0] for row in rows], deep=False)


def _rest_of(db: Db, names: Sequence[bytes]) -> list[bytes]:
    """What goes on with a text that was longer than one event holds."""
    long = {
        name
        for name in names
        if db.execute(
            "SELECT 1 FROM event WHERE id = ? AND type = 'entry.written' AND length(body) > ?",
            (name, _LONG),
        ).fetchone()
    }
    found = list[bytes]()
    for row in views.timeline(db, kinds=("entry.written",)) if long else ():
        content = content_of(row.body) if row.body is not None else None
        if isinstance(content, EntryWritten) and content.continues in long:
            found.append(row.id)
    return found


def _own_log(db: Db, me: Me, name: bytes) -> int:
    """The log of an event that this person may erase."""
    row = db.execute(
        "SELECT c.log, e.kind, c.person, e.type FROM event e JOIN chain c ON c.number = e.chain"
        " WHERE e.id = ?",
        (name,),
    ).fetchone()
    if row is None:
        raise NotFoundError(_("There is nothing with that id here."))
    log, kind, person, type_ = row
    if kind != Kind.CONTENT or type_ in _RECEIPTS:
        raise NotAllowedError(
            _("That cannot be erased: it says who belongs to a space. Nothing was erased.")
        )
    if person != me.person_id:
        who = reading.names(db, me).of(log, person) or _("your partner")
        message = _("{name} wrote that, so only {name} can erase it. Nothing was erased.")
        raise NotAllowedError(message.format(name=who))
    return int(log)


def _erase_in(db: Db, me: Me, number: int, names: list[bytes]) -> None:
    log = logs.log_by_number(db, number)
    known = erasing.of_log(db, number)
    fresh = [name for name in names if name not in known]
    if fresh and logs.my_chain(db, number) is None:
        sending.open_if_member(db, me, log)
    for start in range(0, len(fresh), _TARGETS):
        act = Erase(tuple(fresh[start : start + _TARGETS]))
        events.append(db, log, [composing.act(Kind.ERASE, act)])
    if fresh:
        founding.refresh(db, log)
    erasing.make_due(db, names, ambient.now_ms())
    wiping.wipe_due(db)


def _begin_epoch(db: Db, me: Me, number: int) -> None:
    """Where nothing lies at a relay, or nothing may yet, there is no key that others keep."""
    log = logs.log_by_number(db, number)
    if covering.write_boxes(db, log) and not sending.waits_for_words(db, me, log):
        rotating.rotate(db, me, log, Reason.ERASE)


def states(db: Db, me: Me, names: Iterable[bytes]) -> Erasing:
    """How far each of these events is from being gone; those that are not erased left out."""
    known = reading.names(db, me)
    copies = _copies(db)
    found = (_state(db, known, name, copies.get(name, ())) for name in names)
    return Erasing([gone for gone in found if gone is not None])


def _state(db: Db, known: Names, name: bytes, copies: tuple[str, ...]) -> Gone | None:
    row = db.execute(
        "SELECT c.log, e.chain, e.seq, e.letter, e.n, x.due FROM erased x JOIN event e"
        " ON e.id = x.event JOIN chain c ON c.number = e.chain WHERE x.event = ?",
        (name,),
    ).fetchone()
    if row is None:
        return None
    log, chain, seq, letter, n, due = row
    until = ambient.local_date(due, ambient.local_zone()).isoformat() if due else ""
    relay = nulling.confirmed(db, chain, seq)
    if due and log in known.syncing:
        relay = False  # its records are whole here, and are not looked for at the relay yet
    told = [word for word in (relay, files.confirmed(db, name)) if word is not None]
    relay = all(told) if told else None
    at_relay = AtRelay.NONE if relay is None else AtRelay.NOT_CONFIRMED
    if relay:
        at_relay = AtRelay.CONFIRMED
    short = f"{letter}{n}" if letter else ""
    return Gone(name, short, known.spaces[log], not due, until, at_relay, copies)


def _copies(db: Db) -> dict[bytes, tuple[str, ...]]:
    """Ids of the entries that were shared, by the entry they are a copy of."""
    found = dict[bytes, tuple[str, ...]]()
    for row in views.timeline(db, kinds=("entry.shared",)):
        content = content_of(row.body) if row.body is not None else None
        if isinstance(content, EntryShared) and content.source is not None:
            short = f"{row.letter}{row.n}" if row.letter else row.id.hex()[:8]
            found[content.source] = (*found.get(content.source, ()), short)
    return found
