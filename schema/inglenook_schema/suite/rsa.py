"""RSA keys that sign and check tokens (RFC 8017), for :mod:`~inglenook_schema.blindrsa`.

No record, wrap or signature of suite 1 needs them, so the rest of the suite does not load them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from inglenook_schema.errors import BadSignatureError, MalformedTokenError
from inglenook_schema.limits import RSA_BITS

_EXPONENT: Final = 65_537
_PEM: Final = partial(form.load_pem_private_key, password=None)
_DER: Final = partial(form.load_der_private_key, password=None)


class RsaPublicKey:
    """An RSA public key that tokens are checked with.

    Attributes:
        n: The modulus.
        e: The public exponent.
        size: Bytes of the modulus.
    """

    __slots__ = ("_key", "e", "n", "size")

    def __init__(self, key: rsa.RSAPublicKey) -> None:
        if not RSA_BITS[0] <= key.key_size <= RSA_BITS[1]:
            raise MalformedTokenError("A key for tokens is too short or too long.")
        numbers = key.public_numbers()
        self._key = key
        self.n, self.e = numbers.n, numbers.e
        self.size = (key.key_size + 7) // 8

    def verify_pss(self, signature: bytes, message: bytes, salt_length: int) -> None:
        """Check RSASSA-PSS with SHA-384 and MGF1 of the same (RFC 8017, section 8.1.2).

        Raises:
            BadSignatureError: It does not verify.
        """
        pss = padding.PSS(padding.MGF1(hashes.SHA384()), salt_length)
        try:
            self._key.verify(signature, message, pss, hashes.SHA384())
        except (InvalidSignature, ValueError):
            raise BadSignatureError from None


class RsaPrivateKey:
    """An RSA private key that signs blinded tokens; its numbers are secret.

    Attributes:
        public: The public half.
        d: The private exponent; the rest are p, q and what the Chinese remainder needs.
    """

    __slots__ = ("d", "dp", "dq", "p", "public", "q", "q_inverse")

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        numbers = key.private_numbers()
        self.public = RsaPublicKey(key.public_key())
        self.d, self.p, self.q = numbers.d, numbers.p, numbers.q
        self.dp, self.dq, self.q_inverse = numbers.dmp1, numbers.dmq1, numbers.iqmp

    def __repr__(self) -> str:
        """Never the key."""
        return "RsaPrivateKey(…)"


def rsa_public(public: bytes | rsa.RSAPublicKey) -> RsaPublicKey:
    """Read an RSA public key: a SubjectPublicKeyInfo in DER or PEM, or the library's own.

    Raises:
        MalformedTokenError: It is none, or not of 2,048 to 8,192 bits.
    """
    return _rsa_public(public) if isinstance(public, bytes) else RsaPublicKey(public)


@lru_cache(maxsize=64)
def _rsa_public(public: bytes) -> RsaPublicKey:
    key = _read(public, form.load_pem_public_key, form.load_der_public_key)
    if not isinstance(key, rsa.RSAPublicKey):
        raise MalformedTokenError("A key for tokens is no RSA key.")
    return RsaPublicKey(key)


def rsa_private(private: bytes | rsa.RSAPrivateKey) -> RsaPrivateKey:
    """Read an RSA private key: PKCS #8 in DER or PEM, no passphrase, or the library's own.

    Reading tests that its primes are prime, which takes about a second: read it once.

    Raises:
        MalformedTokenError: It is none, or not of 2,048 to 8,192 bits.
    """
    key = _read(private, _PEM, _DER) if isinstance(private, bytes) else private
    if not isinstance(key, rsa.RSAPrivateKey):
        raise MalformedTokenError("A key for tokens is no RSA key.")
    return RsaPrivateKey(key)


def rsa_generate() -> bytes:
    """A new key of 2,048 bits, which RFC 9578 asks for: PKCS #8 in DER; takes about 0.1 s."""
    key = rsa.generate_private_key(_EXPONENT, RSA_BITS[0])
    plain = form.NoEncryption()
    return key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, plain)


def rsa_spki(private: RsaPrivateKey) -> bytes:
    """The public half as a SubjectPublicKeyInfo in DER."""
    numbers = rsa.RSAPublicNumbers(private.public.e, private.public.n)
    spki = form.PublicFormat.SubjectPublicKeyInfo
    return numbers.public_key().public_bytes(form.Encoding.DER, spki)


def _read(data: bytes, pem: Callable[[bytes], object], der: Callable[[bytes], object]) -> object:
    """Any key of the library's that ``data`` spells, or None."""
    try:
        return (pem if data.startswith(b"-----") else der)(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
