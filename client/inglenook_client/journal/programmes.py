"""Programmes, as people deal with them: coordinators on one side, those enrolled on the other.

Each of these that others wait for talks to the relay itself and returns; what is written is
saved here first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from inglenook_client import ambient
from inglenook_client.journal import (
    asked,
    belonging,
    calling,
    composing,
    enrolled,
    enrolling,
    founding,
    knocking,
    letting_in,
    live,
    memberships,
    programme_duties,
    programme_log,
    sealed,
)
from inglenook_client.journal.asked import Asking
from inglenook_client.journal.enrolled import Enrolled
from inglenook_client.journal.errors import AmbiguousError, NotFoundError, NotReadyError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.knocking import Knocked
from inglenook_client.journal.model import Report
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports.errors import OfflineError
from inglenook_client.words import _
from inglenook_schema import invite
from inglenook_schema.control import Close, LogType, RemovePerson
from inglenook_schema.errors import CallerError, NotAllowedError
from inglenook_schema.events import check
from inglenook_schema.events.enrolling import MemberRemoved
from inglenook_schema.events.programme import ProgrammeCreated
from inglenook_schema.events.spaces import SpaceLeft
from inglenook_schema.header import Kind
from inglenook_schema.invite import Link, Purpose
from inglenook_schema.letter import MemberLeft
from inglenook_schema.programme import COORDINATOR, MEMBER

MOST_CODES = 100
"""Join codes made at once: each is a mailbox for seven days."""


@dataclass(frozen=True, slots=True)
class Code:
    """One join code."""

    link: str
    expires: int
    """Unix seconds."""
    made_for: str


@dataclass(frozen=True, slots=True)
class Asks:
    """Somebody who waits to be let in."""

    number: int
    name: str
    made_for: str
    coordinator: bool
    alarm: bool
    """Whether more than one device used the same code."""
    log: int


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme, as this person sees it."""

    number: int
    log: bytes
    name: str
    role: str
    """``coordinator`` or ``member``."""
    about: ProgrammeCreated | None
    closed: bool
    coordinators: tuple[str, ...]
    called: str
    """What this person goes by, as a member."""
    waits: bool
    """Asked, and not let in yet; or the newest keys are not here."""
    members: tuple[Enrolled, ...] = field(default=())
    """For coordinators: everybody who is or was enrolled."""
    asking: tuple[Asks, ...] = field(default=())


