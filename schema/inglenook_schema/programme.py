"""Programmes: who reads and who writes, and the keys of a membership (protocol 12.1 to 12.3).

    S  epoch secret, coordinators' devices alone
    |-- write tokens, erase keys, the inbox's owner token and its KEM key
    |-- R  reader secret, everybody enrolled
         |-- box, record keys, read tokens
         |-- the inbox: where those who are enrolled leave letters for the coordinators

Nothing leads from R back to S. A member's keys come from a seed drawn for this one
programme: they are no keys of a person or a device anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from inglenook_schema import canonical, mailbox, suite
from inglenook_schema.errors import BadSignatureError
from inglenook_schema.ids import (
    ZERO_ID,
    Hash,
    KemPublic,
    Name,
    Nonce,
    Secret,
    Signature,
    SignPublic,
)
from inglenook_schema.limits import KEM_PRIVATE, SUITE
from inglenook_schema.mailbox import Tokens

MEMBER: Final = "member"
"""The role of those who are enrolled; a coordinator's is any other."""
COORDINATOR: Final = "coordinator"

_READER = suite.domain("reader")
_INBOX = suite.domain("inbox")
_INBOX_KEM = suite.domain("inbox-kem")
_OWNER = suite.domain("owner")
_SIGN = suite.domain("alias-sign")
_KEM = suite.domain("alias-kem")
_BOX = suite.domain("alias-box")
_ENROL = suite.domain("enrol") + bytes((SUITE,))


# --- an epoch -------------------------------------------------------------------------


def reader_secret(epoch_secret: bytes, log: bytes) -> bytes:
    """What those who are enrolled hold of an epoch: it opens records and reads mailboxes."""
    return suite.expand(epoch_secret, _READER + log)


def epoch_tokens(epoch_secret: bytes, log: bytes, origin: str) -> Tokens:
    """The tokens of an epoch's mailbox at one relay, for a coordinator.

    Args:
        epoch_secret: S.
        log: The programme's 32-byte log id.
        origin: The relay's.
    """
    read = mailbox.tokens(reader_secret(epoch_secret, log), log, origin).read
    return Tokens(read, mailbox.tokens(epoch_secret, log, origin).write)


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where letters to the coordinators go in one epoch."""

    secret: bytes
    owner: bytes
    """Its owner token, for coordinators; empty for a member."""
    kem: bytes
    """96 private bytes, for coordinators; empty for a member."""


def inbox_secret(reader: bytes, log: bytes) -> bytes:
    """The secret of an epoch's inbox, from its reader secret."""
    return suite.expand(reader, _INBOX + log)


def inbox(epoch_secret: bytes, log: bytes) -> Inbox:
    """The inbox of an epoch as coordinators have it: they alone open, null and close it."""
    secret = inbox_secret(reader_secret(epoch_secret, log), log)
    owner = suite.expand(epoch_secret, _OWNER + mailbox.box(secret))
    return Inbox(secret, owner, suite.expand(epoch_secret, _INBOX_KEM + log, KEM_PRIVATE))


# --- a membership ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alias:
    """Who somebody is in one programme, and nowhere else."""

    sign: suite.SigningKey
    kem: bytes
    """96 private bytes."""
    secret: bytes
    """Of their sealed box."""


def alias(seed: bytes, log: bytes) -> Alias:
    """The keys of a membership, from its 32-byte seed."""
    return Alias(
        suite.SigningKey(suite.expand(seed, _SIGN + log)),
        suite.expand(seed, _KEM + log, KEM_PRIVATE),
        suite.expand(seed, _BOX + log),
    )


def once(seed: bytes, log: bytes, nonce: bytes) -> suite.SigningKey:
    """A key for one thing that is sent: only its sender can tell whose it is.

    Args:
        seed: Of the membership.
        log: The programme.
        nonce: 16 bytes, kept with the consent.
    """
    return suite.SigningKey(suite.expand(seed, _SIGN + log + nonce))


def box_owner(person_secret: bytes, secret: bytes) -> bytes:
    """The owner token of a member's sealed box, for their own devices (protocol 5.2)."""
    return suite.expand(person_secret, _OWNER + mailbox.box(secret))


class Enrolment(msgspec.Struct, frozen=True, array_like=True):
    """What somebody puts into a join code's box to be enrolled (protocol 12.3)."""

    sign: SignPublic
    kem: KemPublic
    name: Name
    secret: Secret
    """Of their sealed box, which lies at the code's relay."""
    owner: Hash
    """Of its owner token."""
    nonce: Nonce
    consent: Signature


def sign_enrolment(
    key: suite.SigningKey, unsigned: Enrolment, log: bytes, nonce: bytes, inviter: bytes
) -> Enrolment:
    """The same, signed by the membership's key."""
    message = _consent(unsigned, log, nonce, inviter)
    return msgspec.structs.replace(unsigned, consent=key.sign(message))


def check_enrolment(asked: Enrolment, log: bytes, nonce: bytes, inviter: bytes) -> None:
    """Check what somebody asks.

    Args:
        asked: As it came.
        log: The programme's 32-byte log id.
        nonce: Of the offer.
        inviter: Person id of whoever made the offer.

    Raises:
        BadSignatureError: It was not made for this offer, or by another key, or with a key
            that nobody may use.
        MalformedError: Nothing can be sealed to its KEM key.
    """
    suite.check_sign_public(asked.sign)
    suite.verify(asked.sign, asked.consent, _consent(asked, log, nonce, inviter))
    if asked.owner == ZERO_ID:
        raise BadSignatureError
    suite.hpke_seal(asked.kem, b"", _ENROL)  # else one who cannot be written to is let in


def _consent(asked: Enrolment, log: bytes, nonce: bytes, inviter: bytes) -> bytes:
    fields = (asked.sign, asked.kem, asked.name, asked.secret, asked.owner, asked.nonce)
    return _ENROL + log + nonce + inviter + suite.sha256(_ENROL + canonical.encode(fields))
