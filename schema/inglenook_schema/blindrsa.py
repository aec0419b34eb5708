"""Blind RSA signatures, RSABSSA-SHA384 (RFC 9474): a token whose signer cannot know it again.

    person   prepare, blind ──> blinded message
    signer   blind_sign ──> blind signature
    person   finalize ──> signature, an RSASSA-PSS one that anybody checks with verify

The four variants of section 5: randomized or deterministic is what :func:`prepare` gets, a
salt of 48 bytes or none is what :func:`blind` gets. Nothing is drawn here: salt, prefix and
``inv`` are arguments. Keys are bytes as :mod:`~inglenook_schema.suite.rsa` reads them.
Python's integers are not constant-time: the signer hides the message that it raises to its
secret power by a factor of its own (base blinding).
"""

from __future__ import annotations

from math import gcd
from typing import Final

from inglenook_schema import suite
from inglenook_schema.errors import (
    BadSignatureError,
    BlindingError,
    MalformedTokenError,
    SigningFailedError,
)
from inglenook_schema.suite.rsa import RsaPrivateKey, RsaPublicKey, rsa_private, rsa_public

SALTS: Final = (48, 0)
"""Salt lengths in bytes: of RSABSSA-SHA384-PSS and of RSABSSA-SHA384-PSSZERO."""
PREFIX: Final = 32
_HASH: Final = 48
_BASE_BLINDING: Final = b"base blinding"


def prepare(msg: bytes, prefix: bytes = b"") -> bytes:
    """What is signed in the place of ``msg`` (section 4.1).

    Args:
        msg: The message.
        prefix: 32 random bytes for the randomized variants, none for the deterministic.

    Raises:
        BlindingError: The prefix has another length.
    """
    if len(prefix) not in (0, PREFIX):
        raise BlindingError("The prefix of a token is not 32 bytes.")
    return prefix + msg


def blind(pub: bytes, msg: bytes, inv: bytes, salt: bytes) -> bytes:
    """Hide a prepared message from its signer (section 4.2).

    Args:
        pub: The signer's public key.
        msg: As :func:`prepare` gave it.
        inv: The inverse of the blinding factor: a secret, uniform number in [1, n), at most
            as many bytes as the modulus. :func:`finalize` needs it again.
        salt: 48 random bytes, or none.

    Returns:
        As many bytes as the modulus has.

    Raises:
        MalformedTokenError: ``pub`` is no RSA key of a fit size.
        BlindingError: The salt has another length, ``inv`` is out of range or has no
            inverse, or the message shares a factor with the modulus.
    """
    key = rsa_public(pub)
    message = int.from_bytes(_encode(msg, salt, key.n.bit_length() - 1), "big")
    if gcd(message, key.n) != 1:
        raise BlindingError("That message cannot be blinded under this key.")
    factor = _inverse(_factor(inv, key), key)
    return _bytes(message * pow(factor, key.e, key.n) % key.n, key)


def blind_sign(priv: bytes | RsaPrivateKey, blinded: bytes) -> bytes:
    """Sign a blinded message (section 4.3).

    The result is checked with the public key before it leaves: a signature that a fault
    made wrong would betray the key.

    Args:
        priv: The signer's private key, or what ``rsa_private`` read from it: reading
            takes about a second, signing some milliseconds.
        blinded: As :func:`blind` gave it.

    Returns:
        As many bytes as the modulus has.

    Raises:
        MalformedTokenError: ``priv`` is no RSA key of a fit size, or the message's length
            or value is out of range.
        SigningFailedError: The result is wrong.
    """
    key = priv if isinstance(priv, RsaPrivateKey) else rsa_private(priv)
    public = key.public
    message = _representative(blinded, public)
    # Derived, not drawn: nobody without the key can foresee it, and a repeated request
    # repeats the same computation and no other.
    seed = suite.hmac(_bytes(key.d, public), _BASE_BLINDING + blinded)
    factor = int.from_bytes(suite.expand(seed, _BASE_BLINDING, public.size + 16), "big") % public.n
    if gcd(factor, public.n) != 1:
        raise SigningFailedError
    hidden = message * pow(factor, public.e, public.n) % public.n
    signed = _power(key, hidden) * pow(factor, -1, public.n) % public.n
    if pow(signed, public.e, public.n) != message:
        raise SigningFailedError
    return _bytes(signed, public)


