"""Invites and new devices: the link, the offer, the knock, the welcome (protocol 7)."""

from __future__ import annotations

import base64
import binascii
from enum import IntEnum
from typing import Annotated, Final

import msgspec

from inglenook_schema import canonical, mailbox, suite
from inglenook_schema.errors import CallerError, MalformedError, MalformedLinkError
from inglenook_schema.ids import (
    ZERO_ID,
    Address,
    BodyBytes,
    Count,
    HeaderBytes,
    KemPublic,
    LogId,
    Name,
    Nonce,
    OptionalHash,
    Origin,
    Relays,
    Secret,
    Signature,
    SignPublic,
)
from inglenook_schema.keys import Certificate, Chain, Person
from inglenook_schema.limits import MAX_LINK, SUITE
from inglenook_schema.record import BoxType, Place

SCHEME: Final = "inglenook:"
LIFETIME_S: Final = 7 * 86_400
AFTER_KNOCK_DAYS: Final = 30
_INVITE = suite.domain("invite")
_OWNER = suite.domain("invite-owner")
_OFFER = suite.domain("offer") + bytes((SUITE,))
_KNOCK = suite.domain("knock") + bytes((SUITE,))
_WELCOME = suite.domain("welcome") + bytes((SUITE,))
_WORDS = suite.domain("words")


class Purpose(IntEnum):
    """What a link leads to."""

    PAIR = 1
    DEVICE = 2
    ENROL = 3
    COORDINATE = 4


_VERB: Final = {
    Purpose.PAIR: "join",
    Purpose.DEVICE: "device",
    Purpose.ENROL: "programme",
    Purpose.COORDINATE: "coordinate",
}


class Link(msgspec.Struct, frozen=True, array_like=True):
    """What a link carries, all of it in the fragment (protocol 7.1)."""

    suite: Annotated[int, msgspec.Meta(ge=1, le=255)]
    purpose: Purpose
    secret: Nonce
    """16 random bytes."""
    inviter: Nonce
    """First 16 bytes of the inviter's person id."""
    address: Address
    """Of the invite box at ``relay``; its owner token stays with the inviter."""
    owner: OptionalHash
    """Hash of the owner token: with it the address checks itself."""
    relay: Origin
    expires: Count
    """Unix seconds."""
    forwarded: bool
    """Whether somebody hands it on: then nothing is shared until the words are confirmed."""


class DeviceKeys(msgspec.Struct, frozen=True, array_like=True):
    """A device that has no certificate yet."""

    sign: SignPublic
    kem: KemPublic
    label: Name


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """What the inviter puts in the box: no key, no content (protocol 7.2)."""

    purpose: Purpose
    person: Person
    certificates: Chain
    name: Name
    """What the inviter is called; a claim."""
    role: Name
    """What the invited person will be; none for a device."""
    genesis: tuple[HeaderBytes, BodyBytes, Signature] | None
    """Header, body and seal of the log's genesis; nil for a device."""
    nonce: Nonce
    expires: Count
    signature: Signature


class Knock(msgspec.Struct, frozen=True, array_like=True):
    """What the joiner puts in the box: who they are, signed over what they join."""

    person: Person | None
    """Nil where a device asks to belong to the inviter."""
    certificates: Annotated[tuple[Certificate, ...], msgspec.Meta(max_length=16)]
    device: DeviceKeys
    name: Name
    nonce: Nonce
    consent: Signature
    """By the device's key over log, offer nonce, inviter and all of the above."""


class Space(msgspec.Struct, frozen=True, array_like=True):
    """One log that a welcome hands over."""

    log: LogId
    type: Annotated[int, msgspec.Meta(ge=1, le=255)]
    role: Name
    secrets: Annotated[tuple[Secret, ...], msgspec.Meta(min_length=1, max_length=64)]
    """Epoch secrets of all tips; the first is the one to write to."""
    relays: Relays
    label: Name


class Welcome(msgspec.Struct, frozen=True, array_like=True):
    """What the inviter seals to the joiner's device after approving."""

    certificates: Annotated[tuple[Certificate, ...], msgspec.Meta(max_length=16)]
    """For a device: its certificate chain; else none."""
    spaces: tuple[Space, ...]
    name: Name
    """For a device: what its owner is called; else none."""


class SealedWelcome(msgspec.Struct, frozen=True, array_like=True):
    """A welcome as it lies in the box: HPKE to the joiner's device, signed by the inviter's."""

    sealed: Annotated[bytes, msgspec.Meta(max_length=262_144)]
    signature: Signature


def box_secret(link_secret: bytes) -> bytes:
    """The 32-byte secret of an invite box, from the link's 16 bytes."""
    return suite.expand(link_secret, _INVITE)


def owner_token(person_secret: bytes, link_secret: bytes) -> bytes:
    """The token with which the inviter's devices, and only they, revoke an invite."""
    return suite.expand(person_secret, _OWNER + link_secret)


def place(link_secret: bytes) -> Place:
    """Where the records of an invite belong."""
    secret = box_secret(link_secret)
    return Place(BoxType.INVITE, mailbox.box(secret), secret)


def tokens(link: Link) -> mailbox.Tokens:
    """Read and write tokens of the box, as the joiner knows them.

    Raises:
        MalformedLinkError: The link's address does not fit its secret.
    """
    found = mailbox.tokens(box_secret(link.secret), ZERO_ID, link.relay)
    hashes = (mailbox.token_hash(found.read), mailbox.token_hash(found.write), link.owner)
    if mailbox.address(*hashes) != link.address:
        raise MalformedLinkError
    return found


