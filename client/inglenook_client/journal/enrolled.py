"""Who is enrolled, as coordinators know it, and what goes to and comes from them.

coordinators' own log: member.enrolled, member.removed, keys.shared, letter.received
each epoch of the programme --keys, a letter each--> the sealed boxes of all enrolled
the epoch's inbox --letters--> letter.received, so that every coordinator has them
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inglenook_client import ambient
from inglenook_client.journal import belonging, composing, identity, memberships, programme_log
from inglenook_client.journal.identity import Me
from inglenook_client.journal.programme_log import Said
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import canonical, letter, mailbox, programme, suite
from inglenook_schema.control import LogType
from inglenook_schema.errors import PeerError
from inglenook_schema.events.enrolling import (
    KeysShared,
    LetterReceived,
    MemberEnrolled,
    MemberRemoved,
)
from inglenook_schema.letter import Body, CodesGiven, KeysGiven, Letter
from inglenook_schema.programme import Inbox
from inglenook_schema.record import BoxType, RecordKind

_LANES = "lanes"
"""What the boxes of all programmes were last made from."""
_NAME = 64


def coordinators_of(db: Db, log: LogRow) -> LogRow | None:
    """The log in which a programme's coordinators keep who is enrolled; None for a member."""
    for other in logs.all_logs(db):
        if other.type is LogType.COORDINATORS:
            genesis = logs.genesis_of(db, other.number)
            if genesis is not None and genesis.predecessor == log.id:
                return other
    return None


def coordinated(db: Db) -> list[tuple[LogRow, LogRow]]:
    """[programme, its coordinators' log] of every programme that this person coordinates."""
    found = [(log, coordinators_of(db, log)) for log in programme_log.programmes(db)]
    return [(log, own) for log, own in found if own is not None and not log.is_enrolled]


# --- who is enrolled ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody who is, or was, enrolled."""

    said: MemberEnrolled
    since: str
    """Local date."""
    gone: Said[MemberRemoved] | None

    @property
    def here(self) -> bool:
        """Whether they are enrolled now."""
        return self.gone is None


def enrolled(db: Db, own: LogRow) -> list[Enrolled]:
    """Everybody who ever was, in the order they came.

    Args:
        db: Any.
        own: The coordinators' log.
    """
    came = dict[bytes, list[Said[MemberEnrolled]]]()
    for each in programme_log.said(db, own, MemberEnrolled):
        came.setdefault(each.content.member, []).append(each)
    went = dict[bytes, list[Said[MemberRemoved]]]()
    for gone in programme_log.said(db, own, MemberRemoved):
        went.setdefault(gone.content.member, []).append(gone)
    ordered = sorted(came.items(), key=lambda each: (each[1][0].at, each[1][0].content.called))
    return [_standing(claims, went.get(member, [])) for member, claims in ordered]


def _standing(
    came: Sequence[Said[MemberEnrolled]], went: Sequence[Said[MemberRemoved]]
) -> Enrolled:
    last, gone = came[-1], went[-1] if went else None
    # whoever is let in again after that, by somebody who knew of it, is here
    if gone is not None and any(programme_log.is_before(gone, again) for again in came):
        gone = None
    return Enrolled(last.content, came[0].local_date, gone)


def members(db: Db, own: LogRow) -> list[MemberEnrolled]:
    """Those who are enrolled now."""
    return [each.said for each in enrolled(db, own) if each.here]


# --- boxes ----------------------------------------------------------------------------


def ensure_boxes(db: Db) -> None:
    """Have the members' boxes and the inboxes asked for; call inside a write."""
    pairs = coordinated(db)
    mark = _mark(db)
    if not pairs or logs.meta(db, _LANES) == mark:
        return
    here = set[int]()
    for log, own in pairs:
        here |= set(_inbox_numbers(db, log))
        here |= {lane(db, member).number for member in members(db, own)}
    _leave_others(db, here)
    logs.set_meta(db, _LANES, mark)