class Programmes:
    """What a person does with programmes."""

    def __init__(self, folder: Folder) -> None:
        """Of one data folder."""
        self._folder = folder
        self._store = folder.store

    @property
    def _me(self) -> Me:
        return self._folder.me

    # --- reading ---

    async def every(self) -> list[Programme]:
        """Each programme that this person coordinates, is enrolled in, or asked to be."""
        return await self._store.read(lambda db: _every(db, self._me))

    async def choose(self, named: str | None, *, role: str | None = None) -> Programme:
        """The programme that is meant; without a name the only one.

        Args:
            named: What it is called.
            role: Only those in which this person is that.

        Raises:
            NotFoundError: There is none, or none by that name.
            AmbiguousError: There are several, and no name.
        """
        found = await self.every()
        fits = [p for p in found if role is None or p.role == role]
        if named is not None:
            fits = [p for p in fits if p.name.casefold() == named.casefold()]
        elif any(not p.closed for p in fits):
            fits = [p for p in fits if not p.closed]
        if len(fits) == 1:
            return fits[0]
        if fits:
            choices = ", ".join(each.name for each in fits)
            said = _("Which one? Say --programme and one of: {choices}")
            raise AmbiguousError(said.format(choices=choices))
        raise NotFoundError(_nothing(role, named))

    # --- coordinating ---

    async def init(self, created: ProgrammeCreated) -> Programme:
        """Start a programme.

        Raises:
            InvalidEventError: It does not say what a programme must say; nothing was begun.
            CallerError: No relay is set.
        """
        check(created)
        relay = self._relay()
        number = await self._store.write(lambda db: _found(db, self._me, created, relay))
        await live.sync(self._folder)
        return next(each for each in await self.every() if each.number == number)

    async def invite(
        self, programme: Programme, names: Sequence[str], *, coordinator: bool = False
    ) -> list[Code]:
        """Make join codes, each for one person and seven days.

        Args:
            programme: Which.
            names: For whom; an empty name where that is not said.
            coordinator: Whether those who use them are to coordinate too.

        Raises:
            OfflineError: The codes are not out yet.
        """
        if not 1 <= len(names) <= MOST_CODES:
            raise CallerError(_("Make between 1 and {most} codes at once.").format(most=MOST_CODES))
        relay = self._relay()
        purpose = Purpose.COORDINATE if coordinator else Purpose.ENROL
        links = await self._store.write(
            lambda db: [
                _code(db, self._me, programme.number, relay, purpose, name) for name in names
            ]
        )
        await self._out(_("Couldn't reach the relay, so the codes are not out yet."))
        return [
            Code(invite.write_link(link), link.expires, name)
            for link, name in zip(links, names, strict=True)
        ]

    async def revoke(self) -> int:
        """Take back every code that nobody was let in by yet; returns how many."""

        def end(db: Db) -> int:
            return knocking.revoke(db, Purpose.ENROL) + knocking.revoke(db, Purpose.COORDINATE)

        count = await self._store.write(end)
        await self._out(_("Noted here. The link stops working when the relay is reached."))
        return count

    async def waiting(self) -> list[Asks]:
        """Who asked; asks the relay first where it can be reached."""
        report = await live.sync(self._folder)
        found = await self._store.read(_asks)
        if not found and report.offline:
            raise OfflineError
        return found

    async def approve(self, who: Sequence[Asks]) -> list[str]:
        """Let these in; returns their names."""

        def let_in(db: Db) -> None:
            by_number = {each.number: each for each in asked.waiting(db)}
            coordinating = {each.number: each for each in knocking.waiting(db, Purpose.COORDINATE)}
            for each in who:
                if each.number in by_number:
                    enrolling.approve(db, self._me, by_number[each.number])
                elif each.number in coordinating:
                    knocking.approve(db, self._me, coordinating[each.number])
                else:
                    raise NotFoundError(_("Nobody is waiting to be let in."))

        await self._store.write(let_in)
        await self._out(_("Saved here. The answer goes out when the relay can be reached."))
        return [each.name for each in who]

    async def remove(self, programme: Programme, member: Enrolled) -> str:
        """Take somebody out; returns the local date from which they read nothing new.

        Raises:
            NotAllowedError: This device may not do that.
        """
        until = await self._store.write(lambda db: _remove(db, self._me, programme, member))
        await live.sync(self._folder)
        return until

    async def remove_coordinator(self, programme: Programme, name: str) -> None:
        """Take a coordinator out, and begin an epoch without them at once.

        Raises:
            NotFoundError: There is no other coordinator of that name.
            NotAllowedError: Only whoever started the programme may do that.
        """
        await self._store.write(lambda db: _remove_person(db, self._me, programme, name))
        await live.sync(self._folder)

    async def close(self, programme: Programme) -> Report:
        """End a programme for all: it stays readable, and takes nothing more.

        Raises:
            NotAllowedError: It ended before, or this device may not.
        """
        await self._store.write(lambda db: _close(db, programme))
        return await live.sync(self._folder)

    async def pass_codes(
        self, programme: Programme, member: Enrolled, codes: Sequence[Code]
    ) -> None:
        """Give a member join codes to pass on; nobody counts what becomes of them."""
        links = [code.link for code in codes]

        def give(db: Db) -> None:
            log = logs.log_by_number(db, programme.number)
            enrolled.give_codes(db, self._me, log, member.said, links)

        await self._store.write(give)
        await self._out(_("Saved here. It goes out when the relay can be reached."))

    # --- being enrolled ---

    async def words(self, who: Asks) -> tuple[str, ...]:
        """The safety words of somebody who would like to coordinate."""

        def indexes(db: Db) -> tuple[int, ...]:
            found = knocking.waiting(db, Purpose.COORDINATE)
            each = next(each for each in found if each.number == who.number)
            return knocking.words_of(each.offer, each.knock)

        return letting_in.spell(await self._store.read(indexes))

    async def join(self, text: str, called: str) -> tuple[str, tuple[str, ...]]:
        """Ask to be enrolled, or to coordinate; the answer comes with a later sync.

        Args:
            text: The join code.
            called: The name to go by there.

        Returns:
            What the programme is called; and the safety words, where it is to coordinate.

        Raises:
            PeerError: The code or what it leads to is not what it says.
            CallerError: It is for something else, or too old.
            OfflineError: The relay could not be reached.
        """
        link = invite.read_link(text)
        if link.purpose not in (Purpose.ENROL, Purpose.COORDINATE):
            raise CallerError(_("That link leads to no programme."))
        if link.expires * 1000 < ambient.now_ms():
            raise CallerError(_("That invite is older than seven days. Ask for a new one."))
        if self._me.person is None:
            raise NotReadyError
        number = await self._store.write(lambda db: knocking.prepare_join(db, link))
        await live.sync_boxes(self._folder, link.relay)
        offer = await self._store.read(lambda db: knocking.offer_in(db, number, link))

        def ask(db: Db) -> None:
            if link.purpose is Purpose.ENROL:
                enrolling.ask(db, number, link, offer, called)
            elif knocking.joining(db, number) is None:
                knocking.knock(db, self._me, number, link, offer)
            db.execute("INSERT OR IGNORE INTO relay VALUES(?, '')", (link.relay,))

        await self._store.write(ask)
        await live.sync_boxes(self._folder, link.relay)
        await self._folder.refresh()
        knocked = await self._store.read(lambda db: knocking.joining(db, number))
        if knocked is None:
            return offer.name, ()
        made = await self._store.read(lambda _db: knocking.words_of(*knocked))
        return offer.name, letting_in.spell(made)

    async def leave(self, programme: Programme) -> Report:
        """Leave a programme; what is here stays readable.

        Raises:
            NotAllowedError: It was left before, or this device may not.
        """
        if programme.role == MEMBER:
            await self._store.write(lambda db: _leave(db, programme))
        else:
            await self._store.write(lambda db: _leave_coordinating(db, self._me, programme))
        return await live.sync(self._folder)

    async def codes(self, programme: Programme) -> list[str]:
        """Join codes that coordinators gave this member to pass on."""

        def found(db: Db) -> list[str]:
            return sealed.codes(db, logs.log_by_number(db, programme.number))

        return await self._store.read(found)

    def _relay(self) -> str:
        if self._folder.relay is None:
            raise CallerError(
                _("This needs a relay, and none is set. Add one: inglenook relay add URL")
            )
        if self._me.person is None:
            raise NotReadyError
        return self._folder.relay

    async def _out(self, sentence: str) -> None:
        report = await live.sync(self._folder)
        if report.offline:
            raise OfflineError(sentence)


