"""The relationship of a pair: joining, the agreement, resting and going on.

invited -> getting started -> active <-> paused
"""

from inglenook_schema.events.checkins import Rhythm
from inglenook_schema.events.choices import Role
from inglenook_schema.events.content import Content
from inglenook_schema.events.values import (
    Day,
    Label,
    Note,
    Points,
    Reference,
    Relays,
    Secrets,
    Text,
)
from inglenook_schema.ids import LogId


class PairJoined(Content, frozen=True, kw_only=True, tag="pair.joined"):
    """Each of the two, once, on entering the pair's space. Merge: the causally later wins.

    Attributes:
        role: What the writer is to the other: mentor or mentee.
        hello: A first word to the other.
    """

    role: Role
    hello: Note | None = None


class AgreementProposed(Content, frozen=True, kw_only=True, tag="agreement.proposed"):
    """Either of a pair wrote down what both might agree on; each version stands whole.

    Merge: none; the version that both accepted last is in force.

    Attributes:
        hopes: What they hope for.
        meet_every: How often they mean to meet.
        contact_hours: When one may write to the other and expect to be read, in words.
        boundaries: What is off limits, a line each.
        limits_text: The limits of confidentiality, word for word as both read them.
        replaces: The version that this one is to replace.
    """

    hopes: Note
    meet_every: Rhythm
    contact_hours: Note
    boundaries: Points = ()
    limits_text: Text
    replaces: Reference | None = None


class AgreementAccepted(Content, frozen=True, kw_only=True, tag="agreement.accepted"):
    """One of the pair agreed; in force when both accepted the same version.

    Attributes:
        version: The ``agreement.proposed``; its writer accepts it in the same way.
    """

    version: Reference


class PairPaused(Content, frozen=True, kw_only=True, tag="pair.paused"):
    """Either of a pair asked for a rest. Merge: of paused and resumed the later wins.

    Attributes:
        until: The day to go on.
        note: A word to the other; never a reason that must be given.
    """

    until: Day | None = None
    note: Note | None = None


class PairResumed(Content, frozen=True, kw_only=True, tag="pair.resumed"):
    """Either of a pair took it up again. Merge: as for paused.

    Attributes:
        note: A word to the other.
    """

    note: Note | None = None


class PairRestored(Content, frozen=True, kw_only=True, tag="pair.restored"):
    """One of the pair gives the other back what both wrote in an earlier pair (protocol 7.5).

    The other lost words and devices and started anew, as a new person. Only what a partner
    wrote is followed, never one's own, and never where the log is known already.

    Merge: none; of several for one log the first that verifies is taken.

    Attributes:
        log: The earlier log, 32 bytes.
        type: What sort of log it is: ``pair``, or a word that is newer than we are.
        role: What the other was there: a `Role`, or a newer word.
        secrets: Of the mailboxes in which a pack of it lies; of no epoch.
        relays: Where these lie, at most 8.
        label: What the giver is called.
    """

    log: LogId
    type: Label
    role: Label | None = None
    secrets: Secrets
    relays: Relays = ()
    label: Label
