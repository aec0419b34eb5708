"""People, devices and certificates (protocol 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec

from inglenook_schema import canonical, suite
from inglenook_schema.errors import BadCertificateError, BadSignatureError, UnsupportedSuiteError
from inglenook_schema.ids import DeviceId, KemPublic, PersonId, Signature, SignPublic
from inglenook_schema.limits import MAX_CERTIFICATES, SUITE

ROOT_RANK = 0
FIRST_RANK = 1
MAX_RANK = 2**32 - 1

_PERSON = suite.domain("person")
_DEVICE = suite.domain("device")
_CERT = suite.domain("cert")
_KEM = suite.domain("kem")


class Person(msgspec.Struct, frozen=True, array_like=True):
    """The public half of a person's root."""

    sign: SignPublic
    kem: KemPublic

    @property
    def id(self) -> bytes:
        """32 bytes that name this person wherever they appear."""
        return suite.sha256(_PERSON + self.sign + self.kem)


@dataclass(frozen=True)
class Root:
    """The private half, made from the recovery key R (protocol 3.1)."""

    sign: suite.SigningKey
    kem: bytes
    """96 private bytes."""

    @property
    def public(self) -> Person:
        """What others may know."""
        return Person(self.sign.public, suite.kem_public(self.kem))


def root(recovery_key: bytes) -> Root:
    """The root keys of the 32-byte recovery key."""
    return Root(
        suite.SigningKey(suite.expand(recovery_key, suite.domain("root-sign"))),
        suite.expand(recovery_key, suite.domain("root-kem"), 96),
    )


def recovery_secret(recovery_key: bytes) -> bytes:
    """The secret of the person's recovery mailbox."""
    return suite.expand(recovery_key, suite.domain("recovery"))


def device_id(sign_public: bytes) -> bytes:
    """16 bytes that name a device."""
    return suite.sha256(_DEVICE + sign_public)[:16]


def kem_hash(kem_public: bytes) -> bytes:
    """32 bytes that name the recipient of a wrap."""
    return suite.sha256(_KEM + kem_public)


class Certificate(msgspec.Struct, frozen=True, array_like=True):
    """A person's word that a device is theirs: eight elements (protocol 3.2)."""

    suite: Annotated[int, msgspec.Meta(ge=1, le=255)]
    person: PersonId
    device: DeviceId
    sign: SignPublic
    kem: KemPublic
    rank: Annotated[int, msgspec.Meta(ge=FIRST_RANK, le=MAX_RANK)]
    issuer: Annotated[bytes, msgspec.Meta(min_length=16, max_length=32)]
    """The person id where the root issued it, else the issuing device's id."""
    signature: Signature


Chain: TypeAlias = Annotated[
    tuple[Certificate, ...], msgspec.Meta(min_length=1, max_length=MAX_CERTIFICATES)
]
"""Certificates from the one the root issued to the device's own."""


def issue(
    key: suite.SigningKey, issuer: bytes, person: bytes, sign: bytes, kem: bytes, rank: int
) -> Certificate:
    """Certify a device; ``key`` is the root's or the issuing device's."""
    device = device_id(sign)
    fields = (SUITE, person, device, sign, kem, rank, issuer)
    return Certificate(*fields, signature=key.sign(_CERT + canonical.encode(fields)))


def check_chain(chain: tuple[Certificate, ...], person: Person) -> Certificate:
    """Check that the last certificate of ``chain`` belongs to ``person``; returns it.

    Raises:
        UnsupportedSuiteError: A certificate of another suite.
        BadCertificateError: A signature, an issuer, a rank that does not rise, an id that
            does not fit its key, a signing key of small order, or another person.
    """
    issuer, key, rank = person.id, person.sign, ROOT_RANK
    if not 1 <= len(chain) <= MAX_CERTIFICATES:
        raise BadCertificateError
    for cert in chain:
        if cert.suite != SUITE:
            raise UnsupportedSuiteError
        fields = (SUITE, *(getattr(cert, name) for name in Certificate.__struct_fields__[1:-1]))
        if (
            cert.person != person.id
            or cert.issuer != issuer
            or cert.rank <= rank
            or cert.device != device_id(cert.sign)
        ):
            raise BadCertificateError
        try:
            suite.check_sign_public(cert.sign)
            suite.verify(key, cert.signature, _CERT + canonical.encode(fields))
        except BadSignatureError:
            raise BadCertificateError from None
        issuer, key, rank = cert.device, cert.sign, cert.rank
    return chain[-1]
