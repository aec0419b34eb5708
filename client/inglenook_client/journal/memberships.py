"""Programmes that this person is enrolled in: the keys of each, its sealed box, letters out.

programme.knocked in the journal --> keys of the membership, on every own device
keys by letter ------------------> the programme's log, to read
a letter ------------------------> the inbox of the newest epoch; nothing is read there
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from inglenook_client import ambient
from inglenook_client.journal import belonging, following, identity
from inglenook_client.stores import boxes, logs, views
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.contents import content_of
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema import canonical, letter, mailbox, programme, suite
from inglenook_schema.control import LogType
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events.enrolling import ProgrammeKnocked
from inglenook_schema.ids import Hash, KemPublic
from inglenook_schema.letter import Body, KeysAsked, KeysGiven, Letter
from inglenook_schema.record import BoxType, RecordKind

_INBOX = "inbox "
"""With an epoch's row number: how to write to it."""
_ASKED = "asked for keys "
"""With a log's number: the day on which its coordinators were asked last."""


class _Inbox(msgspec.Struct, frozen=True, array_like=True):
    """How to write to the coordinators in one epoch."""

    owner: Hash
    kem: KemPublic


@dataclass(frozen=True, slots=True)
class Membership:
    """One programme that this person asked to be enrolled in."""

    said: ProgrammeKnocked
    alias: programme.Alias

    @property
    def log(self) -> bytes:
        """32-byte id of the programme's log."""
        return self.said.log


def memberships(db: Db) -> list[Membership]:
    """Those that were asked for and not left, in the order asked."""
    journal = belonging.journal_of(db)
    rows = views.linked(db, {"programme.knocked"}, journal.number) if journal else []
    gone = belonging.left(db) if rows else {}
    found = dict[bytes, ProgrammeKnocked]()
    for row in rows:
        said = content_of(row.body) if row.body is not None else None
        if isinstance(said, ProgrammeKnocked) and said.log not in gone:
            found[said.log] = said
    return [Membership(said, programme.alias(said.secret, said.log)) for said in found.values()]


def of_log(db: Db, log: bytes) -> Membership | None:
    """The membership in one programme."""
    return next((each for each in memberships(db) if each.log == log), None)


def ensure_boxes(db: Db) -> None:
    """Have the sealed box of each membership asked for, on every own device."""
    secret = identity.person_secret(db)
    for each in memberships(db) if secret is not None else ():
        assert secret is not None  # noqa: S101 - narrowed above
        if not following.usable([each.said.relay]) or not mailbox.is_relay(each.said.relay):
            continue
        owner = programme.box_owner(secret, each.alias.secret)
        boxes.add_box(
            *(db, BoxType.SEALED, each.said.relay, each.alias.secret),
            owner=owner,
            today=identity.today(),
        )


def of_box(db: Db, box: BoxRow) -> Membership | None:
    """Whose sealed box this is, if it is one of this person's."""
    return next((each for each in memberships(db) if each.alias.secret == box.secret), None)


# --- what coordinators send -----------------------------------------------------------


def may_give(db: Db, member: Membership, came: Letter) -> bool:
    """Whether a letter's sender coordinates the programme, as far as is known here.

    Before its log was read, whoever made the join code; after that the roster decides.
    """
    if came.person is None:
        return False
    log = logs.log_by_id(db, member.log)
    roster = logs.roster_of(db, log) if log is not None else None
    if roster is None or roster.genesis is None:
        return came.person.id == member.said.inviter
    known = roster.people.get(came.person.id)
    device = came.certificates[-1].device
    return known is not None and not known.gone and device not in roster.removed


def take_keys(db: Db, member: Membership, given: KeysGiven) -> bool:
    """Keep how to read an epoch; returns whether the programme is new here.

    Call inside a write.
    """
    relays = [(origin, hash_) for origin, hash_ in given.relays if mailbox.is_relay(origin)]
    usable = set(following.usable(origin for origin, _ in relays))
    here = [(origin, hash_) for origin, hash_ in relays if origin in usable]
    before = logs.log_by_id(db, member.log)
    if before is not None and not before.is_enrolled:
        return False  # this person coordinates it
    log = before or logs.add_log(
        *(db, member.log, LogType.PROGRAMME, programme.MEMBER),
        label=given.name or member.said.label,
        relays=[origin for origin, _ in here],
    )
    today = identity.today()
    known = {commitment for _n, commitment, _s in logs.epochs_of(db, log.number)}
    number = logs.add_epoch(db, log, given.reader, today, given.commitment)
    for origin, write_hash in here:
        boxes.add_box(
            *(db, BoxType.EPOCH, origin, given.reader),
            place=log.id,
            log=log.number,
            epoch=number,
            own=False,
            today=today,
            write_hash=write_hash,
        )
    logs.set_meta(db, f"{_INBOX}{number}", canonical.encode(_Inbox(given.owner, given.kem)))
    if before is not None and before.ended is not None:
        _again(db, log)
    if given.commitment not in known or log.epoch is None:
        logs.set_relays(db, log.number, [origin for origin, _ in here])
        db.execute("UPDATE log SET epoch = ? WHERE number = ?", (number, log.number))
        logs.apply_roster(db, log, logs.roster_of(db, log))
    return before is None


