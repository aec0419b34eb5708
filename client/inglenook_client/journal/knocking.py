"""Invites and new devices on the side that lets in, and on the side that is let in."""

from __future__ import annotations

from dataclasses import dataclass

from inglenook_client import ambient
from inglenook_client.core.events import read
from inglenook_client.journal import (
    asked,
    calling,
    composing,
    enrolled,
    following,
    founding,
    identity,
    newcomers,
)
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.boxes import BoxRow, RecordRow
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema import body, canonical, invite, keys, mailbox, record, seal
from inglenook_schema.control import AddPerson, LogType, decode_genesis
from inglenook_schema.errors import (
    BadCertificateError,
    MalformedRecordError,
    NotAllowedError,
    PeerError,
)
from inglenook_schema.header import Kind
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.invite import (
    DeviceKeys,
    Knock,
    Link,
    Offer,
    Purpose,
    SealedWelcome,
    Space,
    Welcome,
)
from inglenook_schema.record import BoxType, RecordKind

OPEN, DONE, OVER = 0, 1, 2
_MAX_TIPS = 64


@dataclass(frozen=True, slots=True)
class Knocked:
    """One knock that waits."""

    number: int
    invite: int
    knock: Knock
    offer: Offer
    log: int | None
    several: bool


# --- letting in -----------------------------------------------------------------------


def make_offer(
    db: Db,
    me: Me,
    relay: str,
    *,
    log: LogRow | None,
    role: str,
    forwarded: bool,
    now_ms: int,
    purpose: Purpose | None = None,
    name: str | None = None,
) -> Link:
    """Make an invite: a box, an offer in it, a link to it; call inside a write.

    Args:
        log: The log that the joiner is to be let into; None where a device joins.
        purpose: What for; a pair, or a device, where it is not said.
        name: Whose invite it says to be, if not this person's.
    """
    secret = identity.person_secret(db)
    if me.person is None or secret is None:
        raise NotAllowedError(_("This device waits to be let in itself."))
    link_secret = ambient.random_bytes(16)
    owner = invite.owner_token(secret, link_secret)
    expires = now_ms // 1000 + invite.LIFETIME_S
    box = invite.box_secret(link_secret)
    number = boxes.add_box(
        *(db, BoxType.INVITE, relay, box),
        owner=owner,
        days=boxes.INVITE_DAYS,
        today=identity.today(),
    )
    link = Link(
        1,
        purpose or (Purpose.PAIR if log else Purpose.DEVICE),
        link_secret,
        me.person.id[:16],
        boxes.box(db, number).address,
        mailbox.token_hash(owner),
        relay,
        expires,
        forwarded,
    )
    offer = invite.sign_offer(me.sign, _offer(db, me, link, log, role, name))
    _put(db, number, RecordKind.OFFER, canonical.encode(offer))
    db.execute(
        "INSERT INTO invite(mailbox, log, link, offer, expires, state) VALUES(?, ?, ?, ?, ?, 0)",
        (
            *(number, log.number if log else None),
            *(canonical.encode(link), canonical.encode(offer), expires),
        ),
    )
    return link


def revoke(db: Db, purpose: Purpose) -> int:
    """Take back every open invite of a kind; returns how many. Call inside a write."""
    return _end(db, "i.state = 0", purpose)


def tidy(db: Db, now_ms: int) -> None:
    """Close the boxes of invites that are over: seven days, and thirty more for a knock."""
    _end(db, f"i.expires < {now_ms // 1000 - invite.AFTER_KNOCK_DAYS * 86_400}", None)


def _end(db: Db, which: str, purpose: Purpose | None) -> int:
    sql = (
        "SELECT i.number, i.mailbox, i.link FROM invite i JOIN mailbox m"  # noqa: S608
        f" ON m.number = i.mailbox WHERE m.closed = 0 AND {which}"  # only our own words
    )
    rows = db.execute(sql).fetchall()
    ended = 0
    for number, mailbox_number, link in rows:
        if purpose is None or canonical.decode(link, Link).purpose is purpose:
            boxes.close_box(db, mailbox_number, at_relay=True)
            db.execute("UPDATE invite SET state = ? WHERE number = ? AND state = 0", (OVER, number))
            ended += 1
    return ended


