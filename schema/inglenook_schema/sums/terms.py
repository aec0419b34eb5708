"""The terms of a survey: everything that is promised to whoever answers (protocol 11.6).

Their hash is the survey's id. It stands in the configuration of each task, and so in the
authenticated data of each share: change a letter, a number or a key after somebody
answered, and no share of the answer opens.
"""

from __future__ import annotations

import ipaddress
from enum import IntEnum, unique
from fractions import Fraction
from math import gcd
from typing import Annotated, Final, TypeAlias

import msgspec

from inglenook_schema import canonical, mailbox, suite
from inglenook_schema.errors import MalformedMessageError, SurveyRefusedError
from inglenook_schema.ids import (
    Count,
    Hash,
    KemPublic,
    LogId,
    Name,
    Nonce,
    Origin,
    Signature,
    SignPublic,
)
from inglenook_schema.limits import SUITE
from inglenook_schema.sums import floors

VERSION: Final = 1
MAX_QUESTIONS: Final = 8
MAX_ROSTER: Final = 20_000
MAX_TERMS: Final = 65_536
TOKEN_KEYS_AHEAD: Final = 12
_TERMS: Final = suite.domain("terms") + bytes((SUITE,))
_ROSTER: Final = suite.domain("roster") + bytes((SUITE,))
_OPERATOR: Final = suite.domain("operator") + bytes((SUITE,))
_ONE_DAY_S: Final = 86_400
_LONGEST_S: Final = 400 * _ONE_DAY_S

TokenKey: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=256, max_length=1_100)]
"""A SubjectPublicKeyInfo in DER (protocol 11.5)."""
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Option: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Language: TypeAlias = Annotated[str, msgspec.Meta(min_length=2, max_length=35)]
Positive: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


@unique
class Kind(IntEnum):
    """How a question is answered."""

    TICK = 1
    """A box that is ticked or left."""
    MEAN = 2
    """A whole number from a range; the mean is told."""
    CHOICE = 3
    """One of some options, or none of them."""
    CHOICES = 4
    """Any of some options, up to a number of them."""


@unique
class Party(IntEnum):
    """Who signs; the numbers stand in front of what is signed."""

    COORDINATOR = 1
    RELAY = 2
    WITNESS = 3


class Operator(msgspec.Struct, frozen=True, array_like=True):
    """One of the two who hold a half of each answer."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    origin: Origin
    """Where it listens; empty for a Witness that only asks."""
    sign: SignPublic
    kem: KemPublic


class Collector(msgspec.Struct, frozen=True, array_like=True):
    """The coordinator, with keys for this survey alone."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    sign: SignPublic
    kem: KemPublic


class Wording(msgspec.Struct, frozen=True, array_like=True):
    """A question in one language."""

    language: Language
    text: Text
    options: Annotated[tuple[Option, ...], msgspec.Meta(max_length=20)]
    """What can be chosen; none for ticks and means."""


class Question(msgspec.Struct, frozen=True, array_like=True):
    """What is asked, how many must answer, how noisy the sum becomes."""

    kind: Kind
    wordings: Annotated[tuple[Wording, ...], msgspec.Meta(min_length=1, max_length=16)]
    low: Annotated[int, msgspec.Meta(ge=0, le=1_000)]
    """Least and greatest number of a mean; 0 for other kinds."""
    high: Annotated[int, msgspec.Meta(ge=0, le=1_000)]
    most: Annotated[int, msgspec.Meta(ge=0, le=20)]
    """Options that may be chosen at most; 0 for all kinds but choices."""
    k: Positive
    """Under so many answers nobody opens the sum."""
    spend: tuple[Positive, Positive]
    """ε as a numerator and a denominator in lowest terms."""

    @property
    def epsilon(self) -> Fraction:
        """What one answer to this costs whoever gives it."""
        return Fraction(*self.spend)

    @property
    def options(self) -> int:
        """How many options there are, in every language."""
        return len(self.wordings[0].options)


