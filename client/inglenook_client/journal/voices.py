"""What a member lets coordinators know: ideas, stories for the board, named pulses.

Each is a message that somebody sends knowingly: shown word for word first, noted in their
own journal as a consent, sealed to the coordinators. Nothing here is ever computed from
what was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inglenook_client import ambient
from inglenook_client.journal import belonging, composing, live, memberships, programme_log
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Report, Space
from inglenook_client.journal.programme_log import Said
from inglenook_client.journal.programmes import Programme
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.words import _
from inglenook_schema import letter, programme, suite
from inglenook_schema.errors import CallerError, NotAllowedError
from inglenook_schema.events import check
from inglenook_schema.events.enrolling import (
    ConsentGiven,
    ConsentWithdrawn,
    InvitePassedOn,
    PulseAllowed,
    PulseStopped,
)
from inglenook_schema.letter import Body, IdeaOffered, Letter, PulseShared, StoryOffered
from inglenook_schema.letter import StoryWithdrawn as Withdrawn

COORDINATORS: Final = "coordinators"
"""How far an idea may go: no further than to them …"""
EVERYBODY: Final = "programme"
"""… or they may tell it to everybody enrolled."""
ON_TRACK: Final = "on_track"
SUPPORT: Final = "support"
_MONTH: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Consent:
    """One thing that this person let go to a programme."""

    event: bytes
    short: str
    on: str
    """Local date."""
    said: ConsentGiven
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a pair agrees to named pulses to one programme."""

    programme: bytes
    called: str
    pair: str
    """What the two are called there."""
    mine: bool
    theirs: bool

    @property
    def both(self) -> bool:
        """Whether something may be sent."""
        return self.mine and self.theirs


class Voices:
    """What a member sends."""

    def __init__(self, folder: Folder) -> None:
        """Of one data folder."""
        self._folder = folder
        self._store = folder.store

    @property
    def _me(self) -> Me:
        return self._folder.me

    # --- ideas and stories ---

    async def idea(self, to: Programme, said: IdeaOffered, shown: str) -> Report:
        """Send an idea; with a name it is signed, without one nobody signs.

        Args:
            to: The programme.
            said: What is sent.
            shown: What the person was shown before.
        """

        def send(db: Db) -> None:
            log, member = _membership(db, to)
            made = (
                memberships.signed(db, log, said, member.alias.sign)
                if said.name
                else letter.unsigned(log.id, said)
            )
            _send(db, log, made, "idea", shown)

        await self._store.write(send)
        return await live.sync(self._folder)

    async def story(self, to: Programme, said: StoryOffered, shown: str) -> Report:
        """Release a win or a story for the board, under a key made for it alone."""
        if said.ends_on < composing.moment()[2]:
            raise CallerError(_("The last day must not be over yet."))

        def send(db: Db) -> None:
            log, member = _membership(db, to)
            nonce = ambient.random_bytes(16)
            key = programme.once(member.said.secret, log.id, nonce)
            made = memberships.signed(db, log, said, key)
            _send(db, log, made, "story", shown, until=said.ends_on, nonce=nonce)

        await self._store.write(send)
        return await live.sync(self._folder)

    async def passed_on(self) -> set[bytes]:
        """Addresses of the join codes that this person handed on."""

        def found(db: Db) -> set[bytes]:
            journal = belonging.journal_of(db)
            said = programme_log.said(db, journal, InvitePassedOn) if journal else []
            return {each.content.address for each in said}

        return await self._store.read(found)

    # --- consents ---

    async def consents(self) -> list[Consent]:
        """Everything that this person let go to programmes, oldest first."""
        return await self._store.read(_consents)

    async def withdraw(self, ref: str) -> tuple[Consent, Report]:
        """Take a consent back; a story's goes out to the coordinators, and off the board.

        Raises:
            NotFoundError: There is none by that id.
            NotAllowedError: It was taken back before, or what was sent has been read.
        """
        found = next((c for c in await self.consents() if ref in (c.short, c.event.hex())), None)
        if found is None:
            raise NotFoundError(_("There is nothing called {ref} here.").format(ref=ref))
        if found.withdrawn:
            raise NotAllowedError(_("You took this back already."))
        await self._store.write(lambda db: _withdraw(db, found))
        return found, await live.sync(self._folder)

    # --- the named pulse ---

    async def standings(self, space: Space) -> list[Standing]:
        """What was agreed in a pair about named pulses, by programme."""
        return await self._store.read(lambda db: _standings(db, self._me, space.number))

    async def allow(self, space: Space, log: bytes, called: str, pair: str) -> None:
        """Agree to named pulses about this pair; nothing is sent by that.

        Args:
            space: The pair.
            log: The programme's.
            called: What it is called.
            pair: What the two are called there.
        """
        at, zone, date = composing.moment()
        said = PulseAllowed(at=at, zone=zone, date=date, programme=log, called=called, pair=pair)
        check(said)
        await self._store.write(lambda db: _in_pair(db, space, said))
        await live.sync(self._folder)

    async def stop(self, space: Space, log: bytes) -> None:
        """Stop them; either of the two may, at any time, and needs no reason."""
        at, zone, date = composing.moment()
        said = PulseStopped(at=at, zone=zone, date=date, programme=log)
        await self._store.write(lambda db: _in_pair(db, space, said))
        await live.sync(self._folder)

    async def pulse(self, space: Space, said: PulseShared, to: Standing, shown: str) -> Report:
        """Send one named pulse.

        Raises:
            NotAllowedError: One of the two has not agreed, or stopped it.
            CallerError: The month is none, or not here yet.
        """
        if _MONTH.fullmatch(said.month) is None or said.month > composing.moment()[2][:7]:
            raise CallerError(_("A month is written like 2026-01, and cannot lie ahead."))
        # what the other said since is asked for first: it may be that they stopped it
        await live.sync(self._folder)

        def send(db: Db) -> None:
            now = next(
                (s for s in _standings(db, self._me, space.number) if s.programme == to.programme),
                None,
            )
            if now is None or not now.both or now.pair != said.pair:
                raise NotAllowedError(
                    _("Nothing was sent: a named pulse goes out only while both of you agree.")
                )
            row = logs.log_by_id(db, to.programme)
            member = memberships.of_log(db, to.programme)
            if row is None or member is None:
                raise NotAllowedError(_("You are not enrolled in that programme."))
            made = memberships.signed(db, row, said, member.alias.sign)
            _send(db, row, made, "pulse", shown)

        await self._store.write(send)
        return await live.sync(self._folder)


