"""One person's side of a survey: what leaves the device, and what can be known afterwards.

    seal ──> Kept ──attach(token)──> Answer ──upload──> follow ──> Standing
               └── withdrawal ──> both operators; either suffices

What was said is split and sealed at once, and nothing here keeps it: a change needs the whole
answer again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import Annotated

import msgspec

from inglenook_schema import canonical, suite
from inglenook_schema.errors import BadSignatureError, MalformedMessageError
from inglenook_schema.ids import Secret
from inglenook_schema.noise import Draw
from inglenook_schema.sums import answers, closing, frames, tree
from inglenook_schema.sums.answers import Answer, Head, Letter, Numbered, Withdrawal
from inglenook_schema.sums.frames import Followed
from inglenook_schema.sums.tasks import Said, tasks
from inglenook_schema.sums.terms import MAX_QUESTIONS, Party, Terms
from inglenook_schema.sums.tokens import Wallet

DAY_S = 86_400


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """An answer as its own journal keeps it: sealed, and the secret that takes it back."""

    head: Head
    reports: Annotated[tuple[Numbered, ...], msgspec.Meta(min_length=1, max_length=MAX_QUESTIONS)]
    secret: Secret

    @property
    def name(self) -> bytes:
        """The answer's id."""
        return answers.answer_id(self.head)

    @property
    def hash(self) -> bytes:
        """Of what is sealed: a receipt says this, and never an answer."""
        return suite.sha256(canonical.encode((self.head, self.reports)))

    @property
    def withdrawal(self) -> Withdrawal:
        """What takes it back."""
        return Withdrawal(self.head.survey, self.name, self.secret)


@unique
class Confirmed(Enum):
    """Who said that an answer was taken back."""

    NONE = "none"
    ONE = "one"
    BOTH = "both"


@dataclass(frozen=True)
class Standing:
    """What is known of an answer, from words that were signed."""

    stored: bool
    """The Relay says that it has it."""
    withdrawn: Confirmed
    included: bool
    """It is in the list that both signed."""
    left_out: tuple[tuple[int, int], ...]
    """Questions whose report does not count, with DAP's ``ReportError``."""


def seal(
    survey: bytes, terms: Terms, said: Sequence[Said], wallet: Wallet, now: int, draw: Draw
) -> Kept:
    """Split an answer, and seal one half to each operator.

    Args:
        survey: The survey's id.
        terms: What was asked.
        said: An answer to each question; None where the person would rather not say.
        wallet: This person's for this survey.
        now: Unix seconds; only the day leaves the device.
        draw: Gives random bytes.

    Raises:
        CallerError: Something said is no answer to its question, or nothing would be sent.
    """
    secret = draw(32)
    head = Head(survey, wallet.nonce, answers.commitment(secret))
    day = max(now, terms.opens) // DAY_S
    reports = answers.make_reports(tasks(survey, terms), terms, said, head, day, draw)
    return Kept(head, reports, secret)


def attach(kept: Kept, token: bytes, instead: Kept | None = None) -> Answer:
    """What is uploaded once the token is there.

    Args:
        kept: The sealed answer.
        token: Of :meth:`Wallet.finish`.
        instead: The answer that this one replaces.
    """
    return Answer(kept.head, token, kept.reports, instead.withdrawal if instead else None)


def letter(kept: Kept, terms: Terms) -> Letter:
    """A withdrawal for the Witness; the Relay cannot read it."""
    return answers.seal_letter(terms.witness, kept.withdrawal)


def standing(kept: Kept, terms: Terms, said: Followed) -> Standing:
    """Check what the Relay says about an answer.

    Raises:
        BadSignatureError: A name or a proof under it is not what it claims to be.
        MalformedMessageError: The parts do not fit together.
    """
    survey, name = kept.head.survey, kept.name
    confirmed = int(said.withdrawn_at_relay)
    if said.withdrawn_at_witness:
        frames.check_withdrawn(terms, survey, name, said.withdrawn_at_witness)
        confirmed += 1
    if said.proof is not None:
        _check_proof(kept, terms, said)
    how = (Confirmed.NONE, Confirmed.ONE, Confirmed.BOTH)[confirmed]
    return Standing(said.stored, how, said.proof is not None, said.errors)


def read_kept(data: bytes) -> Kept:
    """From the journal; raises MalformedMessageError."""
    return canonical.decode(data, Kept, MalformedMessageError)


def _check_proof(kept: Kept, terms: Terms, said: Followed) -> None:
    assert said.proof is not None  # noqa: S101 - the caller looked
    frozen, relay, witness, index, leaf, way = said.proof
    if frozen.survey != kept.head.survey or leaf.answer != kept.name:
        raise BadSignatureError("A proof is about another answer.")
    closing.check_frozen(terms, Party.RELAY, frozen, relay)
    closing.check_frozen(terms, Party.WITNESS, frozen, witness)
    tree.check_path(canonical.encode(leaf), index, frozen.answers, way, frozen.root)
