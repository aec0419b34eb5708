"""Payloads of control events: genesis, open, member, rotate, erase (protocol 2.6).

Each is a canonical array. A `member` payload starts with the number of its act.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, TypeAlias

import msgspec

from inglenook_schema import canonical, mailbox, suite
from inglenook_schema.errors import MalformedEventError
from inglenook_schema.header import Ref
from inglenook_schema.ids import (
    Count,
    DeviceId,
    EventId,
    Hash,
    KemPublic,
    Name,
    Nonce,
    OptionalHash,
    PersonId,
    Relays,
    Wrap,
)
from inglenook_schema.invite import Knock
from inglenook_schema.keys import Chain, Person
from inglenook_schema.limits import SUITE, VERSION

RootSignature: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=64)]
"""64 bytes, or none where no root stands behind the act."""
Version: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=255)]


class LogType(IntEnum):
    """What a log is for."""

    JOURNAL = 1
    PAIR = 2
    PROGRAMME = 3
    COORDINATORS = 4


class Reason(IntEnum):
    """Why an epoch began."""

    START = 0
    REMOVAL = 1
    LOST = 2
    AGE = 3
    ERASE = 4
    SIZE = 5
    MERGE = 6
    MOVE = 7


class Genesis(msgspec.Struct, frozen=True, array_like=True):
    """The first event of a log; its id names the log."""

    version: Version
    type: Annotated[int, msgspec.Meta(ge=1, le=255)]
    founder: Person
    role: Name
    """What the founder is here: ``mentor``, ``mentee``, ``owner``, ``coordinator``."""
    secret: OptionalHash
    """In a journal the person's 32-byte secret, from which erase keys come; else none."""
    predecessor: OptionalHash
    """The log this one continues, or none."""
    certificates: Chain


class Open(msgspec.Struct, frozen=True, array_like=True):
    """The first event of a device's chain."""

    person: Person
    certificates: Chain
    label: Name
    """What its owner calls the device."""
    at: Count
    """Claimed instant, milliseconds UTC; for people, no rule reads it."""


class AddPerson(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A person joins, by their own signed consent: the knock (protocol 7.2)."""

    role: Name
    knock: Knock
    nonce: Nonce
    """Of the offer that was answered."""


class RemovePerson(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A person leaves, or is removed where the log's type allows it."""

    person: PersonId
    at: Count = 0
    """Claimed instant, milliseconds UTC, 0 where it is not said; for people, no rule reads it."""


class RemoveDevice(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A device is lost or retired; this event's causal past is the cut."""

    device: DeviceId
    root: RootSignature
    at: Count = 0
    """As in `RemovePerson`."""


class RefreshKem(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A device announces a fresh KEM key on entering an epoch."""

    kem: KemPublic


class Close(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """The space is closed for writing; it stays readable."""

    at: Count = 0
    """As in `RemovePerson`."""


Member: TypeAlias = AddPerson | RemovePerson | RemoveDevice | RefreshKem | Close


class Rotate(msgspec.Struct, frozen=True, array_like=True):
    """A new epoch: a new secret, and so a new mailbox."""

    version: Version
    suite: Annotated[int, msgspec.Meta(ge=1, le=255)]
    parents: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=64)]
    """Commitments of all epoch tips seen, ascending; none in a log's first."""
    commitment: Hash
    relays: Relays
    wraps: Hash
    """Hash of the wraps that lie beside this event in its record."""
    reason: Annotated[int, msgspec.Meta(ge=0, le=255)]


class Erase(msgspec.Struct, frozen=True, array_like=True):
    """The named events' bodies are to be forgotten."""

    targets: Annotated[tuple[EventId, ...], msgspec.Meta(min_length=1, max_length=64)]


Wraps: TypeAlias = Annotated[tuple[tuple[Hash, Wrap], ...], msgspec.Meta(max_length=512)]
"""[KEM key hash, HPKE of the epoch secret], ascending by hash."""

_ROOT_ACT = suite.domain("root-act") + bytes((SUITE,))


def encode(payload: object) -> bytes:
    """Canonical bytes of a control payload."""
    return canonical.encode(payload)


def decode_genesis(data: bytes) -> Genesis:
    """Read a genesis; raises MalformedEventError (also for a secret outside a journal)."""
    genesis = canonical.decode(data, Genesis, MalformedEventError)
    secret = 32 if genesis.type == LogType.JOURNAL else 0
    if len(genesis.secret) != secret or len(genesis.predecessor) not in (0, 32):
        raise MalformedEventError
    return genesis


def decode_open(data: bytes) -> Open:
    """Read an open; raises MalformedEventError."""
    return canonical.decode(data, Open, MalformedEventError)


def decode_member(data: bytes) -> Member:
    """Read a member act; raises MalformedEventError, for an unknown act too."""
    member: Member = canonical.decode(data, Member, MalformedEventError)  # type: ignore[arg-type]
    if isinstance(member, RemoveDevice) and len(member.root) not in (0, 64):
        raise MalformedEventError
    return member


def decode_rotate(data: bytes) -> Rotate:
    """Read a rotate; raises MalformedEventError (also for parents out of order).

    Its relays are origins of relays: nobody can be led to a folder, or to another spelling.
    """
    rotate = canonical.decode(data, Rotate, MalformedEventError)
    if list(rotate.parents) != sorted(set(rotate.parents)):
        raise MalformedEventError
    if not all(map(mailbox.is_relay, rotate.relays)):
        raise MalformedEventError
    return rotate


def decode_erase(data: bytes) -> Erase:
    """Read an erase; raises MalformedEventError."""
    return canonical.decode(data, Erase, MalformedEventError)


def first_rotate(commitment: bytes, relays: tuple[str, ...], suite_: int) -> Rotate:
    """The rotate that starts a log's first epoch: no parents, no wraps."""
    return Rotate(VERSION, suite_, (), commitment, relays, wraps_hash(()), Reason.START)


def wraps_hash(wraps: Wraps) -> bytes:
    """What a rotate says of the wraps beside it."""
    return suite.sha256(suite.domain("wraps") + canonical.encode(wraps))


def root_act(log: bytes, device: bytes, prev: bytes, refs: tuple[Ref, ...]) -> bytes:
    """What a root signs to remove a device of its own person from ``log``.

    Args:
        log: The 32-byte log id.
        device: The device to remove.
        prev: As in the header of the event that carries the act. With ``refs`` it is the
            cut: else whoever sees the signature could use it again with an earlier one.
        refs: As there.
    """
    return _ROOT_ACT + log + device + prev + canonical.encode(refs)
