"""Where a log lies, as others say: by a rotate, a welcome, or another own device's word."""

from __future__ import annotations

from collections.abc import Iterable

from inglenook_client.journal import identity
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports.address import is_here, is_usable
from inglenook_client.words import _
from inglenook_schema.control import LogType, Reason, Rotate


def usable(relays: Iterable[str]) -> tuple[str, ...]:
    """Those that this device speaks to: nobody leads it to one where others can listen in."""
    return tuple(relay for relay in relays if is_usable(relay))


def follow(db: Db, log: LogRow, epoch: int, rotate: Rotate, space: str) -> list[str]:
    """Go where a new epoch lies; call inside a write, before the log is folded again.

    Args:
        db: Inside a write.
        log: As it was before.
        epoch: Row number of the epoch that was entered.
        rotate: What began it.
        space: What a person calls the log.

    Returns:
        Sentences to say once.
    """
    refused = _refused(db, space, rotate.relays)
    relays = tuple(relay for relay in rotate.relays if relay not in refused)
    boxes.ensure_epoch_boxes(db, log, epoch, relays, identity.today())
    concurrent = not _follows(db, log, rotate)
    moved = rotate.reason == Reason.MOVE
    if concurrent and log.epoch is not None:
        # two began one at once: all meet at the relays of the one that moved, in both epochs
        for number in (epoch, log.epoch):
            stays = relays if moved else log.relays
            boxes.ensure_epoch_boxes(db, log, number, stays, identity.today())
        if not moved:
            return []
    logs.set_relays(db, log.number, relays)
    _adopt(db, log, relays)
    return list(refused.values())


def _refused(db: Db, space: str, relays: Iterable[str]) -> dict[str, str]:
    """Why this device does not go to some of the relays that somebody named, by relay."""
    found = dict[str, str]()
    local = any(is_here(row[0]) for row in db.execute("SELECT origin FROM relay"))
    for relay in relays:
        if is_here(relay) and not local:
            found[relay] = _(
                "“{space}” was moved to {relay}, which is this device itself; it does not go there."
            ).format(space=space, relay=relay)
        elif not is_usable(relay):
            found[relay] = _(
                "“{space}” was moved to {relay}, which this device does not use: it needs"
                " https://, so that nobody can listen in."
            ).format(space=space, relay=relay)
    return found


def problem(log: LogRow, name: str) -> str:
    """That a shared space lies nowhere this device goes; else empty."""
    if log.relays or log.stalled or log.given is not None or log.type is LogType.JOURNAL:
        return ""
    return _(
        "“{space}” lies at no relay that this device uses: what you write there waits here, and"
        " goes by sync --folder."
    ).format(space=name)


def _follows(db: Db, log: LogRow, rotate: Rotate) -> bool:
    """Whether an epoch continues the one this device writes to."""
    current = [c for number, c, _s in logs.epochs_of(db, log.number) if number == log.epoch]
    return not current or current[0] in rotate.parents


def _adopt(db: Db, log: LogRow, relays: tuple[str, ...]) -> None:
    """Let this device's own list of relays go along with its spaces.

    A relay that nothing lies at any more goes off the list. Where it stood there, or the
    journal itself moved, the new ones come on it.
    """
    gone = [r for r in log.relays if r not in relays and not spaces_at(db, r)]
    dropped = sum(
        db.execute("DELETE FROM relay WHERE origin = ?", (relay,)).rowcount for relay in gone
    )
    if dropped or log.type is LogType.JOURNAL:
        db.executemany("INSERT OR IGNORE INTO relay VALUES(?, '')", [(relay,) for relay in relays])


def spaces_at(db: Db, origin: str) -> list[LogRow]:
    """The logs that lie at a relay now."""
    return [log for log in logs.all_logs(db) if origin in log.relays]
