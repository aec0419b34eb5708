"""Bundles: what each device leaves for the day when only the words are left (protocol 4.8).

A person's recovery box is derived from the recovery key R; each device puts there, sealed to
the root, what leads to every log. Who holds a device can put more, and can read and null
only what that device put; who holds R can do everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from inglenook_schema import canonical, keys, mailbox, record, suite
from inglenook_schema.errors import BadCertificateError, MalformedRecordError, WrongKeyError
from inglenook_schema.ids import Count, LogId, Name, PersonId, Signature
from inglenook_schema.invite import Space
from inglenook_schema.keys import Chain, Person
from inglenook_schema.limits import MAX_BUNDLE_INNER, MAX_BUNDLE_PARTS, SUITE, TOKEN
from inglenook_schema.record import BoxType, Erasable, Place, RecordKind

_BUNDLE: Final = suite.domain("bundle") + bytes((SUITE,))
_OWNER: Final = suite.domain("owner")
_RECOVERY: Final = suite.domain("recovery") + bytes((SUITE,))
_LIST_HEAD: Final = 4
"""What the length of an array may cost more than that of an empty one."""

Number = Annotated[int, msgspec.Meta(ge=1, le=MAX_BUNDLE_PARTS)]


class Bundle(msgspec.Struct, frozen=True, array_like=True):
    """One part of what one device says."""

    person: PersonId
    certificates: Chain
    """They lead to the device that signs."""
    counter: Count
    """Of a device's bundles the one with the highest counter counts."""
    part: Number
    parts: Number
    name: Name
    """What the person is called."""
    journal: LogId
    proof: Signature
    """The root's word that this log is the journal: see :func:`prove`."""
    spaces: tuple[Space, ...]
    signature: Signature


@dataclass(frozen=True)
class Box:
    """What the recovery key leads to (protocol 3.1, 5.2)."""

    root: keys.Root
    secret: bytes
    """Of the recovery box."""
    owner: bytes
    """The token that nulls any record there; from R alone, so that no device can make it."""

    @property
    def owner_hash(self) -> bytes:
        """What the relay stores of it."""
        return mailbox.token_hash(self.owner)


def box_of(recovery_key: bytes) -> Box:
    """The recovery box of the 32-byte recovery key R."""
    secret = keys.recovery_secret(recovery_key)
    owner = suite.expand(recovery_key, _OWNER + mailbox.box(secret))
    return Box(keys.root(recovery_key), secret, owner)


def place(secret: bytes, within: bytes) -> Place:
    """Where a bundle belongs.

    Args:
        secret: The recovery box's.
        within: The record's own 32 bytes, which its wrap holds.
    """
    return Place(BoxType.RECOVERY, mailbox.box(secret), within)


def prove(box: Box, journal: bytes) -> bytes:
    """The root's signature over the journal's log id, the box's secret and its owner hash."""
    return box.root.sign.sign(_proof(journal, box.secret, box.owner_hash))


def check_proof(
    person: Person, proof: bytes, journal: bytes, secret: bytes, owner_hash: bytes
) -> None:
    """Raises BadSignatureError where the person's root did not sign this."""
    suite.verify(person.sign, proof, _proof(journal, secret, owner_hash))


def sign(key: suite.SigningKey, unsigned: Bundle) -> tuple[Bundle, ...]:
    """The parts of a bundle, each signed.

    Args:
        key: The device's.
        unsigned: All of it; ``part``, ``parts`` and ``signature`` are not looked at.

    Raises:
        MalformedRecordError: It does not fit 255 parts.
    """
    empty = msgspec.structs.replace(unsigned, spaces=(), part=1, parts=MAX_BUNDLE_PARTS)
    room = MAX_BUNDLE_INNER - len(canonical.encode(empty)) - _LIST_HEAD
    groups = _split(unsigned.spaces, room)
    if len(groups) > MAX_BUNDLE_PARTS:
        raise MalformedRecordError("That is more than a recovery bundle can hold.")
    numbered = [
        msgspec.structs.replace(unsigned, spaces=tuple(group), part=n, parts=len(groups))
        for n, group in enumerate(groups, start=1)
    ]
    return tuple(msgspec.structs.replace(b, signature=key.sign(_message(b))) for b in numbered)


def seal(part: Bundle, secret: bytes, root_kem: bytes, fresh: bytes, key: bytes) -> Erasable:
    """One part as a record; it draws its own randomness beside ``fresh``.

    Args:
        part: Signed.
        secret: The recovery box's.
        root_kem: The person's root KEM public key.
        fresh: 32 random bytes, used once.
        key: The erase key; from a secret that only this device has (protocol 4.3).
    """
    at = place(secret, fresh)
    wrap = suite.hpke_seal(root_kem, fresh, _info(at.box, root_kem))
    return record.seal_erasable(RecordKind.BUNDLE, canonical.encode(part), at, key, wrap)


def open_bundle(blob: bytes, box: Box) -> Bundle:
    """Open a record of the recovery box, and check that a device of this person signed it.

    Raises:
        PeerError: It is no bundle, not sealed to this root, or not by a device whose
            certificates lead to it, or names a journal that the root did not sign for.
    """
    person = box.root.public
    wrap = record.wrap_of(blob)
    info = _info(mailbox.box(box.secret), person.kem)
    fresh = suite.hpke_open(box.root.kem, wrap, info)
    if len(fresh) != TOKEN:
        raise WrongKeyError
    found = decode(record.open_record(blob, place(box.secret, fresh)).inner)
    if found.person != person.id:
        raise BadCertificateError
    device = keys.check_chain(found.certificates, person)
    suite.verify(device.sign, found.signature, _message(found))
    check_proof(person, found.proof, found.journal, box.secret, box.owner_hash)
    return found


def decode(inner: bytes) -> Bundle:
    """Read a bundle; raises MalformedRecordError (also for a part beyond its parts)."""
    found = canonical.decode(inner, Bundle, MalformedRecordError)
    if found.part > found.parts:
        raise MalformedRecordError
    return found


def _split(spaces: Iterable[Space], room: int) -> Sequence[Sequence[Space]]:
    groups: list[list[Space]] = [[]]
    used = 0
    for space in spaces:
        size = len(canonical.encode(space))
        if groups[-1] and used + size > room:
            groups.append([])
            used = 0
        groups[-1].append(space)
        used += size
    return groups


def _message(part: Bundle) -> bytes:
    fields = tuple(getattr(part, name) for name in Bundle.__struct_fields__[:-1])
    return _BUNDLE + canonical.encode(fields)


def _proof(journal: bytes, secret: bytes, owner_hash: bytes) -> bytes:
    return _RECOVERY + journal + secret + owner_hash


def _info(box: bytes, root_kem: bytes) -> bytes:
    return _BUNDLE + bytes((BoxType.RECOVERY,)) + box + keys.kem_hash(root_kem)
