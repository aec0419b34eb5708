"""HPKE base mode with authenticated data, one message a key (RFC 9180, sections 5.1 and 6.1).

DAP binds a report's metadata and its task in the AAD of ``SealBase``. ``cryptography`` seals
without AAD, so the key schedule stands here, over the suite's KEM, HKDF and AES-256-GCM;
with an empty AAD both make the same bytes (docs/decisions: hpke-with-aad).

The suite is the one of records (protocol 1.1): MLKEM768-X25519, HKDF-SHA256, AES-256-GCM.
"""

from __future__ import annotations

from typing import Final

from inglenook_schema import suite

KEM_ID: Final = 0x647A
KDF_ID: Final = 0x0001
AEAD_ID: Final = 0x0002

_SUITE: Final = b"HPKE" + b"".join(each.to_bytes(2, "big") for each in (KEM_ID, KDF_ID, AEAD_ID))
_VERSION: Final = b"HPKE-v1"
_KEY: Final = 32
_NONCE: Final = 12


def seal(public: bytes, info: bytes, aad: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """``SealBase``: seal to a 1,216-byte hybrid public key.

    It draws its own randomness, so two calls never give the same bytes.

    Returns:
        ``enc``, 1,120 bytes, and the ciphertext, 16 bytes longer than the text.

    Raises:
        MalformedError: ``public`` is not a hybrid public key.
    """
    shared, enc = suite.kem_encapsulate(public)
    key, nonce = _schedule(shared, info)
    return enc, suite.aead_seal(key, plaintext, aad, nonce)


def unseal(key: suite.KemKey, enc: bytes, info: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    """``OpenBase``: undo :func:`seal`.

    Raises:
        WrongKeyError: It was not sealed to this key under this ``info`` and ``aad``.
    """
    secret, nonce = _schedule(key.decapsulate(enc), info)
    return suite.aead_open(secret, ciphertext, aad, nonce)


def _extract(salt: bytes, label: bytes, material: bytes) -> bytes:
    return suite.hmac(salt or bytes(32), _VERSION + _SUITE + label + material)


def _expand(secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
    info = length.to_bytes(2, "big") + _VERSION + _SUITE + label + context
    return suite.expand(secret, info, length)


_NO_PSK: Final = _extract(b"", b"psk_id_hash", b"")


def _schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of the first message in base mode."""
    context = b"\0" + _NO_PSK + _extract(b"", b"info_hash", info)
    secret = _extract(shared, b"secret", b"")
    return _expand(secret, b"key", context, _KEY), _expand(secret, b"base_nonce", context, _NONCE)