class Terms(msgspec.Struct, frozen=True, array_like=True):
    """A survey."""

    version: Annotated[int, msgspec.Meta(ge=1, le=255)]
    programme: LogId
    nonce: Nonce
    title: Annotated[tuple[tuple[Language, Text], ...], msgspec.Meta(min_length=1, max_length=16)]
    questions: Annotated[tuple[Question, ...], msgspec.Meta(min_length=1, max_length=MAX_QUESTIONS)]
    relay: Operator
    witness: Operator
    collector: Collector
    token_key: TokenKey
    """The Witness's key for this survey alone."""
    opens: Count
    """Unix seconds, as the three that follow: from here on answers are taken …"""
    closes: Count
    """… until here;"""
    withdraw_until: Count
    """until here they can be withdrawn;"""
    forgotten: Count
    """and here both halves are deleted, counted or not."""
    enrolled: Annotated[int, msgspec.Meta(ge=1, le=MAX_ROSTER)]
    roster: Hash
    """Of the keys that may ask for a token, :func:`roster_hash`."""
    trial: bool
    """Whether both halves are on one machine."""

    @property
    def epsilon(self) -> Fraction:
        """What all answers together cost whoever gives them."""
        return sum((each.epsilon for each in self.questions), Fraction(0))


class Card(msgspec.Struct, frozen=True, array_like=True):
    """How an operator shows itself to whoever prepares a survey."""

    operator: Operator
    token_keys: Annotated[tuple[TokenKey, ...], msgspec.Meta(max_length=64)]
    """Of a Witness: keys for the surveys to come, in their order."""
    signature: Signature


class Cosigned(msgspec.Struct, frozen=True, array_like=True):
    """Terms that all three signed."""

    terms: Annotated[bytes, msgspec.Meta(max_length=MAX_TERMS)]
    coordinator: Signature
    relay: Signature
    witness: Signature


def encode(terms: Terms) -> bytes:
    """The bytes that are signed and hashed."""
    return canonical.encode(terms)


def decode(data: bytes) -> Terms:
    """Read terms that keep every rule which protects people.

    Raises:
        MalformedMessageError: They are none, or of a newer version.
        SurveyRefusedError: They break a rule; :func:`check` says which.
    """
    if len(data) > MAX_TERMS:
        raise MalformedMessageError("A survey is longer than a survey may be.")
    read = canonical.decode(data, Terms, MalformedMessageError)
    check(read)
    return read


def survey_id(terms: bytes) -> bytes:
    """What a survey is called: the hash of its terms, 32 bytes."""
    return suite.sha256(_TERMS + terms)


def sign(key: suite.SigningKey, party: Party, survey: bytes) -> bytes:
    """Put a party's name under a survey."""
    return key.sign(_signed(party, survey))


def check_signature(terms: Terms, party: Party, survey: bytes, signature: bytes) -> None:
    """Check one of the three names.

    Raises:
        BadSignatureError: It is not that party's.
    """
    suite.verify(public_of(terms, party), signature, _signed(party, survey))


def public_of(terms: Terms, party: Party) -> bytes:
    """The key that a party signs with."""
    keys = {
        Party.COORDINATOR: terms.collector.sign,
        Party.RELAY: terms.relay.sign,
        Party.WITNESS: terms.witness.sign,
    }
    return keys[party]


def open_cosigned(cosigned: Cosigned) -> tuple[bytes, Terms]:
    """The id and the terms that three signed.

    Raises:
        MalformedMessageError: They are no terms.
        SurveyRefusedError: They break a rule.
        BadSignatureError: One of the names is not under them.
    """
    terms = decode(cosigned.terms)
    survey = survey_id(cosigned.terms)
    check_signature(terms, Party.COORDINATOR, survey, cosigned.coordinator)
    check_signature(terms, Party.RELAY, survey, cosigned.relay)
    check_signature(terms, Party.WITNESS, survey, cosigned.witness)
    return survey, terms


def roster_hash(claims: tuple[bytes, ...]) -> bytes:
    """Hash of the public keys that may ask for a token; they ascend strictly."""
    return suite.sha256(_ROSTER + b"".join(claims))


def sign_card(key: suite.SigningKey, operator: Operator, token_keys: tuple[bytes, ...]) -> Card:
    """An operator's card."""
    return Card(operator, token_keys, key.sign(_carded(operator, token_keys)))


