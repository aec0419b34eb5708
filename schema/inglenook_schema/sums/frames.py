"""What travels to the Relay's half of a survey, and what it says (protocol 11.13).

``POST /v1/sums`` takes one of :data:`Request` and answers one of :data:`Reply`. The Witness
listens nowhere: it asks for errands, and brings what came of them with its next question.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec

from inglenook_schema import canonical, suite
from inglenook_schema.errors import MalformedMessageError
from inglenook_schema.ids import Count, Hash, Signature, SignPublic
from inglenook_schema.limits import MAX_FRAME, SUITE
from inglenook_schema.sums.answers import Answer, Head, Letter, Withdrawal
from inglenook_schema.sums.closing import Frozen, Leaf, Sum
from inglenook_schema.sums.terms import (
    MAX_QUESTIONS,
    MAX_ROSTER,
    MAX_TERMS,
    Card,
    Cosigned,
    Party,
    Terms,
    public_of,
)
from inglenook_schema.sums.tokens import TokenBytes, TokenRequest

T = TypeVar("T")
MAX_DONE: Final = 256
MAX_ERRAND: Final = 2_097_152
MAX_CHUNK: Final = 64
"""Answers in one errand."""
_COLLECT: Final = suite.domain("collect") + bytes((SUITE,))
_EXCHANGE: Final = suite.domain("exchange") + bytes((SUITE,))
_WITNESSED: Final = suite.domain("witnessed") + bytes((SUITE,))

Message: TypeAlias = Annotated[bytes, msgspec.Meta(max_length=MAX_FRAME)]
Claims: TypeAlias = Annotated[
    tuple[SignPublic, ...], msgspec.Meta(min_length=1, max_length=MAX_ROSTER)
]


@unique
class Phase(IntEnum):
    """How far a survey is."""

    PROPOSED = 1
    """The Relay signed; the Witness has not."""
    REFUSED = 2
    """The Witness will not take part."""
    OPEN = 3
    CHECKING = 4
    """Closed; the halves are being checked."""
    FREEZING = 5
    """The Relay signed the list; the Witness has not."""
    COUNTED = 6
    FORGOTTEN = 7
    """Deleted without a result."""


# What is asked


class WhoAreYou(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Ask for the Relay's card, and for those of the Witnesses it works with."""