def finalize(
    pub: bytes, msg: bytes, blind_sig: bytes, inv: bytes, salt_length: int | None = None
) -> bytes:
    """Take the blinding off a signature and check it (section 4.4).

    Args:
        pub: The signer's public key.
        msg: The prepared message, as in :func:`blind`.
        blind_sig: As :func:`blind_sign` gave it.
        inv: As in :func:`blind`.
        salt_length: 48 or 0; without it either is taken.

    Returns:
        A signature of as many bytes as the modulus has.

    Raises:
        MalformedTokenError: ``pub`` is no RSA key of a fit size, or the signature's length
            or value is out of range.
        BlindingError: ``inv`` is out of range or has no inverse.
        BadSignatureError: The signer signed something else.
    """
    key = rsa_public(pub)
    blinded = _representative(blind_sig, key)
    factor = _factor(inv, key)
    _inverse(factor, key)
    signature = _bytes(blinded * factor % key.n, key)
    verify(pub, msg, signature, salt_length)
    return signature


def verify(pub: bytes, msg: bytes, signature: bytes, salt_length: int | None = None) -> None:
    """Check a signature on a prepared message (section 4.5; RFC 8017, section 8.1.2).

    Args:
        pub: The signer's public key.
        msg: As :func:`prepare` gave it.
        signature: As :func:`finalize` gave it.
        salt_length: 48 or 0; without it either is taken.

    Raises:
        MalformedTokenError: ``pub`` is no RSA key of a fit size.
        BlindingError: ``salt_length`` is neither 48 nor 0.
        BadSignatureError: It does not verify.
    """
    key = rsa_public(pub)
    if salt_length is not None and salt_length not in SALTS:
        raise BlindingError("The salt of a token is neither 48 bytes nor none.")
    if salt_length is None:
        try:
            key.verify_pss(signature, msg, SALTS[0])
        except BadSignatureError:
            salt_length = SALTS[1]
        else:
            return
    key.verify_pss(signature, msg, salt_length)


def _encode(msg: bytes, salt: bytes, bits: int) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384 and MGF1 of the same (RFC 8017, section 9.1.1)."""
    if len(salt) not in SALTS:
        raise BlindingError("The salt of a token is neither 48 bytes nor none.")
    size = (bits + 7) // 8
    digest = suite.sha384(bytes(8) + suite.sha384(msg) + salt)
    plain = (b"\x01" + salt).rjust(size - _HASH - 1, b"\0")
    mask = b"".join(
        suite.sha384(digest + i.to_bytes(4, "big")) for i in range(-(-len(plain) // _HASH))
    )
    masked = bytes(x ^ y for x, y in zip(plain, mask, strict=False))
    first = masked[0] & 0xFF >> (8 * size - bits)
    return bytes([first]) + masked[1:] + digest + b"\xbc"


def _power(key: RsaPrivateKey, base: int) -> int:
    """``base`` to the secret power, by the Chinese remainder theorem (RFC 8017, 5.2.1)."""
    first, second = pow(base, key.dp, key.p), pow(base, key.dq, key.q)
    return second + (first - second) * key.q_inverse % key.p * key.q


def _representative(data: bytes, key: RsaPublicKey) -> int:
    if len(data) != key.size:
        raise MalformedTokenError("A token in the making has the wrong length.")
    number = int.from_bytes(data, "big")
    if number >= key.n:
        raise MalformedTokenError("A token in the making is out of the key's range.")
    return number


def _factor(inv: bytes, key: RsaPublicKey) -> int:
    number = int.from_bytes(inv, "big")
    if not 0 < len(inv) <= key.size or not 0 < number < key.n:
        raise BlindingError("The blinding of a token is out of the key's range.")
    return number


def _inverse(number: int, key: RsaPublicKey) -> int:
    if gcd(number, key.n) != 1:
        raise BlindingError("The blinding of a token has no inverse.")
    return pow(number, -1, key.n)


def _bytes(number: int, key: RsaPublicKey) -> bytes:
    return number.to_bytes(key.size, "big")
