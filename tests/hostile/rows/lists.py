"""What a relay can do with what it lists: withhold, reorder, roll back, show each another one."""

from __future__ import annotations

import shutil
from itertools import permutations

import msgspec

from harness.devices import Device, _unplace
from harness.hostile_relay import Kept, shown
from harness.logs import draw
from hostile.scene import Evidence, Scene, row
from inglenook_client.journal import rotating
from inglenook_client.journal.model import Query
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_schema import pack, record
from inglenook_schema.control import Reason
from inglenook_schema.wire import Box, Done, Shape, Status, Want

_INVISIBLE = (
    "whoever is shown less than there is cannot know of the rest before somebody speaks of it."
)


# --- heads and acks -------------------------------------------------------------------


@row("wrong heads", told="did not add up", evidence=Evidence.NOTHING_SIGNED)
async def wrong_heads(scene: Scene) -> None:
    """The running head is not the one that the records lead to."""
    await scene.share(scene.ada, "under a wrong head")
    await scene.sync(scene.ada)
    scene.relay.on_head = lambda _, box: draw("a head") if box.head else b""
    before = await scene.max.texts()
    await scene.sync(scene.max)
    assert await scene.max.texts() == before


@row("too long a list", told="did not add up", evidence=Evidence.NOTHING_SIGNED)
async def too_long(scene: Scene) -> None:
    """It claims more records than it sends, and says that this is all."""
    await scene.share(scene.ada, "one of many")
    await scene.sync(scene.ada)
    scene.relay.on_get = lambda _, box: msgspec.structs.replace(box, n=box.n + 1_000, more=False)
    await scene.sync(scene.max)


@row("a list without end", told="did not add up", evidence=Evidence.NOTHING_SIGNED)
async def endless(scene: Scene) -> None:
    """There is always more, and it never comes."""
    scene.relay.on_get = lambda *_: Box(Status.OK, 2**40, draw("a head"), (), more=True)
    await scene.sync(scene.max)


@row("inventions without end", told="did not add up", evidence=Evidence.NOTHING_SIGNED)
async def invented(scene: Scene) -> None:
    """Each answer brings forty records more, all noise, and says that a million millions follow."""
    count = iter(range(10**9))

    def more(_want: Want, box: Box) -> Box:
        noise = tuple((Shape.BLOB, b"\1" + draw(f"{next(count)}", 700)) for _ in range(40))
        return Box(Status.OK, 10**12, draw("a head"), (*box.records, *noise), more=True)

    scene.relay.on_get = more
    before = len(scene.relay.frames)
    await scene.sync(scene.max)
    assert len(scene.relay.frames) - before < 20


@row(
    "more rubbish than a disk should hold",
    told="300 records in “Ada” were refused (",
    evidence=Evidence.REFUSED,
)
async def too_much(scene: Scene) -> None:
    """Refused records are kept as evidence, up to so many bytes; of the rest their names."""
    noise = [shown(b"\1" + draw(f"noise {n}", 900)) for n in range(300)]
    scene.relay.edit = scene.only_new(lambda rows: [*noise, *rows], await scene.address())
    usual, boxes.EVIDENCE = boxes.EVIDENCE, 20_000
    try:
        await scene.sync(scene.max)
    finally:
        boxes.EVIDENCE = usual
    sql = "SELECT count(*), sum(length(blob)) FROM record WHERE state = ?"
    count, size = await scene.max.read(lambda db: db.execute(sql, (boxes.REFUSED,)).fetchone())
    assert (count, 0 < size <= 20_000) == (300, True)


@row("forks without end", told="did not add up", evidence=Evidence.NOTHING_SIGNED)
async def forks(scene: Scene) -> None:
    """Whatever is compared and healed, the relay says that the list is another one."""
    scene.relay.on_get = lambda _, box: Box(Status.FORK, box.n, draw("a head"), (), more=False)
    before = len(scene.relay.frames)
    await scene.sync(scene.max)
    assert len(scene.relay.frames) - before < 40


