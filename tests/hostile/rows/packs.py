"""Packs, floods and erasures: what a member, or a stranger with a space's key, can put there."""

from __future__ import annotations

import zlib

import msgspec

from harness.hostile_relay import Kept
from harness.intruder import Hand, item, items
from harness.logs import first_device
from hostile.rows.lists import rotated
from hostile.scene import Evidence, Scene, row
from inglenook_client.core.events import Run, batch_of
from inglenook_client.stores import logs
from inglenook_schema import canonical, control, keys, pack, record
from inglenook_schema.control import Open
from inglenook_schema.header import Kind
from inglenook_schema.record import RecordKind
from inglenook_schema.wire import Box, Done, Erase, Ids, Shape, Status, ToRelay

# --- packs ----------------------------------------------------------------------------


@row(
    "compression bombs",
    told="2 records in “Max” were refused (A pack was not compressed as it must be",
    evidence=Evidence.REFUSED,
)
async def bombs(scene: Scene) -> None:
    """64 MiB of nothing, and a pack that would verify but for its nine megabytes."""
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    held = await items(scene.max, hand.log)
    words = list[pack.Item]()
    for _ in range(34):
        event = hand.goes_on(hand.event(Kind.CONTENT, bytes(262_000)))
        words.append(item(event, hand.seal(event)))
    usual, pack.RAW_PART = pack.RAW_PART, 2**30
    try:
        (bomb,) = pack.build(hand.log, [*held, *words])
    finally:
        pack.RAW_PART = usual
    hand.pack(zlib.compress(bytes(64 * 1024 * 1024), 9), bomb)
    await scene.sync(scene.ada)
    ids = {w.id for w in words}
    here = await scene.ada.read(lambda db: {r[0] for r in db.execute("SELECT id FROM event")})
    assert not here & ids


@row(
    "a pack that puts words into a mouth",
    told="1 record in “Max” was refused (A signature did not fit what it stands under",
    evidence=Evidence.REFUSED,
)
async def forged_pack(scene: Scene) -> None:
    """Max packs a goal of Ada's that she never set, under a seal of his."""
    hand = await Hand.of(scene.max, scene.relay)
    hers = await Hand.of(scene.ada, scene.relay)
    scene.honest.remove(scene.max)
    event = hers.words("never said")
    parts = pack.build(hand.log, [*await items(scene.max, hand.log), item(event, hand.seal(event))])
    hand.pack(*parts)
    await scene.sync(scene.ada)
    assert await scene.ada.texts() == []


@row(
    "a pack with another's parts",
    told="1 record in “Ada” was refused (",
    evidence=Evidence.REFUSED,
)
async def poisoned_pack(scene: Scene) -> None:
    """A first part that does not verify names the honest later parts, and is looked at first."""
    for number in range(40):
        await scene.share(scene.ada, f"goal {number} with many words in it " * 8)
    await scene.settle()
    usual, pack.RAW_PART = pack.RAW_PART, 22_000
    try:
        await rotated(scene, scene.ada)
    finally:
        pack.RAW_PART = usual
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    first, *later = [
        record.open_record(row.blob, hand.place).inner
        for row in scene.relay.store._records[hand.tokens.address]
        if record.open_record(row.blob, hand.place).kind is RecordKind.PACK
    ]
    assert later
    honest = pack.decode_part(first)
    assert isinstance(honest, pack.FirstPart)
    spoiled = msgspec.structs.replace(honest, controls=honest.controls[:-1])
    evil = hand.blob(RecordKind.PACK, zlib.compress(canonical.encode(spoiled)), key=hand.secret)
    address = hand.tokens.address
    poison = Kept(record.rid(evil), evil)
    scene.relay.edit = lambda a, rows: [*rows, poison] if a == address else rows
    phone = await scene.new_device(scene.max, "Max's new phone")
    assert await phone.texts() == sorted(scene.shared)


@row(
    "an unsealed pack shown early",
    told="1 record in “Max” was refused (A signature did not fit what it stands under",
    evidence=Evidence.REFUSED,
)
async def unsealed_early(scene: Scene) -> None:
    """Part 1 of a pack puts words into Ada's mouth without her seal; the rest never comes."""
    await scene.share(scene.ada, "said by herself")
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    hers = await Hand.of(scene.ada, scene.relay)
    event = hers.words("never said")
    (part,) = pack.build(hand.log, [*await items(scene.max, hand.log), item(event, bytes(64))])
    first = pack.decode_part(part)
    assert isinstance(first, pack.FirstPart)
    waits = msgspec.structs.replace(first, parts=(bytes(32),))
    evil = hand.blob(RecordKind.PACK, zlib.compress(canonical.encode(waits)), key=hand.secret)
    forged = Kept(record.rid(evil), evil)
    address = hand.tokens.address
    scene.relay.edit = lambda a, rows: [*rows, forged] if a == address else rows
    await scene.sync(scene.tablet)
    await scene.look(scene.tablet)
    assert await scene.tablet.texts() == scene.shared