def _offer(db: Db, me: Me, link: Link, log: LogRow | None, role: str, name: str | None) -> Offer:
    assert me.person is not None  # noqa: S101 - checked by the caller
    genesis = None
    if log is not None:
        genesis = db.execute(
            "SELECT e.header, e.body, s.signature FROM event e JOIN seal s ON s.event = e.id"
            " WHERE e.id = ?",
            (log.id,),
        ).fetchone()
    return Offer(
        link.purpose,
        me.person,
        me.certificates,
        calling.name(db, me) if name is None else name,
        role,
        tuple(genesis) if genesis else None,
        ambient.random_bytes(16),
        link.expires,
        bytes(64),
    )


def _put(db: Db, number: int, kind: RecordKind, inner: bytes) -> None:
    target = boxes.box(db, number)
    boxes.enqueue(db, target, kind, inner, record.erase_key(target.secret))


def waiting(db: Db, purpose: Purpose) -> list[Knocked]:
    """Knocks on open invites that nobody answered yet."""
    rows = db.execute(
        "SELECT k.number, k.invite, k.bytes, i.offer, i.log,"
        " (SELECT count(*) FROM knock o WHERE o.invite = k.invite) > 1"
        " FROM knock k JOIN invite i ON i.number = k.invite"
        " WHERE k.state = 0 AND i.state = 0 ORDER BY k.number"
    ).fetchall()
    offered = [(*row, canonical.decode(row[3], Offer)) for row in rows]
    return [
        Knocked(n, i, canonical.decode(b, Knock), offer, log, bool(several))
        for n, i, b, _raw, log, several, offer in offered
        if offer.purpose is purpose
    ]


def approved_devices(db: Db) -> dict[bytes, str]:
    """Devices of this person that this device let in, with what they called themselves."""
    return {each.device: each.keys.label for each in newcomers.approved(db)}


def withdraw(db: Db, device: bytes) -> None:
    """Have the relay null the welcome of a device: it may not have read it yet."""
    for each in newcomers.approved(db):
        if each.device == device:
            boxes.close_box(db, each.mailbox, at_relay=True)


def words_of(offer: Offer, knock: Knock) -> tuple[int, ...]:
    """What both sides compare: the two roots of a pair, or a new device's transcript."""
    if knock.person is not None:
        return invite.word_indexes(offer.person.id, knock.person.id)
    return invite.word_indexes(invite.offer_hash(offer), invite.knock_hash(knock))


def approve(db: Db, me: Me, knocked: Knocked) -> None:
    """Let somebody, or a device, in; call inside a write.

    Raises:
        NotAllowedError: The invite expired.
    """
    if knocked.offer.expires * 1000 < ambient.now_ms():
        raise NotAllowedError(_("That invite is older than seven days. Make a new one."))
    if knocked.log is None:
        welcome = _welcome_device(db, me, knocked)
    elif knocked.offer.purpose is Purpose.COORDINATE:
        welcome = _welcome_coordinator(db, knocked)
    else:
        welcome = _welcome_person(db, knocked)
    sealed = invite.seal_welcome(me.sign, welcome, knocked.knock)
    (number,) = db.execute(
        "SELECT mailbox FROM invite WHERE number = ?", (knocked.invite,)
    ).fetchone()
    _put(db, number, RecordKind.WELCOME, canonical.encode(sealed))
    note_answered(db, knocked.invite, knocked.number)


def note_answered(db: Db, invited: int, number: int) -> None:
    """One who knocked on an invite was let in, and nobody else is by it."""
    db.execute("UPDATE invite SET state = ? WHERE number = ?", (DONE, invited))
    db.execute("UPDATE knock SET state = 2 WHERE invite = ?", (invited,))
    db.execute("UPDATE knock SET state = 1 WHERE number = ?", (number,))