@row(
    "lying acks",
    unseen="an answer to a put proves nothing, so none is believed: until a record was read back"
    " its event says *waiting*, in the timeline and in `status`. Bounded: it is sent again with"
    " every sync, and nothing is nulled for it",
    evidence=Evidence.KEPT,
)
async def lying_acks(scene: Scene) -> None:
    """It says that it keeps everything, and keeps nothing."""
    scene.relay.on_put = lambda _: Done(Status.OK, 7)
    goal = await scene.share(scene.ada, "kept, it says")
    for _ in range(2):
        await scene.sync(scene.ada)
    (space,) = [s for s in (await scene.ada.journal.status()).spaces if s.name == "Max"]
    assert not (await scene.ada.journal.places(goal)).relay
    assert space.waiting == 1


@row("lying refusals", told="takes no more for this space", evidence=Evidence.NOTHING_SIGNED)
async def lying_refusals(scene: Scene) -> None:
    """It says that it is full."""
    scene.relay.on_put = lambda _: Done(Status.FULL, 0)
    await scene.share(scene.ada, "it could be kept")
    await scene.sync(scene.ada)


# --- less than there is ---------------------------------------------------------------


@row("withheld middle", told="from Ada's first, are not delivered yet", evidence=Evidence.KEPT)
async def withheld_middle(scene: Scene) -> None:
    """One record is not listed; what builds on it waits, what refers to it says so."""
    address = await scene.address()
    scene.relay.edit = scene.only_new(lambda rows: rows[1:], address)
    await scene.share(scene.ada, "withheld")
    await scene.sync(scene.ada)
    scene.relay.edit, hiding = None, scene.relay.edit
    await scene.sync(scene.tablet)
    await scene.share(scene.tablet, "refers to it")
    await scene.sync(scene.tablet)
    await scene.share(scene.ada, "builds on it")
    await scene.sync(scene.ada)
    scene.relay.edit = hiding
    await scene.sync(scene.max)
    assert [text.split()[1] for text in await scene.max.texts()] == ["refers"]
    await scene.look()


@row(
    "withheld tail",
    told="Nothing from Ada's devices since",
    evidence=Evidence.KEPT,
)
async def withheld_tail(scene: Scene) -> None:
    """Max is shown nothing that is new, for days, whatever he writes himself."""
    frozen = {a: {r.rid for r in rows} for a, rows in scene.relay.store._records.items()}
    await scene.share(scene.max, "are you there")
    await scene.sync(scene.max)
    known = {a: {r.rid for r in rows} for a, rows in scene.relay.store._records.items()}

    def tail(address: bytes, rows: list[Kept]) -> list[Kept]:
        if scene.relay.asker != "max":
            return rows
        return [r for r in rows if r.rid in known.get(address, frozen.get(address, set()))]

    scene.relay.edit = tail
    for _ in range(3):
        await scene.share(scene.ada, "yes, here")
        await scene.settle(rounds=1)
        scene.clock.days(1)
    assert await scene.max.texts() == ["canary are you there 0 of the heron by the canal"]


@row(
    "split views for weeks",
    told="Nothing from Max's devices since",
    evidence=Evidence.KEPT,
)
async def split_views(scene: Scene) -> None:
    """Each is shown the mailboxes as if nobody else wrote there, for three weeks."""
    scene.relay.split("ada", "tablet", "max")
    for day in range(21):
        scene.clock.days(1)
        if day % 7 == 0:
            for device in scene.honest:
                await scene.share(device, "in a world of one's own")
                await scene.sync(device)
        if day % 7 == 3:
            await scene.settle(rounds=1)
            await scene.look()


@row(
    "split views that differ in one record",
    told="The relay did not show Max's first the same list of “Max” as this device",
    evidence=Evidence.KEPT,
)
async def split_by_one(scene: Scene) -> None:
    """Max is not shown one ack of the tablet's, which nothing refers to; his own ack tells."""
    await scene.settle()
    scene.clock.days(1)
    await scene.share(scene.ada, "read by all")
    await scene.sync(scene.ada)
    address = await scene.address()
    before = set(scene.relay.rids(address))
    await scene.sync(scene.tablet)
    (hidden,) = set(scene.relay.rids(address)) - before
    scene.relay.edit = lambda _, rows: [
        each for each in rows if scene.relay.asker != "max" or each.rid != hidden
    ]
    for _ in range(3):
        await scene.sync(scene.max)
        await scene.settle(scene.ada, scene.tablet)
        scene.clock.days(1)
        await scene.share(scene.ada, "another day")
        await scene.sync(scene.ada)


