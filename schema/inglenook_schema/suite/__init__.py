"""Suite 1: the only package that calls ``cryptography`` (protocol 1).

SHA-256, HMAC-SHA256, HKDF-Expand-SHA256 (RFC 5869), Ed25519 (RFC 8032), AES-256-GCM with
nonce zero (every key is used once), Argon2id (RFC 9106), HPKE base mode with
MLKEM768_X25519, HKDF_SHA256 and AES_256_GCM (RFC 9180, draft-ietf-hpke-pq). For consented
sums also the KEM by itself and SHA-384 here, and RSA keys in :mod:`~inglenook_schema.suite.rsa`.

Another provider may stand in for this package; nothing outside it knows which one does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

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
from inglenook_schema.limits import (
    KEM_ENCAPSULATED,
    KEM_PRIVATE,
    KEM_PUBLIC,
    SIGN_PUBLIC,
    SIGNATURE,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hpke
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

DOMAINS: Final = frozenset(
    {
        *("payload", "event", "seal", "record", "salt", "erase", "erase-key", "plaintext"),
        *("epoch", "read", "write", "owner", "token", "box", "address", "wrap", "wraps"),
        *("rid", "head", "person", "device", "cert", "kem", "root-sign", "root-kem"),
        *("recovery", "words", "ack", "invite", "invite-owner", "offer", "knock", "welcome"),
        *("root-act", "sealed", "bundle", "file", "work", "unlock", "pack", "import"),
        *("terms", "roster", "operator", "task", "token-request", "token-parts"),
        *("answer", "withdraw", "letter", "leaf", "node", "freeze", "sum", "result"),
        *("collect", "exchange", "witnessed", "verify-key"),
        *("reader", "inbox", "inbox-kem", "alias-sign", "alias-kem", "alias-box"),
        *("enrol", "sealed-letter"),
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


def sha384(data: bytes) -> bytes:
    """SHA-384 of ``data``; 48 bytes."""
    digest = hashes.Hash(hashes.SHA384())
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


def aead_seal(key: bytes, plaintext: bytes, aad: bytes, nonce: bytes = _NONCE) -> bytes:
    """AES-256-GCM; the tag is the last 16 bytes.

    Args:
        key: 32 bytes that are used once.
        plaintext: What is sealed.
        aad: What the tag binds besides.
        nonce: 12 bytes, where a standard asks for one of its own.
    """
    return AESGCM(key).encrypt(nonce, plaintext, aad)


def aead_open(key: bytes, ciphertext: bytes, aad: bytes, nonce: bytes = _NONCE) -> bytes:
    """Undo :func:`aead_seal`.

    Raises:
        WrongKeyError: The tag does not verify.
    """
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, aad)
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


class KemKey:
    """A hybrid private key, read once for many openings.

    Args:
        private: 96 bytes: the 64-byte ML-KEM seed, then the 32-byte X25519 key.

    Attributes:
        public: 1,216 bytes: 1,184 of ML-KEM-768, 32 of X25519.

    Raises:
        WrongKeyError: ``private`` has another length.
    """

    __slots__ = ("_curve", "_curve_public", "_lattice", "public")

    def __init__(self, private: bytes) -> None:
        self._lattice, self._curve = _kem_private(private)
        self._curve_public = self._curve.public_key().public_bytes_raw()
        self.public = self._lattice.public_key().public_bytes_raw() + self._curve_public

    def decapsulate(self, enc: bytes) -> bytes:
        """The 32 bytes that :func:`kem_encapsulate` gave with ``enc``.

        A changed ``enc`` of the right length mostly gives other bytes and no error.

        Raises:
            WrongKeyError: ``enc`` has another length, or its curve point is of small order.
        """
        from cryptography.hazmat.primitives.asymmetric import x25519  # noqa: PLC0415

        if len(enc) != KEM_ENCAPSULATED:
            raise WrongKeyError
        point = enc[-32:]
        try:
            lattice = self._lattice.decapsulate(enc[:-32])
            curve = self._curve.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        except ValueError:
            raise WrongKeyError from None
        return _combine(lattice, curve, point, self._curve_public)

    def __repr__(self) -> str:
        """Never the key."""
        return "KemKey(…)"


def kem_public(private: bytes) -> bytes:
    """The public half of a :class:`KemKey`."""
    return KemKey(private).public


def kem_encapsulate(public: bytes) -> tuple[bytes, bytes]:
    """A fresh secret for a hybrid key: MLKEM768-X25519 (draft-irtf-cfrg-concrete-hybrid-kems).

    It draws its own randomness.

    Returns:
        The 32-byte secret and the 1,120 bytes that carry it.

    Raises:
        MalformedError: ``public`` is not a hybrid public key.
    """
    from cryptography.hazmat.primitives.asymmetric import x25519  # noqa: PLC0415

    try:
        lattice_public, curve_public = _kem_public(public)
        fresh = x25519.X25519PrivateKey.generate()
        lattice, enc = lattice_public.encapsulate()
        curve = fresh.exchange(curve_public)
    except ValueError:
        raise MalformedError("A key for sealing could not be used.") from None
    point = fresh.public_key().public_bytes_raw()
    return _combine(lattice, curve, point, public[-32:]), enc + point


def _kem_private(private: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519  # noqa: PLC0415

    if len(private) != KEM_PRIVATE:
        raise WrongKeyError
    return (
        mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:64]),
        x25519.X25519PrivateKey.from_private_bytes(private[64:]),
    )


@lru_cache(maxsize=64)
def _kem_public(public: bytes) -> tuple[mlkem.MLKEM768PublicKey, x25519.X25519PublicKey]:
    from cryptography.hazmat.primitives.asymmetric import mlkem, x25519  # noqa: PLC0415

    if len(public) != KEM_PUBLIC:
        raise MalformedError("A key for sealing has the wrong length.")
    return (
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:-32]),
        x25519.X25519PublicKey.from_public_bytes(public[-32:]),
    )


def _combine(lattice: bytes, curve: bytes, point: bytes, public: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA3_256())
    digest.update(lattice + curve + point + public + b"\\.//^\\")
    return digest.finalize()


def hpke_seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal to a hybrid KEM key (RFC 9180 base mode); 1,136 bytes longer than the text.

    It draws its own randomness, so two calls never give the same bytes.

    Raises:
        MalformedError: ``public`` is not a hybrid public key.
    """
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415 - costs start-up

    try:
        key = hpke.MLKEM768X25519PublicKey(*_kem_public(public))
        return _hpke().encrypt(plaintext, key, info)
    except ValueError:
        raise MalformedError("A key for sealing could not be used.") from None


def hpke_open(private: bytes, ciphertext: bytes, info: bytes) -> bytes:
    """Undo :func:`hpke_seal` with the 96-byte private key.

    Raises:
        WrongKeyError: It was not sealed to this key under this ``info``.
    """
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415

    key = hpke.MLKEM768X25519PrivateKey(*_kem_private(private))
    try:
        return _hpke().decrypt(ciphertext, key, info)
    except (InvalidTag, ValueError):
        raise WrongKeyError from None


@lru_cache(maxsize=1)
def _hpke() -> hpke.Suite:
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415

    return hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
