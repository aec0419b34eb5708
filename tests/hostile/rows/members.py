"""Hostile members: a partner, or one's own device in other hands, with keys that are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from harness.devices import Device
from harness.intruder import Hand, goal
from harness.logs import NONCE, draw, first_device
from hostile.rows.lists import rotated
from hostile.scene import Evidence, Scene, row
from inglenook_client.journal import wrapping
from inglenook_client.journal.model import Query
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_schema import batch, canonical, epoch, record, suite
from inglenook_schema.control import (
    AddPerson,
    Close,
    LogType,
    RemoveDevice,
    RemovePerson,
    Wraps,
)
from inglenook_schema.events import encode_content
from inglenook_schema.header import Kind
from inglenook_schema.keys import kem_hash
from inglenook_schema.record import RecordKind

# --- a device that was removed --------------------------------------------------------


async def removed(scene: Scene) -> Hand:
    """The tablet is in other hands, and Ada removed it; it kept the keys of before."""
    await scene.share(scene.ada, "before the loss")
    await scene.settle()
    hand = await Hand.of(scene.tablet, scene.relay)
    scene.honest.remove(scene.tablet)
    await scene.ada.journal.device_revoke(await scene.ada.journal.device_to_revoke("tablet"))
    await scene.settle(rounds=1)
    return hand


@row(
    "back-dated events after removal",
    told="“tablet” was removed, and 1 event more came from it in “Max”",
    evidence=Evidence.VOID,
)
async def back_dated(scene: Scene) -> None:
    """It writes on, and claims that it was a month ago; and on a branch inside the cut."""
    hand = await removed(scene)
    scene.clock.days(-30)
    words = hand.words("long ago, of course")
    scene.clock.days(30)
    hand.send(words)
    scene.void.append(words.id)
    await scene.settle(rounds=1)
    for device in scene.honest:
        assert await device.texts() == scene.shared


@row(
    "a branch inside the cut",
    told="“tablet” was removed, and 1 event more came from it in “Max”",
    evidence=Evidence.VOID,
)
async def branch_inside(scene: Scene) -> None:
    """A second version of its chain's past leaves it where the removal had seen it."""
    hand = await Hand.of(scene.tablet, scene.relay)
    await scene.share(scene.tablet, "the true version")
    await scene.settle()
    await removed(scene)
    branch = hand.words("another version")
    hand.send(branch)
    scene.void.append(branch.id)
    await scene.settle(rounds=1)
    for device in scene.honest:
        assert "another version" not in await device.texts()


@row(
    "writing on under an old epoch",
    told="“tablet” was removed, and 3 events more came from it in “Max”",
    evidence=Evidence.VOID,
)
async def old_epoch(scene: Scene) -> None:
    """It writes words, an erasure and a farewell into the mailbox it still reads."""
    hand = await removed(scene)
    for event in (
        hand.goes_on(hand.words("still here")),
        hand.goes_on(hand.act(Kind.MEMBER, RemovePerson(hand.device.person_id, 0))),
        hand.goes_on(hand.act(Kind.MEMBER, Close(0))),
    ):
        hand.send(event)
        scene.void.append(event.id)
    await scene.settle(rounds=1)
    for device in scene.honest:
        assert (await device.pair()).open


@row(
    "a rotate of a removed device",
    told="“tablet” was removed, and 1 event more came from it in “Max”",
    evidence=Evidence.VOID,
)
async def rotate_of_removed(scene: Scene) -> None:
    """It begins an epoch of its own, with wraps for all, at a relay of its own."""
    hand = await removed(scene)
    secret = draw("a thief's epoch")
    log = await scene.max.read(lambda db: logs.all_logs(db)[-1])
    kems = await scene.max.read(lambda db: wrapping.recipients(db, log))
    wraps = epoch.wrap(secret, hand.log, kems)
    parents = [epoch.commitment(hand.log, hand.secret)]
    event = hand.rotate(parents, secret, wraps, relays=("https://evil.example",))
    hand.leave(event, wraps)
    scene.void.append(event.id)
    await scene.settle(rounds=1)
    await scene.share(scene.max, "for Ada alone")
    await scene.settle(rounds=1)
    for device in scene.honest:
        known = await device.read(lambda db: db.execute("SELECT relay FROM mailbox").fetchall())
        assert ("https://evil.example",) not in known
        secrets = await device.read(lambda db: db.execute("SELECT secret FROM epoch").fetchall())
        assert (secret,) not in secrets


