"""What the journal shows to the shells: plain values, ready to render."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from inglenook_schema.control import LogType
from inglenook_schema.events import Content, UnknownContent


class Reach(StrEnum):
    """Where an event has got to; the words stand in product.md 2.3."""

    HERE = "here"
    """Saved on this device; there is no relay, or nothing may be sent yet."""
    WAITING = "waiting"
    RELAY = "relay"
    PARTNER = "partner"


class Space(msgspec.Struct, frozen=True):
    """One log as this person sees it."""

    number: int
    """This device's own row number."""
    log: bytes
    type: LogType
    name: str
    """``journal``, or the partner's name; ``pair`` until it is known."""
    role: str
    """What this person is there."""
    writable: bool
    """False while this device waits to be let in, or after it was closed."""
    partner: str = ""
    """What the other of a pair is called; the name of a closed space says more."""
    open: bool = True
    """False once it was closed or left; it stays readable."""


class Shown(msgspec.Struct, frozen=True):
    """One event that counts, decoded."""

    row: int
    """This device's own number; later rows arrived later."""
    event: bytes
    """32-byte id, the same everywhere."""
    short: str
    """``e7``, or empty where the kind has no short id."""
    kind: str
    at: int
    """Claimed instant, milliseconds UTC."""
    zone: str
    local_date: str
    by: str
    """Name of the author's person, as this device knows it."""
    mine: bool
    space: str
    space_number: int
    text: str
    reach: Reach
    content: Content | UnknownContent | None
    """None where the body was erased."""
    chain: bytes = b""
    seq: int = 0
    missing: int = 0
    """How many events it was written after that are not here yet."""
    late: bool = False
    """It came when the epoch it was written in had been left."""
    revised: bool = False
    """Whether ``content`` is what revisions made of it; its history tells the rest."""
    versions: tuple[str, ...] = ()
    """Two and more texts that were written at once, until somebody makes one of them."""
    preview: bool = False
    """Shown from a pack that is not whole yet; nothing can be done with it before."""


class Places(msgspec.Struct, frozen=True):
    """Where one event is besides here."""

    relay: bool
    """Read back from a newest mailbox."""
    on: list[str]
    """Names of the other devices that hold it by their own signed word."""


class Query(msgspec.Struct, frozen=True):
    """What to list; all given conditions hold."""

    space: int | None = None
    kinds: frozenset[str] = frozenset()
    """Empty: every kind that people read (not receipts like ``space.joined``)."""
    since: str | None = None
    """Local date, inclusive."""
    until: str | None = None
    contains: str | None = None
    """Letters anywhere in the text, case folded."""
    tag: str | None = None
    limit: int | None = None
    """The newest so many; the answer is oldest first all the same."""
    as_of: str | None = None
    """As it all stood at the end of this local date; what was erased since then is gone."""


class SearchFilter(msgspec.Struct, frozen=True):
    """What else has to be true of what a search finds; what is left empty asks for nothing."""

    space: int | None = None
    kinds: frozenset[str] = frozenset()
    by: str | None = None
    """What its writer is called; ``me`` for this person."""
    tags: tuple[str, ...] = ()
    """All of these; capitals and accents do not matter."""
    moods: frozenset[int] = frozenset()
    """One of these, 1 to 5."""
    since: str | None = None
    """Local date, inclusive."""
    until: str | None = None


class Device(msgspec.Struct, frozen=True):
    """One device of a person in a space."""

    name: str
    since: str
    """Local date."""
    this: bool
    id: bytes = b""
    """16 bytes; eight hex digits of it name a device where its name does not."""
    here: bool = True
    """False for one that was let in and has not synced yet."""


class Member(msgspec.Struct, frozen=True):
    """One person in a space."""

    name: str
    role: str
    devices: list[Device]
    checked: bool
    """Whether the safety words were compared."""
    me: bool
    person: bytes = b""
    left: str = ""
    """Local date on which they left the space; empty while they belong."""


class Held(msgspec.Struct, frozen=True):
    """How much of this person's own a device holds, by its own signed word."""

    device: str
    """Its name, with its owner's where that is another person."""
    events: int


class SpaceStatus(msgspec.Struct, frozen=True):
    """How one space stands."""

    name: str
    waiting: int
    on_relay: int
    on_partner: int
    undelivered: int
    """Events known of that are not here yet."""
    state: str
    """64 hex digits, equal on two devices that hold the same events."""
    on: list[Held] = msgspec.field(default_factory=list)
    """The other devices, and how many of this person's events each holds."""
    quiet_since: str = ""
    """Date since which nothing came from the partner, where that is worth saying."""
    ended: str = ""
    """Who left or closed it, and when, as a sentence; empty while it is open."""


class Status(msgspec.Struct, frozen=True):
    """How everything stands on this device."""

    relay: str | None
    waiting: int
    on_relay: int
    problems: list[str]
    spaces: list[SpaceStatus]
    files_waiting: int = 0
    """Attached files that some relay lacks; their events are counted with the spaces."""


class Report(msgspec.Struct, frozen=True):
    """What one sync did, for a person to read."""

    sent: int = 0
    received: int = 0
    offline: bool = False
    problem: str = ""
    """Why it did not reach the relay, as a sentence; empty where it did."""
    news: list[str] = msgspec.field(default_factory=list)
    """Sentences said once: healing, knocks, alarms, spaces that opened."""


