"""One answer a person, and nobody knows whose: blind tokens (protocol 11.9; RFC 9578, section 6).

All of a person's devices make the same request, since everything in it derives from the
membership's seed, which lies in the journal. The Witness signs one for each key on the
survey's roster and never sees what it signs; the Relay counts requests, and takes no more
answers than there were.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Annotated, Final, TypeAlias

import msgspec

from inglenook_schema import blindrsa, suite
from inglenook_schema.errors import BadSignatureError
from inglenook_schema.ids import Hash, Signature, SignPublic
from inglenook_schema.limits import SUITE
from inglenook_schema.suite.rsa import rsa_public
from inglenook_schema.sums.terms import Terms

SALT: Final = 48
"""RSABSSA-SHA384-PSS-Deterministic."""
_TYPE: Final = b"\x00\x02"
"""RFC 9578: blind RSA of 2,048 bits."""
_TOKEN: Final = suite.domain("token-request") + bytes((SUITE,))
_PARTS: Final = suite.domain("token-parts") + bytes((SUITE,))

TokenBytes: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=256, max_length=1_024)]
"""As many bytes as the token key's modulus has."""


class TokenRequest(msgspec.Struct, frozen=True, array_like=True):
    """Somebody on the roster asks for the token of a survey."""

    survey: Hash
    claim: SignPublic
    """Which key of the roster."""
    blinded: TokenBytes
    signature: Signature


class Wallet:
    """What a person needs for one survey; equal on all their devices.

    Args:
        claim: The signing key of this membership; its public half is on the survey's roster.
        secret: 32 bytes that only this person's devices have.
        survey: The survey's id.
        terms: What was asked.
    """

    def __init__(self, claim: suite.SigningKey, secret: bytes, survey: bytes, terms: Terms) -> None:
        self._survey = survey
        self._key = terms.token_key
        self._claim = claim
        seed = suite.hmac(secret, _PARTS + survey)
        self.nonce: Final = suite.expand(seed, _PARTS + b"nonce")
        self._salt = suite.expand(seed, _PARTS + b"salt", SALT)
        self._inverse = _inverse(seed, self._key)
        self._message = token_input(survey, terms, self.nonce)

    def request(self) -> TokenRequest:
        """What to ask the Witness for; always the same bytes."""
        blinded = blindrsa.blind(self._key, self._message, self._inverse, self._salt)
        claim = self._claim.public
        signed = self._claim.sign(_requested(self._survey, claim, blinded))
        return TokenRequest(self._survey, claim, blinded, signed)

    def finish(self, blind_signature: bytes) -> bytes:
        """The token, from the Witness's answer.

        Raises:
            MalformedTokenError: It is none.
            BadSignatureError: It was made with another key than the survey's.
        """
        return blindrsa.finalize(
            self._key, self._message, blind_signature, self._inverse, salt_length=SALT
        )


def check_request(request: TokenRequest) -> None:
    """Check that whoever asks has the key they name.

    Raises:
        BadSignatureError: They have not.
    """
    signed = _requested(request.survey, request.claim, request.blinded)
    suite.verify(request.claim, request.signature, signed)


def check_token(survey: bytes, terms: Terms, nonce: bytes, token: bytes) -> None:
    """Check a token that came with an answer.

    Raises:
        BadSignatureError: The survey's key never signed it.
    """
    if len(token) != rsa_public(terms.token_key).size:
        raise BadSignatureError
    blindrsa.verify(terms.token_key, token_input(survey, terms, nonce), token, SALT)


def token_input(survey: bytes, terms: Terms, nonce: bytes) -> bytes:
    """What is signed blindly: RFC 9578's input for a challenge that names the survey."""
    issuer = b"inglenook witness " + terms.witness.sign.hex().encode()
    challenge = _TYPE + _prefixed(issuer, 2) + _prefixed(survey, 1) + _prefixed(b"", 2)
    return _TYPE + nonce + suite.sha256(challenge) + suite.sha256(terms.token_key)


def _prefixed(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def _requested(survey: bytes, claim: bytes, blinded: bytes) -> bytes:
    return _TOKEN + survey + claim + blinded


@lru_cache(maxsize=16)
def _inverse(seed: bytes, public: bytes) -> bytes:
    """A uniform number below the modulus that has an inverse; derived, so that it repeats."""
    key = rsa_public(public)
    number = tries = 0
    while number == 0 or gcd(number, key.n) != 1:
        wide = suite.expand(seed, _PARTS + b"inverse" + bytes((tries,)), key.size + 16)
        number = int.from_bytes(wide, "big") % key.n
        tries += 1
    return number.to_bytes(key.size, "big")