def _nothing(role: str | None, named: str | None) -> str:
    if named is not None:
        return _("You have to do with no programme called {name}.").format(name=named)
    if role == COORDINATOR:
        return _("You coordinate no programme. To start one: inglenook programme init NAME")
    return _("You are enrolled in no programme. With a join code: inglenook programme join CODE")


# --- reading --------------------------------------------------------------------------


def _every(db: Db, me: Me) -> list[Programme]:
    waits = _asks(db)
    found = [_one(db, me, log, waits) for log in programme_log.programmes(db)]
    known = {each.log for each in found}
    return found + [
        Programme(
            *(0, member.log, member.said.label, MEMBER, None),
            closed=False,
            coordinators=(),
            called=member.said.called,
            waits=True,
        )
        for member in memberships.memberships(db)
        if member.log not in known
    ]


def _one(db: Db, me: Me, log: LogRow, waits: list[Asks]) -> Programme:
    from inglenook_client.journal import reading  # noqa: PLC0415 - with programmes only

    about = programme_log.about(db, log)
    own = enrolled.coordinators_of(db, log)
    names, roster = reading.names(db, me), logs.roster_of(db, log)
    member = memberships.of_log(db, log.id)
    return Programme(
        *(log.number, log.id, about.name if about else log.label),
        MEMBER if log.is_enrolled else COORDINATOR,
        about,
        closed=log.ended is not None,
        coordinators=tuple(
            names.of(log.number, person) or _("a coordinator")
            for person, found in roster.people.items()
            if not found.gone
        ),
        called=member.said.called if member else me.name,
        waits=log.is_enrolled and bool(memberships.missing_keys(db, log)),
        members=tuple(enrolled.enrolled(db, own)) if own and not log.is_enrolled else (),
        asking=tuple(each for each in waits if each.log == log.number),
    )


def _asks(db: Db) -> list[Asks]:
    found = [_asks_of(each) for each in asked.waiting(db)]
    found += [_coordinates(each) for each in knocking.waiting(db, Purpose.COORDINATE)]
    return sorted(found, key=lambda each: each.number)


def _asks_of(each: Asking) -> Asks:
    name = each.asked.name or _("somebody")
    return Asks(each.number, name, each.code, coordinator=False, alarm=each.several, log=each.log)


def _coordinates(each: Knocked) -> Asks:
    name = each.knock.name or _("somebody")
    return Asks(each.number, name, "", coordinator=True, alarm=each.several, log=each.log or 0)


# --- writing --------------------------------------------------------------------------


def _found(db: Db, me: Me, created: ProgrammeCreated, relay: str) -> int:
    label = created.name[:64]
    log = founding.found(db, me, LogType.PROGRAMME, COORDINATOR, (relay,), label=label)
    events.append(db, log, [composing.draft(calling.profile(db, me)), composing.draft(created)])
    own = founding.found(
        *(db, me, LogType.COORDINATORS, COORDINATOR, (relay,)),
        label=_("{name} (coordinators)").format(name=label)[:64],
        predecessor=log.id,
    )
    events.append(db, own, [composing.draft(calling.profile(db, me))])
    return log.number


