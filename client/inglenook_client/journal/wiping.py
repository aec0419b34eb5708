"""What follows from erasing: bodies hidden and wiped, records made again without them.

signed act counts -> hidden -> due -> wiped, blobs forgotten -> batches put again without it
                                                             -> a new pack, once a sync
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.core.members import Roster
from inglenook_client.journal import covering, identity
from inglenook_client.stores import boxes, erasing, files, forgetting, logs, nulling
from inglenook_client.stores.connection import Db
from inglenook_client.stores.forgetting import Author
from inglenook_client.stores.logs import LogRow
from inglenook_schema.mailbox import is_folder

_REPACK = "repack "
"""With a log's number: what others cannot get elsewhere is to be put again, as a pack."""
_TAKEN = b"taken"


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
    now = ambient.now_ms()
    if files.is_any_due(db, now):
        files.let_go(db, author(db).person, author(db).secret, now)
    wiped = erasing.wipe_due(db, now)
    if wiped:
        forgetting.forget(db, author(db), wiped, identity.today())
    return len(wiped)


def want_pack(db: Db, log: int, *, taken: bool = False) -> None:
    """Have the next sync put a pack of a log.

    Args:
        db: Inside a write.
        log: Its number.
        taken: Only for what somebody took from a mailbox, if it is nowhere else.
    """
    logs.set_meta(db, f"{_REPACK}{log}", _TAKEN if taken else b"")


def put_wanted_packs(db: Db, relay: str, done: set[int]) -> list[LogRow]:
    """Put the packs that an erasure wants, of each log once a sync; call inside a write.

    Args:
        db: Everything own is sealed.
        relay: Origin of the partner of this conversation.
        done: Numbers of logs that had theirs; is added to.

    Returns:
        The logs of which somebody took something.
    """
    wanted = nulling.to_repack(db, relay)
    later = done | logs.unsealed(db)
    taken = list[LogRow]()
    for number, was_taken in _asked(db) if not is_folder(relay) else ():
        if number not in later:
            log = logs.log_by_number(db, number)
            wanted[number] = [box.number for box in covering.write_boxes(db, log)]
            logs.forget_meta(db, f"{_REPACK}{number}")
            taken += [log] if was_taken else []
    for number in sorted(wanted.keys() - later):
        targets = [boxes.box(db, target) for target in wanted[number]]
        covering.put_pack(db, logs.log_by_number(db, number), targets)
    done.update(wanted)
    return taken


def _asked(db: Db) -> list[tuple[int, bool]]:
    """[log, whether something was taken] of the packs that are wanted now.

    Not before their newest mailboxes were read to the end.
    """
    rows = db.execute("SELECT key, value FROM meta WHERE key GLOB ?", (f"{_REPACK}*",)).fetchall()
    found = list[tuple[int, bool]]()
    for key, why in rows:
        number = int(key.removeprefix(_REPACK))
        if not _is_read(db, number):
            continue
        if why == _TAKEN and _is_elsewhere(db, number):
            logs.forget_meta(db, key)
        else:
            found.append((number, why == _TAKEN))
    return found


def _is_read(db: Db, number: int) -> bool:
    newest = covering.write_boxes(db, logs.log_by_number(db, number))
    return all(box.current for box in newest)


def _is_elsewhere(db: Db, number: int) -> bool:
    return all(nulling.is_elsewhere(db, box.number) for box in boxes.boxes_of(db, number))