def check_card(card: Card) -> None:
    """Check that whoever made a card has its key.

    Raises:
        BadSignatureError: They have not.
    """
    suite.verify(card.operator.sign, card.signature, _carded(card.operator, card.token_keys))


def check(terms: Terms) -> None:
    """Check every rule that protects whoever answers; the client's constants decide.

    Raises:
        MalformedMessageError: Parts do not fit together.
        SurveyRefusedError: A rule is broken, the first that is.
    """
    if terms.version != VERSION:
        raise MalformedMessageError("That survey was made by a newer Inglenook.")
    _check_shape(terms)
    check_operators(terms.relay, terms.witness)
    if terms.trial is not is_trial(terms.relay, terms.witness):
        raise SurveyRefusedError("That survey does not say whether both halves are on one machine.")
    _check_times(terms)
    for question in terms.questions:
        floors.check_question(
            question.kind, question.options, question.k, question.epsilon, terms.enrolled
        )
    floors.check_survey(terms.epsilon)


def check_operators(relay: Operator, witness: Operator) -> None:
    """Refuse a Relay and a Witness that are one.

    Raises:
        SurveyRefusedError: They share a key, a name or, beyond loopback, a host.
    """
    same = (
        relay.sign == witness.sign
        or relay.kem == witness.kem
        or _folded(relay.name) == _folded(witness.name)
        or (
            witness.origin != "" and not is_trial(relay, witness) and _host(relay) == _host(witness)
        )
    )
    if same:
        raise SurveyRefusedError(
            "The relay and the Witness of that survey are one operator, who would see every answer."
        )


def is_trial(relay: Operator, witness: Operator) -> bool:
    """Whether nothing says that the two halves are on two machines: all is on loopback."""
    return all(_is_loopback(each) for each in (relay, witness) if each.origin)


def _check_shape(terms: Terms) -> None:
    languages = [language for language, _ in terms.title]
    fits = len(set(languages)) == len(languages) and mailbox.is_relay(terms.relay.origin)
    fits = fits and (not terms.witness.origin or mailbox.is_relay(terms.witness.origin))
    if not fits or not all(_fits(question, languages) for question in terms.questions):
        raise MalformedMessageError("The parts of a survey do not fit together.")


def _fits(question: Question, languages: list[str]) -> bool:
    options = {len(wording.options) for wording in question.wordings}
    distinct = all(len(set(each.options)) == len(each.options) for each in question.wordings)
    top, bottom = question.spend
    return (
        [wording.language for wording in question.wordings] == languages
        and len(options) == 1
        and distinct
        and gcd(top, bottom) == 1
        and _fits_kind(question)
    )


def _fits_kind(question: Question) -> bool:
    low, high, most, options = question.low, question.high, question.most, question.options
    match question.kind:
        case Kind.TICK:
            return (low, high, most, options) == (0, 0, 0, 0)
        case Kind.MEAN:
            return low < high and (most, options) == (0, 0)
        case Kind.CHOICE:
            return options >= 2 and (low, high, most) == (0, 0, 0)
        case Kind.CHOICES:
            return options >= 2 and 1 <= most <= options and (low, high) == (0, 0)


def _check_times(terms: Terms) -> None:
    ordered = terms.opens < terms.closes <= terms.withdraw_until < terms.forgotten
    if not ordered:
        raise SurveyRefusedError("The dates of that survey are not in order.")
    if terms.forgotten - terms.opens > _LONGEST_S:
        raise SurveyRefusedError("That survey would keep answers for longer than 400 days.")


def _signed(party: Party, survey: bytes) -> bytes:
    return _TERMS + bytes((party,)) + survey


def _carded(operator: Operator, token_keys: tuple[bytes, ...]) -> bytes:
    return _OPERATOR + canonical.encode((operator, token_keys))


def _folded(name: Name) -> str:
    return "".join(name.casefold().split())


def _host(operator: Operator) -> str:
    rest = operator.origin.partition("://")[2]
    return (
        rest.partition("]")[0].removeprefix("[") if rest.startswith("[") else rest.partition(":")[0]
    )


def _is_loopback(operator: Operator) -> bool:
    host = _host(operator)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