def _welcome_person(db: Db, knocked: Knocked) -> Welcome:
    assert knocked.log is not None  # noqa: S101 - a person joins a log
    log = logs.log_by_number(db, knocked.log)
    add = AddPerson(knocked.offer.role, knocked.knock, knocked.offer.nonce)
    events.append(db, log, [composing.act(Kind.MEMBER, add)])
    db.execute("UPDATE log SET label = ? WHERE number = ?", (knocked.knock.name, log.number))
    founding.refresh(db, log)
    role = knocked.offer.role
    return Welcome((), (space_of(db, log, role, label=""),), "")


def _welcome_coordinator(db: Db, knocked: Knocked) -> Welcome:
    """Into the programme, and into the log of its coordinators (protocol 12.2)."""
    assert knocked.log is not None  # noqa: S101 - a person joins a log
    log = logs.log_by_number(db, knocked.log)
    own = enrolled.coordinators_of(db, log)
    if own is None:
        raise NotAllowedError
    add = AddPerson(knocked.offer.role, knocked.knock, knocked.offer.nonce)
    for each in (log, own):
        events.append(db, each, [composing.act(Kind.MEMBER, add)])
        founding.refresh(db, each)
    both = (logs.log_by_number(db, each.number) for each in (log, own))
    role = knocked.offer.role
    return Welcome((), tuple(space_of(db, each, role, label=each.label) for each in both), "")


def _welcome_device(db: Db, me: Me, knocked: Knocked) -> Welcome:
    assert me.person is not None  # noqa: S101 - it made the offer
    device = knocked.knock.device
    highest = max(cert.rank for cert in me.certificates)
    for log in logs.all_logs(db):
        seats = logs.roster_of(db, log).seats.values()
        highest = max([highest, *(s.rank for s in seats if s.person == me.person.id)])
    cert = keys.issue(me.sign, me.device, me.person.id, device.sign, device.kem, highest + 1)
    # what was given back, a new device finds by the pair in which that stands
    own = [
        log
        for log in logs.all_logs(db)
        if log.given is None and log.epoch is not None and not log.is_enrolled
    ]
    spaces = tuple(space_of(db, log, log.role, label=log.label) for log in own)
    return Welcome((*me.certificates, cert), spaces, me.name)


def space_of(db: Db, log: LogRow, role: str, *, label: str) -> Space:
    """What leads to a log, the epoch to write to first; its secret must be here."""
    tips = set(logs.roster_of(db, log).tips)
    secrets = sorted(
        (number != log.epoch, secret)
        for number, commitment, secret in logs.epochs_of(db, log.number)
        if commitment in tips or number == log.epoch
    )
    handed = tuple(secret for _, secret in secrets[:_MAX_TIPS])
    return Space(log.id, log.type, role, handed, log.relays, label)


# --- being let in ---------------------------------------------------------------------


def prepare_join(db: Db, link: Link) -> int:
    """Note the box a link leads to, so that it can be read; returns its number."""
    number = boxes.add_box(
        *(db, BoxType.INVITE, link.relay, invite.box_secret(link.secret)),
        owner_hash=link.owner,
        days=boxes.INVITE_DAYS,
        own=False,
        today=identity.today(),
    )
    invite.tokens(link)
    return number


def check_offer(link: Link, offer: Offer) -> bytes:
    """Verify what the link led to; returns the log id, zeros for a device.

    Raises:
        PeerError: The offer is not the inviter's, or not for this link.
    """
    cert = keys.check_chain(offer.certificates, offer.person)
    invite.check_offer(offer, cert.sign)
    if (
        offer.person.id[:16] != link.inviter
        or offer.purpose is not link.purpose
        or offer.expires != link.expires
        or (offer.genesis is None) != (link.purpose is Purpose.DEVICE)
    ):
        raise BadCertificateError(_("This invite is not from who it says. Ask for a new one."))
    if offer.genesis is None:
        return ZERO_ID
    header, packed, signature = offer.genesis
    event = read(header, packed)
    genesis = decode_genesis(body.data_of(packed))
    founder = keys.check_chain(genesis.certificates, genesis.founder)
    seal.check(founder.sign, signature, event.id, event.id)  # protocol 2.4: of the genesis
    wanted = LogType.PAIR if link.purpose is Purpose.PAIR else LogType.PROGRAMME
    fits = event.kind == Kind.GENESIS and genesis.type == wanted
    # any coordinator of a programme makes join codes; who may, its log tells (protocol 12.3)
    if not fits or (genesis.founder != offer.person and link.purpose is not Purpose.ENROL):
        raise BadCertificateError(_("This invite is not from who it says. Ask for a new one."))
    return event.id