def _leave_others(db: Db, here: set[int]) -> None:
    """Close inboxes of epochs that are forgotten; ask no more for boxes of members who went."""
    rows = db.execute(
        "SELECT number, secret, owner <> x'' FROM mailbox WHERE type = ? AND closed = 0"
        " AND own <> ?",
        (BoxType.SEALED, boxes.PUTS),
    ).fetchall()
    mine = {each.alias.secret for each in memberships.memberships(db)}
    for number, secret, owned in rows:
        if number not in here and secret not in mine:
            boxes.close_box(db, number, at_relay=bool(owned))


def _mark(db: Db) -> bytes:
    row = db.execute(
        "SELECT count(*), max(e.row) FROM event e WHERE e.linked = 1"
        " AND e.type IN ('member.enrolled', 'member.removed')"
    ).fetchone()
    epochs = db.execute("SELECT count(*), max(number) FROM epoch").fetchone()
    relays = db.execute("SELECT relays FROM log WHERE type = ?", (LogType.PROGRAMME,)).fetchall()
    numbers = tuple(int(n or 0) for n in (*row, *epochs))
    return suite.sha256(canonical.encode((numbers, [each[0] for each in relays])))


def lane(db: Db, member: MemberEnrolled) -> BoxRow:
    """A member's sealed box."""
    number = boxes.add_box(
        *(db, BoxType.SEALED, member.relay, member.secret),
        owner_hash=member.owner,
        today=identity.today(),
    )
    return boxes.box(db, number)


def _inbox_numbers(db: Db, log: LogRow) -> list[int]:
    found = list[int]()
    for _number, _commitment, secret in logs.epochs_of(db, log.number):
        inbox = programme.inbox(secret, log.id)
        found += [
            boxes.add_box(
                *(db, BoxType.SEALED, origin, inbox.secret),
                owner=inbox.owner,
                today=identity.today(),
            )
            for origin in log.relays
        ]
    return found


def inbox_of(db: Db, box: BoxRow) -> tuple[LogRow, LogRow, Inbox] | None:
    """[programme, its coordinators' log, the inbox] of a mailbox, if it is one."""
    for log, own in coordinated(db):
        for _number, _commitment, secret in logs.epochs_of(db, log.number):
            inbox = programme.inbox(secret, log.id)
            if inbox.secret == box.secret:
                return log, own, inbox
    return None


# --- to members -----------------------------------------------------------------------


def put(db: Db, me: Me, log: LogRow, to: MemberEnrolled, said: Body) -> None:
    """Leave a letter in a member's sealed box; call inside a write."""
    box = lane(db, to)
    signed = letter.sign(
        *(me.sign, box.box, log.id, said), person=me.person, certificates=me.certificates
    )
    sealed = letter.seal(signed, box.secret, to.kem, ambient.random_bytes(32))
    boxes.keep(db, box.number, RecordKind.SEALED, sealed.blob, token=sealed.token)


def give_keys(db: Db, me: Me, log: LogRow, to: Iterable[MemberEnrolled]) -> None:
    """Send members the keys of every epoch that is read; call inside a write."""
    given = [_keys(db, log, c, s) for c, s in _read(db, log)]
    for member in to:
        for each in given:
            put(db, me, log, member, each)


def give_codes(db: Db, me: Me, log: LogRow, to: MemberEnrolled, links: Sequence[str]) -> None:
    """Send a member join codes to pass on; call inside a write."""
    put(db, me, log, to, CodesGiven(tuple(links)))


def _read(db: Db, log: LogRow) -> list[tuple[bytes, bytes]]:
    """[commitment, secret] of the tips, the one that is written to last: it is read first."""
    tips = set(logs.roster_of(db, log).tips)
    found = [
        (number != log.epoch, commitment, secret)
        for number, commitment, secret in logs.epochs_of(db, log.number)
        if commitment in tips or number == log.epoch
    ]
    return [(commitment, secret) for _, commitment, secret in sorted(found, reverse=True)]


