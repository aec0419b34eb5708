"""Who asked to be enrolled, by which join code; what stands in the code's box (protocol 12.3)."""

from __future__ import annotations

from dataclasses import dataclass

from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.words import _
from inglenook_schema import canonical, programme
from inglenook_schema.errors import MalformedRecordError
from inglenook_schema.invite import Link, Offer, Purpose
from inglenook_schema.programme import Enrolment

OPEN, OVER = 0, 2


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who asked to be enrolled."""

    number: int
    invite: int
    asked: Enrolment
    log: int
    relay: str
    code: str
    """For whom the code was made; empty where that was not said."""
    several: bool
    """Whether more than one used the same code."""


def on_knock(db: Db, row: tuple[int, int, bytes, int], offer: Offer, inner: bytes) -> list[str]:
    """Somebody used a join code; returns sentences to say once.

    Args:
        db: Inside a write.
        row: [invite number, log number, offer, state].
        offer: The same, decoded.
        inner: What they put there.

    Raises:
        PeerError: It was not made for this code, or by nobody.
    """
    asked = canonical.decode(inner, Enrolment, MalformedRecordError)
    log = logs.log_by_number(db, row[1])
    programme.check_enrolment(asked, log.id, offer.nonce, offer.person.id)
    (before,) = db.execute("SELECT count(*) FROM knock WHERE invite = ?", (row[0],)).fetchone()
    done = db.execute(
        "INSERT OR IGNORE INTO knock(invite, bytes, state, told) VALUES(?, ?, ?, 0)",
        (row[0], inner, OPEN if row[3] == OPEN else OVER),
    )
    if before and done.rowcount:
        return [
            _(
                "Careful: more than one device used the same join code. Somebody else may have it:"
                " ask whoever it was for, or make a new one."
            )
        ]
    sentence = _("{name} asks to be enrolled in “{programme}”: inglenook programme approve")
    return [sentence.format(name=asked.name, programme=log.label)]


def waiting(db: Db) -> list[Asking]:
    """Everybody who asked and was not answered, the earliest first."""
    rows = db.execute(
        "SELECT k.number, k.invite, k.bytes, i.offer, i.log, i.link,"
        " (SELECT count(*) FROM knock o WHERE o.invite = k.invite) > 1"
        " FROM knock k JOIN invite i ON i.number = k.invite"
        " WHERE k.state = 0 AND i.state = 0 ORDER BY k.number"
    ).fetchall()
    return [
        Asking(
            *(number, invited, canonical.decode(raw, Enrolment), log),
            canonical.decode(link, Link).relay,
            label_of(db, invited),
            bool(several),
        )
        for number, invited, raw, offer, log, link, several in rows
        if canonical.decode(offer, Offer).purpose is Purpose.ENROL
    ]


_LABEL = "join code "
"""With an invite's number: for whom it was made."""


def label(db: Db, invited: int, name: str) -> None:
    """Note for whom a code is; on this device alone, until somebody used it."""
    if name:
        logs.set_meta(db, f"{_LABEL}{invited}", name.encode())


def label_of(db: Db, invited: int) -> str:
    """For whom a code is; empty where that was not said."""
    return (logs.meta(db, f"{_LABEL}{invited}") or b"").decode()
