"""Invites, knocks, approvals and safety words, as a person does them.

Each of these talks to the relay itself and returns; the other side needs one sync.
"""

from __future__ import annotations

from inglenook_client import ambient
from inglenook_client.journal import (
    belonging,
    calling,
    composing,
    founding,
    knocking,
    live,
    sending,
)
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Invited, Joined, Waiting
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports.errors import OfflineError
from inglenook_client.words import _
from inglenook_schema import invite
from inglenook_schema.control import LogType
from inglenook_schema.errors import CallerError
from inglenook_schema.events.spaces import WordsConfirmed
from inglenook_schema.invite import Knock, Link, Offer, Purpose

_OTHER = {"mentor": "mentee", "mentee": "mentor"}


async def invite_person(folder: Folder, *, role: str, via: bool) -> Invited:
    """Start a pair log and make a link to it.

    Raises:
        CallerError: No relay is set, or the role is neither mentor nor mentee.
        OfflineError: The relay could not be reached; the invite is not out yet.
    """
    if role not in _OTHER:
        raise CallerError(_("A role is mentor or mentee: what the person you invite will be."))
    relay = _relay(folder)

    def make(db: Db) -> Link:
        log = founding.found(*(db, folder.me, LogType.PAIR, _OTHER[role], (relay,)), forwarded=via)
        _say_name(db, folder.me, log.number)
        return knocking.make_offer(
            *(db, folder.me, relay),
            log=log,
            role=role,
            forwarded=via,
            now_ms=ambient.now_ms(),
        )

    return await _send_out(folder, await folder.store.write(make))


def _say_name(db: Db, me: Me, number: int) -> None:
    """Say in a new pair log what this person is called."""
    log = logs.log_by_number(db, number)
    events.append(db, log, [composing.draft(calling.profile(db, me))])


async def invite_device(folder: Folder) -> Invited:
    """Make a link for another device of this person."""
    relay = _relay(folder)
    link = await folder.store.write(
        lambda db: knocking.make_offer(
            *(db, folder.me, relay), log=None, role="", forwarded=False, now_ms=ambient.now_ms()
        )
    )
    return await _send_out(folder, link)


async def revoke(folder: Folder, purpose: Purpose) -> int:
    """Take back every invite that nobody was let in by yet; returns how many.

    Raises:
        OfflineError: Noted here, but the relay could not be reached.
    """
    count = await folder.store.write(lambda db: knocking.revoke(db, purpose))
    report = await live.sync(folder)
    if report.offline:
        raise OfflineError(_("Noted here. The link stops working when the relay is reached."))
    return count


async def _send_out(folder: Folder, link: Link) -> Invited:
    report = await live.sync(folder)
    if report.offline:
        raise OfflineError(
            _("Couldn't reach the relay, so the invite is not out yet. Try again later.")
        )
    return Invited(invite.write_link(link), link.expires)


async def join(folder: Folder, text: str, *, device: bool = False) -> Joined:
    """Knock on an invite.

    Args:
        folder: This device's.
        text: The link.
        device: Whether the link is to be one for a device.

    Raises:
        PeerError: The link or its offer is not what it says.
        CallerError: The link is for something else, or too old.
        OfflineError: The relay could not be reached.
    """
    link = invite.read_link(text)
    if (link.purpose is Purpose.DEVICE) != device:
        raise CallerError(
            _("That link adds a device. Use: inglenook device accept LINK")
            if link.purpose is Purpose.DEVICE
            else _("That link invites a person. Use: inglenook pair join LINK")
        )
    if link.purpose in (Purpose.ENROL, Purpose.COORDINATE):
        raise CallerError(_("That link leads to a programme. Use: inglenook programme join LINK"))
    if link.expires * 1000 < ambient.now_ms():
        raise CallerError(_("That invite is older than seven days. Ask for a new one."))
    if not device and folder.me.person is not None and folder.me.person_id[:16] == link.inviter:
        raise CallerError(_("That is your own invite. Send it to the other person."))
    number = await folder.store.write(lambda db: knocking.prepare_join(db, link))
    await live.sync_boxes(folder, link.relay)
    before = await folder.store.read(lambda db: knocking.joining(db, number))
    if before is not None:  # knocking twice would look like somebody else's knock
        return Joined(before[0].name, spell(await _words_of(folder, *before)), link.forwarded)
    offer = await folder.store.read(lambda db: knocking.offer_in(db, number, link))
    knock = await folder.store.write(lambda db: knocking.knock(db, folder.me, number, link, offer))
    if not device:
        await folder.store.write(lambda db: _add_relay(db, link.relay))
    await live.sync_boxes(folder, link.relay)
    indexes = await _words_of(folder, offer, knock)
    return Joined(offer.name, spell(indexes), link.forwarded)


