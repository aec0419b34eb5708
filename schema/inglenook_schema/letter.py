"""Letters: what lies in sealed boxes, between coordinators and one who is enrolled (protocol 12.4).

    coordinators --keys, codes-----------------------------------> a member's sealed box
    members -------ideas, stories, pulses, that they go ---------> the inbox of the epoch

A letter carries no time. Its sender is a coordinator's device, with the certificates that
show it, or a key of a membership, or a key made for this one letter, or nobody.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec

from inglenook_schema import canonical, keys, mailbox, record, suite
from inglenook_schema.errors import (
    BadCertificateError,
    BadSignatureError,
    MalformedRecordError,
    WrongKeyError,
)
from inglenook_schema.ids import Hash, KemPublic, LogId, Name, Origin, Secret
from inglenook_schema.keys import Certificate, Person
from inglenook_schema.limits import MAX_LINK, MAX_RELAYS, SUITE, TOKEN
from inglenook_schema.record import BoxType, Erasable, Place, RecordKind

MAX_BODY: Final = 40_000
MAX_LETTER: Final = 60_000
_KEY: Final = 32
_LETTER = suite.domain("sealed-letter") + bytes((SUITE,))
_SEALED = suite.domain("sealed") + bytes((SUITE,))
_MONTH: Final = r"^[0-9]{4}-(?:0[1-9]|1[0-2])$"
_DAY: Final = r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$"

Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=10_000)]
Month: TypeAlias = Annotated[str, msgspec.Meta(min_length=7, max_length=7, pattern=_MONTH)]
"""``YYYY-MM``; a letter names nothing finer."""
LastDay: TypeAlias = Annotated[str, msgspec.Meta(min_length=10, max_length=10, pattern=_DAY)]


class KeysGiven(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """How to read one epoch of a programme."""

    commitment: Hash
    """Which epoch."""
    reader: Secret
    name: Name
    """What the programme is called; a claim."""
    relays: Annotated[
        tuple[tuple[Origin, Hash], ...], msgspec.Meta(min_length=1, max_length=MAX_RELAYS)
    ]
    """[origin, hash of the write token there]."""
    owner: Hash
    """Of the inbox's owner token."""
    kem: KemPublic
    """The inbox's."""


class IdeaOffered(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """An idea for the programme."""

    text: Words
    share: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    """How far it may go: ``coordinators``, or ``programme``: it may be told to all."""
    name: Name
    """The writer's, or empty where they did not say."""


class PulseShared(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """How one pair is getting on, in its own word; no content, nothing finer than a month."""

    pair: Name
    """What the two are called there."""
    month: Month
    held: Annotated[int, msgspec.Meta(ge=0, le=99)]
    """Check-ins held in that month, as the sender says."""
    state: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    """``on_track`` or ``support``: they would like support."""


class StoryOffered(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A win or a story that its writer releases to everybody enrolled."""

    sort: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    """``win`` or ``story``."""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """As its writer wants to be called here."""
    text: Words
    ends_on: LastDay


class StoryWithdrawn(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Its writer takes a story back; signed by the key that it was signed with."""

    letter: Hash


class KeysAsked(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """A member knows of an epoch whose keys did not come."""

    commitment: Hash


class MemberLeft(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """A member leaves."""


class CodesGiven(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """Join codes that a member may pass on."""

    links: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=MAX_LINK)], ...], msgspec.Meta(max_length=8)
    ]


Body: TypeAlias = (
    KeysGiven
    | IdeaOffered
    | PulseShared
    | StoryOffered
    | StoryWithdrawn
    | KeysAsked
    | MemberLeft
    | CodesGiven
)
B = TypeVar("B", bound=Body)


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """What stands inside a sealed record."""

    log: LogId
    """The programme's."""
    sender: Annotated[bytes, msgspec.Meta(max_length=32)]
    """The key that signed: 32 bytes, or none where nobody says who they are."""
    person: Person | None
    """The coordinator's; nil for anybody else."""
    certificates: Annotated[tuple[Certificate, ...], msgspec.Meta(max_length=16)]
    body: Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_BODY)]
    """A body's canonical bytes."""
    signature: Annotated[bytes, msgspec.Meta(max_length=64)]
    """64 bytes, or none with no sender."""

    @property
    def hash(self) -> bytes:
        """32 bytes that name this letter."""
        return suite.sha256(_LETTER + canonical.encode(self))


