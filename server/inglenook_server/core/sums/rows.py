"""What stands in the rows of a survey; each operator reads only its own."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import msgspec

from inglenook_schema import canonical
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.closing import Frozen, Leaf
from inglenook_schema.sums.frames import Phase
from inglenook_schema.sums.terms import Cosigned, Terms
from inglenook_schema.sums.tokens import TokenRequest

T = TypeVar("T")


class RelayState(msgspec.Struct, frozen=True, array_like=True):
    """How far a survey is, at the Relay."""

    phase: Phase
    cosigned: Cosigned
    """The Witness's name is zeros until it signed."""
    reason: str = ""
    verify_key: bytes = b""
    requests: int = 0
    """Tokens that were asked for."""
    redeemed: int = 0
    """Tokens that came with an answer."""
    errands: int = 0
    """The number of the last one made."""
    checks: int = 0
    """Checks that the Witness has not answered."""
    frozen: Frozen | None = None
    leaves: tuple[Leaf, ...] = ()


class WitnessState(msgspec.Struct, frozen=True, array_like=True):
    """How far a survey is, at the Witness."""

    phase: Phase
    terms: bytes
    verify_key: bytes
    said: bytes
    """Its outcome of co-signing, told again to whoever asks again."""


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """Somebody's request for a token."""

    request: TokenRequest
    blind_signature: bytes = b""


class Begun(msgspec.Struct, frozen=True, array_like=True):
    """One report that the Relay began to check."""

    answer: bytes
    report_id: bytes
    state: bytes


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """One check: its answers, and the reports of each job in their order."""

    answers: tuple[bytes, ...]
    jobs: tuple[tuple[int, tuple[Begun, ...]], ...]


class Out(msgspec.Struct, frozen=True, array_like=True):
    """What is left of one checked report."""

    question: int
    report_id: bytes
    share: bytes


class Checked(msgspec.Struct, frozen=True, array_like=True):
    """One answer after checking: its reports that hold."""

    outs: tuple[Out, ...]

    @property
    def counted(self) -> int:
        """As in a ``Leaf``."""
        return sum(1 << out.question for out in self.outs)


class Identity(msgspec.Struct, frozen=True, array_like=True):
    """An operator's own name and keys."""

    name: str
    origin: str
    sign_seed: bytes
    kem_private: bytes


class IssuingKey(msgspec.Struct, frozen=True, array_like=True):
    """One token key of a Witness."""

    number: int
    private: bytes
    public: bytes
    survey: bytes = b""
    """The one that it is for; none yet."""


def write(value: object) -> bytes:
    """A row's value."""
    return canonical.encode(value)


def read(data: bytes, shape: type[T]) -> T:
    """A row's value; nobody but this program wrote it."""
    return canonical.decode(data, shape)


@lru_cache(maxsize=64)
def terms_of(data: bytes) -> tuple[bytes, Terms]:
    """The id and the terms in bytes that were checked before.

    Raises:
        MalformedMessageError: They are none.
        SurveyRefusedError: They break a rule.
    """
    return terms_.survey_id(data), terms_.decode(data)