def knock(db: Db, me: Me, number: int, link: Link, offer: Offer) -> Knock:
    """Knock on a box whose offer was checked; call inside a write."""
    log = check_offer(link, offer)
    unsigned = Knock(
        me.person if link.purpose is not Purpose.DEVICE else None,
        me.certificates if link.purpose is not Purpose.DEVICE else (),
        DeviceKeys(me.sign.public, me.kem_public, me.label),
        calling.name(db, me),
        ambient.random_bytes(16),
        bytes(64),
    )
    signed = invite.sign_knock(me.sign, unsigned, log, offer)
    _put(db, number, RecordKind.KNOCK, canonical.encode(signed))
    db.execute(
        "INSERT INTO joining(mailbox, link, offer, knock, state) VALUES(?, ?, ?, ?, 0)",
        (number, *(canonical.encode(part) for part in (link, offer, signed))),
    )
    return signed


def joining(db: Db, number: int) -> tuple[Offer, Knock] | None:
    """The offer and this device's own knock in a box where it knocked before."""
    row = db.execute(
        "SELECT offer, knock FROM joining WHERE mailbox = ? AND state = 0", (number,)
    ).fetchone()
    if row is None:
        return None
    return canonical.decode(row[0], Offer), canonical.decode(row[1], Knock)


def offer_in(db: Db, number: int, link: Link) -> Offer:
    """The first offer in a box that fits the link.

    Raises:
        NotAllowedError: There is none: it was revoked, or it is not there yet.
    """
    place = boxes.box(db, number).place
    rows = db.execute(
        "SELECT blob FROM record WHERE mailbox = ? AND blob IS NOT NULL ORDER BY n", (number,)
    ).fetchall()
    for (blob,) in rows:
        try:
            opened = record.open_record(blob, place)
            if opened.kind is RecordKind.OFFER:
                offer = canonical.decode(opened.inner, Offer, MalformedRecordError)
                check_offer(link, offer)
                return offer
        except PeerError:
            continue
    raise NotAllowedError(_("This invite was used, taken back or is not there yet. Ask again."))


# --- what comes into invite boxes -----------------------------------------------------


def on_record(db: Db, me: Me, box: BoxRow, row: RecordRow) -> list[str]:
    """A record came into an invite box; returns sentences to say once."""
    try:
        opened = record.open_record(row.blob, box.place)
        if opened.kind is RecordKind.KNOCK:
            return _on_knock(db, box, opened.inner)
        if opened.kind is RecordKind.WELCOME:
            return _on_welcome(db, me, box, opened.inner)
    except PeerError as error:
        boxes.label_record(db, row.number, 0, state=boxes.REFUSED)
        message = _("What came to an invite was refused ({why}) Nobody was let in by it.")
        return [message.format(why=_(str(error)))]
    return []


def _on_knock(db: Db, box: BoxRow, inner: bytes) -> list[str]:
    row = db.execute(
        "SELECT number, log, offer, state FROM invite WHERE mailbox = ?", (box.number,)
    ).fetchone()
    if row is None:
        return []
    offer = canonical.decode(row[2], Offer)
    if offer.purpose is Purpose.ENROL:
        return asked.on_knock(db, row, offer, inner)
    found = canonical.decode(inner, Knock, MalformedRecordError)
    log = logs.log_by_number(db, row[1]).id if row[1] else ZERO_ID
    if (found.person is None) != (offer.purpose is Purpose.DEVICE):
        raise BadCertificateError
    if found.person is not None:
        cert = keys.check_chain(found.certificates, found.person)
        if cert.sign != found.device.sign or cert.kem != found.device.kem:
            raise BadCertificateError
    invite.check_knock(found, log, offer.nonce, offer.person.id)
    (before,) = db.execute("SELECT count(*) FROM knock WHERE invite = ?", (row[0],)).fetchone()
    db.execute(
        "INSERT OR IGNORE INTO knock(invite, bytes, state, told) VALUES(?, ?, ?, 0)",
        (row[0], inner, OPEN if row[3] == OPEN else OVER),
    )
    if before:
        return [
            _(
                "Careful: more than one device knocked on the same invite. Somebody else may have"
                " the link. Compare the safety words, or make a new invite."
            )
        ]
    name = found.name or found.device.label
    if offer.purpose is Purpose.COORDINATE:
        sentence = _("{name} would like to coordinate too: inglenook programme approve")
        return [sentence.format(name=name)]
    if offer.purpose is Purpose.DEVICE:
        return [
            _(
                "The device “{name}” asks to be added. Check the words: inglenook device approve"
            ).format(name=found.device.label or name)
        ]
    sentence = _("{name} would like to join. Check the words: inglenook pair approve")
    return [sentence.format(name=name)]