# --- secrets --------------------------------------------------------------------------


@contextmanager
def _wrapping(change: Callable[[bytes, list[bytes]], list[tuple[bytes, bytes]]]) -> Iterator[None]:
    """Rotations wrap as a hostile client would: [key, secret for it]."""
    honest = epoch.wrap

    def wrap(secret: bytes, log: bytes, kems: list[bytes]) -> Wraps:
        return tuple(sorted(_one(secret, s, log, kem) for kem, s in change(secret, kems)))

    epoch.wrap = wrap
    try:
        yield
    finally:
        epoch.wrap = honest


def _one(secret: bytes, other: bytes, log: bytes, kem: bytes) -> tuple[bytes, bytes]:
    """A wrap of another secret, where they differ, under the true one's commitment."""
    name = kem_hash(kem)
    info = epoch._info(log, epoch.commitment(log, secret), name)
    return name, suite.hpke_seal(kem, other, info)


async def _key_of(device: Device) -> bytes:
    """The newest KEM key that others know of a device in the pair."""
    number, me = (await device.pair()).number, device.journal.me

    def look(db: Db) -> bytes:
        roster = logs.roster_of(db, logs.log_by_number(db, number))
        return next(seat.kem for seat in roster.seats.values() if seat.device == me.device)

    return await device.read(look)


@row(
    "different secrets to different devices",
    told="has a new key, and it is not here yet: A new key did not fit what was promised for it.",
    evidence=Evidence.KEPT,
)
async def different_secrets(scene: Scene) -> None:
    """Max begins an epoch and hands the tablet another secret than everybody else."""
    await scene.settle()
    victim = await _key_of(scene.tablet)
    with _wrapping(
        lambda secret, kems: [(k, draw("another") if k == victim else secret) for k in kems]
    ):
        await rotated(scene, scene.max)
    await scene.sync(scene.tablet)
    await scene.look(scene.tablet)
    await scene.share(scene.tablet, "kept until the true key came")
    await scene.sync(scene.tablet)
    secrets = await scene.tablet.read(lambda db: db.execute("SELECT secret FROM epoch").fetchall())
    assert (draw("another"),) not in secrets


@row(
    "a device left out",
    told="has a new key, and it is not here yet: This device was left out of a new key.",
    evidence=Evidence.KEPT,
)
async def left_out(scene: Scene) -> None:
    """Max begins an epoch without the tablet; the laptop lets it in."""
    await scene.settle()
    victim = await _key_of(scene.tablet)
    with _wrapping(lambda secret, kems: [(k, secret) for k in kems if k != victim]):
        await rotated(scene, scene.max)
    await scene.sync(scene.tablet)
    await scene.share(scene.tablet, "kept until the key came")
    await scene.sync(scene.tablet)


@row(
    "a suite that nobody has",
    told="was changed by a newer Inglenook: update this device",
    evidence=Evidence.VOID,
)
async def newer_suite(scene: Scene) -> None:
    """Max begins an epoch of a suite that this version does not know: nothing falls back to 1."""
    await scene.share(scene.ada, "before")
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    secret = draw("epoch of suite 2")
    event = hand.rotate([epoch.commitment(hand.log, hand.secret)], secret, (), suite_=2)
    hand.leave(event, ())
    scene.void.append(event.id)
    await scene.settle(rounds=1)
    for device in scene.honest:
        assert not (await device.pair()).writable


# --- acts -----------------------------------------------------------------------------


@row(
    "acts beyond one's role",
    told="Max did 5 things in “Max” that are not theirs to do",
    evidence=Evidence.VOID,
)
async def beyond_role(scene: Scene) -> None:
    """Max removes Ada's devices, throws her out, and lets somebody in."""
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    me, eve = scene.ada.journal.me, first_device("Eve")
    founder = me.person_id
    for act in (
        RemoveDevice(me.device, b""),
        RemoveDevice(scene.tablet.journal.me.device, b"\1" * 64),
        RemovePerson(me.person_id, 0),
        AddPerson("mentor", eve.knock(hand.log, founder), NONCE),
        AddPerson("mentor", eve.knock(hand.log, hand.device.person_id), NONCE),
    ):
        event = hand.goes_on(hand.act(Kind.MEMBER, act))
        hand.send(event)
        scene.void.append(event.id)
    await scene.share(scene.ada, "still mine")
    await scene.settle(rounds=1)
    for device in scene.honest:
        (ada, max_) = await device.journal.who(await device.pair())
        assert (len(ada.devices), len(max_.devices)) == (2, 2)
        assert (await device.pair()).open


