"""Which relays a person's spaces lie at."""

from __future__ import annotations

from inglenook_client.journal import identity, rotating
from inglenook_client.journal.folder import Folder
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_client.words import _
from inglenook_schema.control import LogType, Reason
from inglenook_schema.errors import CallerError
from inglenook_schema.mailbox import origin_of


async def checked(relay: str) -> str:
    """The origin of a relay's address.

    Raises:
        CallerError: It is no address, or would be spoken to in clear beyond this machine.
    """
    from inglenook_client.transports.http import check_relay  # noqa: PLC0415 - start-up

    origin = origin_of(relay)
    check_relay(origin)
    return origin


async def add_relay(folder: Folder, relay: str, voucher: str) -> str:
    """Let the journal lie at one more relay; returns its origin.

    The first relay just takes what waits. A further one is announced to the other devices
    by a new epoch, whose pack fills it.

    Raises:
        CallerError: The address cannot be used, or this device waits to be let in.
    """
    origin = await checked(relay)
    await folder.store.write(lambda db: _add(db, folder, origin, voucher))
    return origin


def _add(db: Db, folder: Folder, origin: str, voucher: str) -> None:
    if folder.me.person is None:
        raise CallerError(_("This device waits to be let in itself."))
    db.execute("INSERT OR REPLACE INTO relay VALUES(?, ?)", (origin, voucher))
    for log in logs.all_logs(db):
        if log.type is not LogType.JOURNAL or origin in log.relays:
            continue
        first = not log.relays
        logs.set_relays(db, log.number, (*log.relays, origin))
        log = logs.log_by_number(db, log.number)  # noqa: PLW2901 - the same log, as it is now
        if first:
            for number, _commitment, _secret in logs.epochs_of(db, log.number):
                boxes.ensure_epoch_boxes(db, log, number, (origin,), identity.today())
        else:
            rotating.rotate(db, folder.me, log, Reason.MOVE)
