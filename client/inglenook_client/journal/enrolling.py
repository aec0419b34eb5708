"""Being enrolled: the join code's box, on the side that asks and on the side that lets in.

    offer (a coordinator) -> asks, under keys made for it (a member) -> approved: keys by letter

The box is an invite's (protocol 7); what is put into it by whoever asks names no person.
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.journal import belonging, composing, enrolled, identity, knocking, memberships
from inglenook_client.journal.asked import Asking
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.words import _
from inglenook_schema import canonical, programme, record, suite
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events.enrolling import MemberEnrolled, ProgrammeKnocked
from inglenook_schema.invite import Link, Offer
from inglenook_schema.mailbox import token_hash
from inglenook_schema.programme import Enrolment
from inglenook_schema.record import RecordKind

# --- asking ---------------------------------------------------------------------------


def ask(db: Db, number: int, link: Link, offer: Offer, called: str) -> None:
    """Ask to be enrolled, and let every own device know; call inside a write.

    Args:
        db: Inside a write.
        number: Of the code's mailbox.
        link: The code.
        offer: What lay there; it was checked.
        called: The name to go by.

    Raises:
        NotAllowedError: This device cannot write its journal yet, or this person belongs to
            the programme already.
    """
    log = knocking.check_offer(link, offer)
    journal, secret = belonging.journal_of(db), identity.person_secret(db)
    if journal is None or secret is None or not belonging.may_write(db, journal):
        raise NotAllowedError(_("This device waits to be let in itself."))
    if logs.log_by_id(db, log) is not None and memberships.of_log(db, log) is not None:
        raise NotAllowedError(_("You are enrolled in this programme already."))
    if (known := logs.log_by_id(db, log)) is not None and not known.is_enrolled:
        raise NotAllowedError(_("You coordinate this programme yourself."))
    seed = ambient.random_bytes(32)
    at, zone, date = composing.moment()
    said = ProgrammeKnocked(
        at=at,
        zone=zone,
        date=date,
        log=log,
        label=offer.name,
        called=called,
        secret=seed,
        relay=link.relay,
        inviter=offer.person.id,
    )
    events.append(db, journal, [composing.draft(said)])
    alias = programme.alias(seed, log)
    unsigned = Enrolment(
        *(alias.sign.public, suite.kem_public(alias.kem), called, alias.secret),
        token_hash(programme.box_owner(secret, alias.secret)),
        *(ambient.random_bytes(16), bytes(64)),
    )
    signed = programme.sign_enrolment(alias.sign, unsigned, log, offer.nonce, offer.person.id)
    box = boxes.box(db, number)
    inner = canonical.encode(signed)
    boxes.enqueue(db, box, RecordKind.KNOCK, inner, record.erase_key(box.secret))
    memberships.ensure_boxes(db)


# --- letting in -----------------------------------------------------------------------


def approve(db: Db, me: Me, who: Asking) -> None:
    """Enrol somebody; call inside a write.

    Raises:
        NotAllowedError: The code is too old, or this device may not write there.
    """
    log = logs.log_by_number(db, who.log)
    own = enrolled.coordinators_of(db, log)
    if own is None or not belonging.may_write(db, own) or log.ended is not None:
        raise NotAllowedError(_("This device cannot do that now. Sync first; nothing was changed."))
    (expires, number) = db.execute(
        "SELECT expires, mailbox FROM invite WHERE number = ?", (who.invite,)
    ).fetchone()
    if expires * 1000 < ambient.now_ms():
        raise NotAllowedError(_("That invite is older than seven days. Make a new one."))
    at, zone, date = composing.moment()
    member = MemberEnrolled(
        at=at,
        zone=zone,
        date=date,
        member=who.asked.sign,
        kem=who.asked.kem,
        called=who.asked.name or _("somebody"),
        code=who.code or None,
        secret=who.asked.secret,
        owner=who.asked.owner,
        relay=who.relay,
    )
    events.append(db, own, [composing.draft(member)])
    enrolled.give_keys(db, me, log, [member])
    knocking.note_answered(db, who.invite, who.number)
    boxes.close_box(db, number, at_relay=True)  # the keys come by letter: it served its turn