def _add_relay(db: Db, origin: str) -> None:
    db.execute("INSERT OR IGNORE INTO relay VALUES(?, '')", (origin,))


async def waiting(folder: Folder, purpose: Purpose) -> list[Waiting]:
    """Who knocked and waits."""
    report = await live.sync(folder)
    found = await folder.store.read(lambda db: knocking.waiting(db, purpose))
    if not found and report.offline:
        raise OfflineError
    return [
        Waiting(_called(k), spell(await _words_of(folder, k.offer, k.knock)), k.several, k.number)
        for k in found
    ]


def _called(knocked: knocking.Knocked) -> str:
    knock = knocked.knock
    return knock.name if knocked.offer.purpose is Purpose.PAIR else knock.device.label


async def _words_of(folder: Folder, offer: Offer, knock: Knock) -> tuple[int, ...]:
    """Computed on the store's thread: it costs a fifth of a second."""
    return await folder.store.read(lambda _db: knocking.words_of(offer, knock))


async def approve(folder: Folder, number: int, purpose: Purpose) -> str:
    """Let in who knocked with this number; returns their name.

    Raises:
        NotFoundError: Nobody waits with this number.
        OfflineError: Saved here, but the relay could not be reached.
    """
    found = await folder.store.read(lambda db: knocking.waiting(db, purpose))
    chosen = next((k for k in found if k.number == number), None)
    if chosen is None:
        raise NotFoundError(_("Nobody is waiting to be let in."))
    await folder.store.write(lambda db: knocking.approve(db, folder.me, chosen))
    report = await live.sync(folder)
    if report.offline:
        raise OfflineError(_("Saved here. The answer goes out when the relay can be reached."))
    return _called(chosen)


async def words(folder: Folder, number: int) -> tuple[str, ...]:
    """The safety words of a pair."""
    return spell(await folder.store.read(lambda db: _indexes(db, folder.me, number)))


def _indexes(db: Db, me: Me, number: int) -> tuple[int, ...]:
    other = _partner(db, me, number)
    return invite.word_indexes(me.person_id, other)


def _partner(db: Db, me: Me, number: int) -> bytes:
    log = logs.log_by_number(db, number)
    if log.given is not None:
        return log.given  # whom the old self trusted is not known; the giver is
    roster = logs.roster_of(db, log)
    others = [person for person in roster.people if person != me.person_id]
    if not others:
        raise NotFoundError(_("Nobody else is in this space yet."))
    return others[0]


def confirm(db: Db, me: Me, number: int) -> None:
    """Note that the words of a pair were compared, and alike; call inside a write.

    It stands in the journal too, so that this person's other devices know it.
    """
    other = _partner(db, me, number)
    journal = belonging.journal_of(db)
    if journal and belonging.may_write(db, journal) and not sending.is_checked(db, other):
        at, zone, date = composing.moment()
        said = WordsConfirmed(at=at, zone=zone, date=date, person=other)
        events.append(db, journal, [composing.draft(said)])
    db.execute("UPDATE person SET checked = 1 WHERE id = ?", (other,))


def spell(indexes: tuple[int, ...]) -> tuple[str, ...]:
    """The English BIP-39 words of some numbers."""
    from mnemonic import Mnemonic  # noqa: PLC0415 - costs start-up

    wordlist = Mnemonic("english").wordlist
    return tuple(wordlist[index] for index in indexes)


def _relay(folder: Folder) -> str:
    if folder.relay is None:
        raise CallerError(
            _("This needs a relay, and none is set. Add one: inglenook relay add URL")
        )
    if folder.me.person is None:
        raise CallerError(_("This device waits to be let in itself."))
    return folder.relay
