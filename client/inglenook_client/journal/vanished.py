"""Spaces whose mailbox was gone when this device came back after a long time (protocol 6.3).

Their people may have moved on, so nothing is made again unasked; it is told, and stays among
the problems until the mailbox is found again, a rotate leads on, or the person answers.

    unknown after 30 days --mark--> moved --tell--> told --found again--> as before
                                                    told --recreate----> made again, all sent
"""

from __future__ import annotations

from inglenook_client.journal import identity
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.words import _
from inglenook_schema.errors import CallerError
from inglenook_schema.mailbox import FOLDER_RANGE

_MOVED, _TOLD = 1, 2
_GONE = (
    "SELECT DISTINCT m.log FROM mailbox m JOIN log l ON l.number = m.log AND l.epoch = m.epoch"
    " WHERE m.moved >= ?1 AND m.moved <= ?2 AND m.closed = 0 AND NOT EXISTS"
    " (SELECT 1 FROM mailbox o WHERE o.log = m.log AND o.epoch = m.epoch AND o.moved = 0"
    "  AND o.made = 1 AND o.seen >= m.seen AND o.number <> m.number"
    "  AND NOT (o.relay >= ?3 AND o.relay < ?4))"
)
"""Logs of whose newest mailboxes none is known to be there any more."""


def mark(db: Db, box: BoxRow) -> None:
    """Note that a relay does not know a mailbox which may not be made again unasked."""
    db.execute("UPDATE mailbox SET moved = ? WHERE number = ? AND moved = 0", (_MOVED, box.number))


def is_untold(db: Db) -> bool:
    """Whether there may be something to tell."""
    row = db.execute("SELECT 1 FROM mailbox WHERE moved = ? LIMIT 1", (_MOVED,)).fetchone()
    return row is not None


def tell(db: Db) -> list[int]:
    """Numbers of the logs that are to be told about now, once; call inside a write."""
    found = _gone(db, _MOVED, _MOVED)
    db.executemany(
        "UPDATE mailbox SET moved = ? WHERE log = ? AND moved = ?",
        [(_TOLD, number, _MOVED) for number in found],
    )
    return found


def is_gone(db: Db, log: int) -> bool:
    """Whether a space stands among the problems."""
    return log in _gone(db, _MOVED, _TOLD)


def problem(name: str) -> str:
    """What a person reads of it, and what they can do."""
    return _(
        "“{space}” moved while this device was away. What you wrote is saved here. Ask your"
        " partner, or on your other device; to start it again where it was:"
        ' inglenook sync --recreate "{space}"'
    ).format(space=name)


def recreate(db: Db, log: int, name: str) -> None:
    """Let the next sync make a space's mailboxes again, and send all that is here.

    Raises:
        CallerError: They are not gone.
    """
    if not is_gone(db, log):
        raise CallerError(_("“{space}” is where it was.").format(space=name))
    db.execute(
        "UPDATE mailbox SET moved = 0, made = 0, seen = ? WHERE log = ? AND moved > 0",
        (identity.today(), log),
    )


def _gone(db: Db, least: int, most: int) -> list[int]:
    return [row[0] for row in db.execute(_GONE, (least, most, *FOLDER_RANGE))]
