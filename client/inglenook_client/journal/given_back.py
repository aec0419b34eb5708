"""Getting a pair's log back from the partner: read-only, verified, the old self not checked.

pair.restored of a partner, log unknown here -> its mailbox is asked
    first whole pack --a pair, the giver in it--> shown as the earlier space, then asked no more
                     --anything else-----------> undone and forgotten, said once
"""

from __future__ import annotations

from collections.abc import Callable

from inglenook_client.journal import identity
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, logs, parts, views
from inglenook_client.stores.connection import Db, undoable
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema.control import LogType
from inglenook_schema.errors import BadCertificateError, PeerError
from inglenook_schema.events.relationship import PairRestored
from inglenook_schema.record import BoxType

_REFUSED = "refused "
"""With an event's id in hex: what it gave back was not what it said."""


def follow(db: Db, me: Me) -> None:
    """Ask for every log that a partner gave back and that is not here; call inside a write.

    A log that is known is not touched, whatever is said of it.
    """
    pairs = {log.number: log for log in logs.all_logs(db) if log.type is LogType.PAIR}
    for row in views.linked(db, {"pair.restored"}):
        said = content_of(row.body) if row.body is not None else None
        if (
            isinstance(said, PairRestored)
            and row.person != me.person_id
            and row.log in pairs
            and not pairs[row.log].given
            and logs.log_by_id(db, said.log) is None
            and logs.meta(db, f"{_REFUSED}{row.id.hex()}") is None
        ):
            _ask_for(db, said, row.person)


def _ask_for(db: Db, said: PairRestored, giver: bytes) -> None:
    log = logs.add_log(db, said.log, LogType.PAIR, said.role or "", relays=said.relays)
    db.execute(
        "UPDATE log SET given = ?, announced = 1, stalled = 1 WHERE number = ?",
        (giver, log.number),
    )
    for secret in said.secrets:
        for origin in said.relays:
            boxes.add_box(
                *(db, BoxType.EPOCH, origin, secret),
                place=said.log,
                log=log.number,
                own=False,
                today=identity.today(),
            )


def taking(db: Db, log: LogRow, take: Callable[[], None]) -> tuple[list[str], bool]:
    """Take in what came of a log; one that was given back is judged before it counts.

    Args:
        db: Inside a write.
        log: Whose records came.
        take: Verifies and stores them.

    Returns:
        Sentences to say once, and whether what was taken in stands.
    """
    if log.given is None or log.label:
        take()
        return [], True
    if not boxes.boxes_of(db, log.number):
        return [], False  # refused in this conversation
    giver = logs.name_of(db, log.given) or _("Your partner")
    try:
        with undoable(db):
            take()
            if _waits(db, log):
                return [], True
            _judge(db, log)
    except PeerError:
        _forget(db, log)
        refused = _("What {name} gave back was not a space of theirs; nothing of it was kept.")
        return [refused.format(name=giver)], False
    db.execute("UPDATE log SET label = ? WHERE number = ?", (giver, log.number))
    told = _(
        "{name} gave back what you wrote together before. Your earlier journal was only on your"
        " devices, and cannot come back this way."
    )
    return [told.format(name=giver)], True


def _waits(db: Db, log: LogRow) -> bool:
    return parts.any_wait(db, log.number) > 0


def _judge(db: Db, log: LogRow) -> None:
    roster = logs.roster_of(db, log)
    genesis = roster.genesis
    if genesis is None or genesis.type != LogType.PAIR or log.given not in roster.people:
        raise BadCertificateError


def _forget(db: Db, log: LogRow) -> None:
    """Ask no more for a log that was not what its giver said, and note whose word that was."""
    for row in views.linked(db, {"pair.restored"}):
        said = content_of(row.body) if row.body is not None else None
        if isinstance(said, PairRestored) and said.log == log.id and row.person == log.given:
            logs.set_meta(db, f"{_REFUSED}{row.id.hex()}", b"")
    _close(db, log)


def _close(db: Db, log: LogRow) -> None:
    for box in boxes.boxes_of(db, log.number):
        boxes.close_box(db, box.number)


def stop(db: Db) -> None:
    """Ask no longer for what came whole, and forget what was refused.

    Call inside a write, between two conversations with a relay.
    """
    for log in logs.all_logs(db):
        if log.given is None:
            continue
        if log.label and not _waits(db, log):
            _close(db, log)
        elif not boxes.boxes_of(db, log.number):
            boxes.forget_log(db, log.number)