@row(
    "withheld membership events",
    told="Nothing from Ada's devices since",
    evidence=Evidence.KEPT,
)
async def withheld_membership(scene: Scene) -> None:
    """Ada removes the tablet, and Max is not shown it: he writes on where it still reads.

    What he writes comes to Ada, is marked as late and counts.
    """
    await scene.settle()
    known = set(await scene.max.read(_rids))

    def hidden(_: bytes, rows: list[Kept]) -> list[Kept]:
        asks = scene.relay.asker
        return [r for r in rows if r.rid in known or r.rid in written] if asks == "max" else rows

    written = set[bytes]()
    before = set(scene.relay.rids(await scene.address()))
    address = await scene.address()
    scene.relay.edit = hidden
    scene.honest.remove(scene.tablet)
    tablet = await scene.ada.journal.device_to_revoke("tablet")
    scene.relay.asker = "ada"
    await scene.ada.journal.device_revoke(tablet)
    for _ in range(3):
        await scene.share(scene.max, "not knowing")
        on_put = scene.relay.on_put
        scene.relay.on_put = lambda put: (written.add(record.rid(put.blob)), put)[1]
        await scene.sync(scene.max)
        scene.relay.on_put = on_put
        await scene.sync(scene.ada)
        scene.clock.days(1)
    assert set(scene.relay.rids(address)) > before
    await scene.look()
    texts = await scene.ada.texts()
    assert all(text in texts for text in scene.shared)
    late = [s for s in await scene.ada.journal.log(Query()) if s.late]
    assert len(late) == 3


@row(
    "old packs for new devices",
    unseen=f"{_INVISIBLE} Bounded: every event in the pack is under its author's own seal, what is"
    " newer is missed as soon as one ref or ack comes through, and silence is told after two days",
    evidence=Evidence.KEPT,
)
async def old_packs(scene: Scene) -> None:
    """A device that was just let in gets the pack of its epoch's first day, and nothing else."""
    await scene.share(scene.ada, "in the pack")
    await scene.settle()
    await rotated(scene, scene.ada)
    await scene.settle()
    address = await scene.address()
    await scene.share(scene.ada, "after the pack")
    await scene.settle()
    scene.relay.edit = lambda a, rows: (
        rows[:1] if a == address and scene.relay.asker in ("", "phone") else rows
    )
    phone = await scene.new_device(scene.ada, "phone")
    texts = await phone.texts()
    assert [text.split()[1:3] for text in texts] == [["in", "the"]]


@row(
    "reordered and partial packs",
    told="are still on their way",
    evidence=Evidence.KEPT,
)
async def partial_packs(scene: Scene) -> None:
    """A new device gets the parts last to first, and of the oldest nothing."""
    for number in range(40):
        await scene.share(scene.ada, f"goal {number} with many words in it " * 8)
    await scene.settle()
    usual, pack.RAW_PART = pack.RAW_PART, 22_000
    try:
        await rotated(scene, scene.ada)
    finally:
        pack.RAW_PART = usual
    await scene.sync(scene.ada)
    address = await scene.address()
    parts = len(scene.relay.rids(address))
    assert parts > 2, [len(b) for b in scene.relay.blobs()]
    scene.relay.edit = lambda a, rows: rows[parts - 2 :: -1] if a == address else rows
    phone = await scene.new_device(scene.ada, "phone")
    await scene.look(phone)
    assert await phone.read(lambda db: db.execute("SELECT 1 FROM part").fetchone())


async def rotated(scene: Scene, device: Device) -> None:
    """Begin a new epoch of the pair, as after ninety days."""
    number, me = (await device.pair()).number, device.journal.me
    await device.change(
        lambda db: rotating.rotate(db, me, logs.log_by_number(db, number), Reason.AGE) and None
    )
    await scene.sync(device)


