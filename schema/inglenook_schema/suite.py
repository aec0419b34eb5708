"""Suite 1: the only module that calls ``cryptography`` (protocol 1).

SHA-256, HMAC-SHA256, HKDF-Expand-SHA256 (RFC 5869), Ed25519 (RFC 8032), AES-256-GCM with
nonce zero (every key is used once), Argon2id (RFC 9106), HPKE base mode with
MLKEM768_X25519, HKDF_SHA256 and AES_256_GCM (RFC 9180, draft-ietf-hpke-pq).

Another provider may stand in for this module; nothing outside it knows which one does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from inglenook_schema.errors import BadSignatureError, MalformedError, WrongKeyError
from inglenook_schema.limits import KEM_PRIVATE, KEM_PUBLIC, SIGN_PUBLIC, SIGNATURE

DOMAINS: Final = frozenset(
    {
        *("payload", "event", "seal", "record", "salt", "erase", "erase-key", "plaintext"),
        *("epoch", "read", "write", "owner", "token", "box", "address", "wrap", "wraps"),
        *("rid", "head", "person", "device", "cert", "kem", "root-sign", "root-kem"),
        *("recovery", "words", "ack", "invite", "invite-owner", "offer", "knock", "welcome"),
        *("root-act", "sealed", "bundle", "file", "work", "unlock", "pack"),
    }
)
"""The closed list of domain names (protocol 1.2); a name has at most 20 letters."""

_SHA256: Final = hashes.SHA256()
_EMPTY_HASH: Final = hashes.Hash(_SHA256)
"""Copied for each hash: to look the algorithm up again takes as long as a short hash."""
_NONCE: Final = bytes(12)
_FIELD: Final = 2**255 - 19
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(y)
    for y in (
        # The y coordinates of the eight points of small order, canonical and not
        # (RFC 8032 section 5.1.3 decoding, sign bit cleared).
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


def _domain(name: str) -> bytes:
    return ("inglenook/1 " + name).encode("ascii").ljust(32, b"\0")


_DOMAIN_BYTES: Final = {name: _domain(name) for name in DOMAINS}


def domain(name: str) -> bytes:
    """The 32 bytes ``D(name)`` that start every hash, MAC, KDF and signature input.

    Raises:
        KeyError: The name is not in the closed list; a mistake in our own code.
    """
    return _DOMAIN_BYTES[name]


def sha256(data: bytes) -> bytes:
    """SHA-256 of ``data``; 32 bytes."""
    digest = _EMPTY_HASH.copy()
    digest.update(data)
    return digest.finalize()


def hmac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256; 32 bytes."""
    mac = HMAC(key, _SHA256)
    mac.update(data)
    return mac.finalize()


def expand(secret: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-Expand with SHA-256 (RFC 5869 section 2.3); ``secret`` is already uniform."""
    return HKDFExpand(_SHA256, length, info).derive(secret)


def aead_seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """AES-256-GCM under a key that is used once; the tag is the last 16 bytes."""
    return AESGCM(key).encrypt(_NONCE, plaintext, aad)


def aead_open(key: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """Undo :func:`aead_seal`.

    Raises:
        WrongKeyError: The tag does not verify.
    """
    try:
        return AESGCM(key).decrypt(_NONCE, ciphertext, aad)
    except (InvalidTag, ValueError):
        raise WrongKeyError from None


def argon2id(
    secret: bytes, salt: bytes, *, mib: int, passes: int, lanes: int, length: int = 32
) -> bytes:
    """Argon2id (RFC 9106); memory in MiB."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415 - start-up

    kdf = Argon2id(salt=salt, length=length, iterations=passes, lanes=lanes, memory_cost=mib * 1024)
    return kdf.derive(secret)


class SigningKey:
    """An Ed25519 private key, made from its 32-byte seed."""

    __slots__ = ("_key", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        self.seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign; 64 bytes, the same for the same message."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        """Never the key."""
        return "SigningKey(…)"


@lru_cache(maxsize=1024)
def _public_key(public: bytes) -> Ed25519PublicKey:
    if len(public) != SIGN_PUBLIC:
        raise BadSignatureError
    y = bytes((*public[:31], public[31] & 0x7F))
    if int.from_bytes(y, "little") >= _FIELD:  # RFC 8032 section 5.1.3; OpenSSL takes it
        raise BadSignatureError
    if y in _SMALL_ORDER:
        raise BadSignatureError("A signing key of small order was refused.")
    try:
        return Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        raise BadSignatureError from None


def check_sign_public(public: bytes) -> None:
    """Check an Ed25519 public key where it is read.

    Raises:
        BadSignatureError: It is of small order, not canonical, or no point.
    """
    _public_key(public)


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Check an Ed25519 signature.

    Raises:
        BadSignatureError: The key is of small order or no point, or the signature does
            not verify.
    """
    key = _public_key(public)
    if len(signature) != SIGNATURE:
        raise BadSignatureError
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise BadSignatureError from None


def kem_public(private: bytes) -> bytes:
    """The 1,216-byte hybrid public key (1,184 ML-KEM-768, 32 X25519).

    Args:
        private: 96 bytes: the 64-byte ML-KEM seed, then the 32-byte X25519 key.
    """
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519  # noqa: PLC0415

    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:64])
    curve = x25519.X25519PrivateKey.from_private_bytes(private[64:])
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def hpke_seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal to a hybrid KEM key (RFC 9180 base mode); 1,136 bytes longer than the text.

    It draws its own randomness, so two calls never give the same bytes.

    Raises:
        MalformedError: ``public`` is not a hybrid public key.
    """
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415 - costs start-up
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519  # noqa: PLC0415

    if len(public) != KEM_PUBLIC:
        raise MalformedError("A key for sealing has the wrong length.")
    try:
        key = hpke.MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(public[:-32]),
            x25519.X25519PublicKey.from_public_bytes(public[-32:]),
        )
        sealed: bytes = _hpke().encrypt(plaintext, key, info)
    except ValueError:
        raise MalformedError("A key for sealing could not be used.") from None
    return sealed


def hpke_open(private: bytes, ciphertext: bytes, info: bytes) -> bytes:
    """Undo :func:`hpke_seal` with the 96-byte private key.

    Raises:
        WrongKeyError: It was not sealed to this key under this ``info``.
    """
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519  # noqa: PLC0415

    if len(private) != KEM_PRIVATE:
        raise WrongKeyError
    key = hpke.MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:64]),
        x25519.X25519PrivateKey.from_private_bytes(private[64:]),
    )
    try:
        opened: bytes = _hpke().decrypt(ciphertext, key, info)
    except (InvalidTag, ValueError):
        raise WrongKeyError from None
    return opened


@lru_cache(maxsize=1)
def _hpke():  # type: ignore[no-untyped-def]
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415

    return hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