def body_of(letter: Letter) -> Body | None:
    """What a letter says; None where it is of a kind that this version does not know."""
    try:
        found: Body = canonical.decode(letter.body, Body, MalformedRecordError)  # type: ignore[arg-type]
    except MalformedRecordError:
        return None
    return found


def unsigned(log: bytes, said: Body) -> Letter:
    """A letter from nobody."""
    return Letter(log, b"", None, (), canonical.encode(said), b"")


def sign(
    key: suite.SigningKey,
    box: bytes,
    log: bytes,
    said: Body,
    *,
    person: Person | None = None,
    certificates: tuple[Certificate, ...] = (),
) -> Letter:
    """A signed letter.

    Args:
        key: The sender's.
        box: The 16 bytes that name the box it is for: it fits no other.
        log: The programme's log id.
        said: What it says.
        person: The coordinator; None for a member.
        certificates: From the coordinator to the device.
    """
    bare = Letter(log, key.public, person, certificates, canonical.encode(said), b"")
    return msgspec.structs.replace(bare, signature=key.sign(_message(bare, box)))


def check(letter: Letter, box: bytes, log: bytes) -> None:
    """Check who a letter says it is from; who that is to the reader is the reader's to know.

    Raises:
        BadSignatureError: It is for another box or programme, or not by its sender.
        BadCertificateError: Its certificates do not lead from the person to the sender.
    """
    if letter.log != log or bool(letter.sender) != bool(letter.signature):
        raise BadSignatureError
    if not letter.sender:
        if letter.person is not None or letter.certificates:
            raise BadCertificateError
        return
    if len(letter.sender) != _KEY:
        raise BadSignatureError
    if letter.person is not None:
        if keys.check_chain(letter.certificates, letter.person).sign != letter.sender:
            raise BadCertificateError
    elif letter.certificates:
        raise BadCertificateError
    suite.check_sign_public(letter.sender)
    suite.verify(letter.sender, letter.signature, _message(letter, box))


def seal(letter: Letter, secret: bytes, kem: bytes, fresh: bytes) -> Erasable:
    """A letter as a record; it draws its own randomness beside ``fresh``.

    Args:
        letter: As it is to stand there.
        secret: The sealed box's.
        kem: The reader's KEM public key.
        fresh: 32 random bytes, used once.

    Raises:
        MalformedRecordError: It is longer than a sealed record may be.
        MalformedError: Nothing can be sealed to that key.
    """
    inner = canonical.encode(letter)
    if len(inner) > MAX_LETTER:
        raise MalformedRecordError("That is longer than a letter can be.")
    at = _place(secret, fresh)
    wrap = suite.hpke_seal(kem, fresh, _info(at.box, kem))
    key = record.erase_key(secret)
    return record.seal_erasable(RecordKind.SEALED, inner, at, key, wrap)


def unseal(blob: bytes, secret: bytes, kem: bytes) -> Letter:
    """Open a record of a sealed box; the signature is not looked at.

    Args:
        blob: As it came.
        secret: The box's.
        kem: The reader's 96 private bytes.

    Raises:
        PeerError: It is no letter, or not sealed to this key.
    """
    info = _info(mailbox.box(secret), suite.kem_public(kem))
    fresh = suite.hpke_open(kem, record.wrap_of(blob), info)
    if len(fresh) != TOKEN:
        raise WrongKeyError
    opened = record.open_record(blob, _place(secret, fresh))
    if len(opened.inner) > MAX_LETTER:
        raise MalformedRecordError
    return canonical.decode(opened.inner, Letter, MalformedRecordError)


def _place(secret: bytes, within: bytes) -> Place:
    return Place(BoxType.SEALED, mailbox.box(secret), within)


def _info(box: bytes, kem: bytes) -> bytes:
    return _SEALED + bytes((BoxType.SEALED,)) + box + keys.kem_hash(kem)


def _message(letter: Letter, box: bytes) -> bytes:
    fields = (letter.log, letter.sender, letter.person, letter.certificates, letter.body)
    return _LETTER + box + canonical.encode(fields)