def _code(db: Db, me: Me, number: int, relay: str, purpose: Purpose, name: str) -> Link:
    log = logs.log_by_number(db, number)
    if log.ended is not None or log.is_enrolled or not belonging.may_write(db, log):
        raise NotAllowedError(_("This programme takes nobody in from this device."))
    about = programme_log.about(db, log)
    founder = logs.roster_of(db, log).people.get(me.person_id)
    if purpose is Purpose.COORDINATE and not (founder and founder.founder):
        raise NotAllowedError(_("Only whoever started the programme brings in coordinators."))
    called = about.name if about else log.label
    link = knocking.make_offer(
        *(db, me, relay),
        log=log,
        role=MEMBER if purpose is Purpose.ENROL else COORDINATOR,
        forwarded=True,
        now_ms=ambient.now_ms(),
        purpose=purpose,
        name=called[:64],
    )
    (invited,) = db.execute("SELECT max(number) FROM invite").fetchone()
    asked.label(db, invited, name)
    return link


def _coordinating(db: Db, programme: Programme) -> tuple[LogRow, LogRow]:
    log = logs.log_by_number(db, programme.number)
    own = enrolled.coordinators_of(db, log)
    if own is None or log.is_enrolled or not belonging.may_write(db, own):
        raise NotAllowedError(_("This device cannot do that now. Sync first; nothing was changed."))
    return log, own


def _remove(db: Db, me: Me, programme: Programme, member: Enrolled) -> str:
    log, own = _coordinating(db, programme)
    at, zone, date = composing.moment()
    gone = MemberRemoved(at=at, zone=zone, date=date, member=member.said.member)
    events.append(db, own, [composing.draft(gone)])
    if not programme_duties.is_young(db, log) and programme_duties.rotate(db, me, log):
        return date
    (entered,) = db.execute("SELECT entered FROM epoch WHERE number = ?", (log.epoch,)).fetchone()
    return belonging.day((entered + programme_duties.GATHER_DAYS) * 86_400_000)


def _remove_person(db: Db, me: Me, programme: Programme, name: str) -> None:
    from inglenook_client.journal import reading  # noqa: PLC0415 - with programmes only

    log, own = _coordinating(db, programme)
    roster, names = logs.roster_of(db, log), reading.names(db, me)
    mine = roster.people.get(me.person_id)
    if mine is None or not mine.founder:
        raise NotAllowedError(_("Only whoever started the programme takes a coordinator out."))
    fits = [
        person
        for person, found in roster.people.items()
        if not found.gone
        and person != me.person_id
        and names.of(log.number, person).casefold() == name.casefold()
    ]
    if len(fits) != 1:
        raise NotFoundError(_("There is no other coordinator called {name}.").format(name=name))
    for each in (log, own):
        act = RemovePerson(fits[0], ambient.now_ms())
        events.append(db, each, [composing.act(Kind.MEMBER, act)])
        programme_duties.rotate(db, me, founding.refresh(db, each))


def _close(db: Db, programme: Programme) -> None:
    log, _own = _coordinating(db, programme)
    if log.ended is not None:
        raise NotAllowedError(_("This programme has ended already; nothing was changed."))
    events.append(db, log, [composing.act(Kind.MEMBER, Close(ambient.now_ms()))])
    founding.refresh(db, log)


def _leave(db: Db, programme: Programme) -> None:
    journal = belonging.journal_of(db)
    member = memberships.of_log(db, programme.log)
    if member is None or journal is None or not belonging.may_write(db, journal):
        raise NotAllowedError(_("This device cannot do that now. Sync first; nothing was changed."))
    log = logs.log_by_id(db, programme.log)
    if log is not None and log.ended is None:
        said = memberships.signed(db, log, MemberLeft(), member.alias.sign)
        memberships.write(db, log, said)
    at, zone, date = composing.moment()
    left = SpaceLeft(at=at, zone=zone, date=date, log=programme.log)
    events.append(db, journal, [composing.draft(left)])
    memberships.close_box(db, member)
    if log is not None:
        logs.set_ended(db, log.number, at)


def _leave_coordinating(db: Db, me: Me, programme: Programme) -> None:
    log, own = _coordinating(db, programme)
    if len([p for p in logs.roster_of(db, log).people.values() if not p.gone]) == 1:
        raise NotAllowedError(
            _("You are its only coordinator. To end it for all: inglenook programme close")
        )
    journal = belonging.journal_of(db)
    at, zone, date = composing.moment()
    for each in (log, own):
        act = RemovePerson(me.person_id, ambient.now_ms())
        events.append(db, each, [composing.act(Kind.MEMBER, act)])
        founding.refresh(db, each)
        if journal is not None and belonging.may_write(db, journal):
            left = SpaceLeft(at=at, zone=zone, date=date, log=each.id)
            events.append(db, journal, [composing.draft(left)])