class Parted(msgspec.Struct, frozen=True):
    """What leaving a pair came to."""

    report: Report
    """Of the sync that told the other."""
    erased: int
    """Events of one's own that were erased before."""
    unconfirmed: int
    """How many of them some relay may still hold."""


class RelayShown(msgspec.Struct, frozen=True):
    """One relay, and what lies there."""

    origin: str
    spaces: list[str]
    """Names of the spaces that lie there now."""
    reached: str
    """UTC date of its last answer; empty where it never gave one."""
    left: bool
    """Nothing new goes there; it is asked until everybody knows."""


class Exported(msgspec.Struct):
    """What was written to a file of packs."""

    spaces: list[str] = msgspec.field(default_factory=list)
    left_out: list[str] = msgspec.field(default_factory=list)
    """Spaces whose safety words have to be compared first."""
    size: int = 0
    """Bytes of the file."""


class Copied(msgspec.Struct):
    """What left as plain text."""

    spaces: list[str] = msgspec.field(default_factory=list)
    events: int = 0
    """Those of which the file has the words."""
    erased: int = 0
    """Those that were erased: their places are in the file, their words are nowhere."""
    reader: str = ""
    """Name of the program beside it that reads it."""
    files_missing: int = 0
    """Attachments that are not on this device, or not what was attached, and so not there."""
    files: int = 0
    """Attachments that were written into a folder beside it."""


class LeftOut(msgspec.Struct, frozen=True):
    """Something in a file that does not come in."""

    where: str
    why: str


class CameIn(msgspec.Struct, frozen=True):
    """What another program's file brought, or would bring."""

    source: str
    """The format's name."""
    dry_run: bool
    entries: int = 0
    """New ones; so the next three."""
    moods: int = 0
    stars: int = 0
    attachments: int = 0
    known: int = 0
    """Things that had come in before."""
    erased: int = 0
    """Things that had come in before, and were erased: they do not come back."""
    since: str | None = None
    """First local date of what is new."""
    until: str | None = None
    skipped: tuple[LeftOut, ...] = ()


class Imported(msgspec.Struct):
    """What a file of packs brought."""

    spaces: list[tuple[str, int]] = msgspec.field(default_factory=list)
    """[name, new events] of each space in it that opens here."""
    unknown: int = 0
    """How many spaces in it do not open here."""
    news: list[str] = msgspec.field(default_factory=list)


class Moved(msgspec.Struct):
    """What a change of relays came to."""

    origin: str
    spaces: list[str] = msgspec.field(default_factory=list)
    """What now lies elsewhere than before."""
    stayed: list[str] = msgspec.field(default_factory=list)
    """Spaces that others began, and that were left where they are."""
    waiting: list[str] = msgspec.field(default_factory=list)
    """Spaces whose safety words have to be compared first."""
    alone: bool = False
    """Whether the journal now lies on this device only."""
    invites: int = 0
    """Open invites whose links lead to the relay that was left."""


class Invited(msgspec.Struct, frozen=True):
    """A link that was made."""

    link: str
    expires: int
    """Unix seconds."""


class Waiting(msgspec.Struct, frozen=True):
    """Somebody, or a device, that knocked and waits for an approval."""

    name: str
    words: tuple[str, ...]
    """Eight words to compare."""
    alarm: bool
    """More than one knocked on this link."""
    id: int = 0


class Joined(msgspec.Struct, frozen=True):
    """What one learns on knocking."""

    name: str
    """The inviter's, as claimed."""
    words: tuple[str, ...]
    forwarded: bool


class Kit(msgspec.Struct, frozen=True):
    """The recovery kit, to be written down."""

    words: tuple[str, ...]
    """24 of them; whoever has them is this person."""
    relays: tuple[str, ...]
    typed_back: bool
    """Whether this device has forgotten them since they were typed back."""


class Lost(msgspec.Struct, frozen=True):
    """A device that a restore removes, unless the person still has it."""

    device: bytes
    name: str
    short: str
    """Eight hex digits, where two have one name."""
    came_as: str = ""
    """What it was called when it joined."""


class Restore(msgspec.Struct, frozen=True):
    """How far a restore is that is not done."""

    found: bool
    """Whether a bundle was there."""
    asks: bool
    """Whether the person is to say which devices they still have."""
    devices: list[Lost]
    """Those, where they are to be asked."""
    waiting: list[str]
    """Spaces that are not re-keyed yet."""


class Check(msgspec.Struct, frozen=True):
    """What ``doctor`` found."""

    ok: bool
    problems: list[str]
    notes: list[str] = msgspec.field(default_factory=list)


class AtRelay(StrEnum):
    """Whether the relays still hold what was erased, as far as this device can know."""

    NONE = "none"
    """No record that this device knows of held it."""
    NOT_CONFIRMED = "not confirmed"
    CONFIRMED = "confirmed"
    """Each relay lists every record that held it as erased."""


class Gone(msgspec.Struct, frozen=True):
    """How far one erased event is from being gone."""

    event: bytes
    short: str
    space: str
    here: bool
    """Its bytes are gone from this device; else they are hidden until ``until``."""
    until: str
    """Local date; empty where they are gone."""
    relay: AtRelay
    copies: tuple[str, ...] = ()
    """Ids of what was shared of it: other entries, which stay."""


class Erasing(msgspec.Struct, frozen=True):
    """What an erasure came to, event by event."""

    gone: list[Gone]

    @property
    def unconfirmed(self) -> int:
        """How many of them some relay may still hold."""
        return sum(gone.relay is AtRelay.NOT_CONFIRMED for gone in self.gone)
