"""Which relays a person's spaces lie at: more of them, fewer, others instead.

Each change is a new epoch that names the new relays; its rotate record stays behind as the
forwarding address, and its pack fills what is new (protocol 5.3).
"""

from __future__ import annotations

from datetime import date

from inglenook_client.journal import following, identity, reading, receiving, rotating, sending
from inglenook_client.journal.errors import LastRelayError, NotFoundError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Moved, RelayShown
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports.address import check_relay
from inglenook_client.words import _
from inglenook_schema.control import LogType, Reason
from inglenook_schema.errors import CallerError
from inglenook_schema.limits import MAX_RELAYS
from inglenook_schema.mailbox import FOLDER_RANGE, origin_of
from inglenook_schema.record import BoxType

_FIRST_DAY = date(1970, 1, 1).toordinal()


def checked(relay: str) -> str:
    """The origin of a relay's address.

    Raises:
        CallerError: It is no address, or would be spoken to in clear beyond this machine.
    """
    origin = origin_of(relay)
    check_relay(origin)
    return origin


async def add_relay(folder: Folder, relay: str, voucher: str, space: int | None = None) -> Moved:
    """Let the journal, and the spaces this person began, lie at one more relay.

    The first relay just takes what waits. A further one is announced to the other devices
    by a new epoch, whose pack fills it.

    Args:
        folder: This device's.
        relay: Its address.
        voucher: A code it may ask for, or empty.
        space: Number of the one space that is meant, whoever began it.

    Raises:
        CallerError: The address cannot be used, this device waits to be let in, or a space
            lies at as many relays as it can.
    """
    origin = checked(relay)
    return await folder.store.write(lambda db: _add(db, folder.me, origin, voucher, space))


async def remove_relay(folder: Folder, relay: str, *, alone: bool = False) -> Moved:
    """Let nothing lie at a relay any more.

    Args:
        folder: This device's.
        relay: Its address.
        alone: Whether the journal may stay on this device only.

    Raises:
        LastRelayError: The journal lies there only, and ``alone`` was not said.
        CallerError: No such relay is in use, or a pair lies there only; nothing was changed.
    """
    origin = origin_of(relay)
    return await folder.store.write(lambda db: _remove(db, folder.me, origin, alone=alone))


async def move_relay(folder: Folder, old: str, new: str, voucher: str) -> Moved:
    """Let everything that lies at one relay lie at another instead.

    Raises:
        CallerError: An address cannot be used, or no such relay is in use.
    """
    leave, enter = origin_of(old), checked(new)
    return await folder.store.write(lambda db: _move(db, folder.me, leave, enter, voucher))


def _add(db: Db, me: Me, origin: str, voucher: str, space: int | None) -> Moved:
    _refuse_waiting(me)
    done = Moved(origin)
    db.execute("INSERT OR REPLACE INTO relay VALUES(?, ?)", (origin, voucher))
    for log in logs.all_logs(db):
        if origin in log.relays or not _can_move(db, log) or space not in (None, log.number):
            continue
        if space is None and not _began(db, me, log):
            done.stayed.append(_name(db, me, log))
        elif sending.waits_for_words(db, me, log):
            done.waiting.append(_name(db, me, log))
        else:
            if len(log.relays) == MAX_RELAYS:
                raise CallerError(_("A space lies at eight relays at most: remove one first."))
            _lie_at(db, me, log, (*log.relays, origin))
            done.spaces.append(_name(db, me, log))
    return done


def _remove(db: Db, me: Me, origin: str, *, alone: bool) -> Moved:
    _refuse_waiting(me)
    found = _lying_at(db, me, origin)
    done = Moved(origin, invites=_open_invites(db, origin))
    for log in found:
        if log.relays == (origin,) and log.type is not LogType.JOURNAL and _can_move(db, log):
            raise CallerError(
                _(
                    "What you share in “{space}” lies there only, and would not reach anybody any"
                    " more. Move it instead: inglenook relay move {url} NEW-URL"
                ).format(space=_name(db, me, log), url=origin)
            )
    if not alone and any(log.relays == (origin,) and _can_move(db, log) for log in found):
        raise LastRelayError
    for log in found:
        _lie_at(db, me, log, tuple(relay for relay in log.relays if relay != origin))
        done.spaces.append(_name(db, me, log))
    db.execute("DELETE FROM relay WHERE origin = ?", (origin,))
    return done