@row(
    "removal races",
    told="“tablet” was removed, and",
    evidence=Evidence.VOID,
)
async def removal_races(scene: Scene) -> None:
    """Ada removes the tablet while it removes her, begins an epoch and Max begins one too."""
    await scene.settle()
    hand = await Hand.of(scene.tablet, scene.relay)
    scene.honest.remove(scene.tablet)
    scene.relay.asker = "ada"
    await scene.ada.journal.device_revoke(await scene.ada.journal.device_to_revoke("tablet"))
    act = hand.goes_on(hand.act(Kind.MEMBER, RemoveDevice(scene.ada.journal.me.device, b"")))
    hand.send(act)
    secret = draw("the tablet's epoch")
    rotate = hand.goes_on(hand.rotate([epoch.commitment(hand.log, hand.secret)], secret, ()))
    hand.leave(rotate, ())
    scene.void += [act.id, rotate.id]
    await rotated(scene, scene.max)
    await scene.share(scene.max, "to whoever is left")
    await scene.settle()
    for device in scene.honest:
        members = await device.journal.who(await device.pair())
        names = {d.name for member in members for d in member.devices}
        assert names == {"Ada's first", "Max's first", "phone"}


@row(
    "forks",
    told="“Max's first” says two different things at one place in “Max”",
    evidence=Evidence.FORK,
)
async def forks(scene: Scene) -> None:
    """Max tells Ada's laptop one thing and her tablet another, at one place of his chain."""
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    one, other = hand.words("yes"), hand.words("no")
    hand.send(one)
    scene.relay.split("ada", "tablet")
    hand.send(other)
    (late,) = scene.relay.rids(hand.tokens.address)[-1:]
    await scene.sync(scene.ada)
    scene.relay.views = {}
    scene.relay.edit = lambda a, rows: (
        [r for r in rows if r.rid == late or r != rows[-2]] if a == hand.tokens.address else rows
    )
    await scene.sync(scene.tablet)
    scene.relay.edit = None
    await scene.settle(rounds=1)
    await scene.look()
    for device in scene.honest:
        assert {"yes", "no"} <= set(await device.texts())


# --- signatures and words -------------------------------------------------------------


@row(
    "forged authorship",
    told="2 records in “Max” were refused (A signature did not fit what it stands under",
    evidence=Evidence.REFUSED,
)
async def forged_authorship(scene: Scene) -> None:
    """Max writes in Ada's chain: under his own seal, and under none."""
    hand = await Hand.of(scene.max, scene.relay)
    hers = await Hand.of(scene.ada, scene.relay)
    scene.honest.remove(scene.max)
    words = hers.words("I quit")
    hand.send(words)
    hand.send(words, seal_=bytes(64))
    await scene.settle(scene.ada, rounds=1)
    assert await scene.ada.texts() == []


def _batch_with(scene: Scene, hand: Hand, words: bytes) -> tuple[bytes, batch.Batch]:
    """[rid, batch] of the only record in a mailbox that says these words, in its last event."""
    found = [
        (each.rid, record.open_record(each.blob, hand.place).inner)
        for each in scene.relay.store._records[hand.tokens.address]
        if each.blob
    ]
    ((rid, inner),) = [(rid, inner) for rid, inner in found if words in inner]
    return rid, batch.decode_batch(inner)


@row(
    "words before a true seal",
    told="refused (The events of a batch did not follow one another",
    evidence=Evidence.REFUSED,
)
async def before_a_seal(scene: Scene) -> None:
    """Invented words stand before Ada's own event in a batch, which her own seal ends."""
    await scene.share(scene.ada, "sealed by herself")
    await scene.sync(scene.ada)
    hand = await Hand.of(scene.max, scene.relay)
    hers = await Hand.of(scene.ada, scene.relay)
    scene.honest.remove(scene.max)
    _rid, true = _batch_with(scene, hand, b"sealed by herself")
    invented = hers.words("invented", seq=hers.seq - 1)
    assert invented.body is not None
    events = ((invented.raw, invented.body), true.events[-1])
    hand.put(hand.blob(RecordKind.BATCH, canonical.encode(batch.Batch(events, true.seal))))
    await scene.sync(scene.tablet)
    assert await scene.tablet.texts() == scene.shared


