"""Belonging to a programme, on both sides: in the member's journal, and with its coordinators.

Who is enrolled stands in the coordinators' own log and nowhere else. A member is known there
by keys made for this one programme, which say nothing of who they are in any pair.
"""

from typing import Annotated, TypeAlias

from inglenook_schema.events.content import Content
from inglenook_schema.events.values import WORDS, Day, Label, Reference, Text
from inglenook_schema.ids import (
    Address,
    Box,
    Hash,
    KemPublic,
    LogId,
    Nonce,
    Origin,
    Secret,
    SignPublic,
    sized_bytes,
)

LetterBytes: TypeAlias = Annotated[bytes, sized_bytes(60_000)]
"""A letter as it was signed (protocol 12.4)."""


class ProgrammeKnocked(Content, frozen=True, kw_only=True, tag="programme.knocked"):
    """This person asked to be enrolled; with it each own device finds the keys that come.

    Merge: by log, the causally later wins.

    Attributes:
        log: The programme's log, 32 bytes.
        label: What the programme is called here.
        called: The name this person goes by there.
        secret: From which the keys and the sealed box of this membership come, 32 bytes.
        relay: Where the sealed box lies.
        inviter: Person id of whoever made the join code.
    """

    log: LogId
    label: Label
    called: Label
    secret: Secret
    relay: Origin
    inviter: Hash


class MemberEnrolled(Content, frozen=True, kw_only=True, tag="member.enrolled"):
    """A coordinator let somebody in. Merge: by member, with ``member.removed`` the later wins.

    Attributes:
        member: The signing key of this membership.
        kem: Its KEM key, to which keys are sealed.
        called: The name they go by here.
        code: For whom the join code was made, if that was said.
        secret: Of their sealed box.
        owner: Hash of its owner token.
        relay: Where it lies.
    """

    member: SignPublic
    kem: KemPublic
    called: Annotated[Label, WORDS]
    code: Label | None = None
    secret: Secret
    owner: Hash
    relay: Origin


class MemberRemoved(Content, frozen=True, kw_only=True, tag="member.removed"):
    """Somebody is enrolled no longer: the next epoch's keys do not reach them.

    Attributes:
        member: As in `MemberEnrolled`.
        left: Whether they left, by a letter of their own.
    """

    member: SignPublic
    left: bool = False


class KeysShared(Content, frozen=True, kw_only=True, tag="keys.shared"):
    """The keys of an epoch were sent to everybody enrolled by then. Merge: a set that grows.

    Attributes:
        epoch: The epoch's commitment in the programme's log.
    """

    epoch: Hash


class LetterReceived(Content, frozen=True, kw_only=True, tag="letter.received"):
    """What somebody who is enrolled sent to the coordinators, kept for all of these.

    When it came stands nowhere finer than the month: `at`, `zone` and `date` are the first
    moment of it in UTC. Merge: by the letter's hash; the same letter twice is one.

    Attributes:
        letter: As it was signed.
        box: The box that it came by, which its signature names.
    """

    letter: LetterBytes
    box: Box


class InvitePassedOn(Content, frozen=True, kw_only=True, tag="invite.passed_on"):
    """This person handed on a join code; for them alone, counted nowhere. Merge: none.

    Attributes:
        address: Of the code's box.
        note: For whom, in the writer's words.
    """

    address: Address
    note: Annotated[Label, WORDS] | None = None


class ConsentGiven(Content, frozen=True, kw_only=True, tag="consent.given"):
    """This person let something be sent to a programme, having seen it word for word.

    Merge: by its event, with ``consent.withdrawn`` the causally later wins.

    Attributes:
        purpose: ``idea``, ``story``, ``pulse``, ``survey``, or a newer word.
        log: The programme's log, 32 bytes.
        what: What is sent, as it was shown.
        to: Who gets it, as it was shown.
        until: The last day for which it holds.
        hash: Of the sealed letter or report; never of an answer.
        nonce: From which, with the membership's seed, a key made for this one thing comes.
    """

    purpose: Label
    log: LogId
    what: Text
    to: Label
    until: Day | None = None
    hash: Hash | None = None
    nonce: Nonce | None = None


class ConsentWithdrawn(Content, frozen=True, kw_only=True, tag="consent.withdrawn"):
    """This person took a consent back. Merge: as for given.

    Attributes:
        consent: The ``consent.given``.
    """

    consent: Reference


class SurveyReceipted(Content, frozen=True, kw_only=True, tag="survey.receipted"):
    """A receipt of this person's about a survey: what left the device, and what came of it.

    Merge: none; each stands.

    Attributes:
        log: The programme's log, 32 bytes.
        survey: The survey's id.
        answer: The answer's id.
        stage: ``sealed``, ``acknowledged``, ``withdrawn``, ``included``, or a newer word.
        kept: With ``sealed`` the sealed answer and the secret that withdraws it; with
            ``included`` the proof, as the relay gave it. Never what was said.
    """

    log: LogId
    survey: Hash
    answer: Hash
    stage: Label
    kept: Annotated[bytes, sized_bytes(150_000)] | None = None


class PulseAllowed(Content, frozen=True, kw_only=True, tag="pulse.allowed"):
    """One of a pair agrees that a named pulse about the two may go to one programme.

    Nothing is sent until both agreed to the same programme; either stops it.

    Merge: each person's causally later word, allowed or stopped, is theirs.

    Attributes:
        programme: Its log, 32 bytes.
        called: What the programme is called.
        pair: What the pair is called there; both agreed only where both said the same.
    """

    programme: LogId
    called: Label
    pair: Annotated[Label, WORDS]


class PulseStopped(Content, frozen=True, kw_only=True, tag="pulse.stopped"):
    """One of a pair stopped the named pulse; it needs no reason. Merge: as for allowed.

    Attributes:
        programme: Its log, 32 bytes.
    """

    programme: LogId