def _again(db: Db, log: LogRow) -> None:
    """Somebody who left is enrolled anew: what was asked no more is asked again."""
    closed = logs.roster_of(db, log).closed
    if not closed:
        logs.set_ended(db, log.number, None)
        db.execute("UPDATE log SET stalled = 0 WHERE number = ?", (log.number,))
        db.execute("UPDATE mailbox SET closed = 0 WHERE log = ?", (log.number,))


def close_box(db: Db, member: Membership) -> None:
    """Have a membership's sealed box closed at its relay: nobody reads it any more."""
    rows = db.execute(
        "SELECT number FROM mailbox WHERE type = ? AND secret = ?",
        (BoxType.SEALED, member.alias.secret),
    ).fetchall()
    for (number,) in rows:
        boxes.close_box(db, number, at_relay=True)


# --- what this person sends -----------------------------------------------------------


def write(db: Db, log: LogRow, said: Letter) -> None:
    """Leave a letter for the coordinators at each of the programme's relays.

    Call inside a write.

    Raises:
        NotAllowedError: There is nowhere to leave it, or the programme has ended.
    """
    if log.ended is not None:
        raise NotAllowedError(_("This programme has ended, or its keys are not here yet."))
    to = _inbox(db, log)
    for number in _inbox_boxes(db, log, to):
        box = boxes.box(db, number)
        sealed = letter.seal(said, box.secret, to.kem, ambient.random_bytes(32))
        boxes.keep(db, number, RecordKind.SEALED, sealed.blob, token=sealed.token)


def inbox_name(db: Db, log: LogRow) -> bytes:
    """The 16 bytes that name the inbox a letter would go to now; its signature holds them."""
    return mailbox.box(programme.inbox_secret(_reader(db, log), log.id))


def signed(db: Db, log: LogRow, said: Body, key: suite.SigningKey) -> Letter:
    """A letter to the coordinators, signed by one of this person's keys there."""
    return letter.sign(key, inbox_name(db, log), log.id, said)


def _reader(db: Db, log: LogRow) -> bytes:
    return _newest(db, log)[1]


def _newest(db: Db, log: LogRow) -> tuple[int, bytes]:
    """[number, reader secret] of the newest epoch whose keys are here.

    Not always the one that is read: who waits for the keys of that writes to the one before.
    """
    known = logs.epochs_of(db, log.number)
    if not known:
        raise NotAllowedError(_("This programme has ended, or its keys are not here yet."))
    number, _commitment, secret = next((e for e in known if e[0] == log.epoch), known[-1])
    return number, secret


def _inbox(db: Db, log: LogRow) -> _Inbox:
    packed = logs.meta(db, f"{_INBOX}{_newest(db, log)[0]}")
    if packed is None:
        raise NotAllowedError(_("This programme has ended, or its keys are not here yet."))
    return canonical.decode(packed, _Inbox)


def _inbox_boxes(db: Db, log: LogRow, to: _Inbox) -> list[int]:
    secret = programme.inbox_secret(_reader(db, log), log.id)
    return [
        boxes.add_box(
            *(db, BoxType.SEALED, origin, secret),
            owner_hash=to.owner,
            puts=True,
            today=identity.today(),
        )
        for origin in log.relays
    ]


def ask_for_keys(db: Db) -> None:
    """Ask the coordinators for the keys of an epoch that did not come, once a day.

    Call inside a write.
    """
    for log in logs.all_logs(db):
        if not log.is_enrolled or log.ended is not None:
            continue
        lacking = missing_keys(db, log)
        today = str(identity.today()).encode()
        member = of_log(db, log.id) if lacking else None
        if member is not None and logs.meta(db, f"{_ASKED}{log.number}") != today:
            logs.set_meta(db, f"{_ASKED}{log.number}", today)
            for commitment in lacking:
                write(db, log, signed(db, log, KeysAsked(commitment), member.alias.sign))


def missing_keys(db: Db, log: LogRow) -> list[bytes]:
    """Commitments of the epochs to read whose keys are not here."""
    known = {commitment for _n, commitment, _s in logs.epochs_of(db, log.number)}
    return [tip for tip in logs.roster_of(db, log).tips if tip not in known]