# --- floods ---------------------------------------------------------------------------


@row(
    "floods of unknown chains",
    told="from a device not known here yet, are not delivered yet",
    evidence=Evidence.VOID,
)
async def unknown_chains(scene: Scene) -> None:
    """A stranger who got the key: batches of chains nobody opened, and chains of nobody."""
    hand = await Hand.of(scene.ada, scene.relay)
    for number in range(200):
        chain = bytes([number, 1, *bytes(14)])
        event = hand.words("of no chain", chain=chain, seq=2**40, prev=bytes(31) + b"\1")
        hand.send(event)
    for number in range(20):
        stranger = first_device(f"stranger {number}")
        opened = Open(stranger.person, stranger.certificates, "a ghost's", 0)
        event = hand.opening(opened)
        hand.send(event, key=stranger.sign)
        scene.void.append(event.id)
    await scene.settle(rounds=1)
    assert len(await scene.ada.journal.who(await scene.ada.pair())) == 2


@row(
    "ghosts as members",
    told="Somebody who does not belong to “Ada” has its key and wrote there",
    evidence=Evidence.VOID,
)
async def ghosts(scene: Scene) -> None:
    """A stranger with the key opens a chain in Max's space and speaks there, with refs."""
    hand = await Hand.of(scene.max, scene.relay)
    ghost = first_device("Ghost")
    opened = hand.opening(Open(ghost.person, ghost.certificates, "Max's second", 0))
    hand.send(opened, key=ghost.sign)
    hand.goes_on(opened)
    words = hand.goes_on(hand.words("boo"))
    hand.send(words, key=ghost.sign)
    scene.void += [opened.id, words.id]
    await scene.settle(rounds=1)
    for device in scene.honest:
        assert len(await device.journal.who(await device.pair())) == 2
        assert "boo" not in await device.texts()


@row(
    "a ghost under a name that belongs",
    told="3 records in “Max” were refused (A device could not show that it belongs to the person",
    evidence=Evidence.REFUSED,
)
async def ghost_device(scene: Scene) -> None:
    """A device that somebody else certified claims to be one of Ada's."""
    hand = await Hand.of(scene.max, scene.relay)
    ghost, me = first_device("Ghost"), scene.ada.journal.me
    hers, kem = me.person, ghost.certificates[-1].kem
    assert hers is not None
    forged = keys.issue(
        *(hand.device.sign, me.device, hers.id, ghost.sign.public, kem),
        me.certificates[-1].rank + 9,
    )
    for certificates in (
        ghost.certificates,
        (*me.certificates, ghost.certificates[-1]),
        (*me.certificates, forged),
    ):
        hand.send(hand.opening(Open(hers, certificates, "Ada's second", 0)), key=ghost.sign)
    await scene.sync(scene.tablet)
    (ada, _max) = await scene.tablet.journal.who(await scene.tablet.pair())
    assert len(ada.devices) == 2


# --- erasures -------------------------------------------------------------------------


@row("ignored erasures", told="is not confirmed at the relay yet", evidence=Evidence.NOTHING_SIGNED)
async def ignored_erasures(scene: Scene) -> None:
    """It says that a record is gone, and keeps it."""
    goal = await scene.share(scene.ada, "said too much")
    await scene.settle()
    scene.relay.on_erase = lambda _: Done(Status.OK, 0)
    await scene.erase(scene.ada, goal)
    await scene.settle()
    await scene.look()


@row(
    "erasures that are listed and not made",
    unseen="a relay can keep a copy of whatever it ever held, and say what it likes: *erased on the"
    " relay* means that it says so, and the screen says no more. Bounded: what it keeps is"
    " encrypted, and a deep erase begins an epoch whose mailbox never held it",
    evidence=Evidence.NOTHING_SIGNED,
)
async def listed_only(scene: Scene) -> None:
    """It lists the record as erased, shows it to nobody any more, and keeps it."""
    goal = await scene.share(scene.ada, "said too much")
    await scene.settle()
    gone = set[bytes]()
    rows = scene.relay.store._records[await scene.address()]

    def listed(erase: Erase) -> Done:
        gone.add(rows[erase.n - 1].rid)
        return Done(Status.OK, 0)

    scene.relay.on_erase = listed
    scene.relay.edit = lambda _, all_: [
        each._replace(blob=b"") if each.rid in gone else each for each in all_
    ]
    await scene.erase(scene.ada, goal)
    await scene.settle()
    assert gone
    for device in scene.honest:
        assert await device.texts() == [""]


@row(
    "everything listed as erased",
    told="Something in “Ada” was erased at the relay, and nobody signed for it",
    evidence=Evidence.KEPT,
)
async def all_erased(scene: Scene) -> None:
    """Whoever asks for a list hears that all is gone that lay there so far."""
    await scene.share(scene.ada, "there all the same")
    await scene.settle()
    so_far = {row.rid for rows in scene.relay.store._records.values() for row in rows}

    def none_left(_ids: Ids, box: Box) -> Box:
        listed = [(Shape.ERASED if rid in so_far else shape, rid) for shape, rid in box.records]
        return msgspec.structs.replace(box, records=tuple(listed))

    scene.clock.days(8)
    scene.relay.on_ids = none_left
    await scene.settle(scene.max)
    assert await scene.max.texts() == scene.shared