def _move(db: Db, me: Me, old: str, new: str, voucher: str) -> Moved:
    _refuse_waiting(me)
    if old == new:
        raise CallerError(_("That is the same relay."))
    found = _lying_at(db, me, old)
    done = Moved(new, invites=_open_invites(db, old))
    db.execute("INSERT OR REPLACE INTO relay VALUES(?, ?)", (new, voucher))
    db.execute("DELETE FROM relay WHERE origin = ?", (old,))
    for log in found:
        relays = [new if relay == old else relay for relay in log.relays]
        # who is told of the new relay while the old one is gone finds the way from there
        if log.epoch is not None:
            boxes.ensure_epoch_boxes(db, log, log.epoch, (new,), identity.today())
        _lie_at(db, me, log, tuple(dict.fromkeys(relays)))
        done.spaces.append(_name(db, me, log))
    return done


def _name(db: Db, me: Me, log: LogRow) -> str:
    """What a person calls a space; one that nobody has joined yet is a pair."""
    return reading.names(db, me).spaces[log.number] or receiving.space_name(log)


def _refuse_waiting(me: Me) -> None:
    if me.person is None:
        raise CallerError(_("This device waits to be let in itself."))


def _lying_at(db: Db, me: Me, origin: str) -> list[LogRow]:
    """The logs that lie at a relay, all of which can be taken away from there.

    Raises:
        CallerError: One cannot be yet, or the relay is not in use.
    """
    found = following.spaces_at(db, origin)
    known = db.execute("SELECT 1 FROM relay WHERE origin = ?", (origin,)).fetchone()
    if not found and known is None:
        raise NotFoundError(_("The relay {url} is not in use here.").format(url=origin))
    for log in found:
        if sending.waits_for_words(db, me, log):
            raise CallerError(
                _(
                    "“{space}” can be moved once you compared the safety words:"
                    " inglenook pair words --confirm"
                ).format(space=_name(db, me, log))
            )
    return found


def _can_move(db: Db, log: LogRow) -> bool:
    """Whether this device may begin a new epoch there; a closed space stays as it is."""
    return not log.stalled and logs.my_chain(db, log.number) is not None


def _began(db: Db, me: Me, log: LogRow) -> bool:
    """Whether this person chose where a log lies: who invites does."""
    genesis = logs.genesis_of(db, log.number)
    return genesis is not None and genesis.founder.id == me.person_id


def _lie_at(db: Db, me: Me, log: LogRow, relays: tuple[str, ...]) -> None:
    """Let one log lie at these relays from now on."""
    if not log.relays and relays:  # nobody else knows it yet, so nobody has to be told
        logs.set_relays(db, log.number, relays)
        for number, _commitment, _secret in logs.epochs_of(db, log.number):
            boxes.ensure_epoch_boxes(db, log, number, relays, identity.today())
    elif _can_move(db, log):
        rotating.rotate(db, me, log, Reason.MOVE, relays)
    else:  # it takes nothing new, and what is here stays readable
        logs.set_relays(db, log.number, relays)
        for box in boxes.boxes_of(db, log.number):
            if box.relay not in relays:
                boxes.close_box(db, box.number)


def _open_invites(db: Db, origin: str) -> int:
    (count,) = db.execute(
        "SELECT count(*) FROM invite i JOIN mailbox m ON m.number = i.mailbox"
        " WHERE m.relay = ? AND i.state = 0 AND m.closed = 0",
        (origin,),
    ).fetchone()
    return int(count)


# --- which there are ------------------------------------------------------------------


def shown(db: Db, me: Me) -> list[RelayShown]:
    """Every relay in use, and those that were left and are still asked for late words."""
    used = {row[0] for row in db.execute("SELECT origin FROM relay")}
    used.update(relay for log in logs.all_logs(db) for relay in log.relays)
    asked = db.execute(
        "SELECT relay, max(iif(made, seen, NULL)) FROM mailbox WHERE closed = 0 AND type = ?"
        " AND NOT (relay >= ? AND relay < ?) GROUP BY relay",
        (BoxType.EPOCH, *FOLDER_RANGE),
    )
    days = dict(asked.fetchall())
    return [
        RelayShown(
            origin,
            [_name(db, me, log) for log in following.spaces_at(db, origin)],
            _date(days.get(origin)),
            origin not in used,
        )
        for origin in sorted(used | set(days))
    ]


def _date(day: int | None) -> str:
    return "" if day is None else date.fromordinal(_FIRST_DAY + day).isoformat()