def write_link(link: Link) -> str:
    """The link as text: ``inglenook:join#…``, ``inglenook:device#…`` and the like."""
    data = base64.urlsafe_b64encode(canonical.encode(link)).rstrip(b"=").decode()
    return f"{SCHEME}{_VERB[link.purpose]}#{data}"


def read_link(text: str) -> Link:
    """Read a link that somebody pasted; white space inside it is forgiven.

    Raises:
        MalformedLinkError: Not a link of ours, cut off, or altered.
    """
    text = "".join(text.split())
    head, _, data = text.partition("#")
    if not text.isascii() or len(text) > MAX_LINK or not head.startswith(SCHEME):
        raise MalformedLinkError
    try:
        raw = base64.b64decode(data + "=" * (-len(data) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise MalformedLinkError from None
    link = canonical.decode(raw, Link, MalformedLinkError)
    if link.suite != SUITE or head != SCHEME + _VERB[link.purpose] or len(link.owner) != 32:
        raise MalformedLinkError
    if mailbox_origin(link.relay) != link.relay:
        raise MalformedLinkError
    tokens(link)
    if write_link(link) != text:  # base64 has several spellings of one value
        raise MalformedLinkError
    return link


def mailbox_origin(url: str) -> str:
    """The origin a link's relay stands for; raises MalformedLinkError."""
    try:
        return mailbox.origin_of(url)
    except CallerError:
        raise MalformedLinkError from None


def sign_offer(key: suite.SigningKey, offer: Offer) -> Offer:
    """The same offer, signed by the inviting device."""
    return msgspec.structs.replace(offer, signature=key.sign(_offer_message(offer)))


def check_offer(offer: Offer, public: bytes) -> None:
    """Raises BadSignatureError where the inviting device did not sign this offer."""
    suite.verify(public, offer.signature, _offer_message(offer))


def sign_knock(key: suite.SigningKey, knock: Knock, log: bytes, offer: Offer) -> Knock:
    """The same knock, signed by the joining device."""
    return msgspec.structs.replace(
        knock, consent=key.sign(consent_message(knock, log, offer.nonce, offer.person.id))
    )


def check_knock(knock: Knock, log: bytes, nonce: bytes, inviter: bytes) -> None:
    """Raises BadSignatureError where the joiner did not consent to this log and inviter."""
    suite.verify(knock.device.sign, knock.consent, consent_message(knock, log, nonce, inviter))


def consent_message(knock: Knock, log: bytes, nonce: bytes, inviter: bytes) -> bytes:
    """What a knock signs.

    Args:
        knock: Its signature is not looked at.
        log: The 32-byte log id, or zeros for a device.
        nonce: Of the offer.
        inviter: The inviter's person id.
    """
    fields = (knock.person, knock.certificates, knock.device, knock.name, knock.nonce)
    return _KNOCK + log + nonce + inviter + suite.sha256(_KNOCK + canonical.encode(fields))


def seal_welcome(key: suite.SigningKey, welcome: Welcome, knock: Knock) -> SealedWelcome:
    """Seal a welcome to the device that knocked; it draws its own randomness."""
    info = _welcome_info(knock)
    sealed = suite.hpke_seal(knock.device.kem, canonical.encode(welcome), info)
    return SealedWelcome(sealed, key.sign(_WELCOME + suite.sha256(info + sealed)))


def open_welcome(
    sealed: SealedWelcome, kem_private: bytes, knock: Knock, inviter_public: bytes
) -> Welcome:
    """Open a welcome.

    Raises:
        BadSignatureError: The inviting device did not sign it for this knock.
        WrongKeyError: It is not sealed to this device.
        MalformedError: What is inside cannot be read, or names a relay that is none.
    """
    info = _welcome_info(knock)
    message = _WELCOME + suite.sha256(info + sealed.sealed)
    suite.verify(inviter_public, sealed.signature, message)
    welcome = canonical.decode(suite.hpke_open(kem_private, sealed.sealed, info), Welcome)
    if not all(mailbox.is_relay(relay) for space in welcome.spaces for relay in space.relays):
        raise MalformedError
    return welcome


def _welcome_info(knock: Knock) -> bytes:
    return _WELCOME + knock_hash(knock)


def offer_hash(offer: Offer) -> bytes:
    """32 bytes that stand for a whole offer; one half of a device's safety words."""
    return suite.sha256(_OFFER + canonical.encode(offer))


def knock_hash(knock: Knock) -> bytes:
    """32 bytes that stand for a whole knock; the other half."""
    return suite.sha256(_KNOCK + canonical.encode(knock))


def _offer_message(offer: Offer) -> bytes:
    fields = tuple(getattr(offer, name) for name in Offer.__struct_fields__[:-1])
    return _OFFER + canonical.encode(fields)


def word_indexes(first: bytes, second: bytes) -> tuple[int, ...]:
    """Eight numbers below 2,048 for two people to read to each other (protocol 3.4).

    Args:
        first: 32 bytes: a person id; where a device joins, :func:`offer_hash`.
        second: The other person's id, or :func:`knock_hash`; their order does not matter.
    """
    low, high = sorted((first, second))
    digest = suite.argon2id(low + high, _WORDS, mib=64, passes=3, lanes=1, length=11)
    bits = int.from_bytes(digest, "big")
    return tuple((bits >> (11 * (7 - i))) & 0x7FF for i in range(8))