def _membership(db: Db, to: Programme) -> tuple[LogRow, memberships.Membership]:
    log, member = logs.log_by_id(db, to.log), memberships.of_log(db, to.log)
    if log is None or member is None or not log.is_enrolled:
        raise NotAllowedError(_("You are not enrolled in this programme, or not yet."))
    return log, member


def _send(
    db: Db,
    log: LogRow,
    made: Letter,
    purpose: str,
    shown: str,
    *,
    until: str | None = None,
    nonce: bytes | None = None,
) -> None:
    """Leave a letter, and note in the journal what was let go."""
    journal = belonging.journal_of(db)
    if journal is None:
        raise NotAllowedError
    at, zone, date = composing.moment()
    consent = ConsentGiven(
        at=at,
        zone=zone,
        date=date,
        purpose=purpose,
        log=log.id,
        what=shown,
        to=log.label,
        until=until,
        hash=made.hash,
        nonce=nonce,
    )
    check(consent)
    events.append(db, journal, [composing.draft(consent)])
    memberships.write(db, log, made)


def _consents(db: Db) -> list[Consent]:
    journal = belonging.journal_of(db)
    if journal is None:
        return []
    gone = {each.content.consent for each in programme_log.said(db, journal, ConsentWithdrawn)}
    return [
        Consent(each.event, each.short, each.local_date, each.content, each.event in gone)
        for each in programme_log.said(db, journal, ConsentGiven)
    ]


def _withdraw(db: Db, found: Consent) -> None:
    journal = belonging.journal_of(db)
    if journal is None:
        raise NotAllowedError
    at, zone, date = composing.moment()
    if found.said.purpose == "story":
        log, member = logs.log_by_id(db, found.said.log), memberships.of_log(db, found.said.log)
        if log is None or member is None or found.said.nonce is None or found.said.hash is None:
            raise NotAllowedError(_("This cannot be taken back from here any more."))
        key: suite.SigningKey = programme.once(member.said.secret, log.id, found.said.nonce)
        body: Body = Withdrawn(found.said.hash)
        memberships.write(db, log, memberships.signed(db, log, body, key))
    elif found.said.purpose == "survey":
        raise NotAllowedError(
            _("An answer is taken back from both operators: inglenook survey withdraw")
        )
    else:
        raise NotAllowedError(
            _("What was sent is with the coordinators: it can be answered, and not called back.")
        )
    gone = ConsentWithdrawn(at=at, zone=zone, date=date, consent=found.event)
    events.append(db, journal, [composing.draft(gone)])


# --- pulses ---------------------------------------------------------------------------


def _in_pair(db: Db, space: Space, said: PulseAllowed | PulseStopped) -> None:
    log = logs.log_by_number(db, space.number)
    if not belonging.may_write(db, log):
        raise NotAllowedError(_("This space is closed: it stays readable and takes nothing new."))
    events.append(db, log, [composing.draft(said)])


def _standings(db: Db, me: Me, number: int) -> list[Standing]:
    log = logs.log_by_number(db, number)
    roster = logs.roster_of(db, log)
    if log.ended is not None or roster.closed:
        return []
    claims: list[Said[PulseAllowed] | Said[PulseStopped]] = [
        *programme_log.said(db, log, PulseAllowed),
        *programme_log.said(db, log, PulseStopped),
    ]
    programmes = list(dict.fromkeys(each.content.programme for each in claims))
    others = [person for person in roster.people if person != me.person_id]
    return [
        _standing(
            [each for each in claims if each.content.programme == which], me.person_id, others
        )
        for which in programmes
    ]


def _standing(
    claims: Sequence[Said[PulseAllowed] | Said[PulseStopped]], mine: bytes, others: Sequence[bytes]
) -> Standing:
    said = {
        person: programme_log.newest([c for c in claims if c.author.person == person])
        for person in (mine, *others)
    }
    words = {p: c.content for p, c in said.items() if c and isinstance(c.content, PulseAllowed)}
    own = words.get(mine)
    theirs = [words[person] for person in others if person in words]
    shown = own or next(iter(theirs), None)
    named = [c.content for c in claims if isinstance(c.content, PulseAllowed)]
    latest = shown or named[-1] if named else None
    return Standing(
        claims[0].content.programme,
        latest.called if latest else "",
        latest.pair if latest else "",
        mine=own is not None,
        # under another name it is not the same that both agreed to
        theirs=bool(others)
        and len(theirs) == len(others)
        and all(own is None or each.pair == own.pair for each in theirs),
    )