def _on_welcome(db: Db, me: Me, box: BoxRow, inner: bytes) -> list[str]:
    row = db.execute(
        "SELECT number, link, offer, knock FROM joining WHERE mailbox = ? AND state = 0",
        (box.number,),
    ).fetchone()
    if row is None:
        return []
    link, offer = canonical.decode(row[1], Link), canonical.decode(row[2], Offer)
    own = canonical.decode(row[3], Knock)
    sealed = canonical.decode(inner, SealedWelcome, MalformedRecordError)
    signer = keys.check_chain(offer.certificates, offer.person).sign
    welcome = invite.open_welcome(sealed, me.kem, own, signer)
    if link.purpose is Purpose.DEVICE:
        if identity.load(db).person is not None:  # by another link, which it took as well
            _leave_box(db, row[0], box)
            return []
        _become_device(db, me, offer, welcome)
        news = [_("This device was let in. Everything is on its way.")]
    else:
        log = check_offer(link, offer)
        if not _is_promised(link, log, welcome):
            raise BadCertificateError
        news = [_("{name} let you in.").format(name=offer.name)]
    for space in welcome.spaces:
        label = offer.name if link.purpose is Purpose.PAIR else space.label
        waits = link.forwarded and link.purpose is Purpose.PAIR
        _enter(db, space, label, forwarded=waits)
    _leave_box(db, row[0], box)
    return news


def _leave_box(db: Db, joining_number: int, box: BoxRow) -> None:
    db.execute("UPDATE joining SET state = 1 WHERE number = ?", (joining_number,))
    boxes.close_box(db, box.number)


def _is_promised(link: Link, log: bytes, welcome: Welcome) -> bool:
    """Whether a welcome leads where the offer said, and nowhere else."""
    first, *more = [(space.log, space.type) for space in welcome.spaces] or [(b"", 0)]
    if link.purpose is Purpose.COORDINATE:
        of_both = [type_ for _log, type_ in more] == [LogType.COORDINATORS]
        return first == (log, LogType.PROGRAMME) and of_both
    return first[0] == log and not more


def _become_device(db: Db, me: Me, offer: Offer, welcome: Welcome) -> None:
    cert = keys.check_chain(welcome.certificates, offer.person)
    if cert.sign != me.sign.public or cert.kem != me.kem_public:
        raise BadCertificateError
    identity.become(db, offer.person, welcome.certificates)
    for relay in dict.fromkeys(relay for space in welcome.spaces for relay in space.relays):
        db.execute("INSERT OR IGNORE INTO relay VALUES(?, '')", (relay,))
    logs.set_meta(db, "name", welcome.name.encode())


def _enter(db: Db, space: Space, label: str, *, forwarded: bool) -> None:
    if space.type not in set(LogType):
        return
    log = logs.add_log(
        *(db, space.log, space.type, space.role),
        label=label,
        relays=space.relays,
        forwarded=forwarded,
    )
    for secret in reversed(space.secrets):
        number = logs.add_epoch(db, log, secret, identity.today())
        db.execute("UPDATE log SET epoch = ? WHERE number = ?", (number, log.number))
        relays = following.usable(space.relays)
        boxes.ensure_epoch_boxes(db, log, number, relays, identity.today())
