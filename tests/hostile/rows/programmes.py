"""Programmes: members who would write, coordinators who say different things, codes that leak."""

from __future__ import annotations

import pytest

from harness.devices import ORIGIN, Device, settle
from harness.intruder import Hand
from harness.programme import a_notice, add_coordinator, enrol, found, notice, notices, of
from harness.programme import space as space_of
from hostile.rows.invites import told
from hostile.scene import Evidence, Scene, row
from inglenook_client.journal import enrolled, programme_log
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_schema import mailbox, programme, suite
from inglenook_schema.control import LogType
from inglenook_schema.errors import CallerError, NotAllowedError
from inglenook_schema.letter import KeysGiven
from inglenook_schema.limits import TOKEN
from inglenook_schema.record import BoxType, Place
from inglenook_schema.wire import Put, Status, ToRelay


class Coordinating(Hand):
    """A coordinator's device with a changed program."""

    @property
    def place(self) -> Place:
        """Records open with what members hold."""
        reader = programme.reader_secret(self.secret, self.log)
        return Place(BoxType.EPOCH, mailbox.box(reader, self.log), reader)

    @property
    def tokens(self) -> mailbox.Tokens:
        """Members hold one of these."""
        return programme.epoch_tokens(self.secret, self.log, "https://relay.example")


async def coordinator(scene: Scene, name: str = "Kim") -> Device:
    """Somebody in no pair, honest until an attack says otherwise."""
    scene.relay.asker = ""
    device = await Device.first(scene.base, name)
    scene.joined.append(device)
    scene.honest.append(device)
    scene.alone.append(device)
    return device


async def programme_of(scene: Scene, *members: Device) -> Device:
    """Kim's programme, with these enrolled."""
    kim = await coordinator(scene)
    await found(kim)
    await enrol(kim, *members)
    return kim


def epochs(db: Db) -> int:
    """How many a device has keys of."""
    return len(logs.epochs_of(db, programme_log.programmes(db)[0].number))


def _false_keys(db: Db, me: Me) -> None:
    log, own = enrolled.coordinated(db)[0]
    (member,) = enrolled.members(db, own)
    place = ((ORIGIN, bytes(32)),)
    kem = suite.kem_public(me.kem)
    false = KeysGiven(bytes(32), bytes(32), "Bridges", place, bytes(32), kem)
    enrolled.put(db, me, log, member, false)


def address(db: Db) -> bytes:
    """Of the newest mailbox of the only programme."""
    log = programme_log.programmes(db)[0]
    return boxes.boxes_of(db, log.number)[-1].address


@row(
    "a member who writes to all",
    unseen="Bounded: nothing that a member holds, or makes of it, is a token that puts there.",
    evidence=Evidence.NOTHING_CAME,
)
async def a_member_who_writes(scene: Scene) -> None:
    """Max tries every secret that he holds, at the programme's mailbox."""
    kim = await programme_of(scene, scene.ada, scene.max)
    secrets = await scene.max.read(
        lambda db: [
            row_[0]
            for row_ in db.execute(
                "SELECT secret FROM epoch UNION SELECT secret FROM mailbox"
                " UNION SELECT read FROM mailbox UNION SELECT write FROM mailbox"
            )
        ]
    )
    log, there = (await of(scene.max)).log, await scene.max.read(address)
    origin = "https://relay.example"
    for secret in secrets:
        tried = [secret]
        for place in (log, bytes(32)):
            tried += mailbox.tokens(secret.ljust(32, b"\0"), place, origin)[:2]
        tried += programme.epoch_tokens(secret.ljust(32, b"\0"), log, origin)[:2]
        for token in (each for each in tried if len(each) == TOKEN):
            put = Put(there, token, bytes(577), b"")
            (ack,) = scene.relay.ask(ToRelay(put=(put,))).acks
            assert ack.status is Status.UNKNOWN
    await notice(kim, "notice one")
    await scene.settle(rounds=2)
    assert await notices(scene.ada) == ["notice one"]


