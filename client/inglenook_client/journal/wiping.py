"""What follows from erasing: bodies hidden and wiped, records made again without them.

signed act counts -> hidden -> due -> wiped, blobs forgotten -> batches put again without it
                                                             -> a new pack, once a sync
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.core.members import Roster
from inglenook_client.journal import identity
from inglenook_client.stores import erasing, logs, nulling
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.stores.nulling import Author

_REPACK = "repack "
"""With a log's number: what others cannot get elsewhere is to be put again, as a pack."""


def author(db: Db) -> Author:
    """Whose batches this device can make again."""
    return Author(identity.load(db).person_id, identity.person_secret(db))


def follow(db: Db, log: LogRow, roster: Roster) -> None:
    """Hide what a log's acts erase, wipe what is due, show what is not erased after all."""
    if roster.genesis is None:
        return  # nothing can be judged yet
    if erasing.show_again(db, log, roster.erased):
        nulling.look_at_all(db, log.number, identity.today())
    erasing.hide(db, log, roster.erased, ambient.now_ms())
    wipe_due(db)


def wipe_due(db: Db) -> int:
    """Wipe hidden bodies whose time has come; returns how many. Call inside a write."""
    wiped = erasing.wipe_due(db, ambient.now_ms())
    if wiped:
        nulling.forget(db, author(db), wiped, identity.today())
    return len(wiped)


def want_pack(db: Db, log: int) -> None:
    """Have the next sync put a pack of a log."""
    logs.set_meta(db, f"{_REPACK}{log}", b"")


def wanted_packs(db: Db, done: set[int]) -> list[LogRow]:
    """The logs of which a pack is to be put now, each once a sync.

    Args:
        db: Inside a write.
        done: Numbers of logs that had theirs; those returned are added.
    """
    rows = db.execute("SELECT key FROM meta WHERE key GLOB ?", (f"{_REPACK}*",)).fetchall()
    asked = {int(key.removeprefix(_REPACK)) for (key,) in rows}
    found = sorted((asked | set(nulling.to_repack(db))) - done)
    done.update(found)
    for number in asked & set(found):
        logs.forget_meta(db, f"{_REPACK}{number}")
    return [logs.log_by_number(db, number) for number in found]
