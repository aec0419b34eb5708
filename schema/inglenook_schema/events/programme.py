"""What coordinators tell everybody who is enrolled in a programme (architecture 8).

These stand in a programme's log, which only its coordinators write. Whoever reads one takes
each as some coordinator's word. What belongs to a survey is carried as the canonical bytes
that its operators signed; the fields beside them are for lists, and decide nothing.
"""

from typing import Annotated, TypeAlias

import msgspec

from inglenook_schema.events.content import Content
from inglenook_schema.events.values import (
    WORDS,
    Day,
    Instant,
    Label,
    Line,
    Note,
    Points,
    Reference,
    Text,
    Title,
)
from inglenook_schema.ids import Hash, Origin, Signature, SignPublic, sized_bytes

Canonical: TypeAlias = Annotated[bytes, sized_bytes(120_000)]
"""Bytes as they were signed; who reads them checks them by the rules of their own section."""
TokenKey: TypeAlias = Annotated[bytes, sized_bytes(2_048)]
"""SubjectPublicKeyInfo in DER (protocol 11.5)."""
HpkeKey: TypeAlias = Annotated[bytes, sized_bytes(2_048)]
"""DAP's ``HpkeConfig``, encoded."""
Signatures: TypeAlias = Annotated[tuple[Signature, ...], msgspec.Meta(max_length=4)]
Few: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody that members can turn to.

    Attributes:
        name: Who it is.
        reach: How to reach them: a number, an address, a room.
    """

    name: Annotated[Line, WORDS]
    reach: Annotated[Line, WORDS]


class ProgrammeCreated(Content, frozen=True, kw_only=True, tag="programme.created"):
    """What a programme is; written at its beginning and whenever that changes.

    Merge: the causally later wins, whole.

    Attributes:
        name: What it is called.
        setting: Where it takes place, in words: a school, a club, a firm.
        contacts: Whom to turn to; at least two.
        helplines: Lines that anybody may call.
        limits_text: The limits of confidentiality, word for word.
        retention: How long coordinators keep what is sent to them, in words.
        k: The least number of answers of which anything may be counted.
    """

    name: Title
    setting: Title | None = None
    contacts: Annotated[tuple[Contact, ...], msgspec.Meta(max_length=16)]
    helplines: Points = ()
    limits_text: Text
    retention: Note
    k: Few


class ProgrammeNoticed(Content, frozen=True, kw_only=True, tag="programme.noticed"):
    """A notice for everybody; each stands by itself. Merge: none.

    Attributes:
        title: What it is about.
        text: The notice.
        ends_on: The last day on which it is shown.
    """

    title: Title | None = None
    text: Text
    ends_on: Day | None = None


class ProgrammeReplied(Content, frozen=True, kw_only=True, tag="programme.replied"):
    """You said, we did: what came of a survey or of ideas. Merge: none; each stands.

    Attributes:
        you_said: What people said, in the coordinators' words or, where the writer of an idea
            allowed that, in theirs.
        we_did: What is done about it.
        survey: The ``survey.published`` it goes with.
        idea: Hash of the letter that brought the idea; it names nobody.
    """

    you_said: Text
    we_did: Text
    survey: Reference | None = None
    idea: Hash | None = None


class StoryReleased(Content, frozen=True, kw_only=True, tag="story.released"):
    """A win or a story on the board, as its writer released it. Merge: none.

    It is shown until its last day, and erased by a coordinator's device once its writer
    takes it back; whose it is only the writer knows.

    Attributes:
        letter: Hash of the letter that brought it; the writer's withdrawal names it.
        key: The key that signed it, made for it alone; it signs the withdrawal too.
        sort: ``win`` or ``story``, or a newer word.
        called: The name its writer chose for it.
        text: The writer's words.
        ends_on: The last day on which it is shown.
    """

    letter: Hash
    key: SignPublic
    sort: Label
    called: Annotated[Label, WORDS]
    text: Text
    ends_on: Day


class Operator(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the two who add up answers.

    Attributes:
        name: What it is called.
        origin: Where it listens; the Witness need not.
        sign: The Ed25519 key with which it signs tasks and results.
        hpke: Its HPKE configuration for input shares.
    """

    name: Line
    origin: Origin | None = None
    sign: SignPublic
    hpke: HpkeKey


class Issuing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the Witness's token keys, and when it is in force.

    Attributes:
        epoch: Its number; a survey names it.
        key: The public key.
        starts_at: When it begins, milliseconds since 1970 in UTC.
    """

    epoch: Few
    key: TokenKey
    starts_at: Instant | None = None


class ProgrammeOperators(Content, frozen=True, kw_only=True, tag="programme.operators_named"):
    """Who counts answers, and with which keys; one word for all who are enrolled.

    Merge: the causally later wins, whole.

    Attributes:
        relay: DAP's leader.
        witness: DAP's helper, and issuer of tokens.
        tokens: Its token keys, ascending by epoch, at most 12 epochs ahead.
    """

    relay: Operator
    witness: Operator
    tokens: Annotated[tuple[Issuing, ...], msgspec.Meta(max_length=24)] = ()


class SurveyPublished(Content, frozen=True, kw_only=True, tag="survey.published"):
    """A survey that both operators signed. Merge: none; the task id names it.

    Attributes:
        title: What it is called in lists.
        task: The survey's id, 32 bytes, as the configuration has it.
        config: Its configuration, canonical: question texts, k, ε, deadlines, operators.
        signatures: The Relay's, then the Witness's, over the configuration.
        closes_at: When answers are taken no longer, for lists: milliseconds in UTC.
    """

    title: Title
    task: Hash
    config: Canonical
    signatures: Signatures
    closes_at: Instant


class SurveyClosed(Content, frozen=True, kw_only=True, tag="survey.closed"):
    """What came of a survey, published for all. Merge: none; of several the earliest counts.

    Attributes:
        survey: The ``survey.published``.
        result: The result, canonical, with n and its noise; absent where there were too few
            answers, which were deleted unread.
        signatures: The Relay's, then the Witness's, over the result.
    """

    survey: Reference
    result: Canonical | None = None
    signatures: Signatures = ()