def _keys(db: Db, log: LogRow, commitment: bytes, secret: bytes) -> KeysGiven:
    inbox = programme.inbox(secret, log.id)
    about = programme_log.about(db, log)
    return KeysGiven(
        commitment,
        programme.reader_secret(secret, log.id),
        (about.name if about else log.label)[:_NAME],
        tuple(
            (origin, mailbox.token_hash(programme.epoch_tokens(secret, log.id, origin).write))
            for origin in log.relays
        ),
        mailbox.token_hash(inbox.owner),
        suite.kem_public(inbox.kem),
    )


def share_keys(db: Db, me: Me, log: LogRow, own: LogRow) -> None:
    """Send the keys of an epoch that this device began to everybody enrolled, once.

    Call inside a write. Of a programme's first epoch each gets them when they are let in;
    where a device began one and went, members ask.
    """
    if not log.relays or not _began_here(db, log) or not belonging.may_write(db, own):
        return
    if _shared(db, log, own):
        return
    give_keys(db, me, log, members(db, own))
    commitment = next(c for n, c, _s in logs.epochs_of(db, log.number) if n == log.epoch)
    at, zone, date = composing.moment()
    shared = KeysShared(at=at, zone=zone, date=date, epoch=commitment)
    events.append(db, own, [composing.draft(shared)])


def _began_here(db: Db, log: LogRow) -> bool:
    """Whether this device wrote the rotate of the epoch to write to, and it is not the first."""
    roster, mine = logs.roster_of(db, log), logs.my_chain(db, log.number)
    begun = next((roster.epochs[tip] for tip in roster.tips[:1]), None)
    if begun is None or mine is None or not begun.rotate.parents:
        return False
    row = db.execute("SELECT chain FROM event WHERE id = ?", (begun.act,)).fetchone()
    return row is not None and row[0] == mine.number


def _shared(db: Db, log: LogRow, own: LogRow) -> list[Said[KeysShared]]:
    """Words of coordinators that the keys of the epoch to write to were sent."""
    commitment = next((c for n, c, _s in logs.epochs_of(db, log.number) if n == log.epoch), None)
    return [s for s in programme_log.said(db, own, KeysShared) if s.content.epoch == commitment]


def owes_an_epoch(db: Db, log: LogRow, own: LogRow) -> bool:
    """Whether somebody who is enrolled no longer can still read what is written now."""
    shared = _shared(db, log, own)
    gone = [each.gone for each in enrolled(db, own) if each.gone is not None]
    return any(not any(programme_log.is_before(each, s) for s in shared) for each in gone)


# --- letters that came ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """A letter that coordinators have."""

    said: Said[LetterReceived]
    letter: Letter
    body: Body | None
    by: MemberEnrolled | None
    """Who signed it, if it was somebody enrolled."""

    @property
    def hash(self) -> bytes:
        """32 bytes that name it."""
        return self.letter.hash


def letters(db: Db, log: LogRow, own: LogRow) -> list[Received]:
    """Every letter once, in the order in which all coordinators see them."""
    known = {each.said.member: each.said for each in enrolled(db, own)}
    found = dict[bytes, Received]()
    for each in programme_log.said(db, own, LetterReceived):
        try:
            opened = canonical.decode(each.content.letter, Letter)
            letter.check(opened, each.content.box, log.id)
        except PeerError:
            continue
        one = Received(each, opened, letter.body_of(opened), known.get(opened.sender))
        found.setdefault(one.hash, one)
    return list(found.values())


def has(db: Db, came: Letter) -> bool:
    """Whether a letter was kept before; quick however many there are."""
    row = db.execute(
        "SELECT 1 FROM event WHERE linked = 1 AND type = 'letter.received' AND instr(body, ?) > 0",
        (canonical.encode(came),),
    ).fetchone()
    return row is not None


def keep(db: Db, own: LogRow, came: Letter, box: bytes) -> None:
    """Let every coordinator have a letter; call inside a write.

    When it came is told no finer than by the month.
    """
    at, zone, date = composing.month()
    received = LetterReceived(at=at, zone=zone, date=date, letter=canonical.encode(came), box=box)
    events.append(db, own, [composing.draft(received)])
