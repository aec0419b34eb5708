"""What a relay can do to the bytes of records: alter, cut, move, repeat, invent them.

Every list here is consistent: positions and heads fit what is shown, so that only the records
themselves can give the lie away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from harness.hostile_relay import Kept, shown
from harness.intruder import Hand
from harness.logs import draw
from harness.tampering import flipped
from hostile.scene import Evidence, Scene, row
from inglenook_client.core.events import Run, batch_of
from inglenook_schema import record, suite
from inglenook_schema.control import LogType
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Box, Want


async def _goals(scene: Scene, count: int) -> None:
    """Ada shares goals, each in a record of its own."""
    for number in range(count):
        await scene.share(scene.ada, f"goal {number}")
        await scene.sync(scene.ada)


def _each(*changes: Callable[[bytes], bytes]) -> Callable[[list[Kept]], Sequence[Kept]]:
    """Change the first new record in the first way, the second in the second, …"""

    def edit(rows: list[Kept]) -> Sequence[Kept]:
        changed = [shown(change(r.blob)) for change, r in zip(changes, rows, strict=False)]
        return [*changed, *rows[len(changed) :]]

    return edit


@row(
    "flips",
    told="4 records in “Ada” were refused (A record did not open with the key",
    evidence=Evidence.REFUSED,
)
async def flips(scene: Scene) -> None:
    """In the salt, the key commitment, the words, the tag."""
    places = (1, 33, 60, -1)
    scene.relay.edit = scene.only_new(_each(*(lambda b, at=at: flipped(b, at) for at in places)))
    await _goals(scene, len(places))
    await scene.sync(scene.max)
    assert await scene.max.texts() == []


@row("flips on the way", told="did not add up", evidence=Evidence.NOTHING_SIGNED)
async def flips_on_the_way(scene: Scene) -> None:
    """The list is the true one, the bytes are not: the running head tells."""
    await _goals(scene, 2)
    address = await scene.address()

    def spoil(want: Want, box: Box) -> Box:
        if want.address != address:
            return box
        records = tuple((shape, flipped(data, 100)) for shape, data in box.records)
        return msgspec.structs.replace(box, records=records)

    scene.relay.on_get = spoil
    await scene.sync(scene.max)
    assert await scene.max.texts() == []


@row(
    "truncations",
    told="3 records in “Ada” were refused (A record that came from outside could not be read",
    evidence=Evidence.REFUSED,
)
async def truncations(scene: Scene) -> None:
    """To less than a record can have, and by a byte."""
    scene.relay.edit = scene.only_new(_each(lambda b: b[:64], lambda b: b[:576], lambda b: b[:32]))
    await _goals(scene, 3)
    await scene.sync(scene.max)


@row(
    "truncations by a byte",
    told="1 record in “Ada” was refused (A record did not open with the key",
    evidence=Evidence.REFUSED,
)
async def truncations_by_a_byte(scene: Scene) -> None:
    """Still as long as a record may be, and without the end of its tag."""
    scene.relay.edit = scene.only_new(_each(lambda b: b[:-1] if len(b) > 577 else b))
    await scene.share(scene.ada, "goal, longer than the least record " * 6)
    await scene.sync(scene.ada)
    await scene.sync(scene.max)


@row(
    "swaps between mailboxes",
    told="in “journal” was refused (A record did not open with the key",
    evidence=Evidence.REFUSED,
)
async def swaps_mailboxes(scene: Scene) -> None:
    """What lies in the pair's mailbox is shown in the journal's, and the other way round."""
    pair, journal = await scene.address(), await scene.address(LogType.JOURNAL)
    before = {a: len(r) for a, r in scene.relay.store._records.items()}

    def edit(address: bytes, rows: list[Kept]) -> list[Kept]:
        other = {pair: journal, journal: pair}.get(address)
        if other is None:
            return rows
        theirs = [Kept(r.rid, r.blob) for r in scene.relay.store._records[other]]
        return [*rows[: before[address]], *theirs[before[other] :]]

    await scene.share(scene.ada, "ours")
    await scene.write(scene.ada, "mine")
    await scene.sync(scene.ada)
    scene.relay.edit = edit
    await scene.sync(scene.tablet)
    assert await scene.tablet.texts() == []


@row(
    "swaps between kinds",
    told="(A record stood in a box that may not hold it",
    evidence=Evidence.REFUSED,
)
async def swaps_kinds(scene: Scene) -> None:
    """A member gives a batch the kind of an offer; the key fits, the box does not."""
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    event = hand.words("never")
    key = record.erase_key(hand.erase_secret, hand.log)
    inner = batch_of(Run((event,), hand.seal(event)))
    kinds = {**record.ALLOWED, BoxType.EPOCH: frozenset(RecordKind)}
    assert RecordKind.OFFER in kinds[BoxType.EPOCH]
    hand.put(record.seal(RecordKind.OFFER, inner, hand.place, key))
    await scene.sync(scene.ada)


@row(
    "swaps between places with one key",
    told="(A record did not open with the key",
    evidence=Evidence.REFUSED,
)
async def swaps_places(scene: Scene) -> None:
    """A member gives two logs one secret, so that a record of one opens in the other.

    The place is in what is authenticated: it does not.
    """
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    elsewhere = Place(BoxType.EPOCH, draw("another log's box", 16), hand.secret)
    event = hand.words("meant for another space")
    inner = batch_of(Run((event,), hand.seal(event)))
    hand.put(record.seal(RecordKind.BATCH, inner, elsewhere, record.erase_key(hand.secret)))
    await scene.sync(scene.ada)
    assert await scene.ada.texts() == []


@row(
    "replays",
    unseen="the same blob has the same name, so it is the same record wherever it stands: there is"
    " nothing to tell. Bounded: nothing is counted or shown twice",
    evidence=Evidence.KEPT,
)
async def replays(scene: Scene) -> None:
    """Everything new comes three times, and what is old comes again behind it."""
    address = await scene.address()
    old = [Kept(r.rid, r.blob) for r in scene.relay.store._records[address]]
    scene.relay.edit = scene.only_new(lambda rows: [*rows, *rows, *old, *rows], address)
    await _goals(scene, 2)
    await scene.settle()
    assert await scene.max.texts() == sorted(scene.shared)


@row(
    "replays after erasure",
    told="is not confirmed at the relay yet",
    evidence=Evidence.NOTHING_SIGNED,
)
async def replays_after_erasure(scene: Scene) -> None:
    """The relay puts a copy of the erased record back, in its place and at the end."""
    goal = await scene.share(scene.ada, "regretted")
    await scene.settle()
    address = await scene.address()
    copies = {r.rid: r.blob for r in scene.relay.store._records[address] if r.blob}
    await scene.erase(scene.ada, goal)
    await scene.settle()

    def back(where: bytes, rows: list[Kept]) -> list[Kept]:
        if where != address:
            return rows
        again = [Kept(rid, blob or copies.get(rid, b"")) for rid, blob in rows]
        return [*again, *(Kept(rid, blob) for rid, blob in copies.items())]

    scene.relay.edit = back
    scene.clock.days(8)
    await scene.settle(rounds=1)
    for device in scene.honest:
        assert not any("regretted" in text for text in await device.texts())


@row(
    "plaintext injection",
    told="(A record did not open with the key",
    evidence=Evidence.REFUSED,
)
async def plaintext(scene: Scene) -> None:
    """A batch that nothing is wrong with but that it is not encrypted."""
    hand = await Hand.of(scene.max, scene.relay)
    event = hand.words("in clear")
    inner = batch_of(Run((event,), hand.seal(event)))
    plain = (bytes([RecordKind.BATCH]) + len(inner).to_bytes(4, "big") + inner).ljust(1_024, b"\0")
    forged = shown(bytes([1]) + bytes(48) + plain)
    scene.relay.edit = scene.only_new(lambda rows: [*rows, forged], await scene.address())
    await scene.sync(scene.ada)
    assert await scene.ada.texts() == []


@row(
    "downgraded suite",
    told="2 records in “Ada” were refused (That was written by a newer Inglenook",
    evidence=Evidence.REFUSED,
)
async def downgraded_suite(scene: Scene) -> None:
    """The suite byte of a record is set to none, and to another."""
    scene.relay.edit = scene.only_new(
        _each(lambda b: bytes([0]) + b[1:], lambda b: bytes([2]) + b[1:])
    )
    await _goals(scene, 2)
    await scene.sync(scene.max)
    assert await scene.max.texts() == []


@row(
    "two keys for one record",
    told="(A record did not open with the key",
    evidence=Evidence.REFUSED,
)
async def two_keys(scene: Scene) -> None:
    """A ciphertext that opens here under a commitment to another key.

    That is what one blob that says two things to two readers must look like to one of them
    (AES-GCM alone does not bind its key): the commitment stands in front for that reason.
    """
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    event = hand.words("to you this, to somebody else that")
    blob = hand.blob(RecordKind.BATCH, batch_of(Run((event,), hand.seal(event))))
    other = suite.expand(draw("another key"), suite.domain("record") + blob[1:33], 48)
    hand.put(blob[:33] + other[32:] + blob[49:])
    await scene.sync(scene.ada)
    assert await scene.ada.texts() == []


@row(
    "altered padding",
    told="3 records in “Max” were refused (A record's padding was not as it must be",
    evidence=Evidence.REFUSED,
)
async def altered_padding(scene: Scene) -> None:
    """A hidden message in the padding, too much of it, too little."""
    hand = await Hand.of(scene.max, scene.relay)
    scene.honest.remove(scene.max)
    event = hand.words("padded")
    inner = batch_of(Run((event,), hand.seal(event)))
    head = bytes([RecordKind.BATCH]) + len(inner).to_bytes(4, "big") + inner
    right = record.padded_size(len(head))
    hand.put(
        _sealed(hand, head.ljust(right, b"\0")[:-6] + b"hidden"),
        _sealed(hand, head.ljust(right + 256, b"\0")),
        _sealed(hand, head.ljust(512, b"\0")[: right - 1].ljust(right + 1, b"\0")),
    )
    await scene.sync(scene.ada)
    assert await scene.ada.texts() == []


def _sealed(hand: Hand, plaintext: bytes) -> bytes:
    """A record whose key and tag are right, whatever its plaintext is."""
    place, salt = hand.place, suite.sha256(plaintext)
    derived = suite.expand(place.secret, suite.domain("record") + salt, 48)
    aad = bytes((1, place.box_type)) + place.box
    return bytes([1]) + salt + derived[32:] + suite.aead_seal(derived[:32], plaintext, aad)


@row(
    "garbage",
    told="50 records in “Ada” were refused (",
    evidence=Evidence.REFUSED,
)
async def garbage(scene: Scene) -> None:
    """Fifty records of noise, of many sizes, between what is meant."""
    noise = [shown(bytes([1]) + draw(f"noise {n}", 600 + 37 * n)) for n in range(50)]
    address = await scene.address()
    scene.relay.edit = scene.only_new(lambda rows: [*noise[:25], *rows, *noise[25:]], address)
    await scene.share(scene.ada, "between the noise")
    await scene.sync(scene.ada)
    await scene.sync(scene.max)
    assert await scene.max.texts() == scene.shared


@row(
    "garbage for an answer",
    told="not in a way this device understands",
    evidence=Evidence.NOTHING_SIGNED,
)
async def garbage_answers(scene: Scene) -> None:
    """Frames that are none: noise, one that is cut off, one without end."""
    answers = (draw("noise", 900), None, bytes([0x97]) + bytes(2 * 4_194_304))
    for device, answer in zip(scene.honest, answers, strict=True):
        scene.relay.on_answer = lambda _, data, answer=answer: answer or data[:-1]
        await scene.share(device, "kept here meanwhile")
        await scene.sync(device)