def _rids(db: Db) -> list[bytes]:
    return [row[0] for row in db.execute("SELECT rid FROM record")]


# --- other than it was ----------------------------------------------------------------


@row("rollback", told="The relay lost", evidence=Evidence.KEPT)
async def rollback(scene: Scene) -> None:
    """The relay is put back to an older copy."""
    before = scene.relay.snapshot()
    for number in range(3):
        await scene.share(scene.ada, f"undone {number}")
        await scene.sync(scene.ada)
    await scene.settle()
    scene.relay.roll_back(before)
    await scene.settle()


@row("rollback hidden by later writes", told="The relay lost", evidence=Evidence.KEPT)
async def rollback_hidden(scene: Scene) -> None:
    """It is put back, and filled by somebody who was away, until it is longer than it was."""
    await scene.settle()
    before = scene.relay.snapshot()
    await scene.share(scene.ada, "undone")
    await scene.settle(scene.ada, scene.tablet)
    length = len(scene.relay.rids(await scene.address()))
    scene.relay.roll_back(before)
    while len(scene.relay.rids(await scene.address())) <= length:
        await scene.share(scene.max, "on top")
        await scene.sync(scene.max)
    await scene.settle()


@row("wipe", told="The relay lost", evidence=Evidence.KEPT)
async def wipe(scene: Scene) -> None:
    """Everything is gone."""
    await scene.share(scene.ada, "before the fire")
    await scene.settle()
    scene.relay.wipe()
    await scene.settle(rounds=1)


@row("log deleted", told="The relay lost", evidence=Evidence.KEPT)
async def log_deleted(scene: Scene) -> None:
    """It says that these mailboxes do not exist, and never did."""
    await scene.share(scene.ada, "on which nobody lays a hand")
    await scene.settle()

    def gone(_want: Want, _box: Box) -> Box:
        return Box(Status.UNKNOWN, 0, b"", (), more=False)

    scene.relay.on_get = gone
    for device in scene.honest:
        await scene.sync(device)
        assert await device.texts() == scene.shared


@row("mailboxes closed", told="did not take a record", evidence=Evidence.NOTHING_SIGNED)
async def closed(scene: Scene) -> None:
    """It says that the mailboxes were closed by their owner."""
    scene.relay.on_put = lambda _: Done(Status.CLOSED, 0)
    await scene.share(scene.ada, "saved all the same")
    await scene.sync(scene.ada)


# --- in another order -----------------------------------------------------------------


@row(
    "every permutation of delivery",
    unseen="order on a relay means nothing: what is behind its past waits a moment. Bounded: the"
    " state hash is the same after every order",
    evidence=Evidence.KEPT,
)
async def every_permutation(scene: Scene) -> None:
    """Three records by Ada and one by the tablet, in each of their 24 orders."""
    for number in range(3):
        await scene.share(scene.ada, f"goal {number}")
        await scene.sync(scene.ada)
    await scene.sync(scene.tablet)
    await scene.share(scene.tablet, "an answer")
    await scene.sync(scene.tablet)
    address = await scene.address()
    known = set(await scene.max.read(_rids))
    new = [r for r in scene.relay.store._records[address] if r.rid not in known]
    batches = [row.rid for row in new]
    await scene.max.change(_unplace)
    await scene.max.reopen()
    copy = scene.max.home.with_name("before")
    shutil.copytree(scene.max.home, copy)
    seen = set[str]()
    for order in permutations(range(len(batches))):
        await scene.max.put_back(copy)
        place = {batches[n]: order[n] for n in range(len(batches))}
        scene.relay.edit = lambda a, rows, place=place: (
            sorted(rows, key=lambda r: place.get(r.rid, -1)) if a == address else rows
        )
        await scene.sync(scene.max)
        states = await scene.max.states()
        assert await scene.max.texts() == sorted(scene.shared)
        seen.add("".join(sorted(states.values())))
    assert len(seen) == 1