@row(
    "a coordinator who shows different things",
    told="“Kim's first” says two different things at one place in “Bridges”",
    evidence=Evidence.FORK,
)
async def a_coordinator_who_shows_different_things(scene: Scene) -> None:
    """With the relay's help Ada is told one thing and Max another, until both come together."""
    kim = await programme_of(scene, scene.ada, scene.max)
    await scene.settle(rounds=2)
    hand = await Coordinating.of(kim, scene.relay, LogType.PROGRAMME)
    scene.honest.remove(kim)
    one, other = hand.words("yes"), hand.words("no")
    scene.relay.split("ada", "max")
    for device, words in ((scene.ada, one), (scene.max, other)):
        scene.relay.asker = device.home.name
        hand.send(words)
        await scene.sync(device)
    log = (await of(scene.ada)).log
    apart = [(await device.states())[log] for device in (scene.ada, scene.max)]
    assert apart[0] != apart[1], "who compares the state of the space sees it"
    scene.relay.calm()
    scene.relay.asker = ""
    hand.send(one)
    hand.send(other)
    await scene.settle(rounds=2)
    await scene.look()


@row(
    "a join code that leaked",
    told="Careful: more than one device used the same join code",
    evidence=Evidence.KNOCK,
)
async def a_join_code_that_leaked(scene: Scene) -> None:
    """Mallory uses Ada's code before her, under her name; the code is for nobody, then."""
    kim = await programme_of(scene)
    mallory = await coordinator(scene, "Mallory")
    (code,) = await kim.journal.programmes.invite(await of(kim), ["Ada"])
    for device in (mallory, scene.ada):
        await device.journal.programmes.join(code.link, "Ada")
    await scene.sync(kim)
    assert [each.alarm for each in (await of(kim)).asking] == [True, True]
    await notice(kim, "notice one")
    await scene.settle(rounds=2)
    assert (await of(kim)).members == ()
    assert (await of(mallory)).waits


@row("a join code that is too old", told="older than seven days", evidence=Evidence.NOTHING_CAME)
async def an_old_join_code(scene: Scene) -> None:
    """Mallory found it in a drawer; one that was used in time is let in by nobody too late."""
    kim = await programme_of(scene)
    mallory = await coordinator(scene, "Mallory")
    (code,) = await kim.journal.programmes.invite(await of(kim), [""])
    (used,) = await kim.journal.programmes.invite(await of(kim), [""])
    await scene.ada.journal.programmes.join(used.link, "Ada")
    scene.clock.days(8)
    try:
        await mallory.journal.programmes.join(code.link, "Mallory")
    except CallerError as error:
        told(scene, error)
    with pytest.raises(NotAllowedError, match="older"):
        await kim.journal.programmes.approve(await kim.journal.programmes.waiting())
    assert (await of(kim)).members == ()


@row(
    "a member who was taken out and reads on",
    unseen="Bounded: the next epoch's keys do not come to them; what they had they keep.",
    evidence=Evidence.NOTHING_SIGNED,
)
async def a_member_who_reads_on(scene: Scene) -> None:
    """Max keeps every secret and every mailbox that he had."""
    kim = await programme_of(scene, scene.ada, scene.max)
    scene.clock.days(8)
    await scene.settle(rounds=1)
    (member,) = [m for m in (await of(kim)).members if m.said.called == "Max"]
    await kim.journal.programmes.remove(await of(kim), member)
    await notice(kim, "notice for those who stay")
    await settle(scene.ada, scene.max, rounds=2)
    assert await notices(scene.ada) == ["notice for those who stay"]
    assert await notices(scene.max) == []
    scene.honest.remove(scene.max)  # he holds less of it than Ada


@row(
    "a coordinator who was taken out and goes on",
    unseen="Bounded: by the roster; what they write stays without effect, and no key reaches them.",
    evidence=Evidence.VOID,
)
async def a_coordinator_who_goes_on(scene: Scene) -> None:
    """Lee writes to the mailbox that he knew, and leaves Ada keys to a place of his own."""
    kim = await programme_of(scene, scene.ada)
    lee = await coordinator(scene, "Lee")
    await add_coordinator(kim, lee)
    await settle(kim, lee, scene.ada, rounds=1)
    await kim.journal.programmes.remove_coordinator(await of(kim), "Lee")
    scene.honest.remove(lee)
    shown = await lee.journal.append(await space_of(lee), a_notice("notice by lee"))
    scene.void.append(shown.event)
    before = await scene.ada.read(epochs)
    await lee.change(lambda db: _false_keys(db, lee.journal.me))
    await lee.sync()
    await scene.sync(scene.ada)
    assert await scene.ada.read(epochs) == before + 1, "Kim's, and none of Lee's"
    await notice(kim, "notice by kim")
    await scene.settle(rounds=2)
    assert await notices(scene.ada) == ["notice by kim"]
    assert (await of(scene.ada)).coordinators == ("Kim",)