@row(
    "resurrected erasures",
    unseen="whoever read an entry can show it to others for ever, and a signature makes it"
    " provable: people are told so before they share. Bounded: no device takes the words in"
    " again, and their author's devices null what they can",
    evidence=Evidence.NOTHING_SIGNED,
)
async def resurrected_erasures(scene: Scene) -> None:
    """Max puts the batch with the words back: as it was, sealed anew, and in a pack."""
    goal = await scene.share(scene.ada, "said too much")
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    held = await items(scene.max, hand.log)
    (old,) = [
        row.blob
        for row in scene.relay.store._records[hand.tokens.address]
        if b"said too much" in record.open_record(row.blob, hand.place).inner
    ]
    inner = record.open_record(old, hand.place).inner
    scene.honest.remove(scene.max)
    await scene.erase(scene.ada, goal)
    await scene.settle()
    hand.put(old)
    hand.put(hand.blob(RecordKind.BATCH, inner, key=hand.secret))
    hand.pack(*pack.build(hand.log, held))
    await scene.settle()
    bodies = "SELECT body FROM event UNION SELECT body FROM erased"
    for device in scene.honest:
        assert await device.texts() == [""]
        kept = await device.read(lambda db: db.execute(bodies).fetchall())
        assert not any(b"said too much" in (body or b"") for (body,) in kept)
    phone = await scene.new_device(scene.ada, "phone")
    assert await phone.texts() == [""]


@row(
    "erasing others' events",
    told="Max tried to erase 1 entry in “Max” that somebody else wrote: it stays",
    evidence=Evidence.VOID,
)
async def erasing_others(scene: Scene) -> None:
    """By a signed act."""
    goal = await scene.share(scene.ada, "not yours to erase")
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    act = hand.goes_on(hand.act(Kind.ERASE, control.Erase((goal.event,))))
    hand.send(act)
    scene.void.append(act.id)
    await scene.settle(rounds=1)


@row(
    "nulling what others need",
    told="Something in “Max” was erased at the relay, and nobody signed for it",
    evidence=Evidence.KEPT,
)
async def nulling(scene: Scene) -> None:
    """Any member may null a pack, so as to replace it: Max nulls Ada's, and puts none."""
    await scene.share(scene.ada, "in the pack alone")
    await scene.settle()
    await rotated(scene, scene.ada)
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest = [scene.ada]  # her tablet stays away
    key = record.erase_key(hand.secret, hand.log)
    (first, *_) = scene.relay.store._records[hand.tokens.address]
    opened = record.open_record(first.blob, hand.place)
    assert opened.kind is RecordKind.PACK
    token = record.erase_token(opened.kind, opened.inner, hand.place.box, key)
    (done,) = scene.relay.ask(ToRelay(erase=(Erase(hand.tokens.address, 1, token),))).erased
    assert done.status is Status.OK
    scene.clock.days(8)
    await scene.settle()
    phone = await scene.new_device(scene.ada, "phone")
    assert await phone.texts() == scene.shared


# --- what a member repeats, or invents ------------------------------------------------


@row(
    "re-sealed copies",
    unseen="an event has one id however often it is encrypted: a copy is nothing new. Bounded:"
    " nothing is shown or counted twice, and the quota of the mailbox",
    evidence=Evidence.KEPT,
)
async def resealed(scene: Scene) -> None:
    """Max encrypts each of Ada's batches anew, twelve times."""
    await scene.share(scene.ada, "once")
    await scene.share(scene.ada, "and no more")
    await scene.settle()
    hand = await Hand.of(scene.max, scene.relay)
    rows = list(scene.relay.store._records[hand.tokens.address])
    opened = [record.open_record(row.blob, hand.place) for row in rows if row.blob]
    for number in range(12):
        hand.put(*(hand.blob(o.kind, o.inner, key=bytes([number] * 32)) for o in opened))
    await scene.settle(rounds=1)


@row(
    "junk floods",
    told="300 records in “Max” were refused (",
    evidence=Evidence.REFUSED,
)
async def junk_flood(scene: Scene) -> None:
    """Three hundred records that open, and hold rubbish of every kind."""
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    kinds = (RecordKind.BATCH, RecordKind.ROTATE, RecordKind.ACK, RecordKind.PACK)
    event = hand.words("unsealed")
    good = batch_of(Run((event,), bytes(64)))
    for number in range(75):
        junk = bytes([number]) * (number + 1)
        hand.put(*(hand.blob(kind, junk if number % 2 else good + junk) for kind in kinds))
    await scene.share(scene.ada, "written meanwhile")
    await scene.settle(rounds=1)
    assert len(await scene.ada.read(logs.all_logs)) == 2