@row(
    "other words under a true header",
    told="refused (An event's content did not fit what was promised for it",
    evidence=Evidence.REFUSED,
)
async def other_words(scene: Scene) -> None:
    """Ada's header and her seal, with a body that Max wrote."""
    await scene.share(scene.ada, "as she wrote it")
    await scene.sync(scene.ada)
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    rid, true = _batch_with(scene, hand, b"as she wrote it")
    raw, body = true.events[-1]
    assert body is not None
    other = body.replace(b"as she wrote it", b"as Max wrote it")
    events = (*true.events[:-1], (raw, other))
    forged = hand.blob(RecordKind.BATCH, canonical.encode(batch.Batch(events, true.seal)))
    hand.put(forged)
    scene.relay.edit = lambda _, rows: [r for r in rows if r.rid != rid]
    await scene.sync(scene.tablet)
    assert await scene.tablet.texts() == []


@row(
    "a name in the payload",
    unseen="a payload may name anybody; nobody reads the author there. Bounded: the author is the"
    " device of the chain, and the entry is shown under Max's name",
    evidence=Evidence.VOID,
)
async def name_in_payload(scene: Scene) -> None:
    """Max writes an entry whose fields say that Ada wrote it."""
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    said = msgspec.msgpack.decode(encode_content(goal("not hers")))
    for field in ("by", "author", "name", "person", "display_name", "device"):
        said[field] = "Ada"
    event = hand.event(Kind.CONTENT, msgspec.msgpack.encode(said))
    hand.send(event)
    scene.void.append(event.id)
    await scene.settle(rounds=1)
    for device in scene.honest:
        (shown,) = [s for s in await device.journal.log(Query()) if s.text == "not hers"]
        assert (shown.by, shown.mine) == ("Max", False)


@row(
    "cross-log signature reuse",
    told="refused (A signature did not fit what it stands under",
    evidence=Evidence.REFUSED,
)
async def cross_log(scene: Scene) -> None:
    """What Ada's device sealed in her journal stands under an event of the pair."""
    hand = await Hand.of(scene.max, scene.relay)
    hers = await Hand.of(scene.ada, scene.relay)
    journal = await Hand.of(scene.ada, scene.relay, LogType.JOURNAL)
    scene.honest.remove(scene.max)
    words = hers.words("under a seal from elsewhere")
    hand.send(words, seal_=journal.seal(words))
    await scene.sync(scene.ada)
    assert await scene.ada.texts() == []


@row(
    "cross-purpose signature reuse",
    told="3 records in “Max” were refused (A signature did not fit what it stands under",
    evidence=Evidence.REFUSED,
)
async def cross_purpose(scene: Scene) -> None:
    """Signatures by Ada's device over an ack, an offer, and the bare id stand as seals."""
    hand = await Hand.of(scene.max, scene.relay)
    hers = await Hand.of(scene.ada, scene.relay)
    scene.honest.remove(scene.max)
    words = hers.words("under a signature for something else")
    key = scene.ada.journal.me.sign
    ack = batch.sign_ack(key, batch.Ack(hand.log, hers.device.device, 1, (), (), (), bytes(64)))
    for signature in (
        ack.signature,
        key.sign(words.id),
        key.sign(suite.domain("offer") + b"\1" + hand.log + words.id),
    ):
        hand.send(words, seal_=signature)
    await scene.sync(scene.ada)
    assert await scene.ada.texts() == []


@row(
    "acks for others",
    unseen="an ack is a device's own word about what it holds, and one that does not verify says"
    " nothing. Bounded: nothing is *on your partner's device* but by that device's signature",
    evidence=Evidence.KEPT,
)
async def forged_acks(scene: Scene) -> None:
    """The stolen tablet says for Max's PC that it holds everything, for ever."""
    shown = await scene.share(scene.ada, "has Max this?")
    await scene.sync(scene.ada)
    hand = await Hand.of(scene.tablet, scene.relay)
    hers = await Hand.of(scene.ada, scene.relay)
    heads = ((hers.chain, hers.seq, hers.prev),)
    for device in (scene.max.journal.me, first_device("Max's ghost")):
        name = device.device if hasattr(device, "device") else device.id
        ack = batch.Ack(hand.log, name, 2**60, heads, (), (), bytes(64))
        signed = batch.sign_ack(hand.device.sign, ack)
        hand.put(hand.blob(RecordKind.ACK, canonical.encode(signed), key=hand.secret))
    await scene.sync(scene.ada)
    assert (await scene.ada.journal.places(shown)).on == []
