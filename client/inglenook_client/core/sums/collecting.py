"""A coordinator's side: keys for one survey, asking for the sums, publishing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inglenook_schema import suite
from inglenook_schema.errors import MalformedMessageError
from inglenook_schema.limits import KEM_PRIVATE
from inglenook_schema.sums import closing, frames
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.closing import Counted, Transcript
from inglenook_schema.sums.frames import Collect, Collected, Propose
from inglenook_schema.sums.terms import Collector, Cosigned, Party, Terms

_KEYS: Final = suite.domain("collect")


@dataclass(frozen=True)
class CollectorKeys:
    """Made for one survey, and used for no other: its KEM key is published at the end."""

    sign: suite.SigningKey
    kem_private: bytes

    @classmethod
    def derive(cls, secret: bytes, nonce: bytes) -> CollectorKeys:
        """The keys of a survey; each device of the coordinators makes the same.

        Args:
            secret: 32 bytes that only the coordinators have.
            nonce: The survey's.
        """
        seed = suite.hmac(secret, _KEYS + nonce)
        kem = suite.expand(seed, _KEYS + b"kem", KEM_PRIVATE)
        return cls(suite.SigningKey(suite.expand(seed, _KEYS + b"sign")), kem)

    def public(self, name: str) -> Collector:
        """As the terms have it."""
        return Collector(name, self.sign.public, suite.kem_public(self.kem_private))


def propose(terms: Terms, keys: CollectorKeys, claims: tuple[bytes, ...]) -> Propose:
    """Ask both operators to take part.

    Raises:
        SurveyRefusedError: They would refuse; nothing is sent.
        MalformedMessageError: Parts do not fit together.
    """
    data = terms_.encode(terms)
    terms_.decode(data)
    survey = terms_.survey_id(data)
    return Propose(data, terms_.sign(keys.sign, Party.COORDINATOR, survey), claims)


def collect(survey: bytes, keys: CollectorKeys) -> Collect:
    """Ask for the sums, which closes a survey whose dates have passed."""
    return frames.sign_collect(keys.sign, survey)


def publish(cosigned: Cosigned, collected: Collected, keys: CollectorKeys) -> tuple[bytes, Counted]:
    """Open the sums; gives what is published, and what it says.

    Raises:
        PeerError: Something in it is not what both operators signed.
    """
    transcript = Transcript(
        cosigned,
        collected.frozen,
        collected.relay,
        collected.witness,
        collected.leaves,
        collected.sums,
        keys.kem_private,
    )
    published = closing.publish(keys.sign, transcript)
    if len(published) > closing.MAX_TRANSCRIPT:
        raise MalformedMessageError("A result is longer than a result may be.")
    return published, closing.replay(published)