class Propose(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A coordinator wants a survey co-signed."""

    terms: Annotated[bytes, msgspec.Meta(max_length=MAX_TERMS)]
    signature: Signature
    claims: Claims
    """Who may ask for a token; ascending."""


class Look(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """How far is a survey?"""

    survey: Hash


class AskToken(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Ask for a token, or for what came of asking."""

    request: TokenRequest


class Upload(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Give an answer, or another in the place of an earlier one."""

    answer: Answer


class Withdraw(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Take an answer back, at the Relay."""

    withdrawal: Withdrawal


class Post(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Hand a letter on to the Witness; about an answer, so that nobody else fills its box."""

    letter: Letter
    answer: Hash


class Follow(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """What became of an answer?"""

    survey: Hash
    answer: Hash


class Collect(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """The coordinator wants the sums: this closes the survey, once its dates have passed."""

    survey: Hash
    signature: Signature


class Done(msgspec.Struct, frozen=True, array_like=True):
    """What came of an errand."""

    survey: Hash
    number: Count
    outcome: Message
    """One of :data:`Outcome`."""


class Exchange(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """The Witness asks for errands, and brings what it did."""

    witness: SignPublic
    now: Count
    """Unix seconds by its clock; one that is far off is answered with no errands."""
    done: Annotated[tuple[Done, ...], msgspec.Meta(max_length=MAX_DONE)]
    signature: Signature


Request: TypeAlias = (
    WhoAreYou | Propose | Look | AskToken | Upload | Withdraw | Post | Follow | Collect | Exchange
)


# What is answered


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """No; ``code`` is the last part of DAP's error URN."""

    code: Annotated[str, msgspec.Meta(max_length=64)]
    reports: Annotated[
        tuple[tuple[int, Annotated[int, msgspec.Meta(ge=0, le=255)]], ...],
        msgspec.Meta(max_length=MAX_QUESTIONS),
    ] = ()
    """The question, and DAP's ``ReportError``."""


class Taken(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """It is stored."""


class Cards(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """The Relay's own card first."""

    cards: Annotated[tuple[Card, ...], msgspec.Meta(max_length=16)]


class Seen(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """How far a survey is."""

    phase: Phase
    cosigned: Cosigned | None
    """Once all three signed."""
    reason: Annotated[str, msgspec.Meta(max_length=300)]
    """Why the Witness will not take part."""


class TokenSaid(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """A token, still blinded; empty until the Witness was there."""

    blind_signature: Annotated[bytes, msgspec.Meta(max_length=1_024)]


class Followed(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """What is known of an answer."""

    stored: bool
    withdrawn_at_relay: bool
    withdrawn_at_witness: Annotated[bytes, msgspec.Meta(max_length=64)]
    """The Witness's signature under the withdrawal, or nothing."""
    proof: tuple[Frozen, Signature, Signature, Count, Leaf, tuple[Hash, ...]] | None
    """Once both signed the list: the list, by both; the place, the leaf, the path."""
    errors: Annotated[
        tuple[tuple[int, Annotated[int, msgspec.Meta(ge=0, le=255)]], ...],
        msgspec.Meta(max_length=MAX_QUESTIONS),
    ]
    """Questions whose report does not count, with DAP's ``ReportError``."""


class Collected(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """The sums, sealed to the coordinator; equal bytes each time."""

    frozen: Frozen
    relay: Signature
    witness: Signature
    leaves: Annotated[tuple[Leaf, ...], msgspec.Meta(max_length=MAX_ROSTER)]
    sums: Annotated[tuple[tuple[Sum, Sum] | None, ...], msgspec.Meta(max_length=MAX_QUESTIONS)]


class Errand(msgspec.Struct, frozen=True, array_like=True):
    """Something that the Witness is asked to do."""

    survey: Hash
    number: Count
    task: Message
    """One of :data:`ErrandTask`."""


class Errands(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """What waits for the Witness, oldest first; more may follow."""

    errands: Annotated[tuple[Errand, ...], msgspec.Meta(max_length=MAX_DONE)]
    more: bool


Reply: TypeAlias = Refused | Taken | Cards | Seen | TokenSaid | Followed | Collected | Errands


# What the Witness is asked to do


class Cosign(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Look at terms, and sign them."""

    terms: Annotated[bytes, msgspec.Meta(max_length=MAX_TERMS)]
    coordinator: Signature
    relay: Signature
    claims: Claims


class Sign(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Sign a token blindly; the Relay counted the request."""

    request: TokenRequest
    countersigned: Signature


class Deliver(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A letter came."""

    letter: Letter


class Checking(msgspec.Struct, frozen=True, array_like=True):
    """One answer to check."""

    head: Head
    token: TokenBytes


class Check(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Check some answers; a job a question."""

    answers: Annotated[tuple[Checking, ...], msgspec.Meta(max_length=MAX_CHUNK)]
    jobs: Annotated[
        tuple[tuple[Annotated[int, msgspec.Meta(ge=0, lt=MAX_QUESTIONS)], Message], ...],
        msgspec.Meta(max_length=MAX_QUESTIONS),
    ]
    """The question and a DAP ``AggregationJobInitReq``."""


class Freeze(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Sign the list, and give the halves of its sums."""

    frozen: Frozen
    relay: Signature
    leaves: Annotated[tuple[Leaf, ...], msgspec.Meta(max_length=MAX_ROSTER)]
    requests: Annotated[tuple[Message | None, ...], msgspec.Meta(max_length=MAX_QUESTIONS)]
    """A DAP ``AggregateShareReq`` a question; nil where too few answered."""


ErrandTask: TypeAlias = Cosign | Sign | Deliver | Check | Freeze


# What came of it


class No(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """It will not, with DAP's name for why, or a sentence."""

    reason: Annotated[str, msgspec.Meta(max_length=300)]


class Signed(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """It takes part; the verify key is sealed to the Relay."""

    signature: Signature
    verify_key: Annotated[bytes, msgspec.Meta(max_length=2_048)]


class SignedBlindly(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A token, still blinded."""

    claim: SignPublic
    blind_signature: TokenBytes


class Withdrawn(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """The letter was a withdrawal; the signature is for whoever wrote it."""

    answer: Hash
    signature: Signature


class Checked(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """What was found, a job each, in the errand's order."""

    withdrawn: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MAX_CHUNK)]
    """Answers that the Witness was told to leave out, or whose token is bad."""
    jobs: Annotated[tuple[Message, ...], msgspec.Meta(max_length=MAX_QUESTIONS)]
    """A DAP ``AggregationJobResp`` each."""


class Summed(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """The list is signed, and here are its halves."""

    signature: Signature
    sums: Annotated[tuple[Sum | None, ...], msgspec.Meta(max_length=MAX_QUESTIONS)]


Outcome: TypeAlias = No | Signed | SignedBlindly | Withdrawn | Checked | Summed


def encode(message: object) -> bytes:
    """The bytes of a message."""
    return canonical.encode(message)


def read_request(data: bytes) -> Request:
    """Read a question; raises MalformedMessageError."""
    return _read(data, Request)


def read_reply(data: bytes) -> Reply:
    """Read an answer; raises MalformedMessageError."""
    return _read(data, Reply)


def read_errand(data: bytes) -> ErrandTask:
    """Read what the Witness is asked to do; raises MalformedMessageError."""
    return _read(data, ErrandTask)


def read_outcome(data: bytes) -> Outcome:
    """Read what came of an errand; raises MalformedMessageError."""
    return _read(data, Outcome)


def sign_collect(key: suite.SigningKey, survey: bytes) -> Collect:
    """A coordinator's wish to have the sums."""
    return Collect(survey, key.sign(_COLLECT + survey))


def check_collect(terms: Terms, collect: Collect) -> None:
    """Raises BadSignatureError where it is not the coordinator's."""
    suite.verify(terms.collector.sign, collect.signature, _COLLECT + collect.survey)


def sign_exchange(key: suite.SigningKey, now: int, done: tuple[Done, ...]) -> Exchange:
    """The Witness's question."""
    return Exchange(key.public, now, done, key.sign(_exchanged(now, done)))


def check_exchange(exchange: Exchange) -> None:
    """Raises BadSignatureError where it is not that Witness's."""
    suite.verify(exchange.witness, exchange.signature, _exchanged(exchange.now, exchange.done))


def sign_withdrawn(key: suite.SigningKey, survey: bytes, answer: bytes) -> bytes:
    """The Witness's name under a withdrawal."""
    return key.sign(_WITNESSED + survey + answer)


def check_withdrawn(terms: Terms, survey: bytes, answer: bytes, signature: bytes) -> None:
    """Raises BadSignatureError where the Witness did not confirm the withdrawal."""
    suite.verify(public_of(terms, Party.WITNESS), signature, _WITNESSED + survey + answer)


def countersign(key: suite.SigningKey, request: TokenRequest) -> bytes:
    """The Relay's name under a request that it counted."""
    return key.sign(_counted(request))


def check_countersigned(terms: Terms, errand: Sign) -> None:
    """Raises BadSignatureError where the Relay did not count the request."""
    suite.verify(terms.relay.sign, errand.countersigned, _counted(errand.request))


def _read(data: bytes, shape: object) -> T:  # type: ignore[type-var]
    if len(data) > MAX_FRAME:
        raise MalformedMessageError("A message about a survey is too long.")
    return canonical.decode(data, shape, MalformedMessageError)  # type: ignore[arg-type]


def _counted(request: TokenRequest) -> bytes:
    return _EXCHANGE + b"token" + canonical.encode(request)


def _exchanged(now: int, done: tuple[Done, ...]) -> bytes:
    return _EXCHANGE + b"errands" + canonical.encode((now, done))
