"""Attached files: what a relay can do with their chunks, and a partner with their names."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import msgspec

from client.journal.attached import attach, chunks_here, some_file
from harness.devices import Device
from harness.hostile_relay import Kept, shown
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from hostile.scene import SONG, Evidence, Scene, row
from inglenook_client.journal import composing
from inglenook_client.journal.attaching import File
from inglenook_client.journal.model import AtRelay, Shown
from inglenook_client.stores import events, files
from inglenook_client.stores.connection import Db
from inglenook_schema.errors import InglenookError
from inglenook_schema.wire import Box, Done, Ids, Status

Change = Callable[[list[Kept]], Sequence[Kept]]

_BIG = 700_000
"""Three chunks."""


def _file(name: str) -> File:
    """One whose bytes and words are canaries."""
    made = some_file(name, _BIG)
    return made._replace(data=f"{SONG} {name} ".encode() + made.data, alt=f"{name}, {SONG}")


async def shared_file(scene: Scene) -> Shown:
    """A file beside a goal of the pair, at the relay, which Max has not fetched."""
    goal = await scene.share(scene.ada, "with a file")
    added = await attach(scene.ada, goal, _file("bridge.pdf"))
    await scene.settle(rounds=1)
    assert await chunks_here(scene.max) == 0
    return added


async def look_at(scene: Scene, device: Device, event: bytes) -> bytes:
    """Fetch a file, as ``attachment get`` does, and read what is said; empty where it fails."""
    try:
        await device.journal.fetch(event)
        return (await device.journal.file(event)).data
    except InglenookError as error:
        scene.said.setdefault(device, []).append(str(error))
        return b""


def chunks_alone(change: Change) -> Callable[[bytes, list[Kept]], Sequence[Kept]]:
    """Show mailboxes in which large records lie otherwise, and all others as they are."""

    def edit(_address: bytes, rows: list[Kept]) -> Sequence[Kept]:
        return change(rows) if any(len(each.blob) > 200_000 for each in rows) else rows

    return edit


def _flipped(each: Kept) -> Kept:
    return shown(each.blob[:-1] + bytes([each.blob[-1] ^ 1]))


_NOT_THERE = "That file is not at the relay"


async def _changed(scene: Scene, change: Change) -> None:
    added = await shared_file(scene)
    scene.relay.edit = chunks_alone(change)
    assert await look_at(scene, scene.max, added.event) == b""
    scene.relay.calm()
    assert await look_at(scene, scene.max, added.event)


@row("a file's chunk replaced", told=_NOT_THERE, evidence=Evidence.NOTHING_CAME)
async def replaced(scene: Scene) -> None:
    """One chunk has another byte."""
    await _changed(scene, lambda rows: [_flipped(rows[0]), *rows[1:]])


@row("a file's chunks swapped for another's", told=_NOT_THERE, evidence=Evidence.NOTHING_CAME)
async def swapped(scene: Scene) -> None:
    """The chunks of a file of Ada's journal lie where those of the shared one belong."""
    entry = await scene.write(scene.ada, "with a private file")
    await attach(scene.ada, entry, _file("private.pdf"))
    await scene.sync(scene.ada)
    (other,) = [
        [Kept(r.rid, r.blob) for r in rows]
        for rows in scene.relay.store._records.values()
        if any(len(r.blob) > 200_000 for r in rows)
    ]
    added = await shared_file(scene)
    scene.relay.edit = chunks_alone(lambda _: other)
    assert await look_at(scene, scene.max, added.event) == b""
    assert await chunks_here(scene.max) == 0


@row("a file cut short", told=_NOT_THERE, evidence=Evidence.NOTHING_CAME)
async def cut_short(scene: Scene) -> None:
    """The last chunk is not listed."""
    await _changed(scene, lambda rows: rows[:-1])


@row("a file that is listed and not given", told=_NOT_THERE, evidence=Evidence.NOTHING_CAME)
async def not_given(scene: Scene) -> None:
    """Every chunk is listed, and no answer has one."""
    added = await shared_file(scene)
    scene.relay.on_get = lambda _, box: Box(Status.OK, box.n, box.head, (), more=True)
    assert await look_at(scene, scene.max, added.event) == b""


@row("a file's list without end", told=_NOT_THERE, evidence=Evidence.NOTHING_CAME)
async def without_end(scene: Scene) -> None:
    """Each page of the list says that a million follow."""
    added = await shared_file(scene)

    def more(_ids: Ids, box: Box) -> Box:
        return msgspec.structs.replace(box, n=10**6, more=True)

    scene.relay.on_ids = more
    before = len(scene.relay.frames)
    assert await look_at(scene, scene.max, added.event) == b""
    assert len(scene.relay.frames) - before < 20


@row(
    "a file's chunks in another order",
    unseen="order in a file's box means nothing: the event names the chunks in theirs. Bounded:"
    " every one is what its name says, and the whole has its hash",
    evidence=Evidence.KEPT,
)
async def reordered(scene: Scene) -> None:
    """Last to first, some twice, with rubbish between."""
    added = await shared_file(scene)
    noise = [shown(b"\1" + draw(f"noise {n}", 900)) for n in range(20)]
    scene.relay.edit = chunks_alone(lambda rows: [*noise, *rows[::-1]])
    assert (await look_at(scene, scene.max, added.event))[:9] == SONG.encode()[:9]


@row(
    "a file that the relay only says it keeps",
    unseen="an answer to a put proves nothing: what the list lacks waits, `status` counts it, and"
    " it is sent again. Bounded: nothing is forgotten for it",
    evidence=Evidence.KEPT,
)
async def only_said(scene: Scene) -> None:
    """Every put is answered well, and none is kept."""
    goal = await scene.share(scene.ada, "with a file")
    await attach(scene.ada, goal, _file("bridge.pdf"))
    scene.relay.on_put = lambda put: Done(Status.OK, 1) if len(put.blob) > 200_000 else put
    for _ in range(2):
        await scene.sync(scene.ada)
    assert (await scene.ada.journal.status()).files_waiting == 1
    scene.relay.calm()
    await scene.sync(scene.ada)
    assert (await scene.ada.journal.status()).files_waiting == 0


@row(
    "a file erased that nobody erased",
    told="“bridge.pdf” was erased at the relay, and nobody signed for it",
    evidence=Evidence.NOTHING_SIGNED,
)
async def taken(scene: Scene) -> None:
    """The relay lists the chunks as erased; the file is where it was attached all the same."""
    added = await shared_file(scene)
    for rows in scene.relay.store._records.values():
        if any(len(each.blob) > 200_000 for each in rows):
            for each in rows:
                each.blob = b""
    scene.clock.days(8)
    await scene.settle(rounds=1)
    assert await look_at(scene, scene.ada, added.event)


@row(
    "a file whose erasure is ignored",
    told="is not confirmed at the relay yet",
    evidence=Evidence.NOTHING_SIGNED,
)
async def ignored(scene: Scene) -> None:
    """The relay says that the box is closed, and goes on showing it."""
    added = await shared_file(scene)
    goal = await scene.ada.journal.find(_to(added).hex())
    scene.relay.on_erase = lambda erase: Done(Status.OK, 0) if erase.n == 0 else erase
    await scene.erase(scene.ada, goal)
    await scene.settle(rounds=1)
    await scene.look()
    (gone,) = (await scene.ada.journal.gone([added.event])).gone
    assert gone.relay is AtRelay.NOT_CONFIRMED
    scene.relay.calm()
    await scene.settle(rounds=1)
    assert not [blob for blob in scene.relay.blobs() if len(blob) > 200_000]
    await _is_gone(scene, added)


@row(
    "a file shown again after its erasure",
    unseen="what was erased is asked for by nobody: its event has no key any more. Bounded: its"
    " list is read again each week, and the box closed again",
    evidence=Evidence.KEPT,
)
async def shown_again(scene: Scene) -> None:
    """The relay is put back to before the erasure; a device that was away comes, too."""
    added = await shared_file(scene)
    goal = await scene.ada.journal.find(_to(added).hex())
    assert await look_at(scene, scene.tablet, added.event)
    older = scene.relay.snapshot()
    await scene.erase(scene.ada, goal)
    await scene.settle(scene.ada, rounds=1)
    lying = {a: r for a, r in older._records.items() if any(len(e.blob) > 200_000 for e in r)}
    for _ in range(2):  # once the last device has learned of it, no device but by its list
        scene.relay.store._records.update(copy.deepcopy(lying))
        scene.relay.store._mailboxes.update({a: copy.copy(older._mailboxes[a]) for a in lying})
        await scene.settle(rounds=1)
        await _is_gone(scene, added)
    scene.clock.days(8)
    await scene.settle(rounds=1)
    assert not [blob for blob in scene.relay.blobs() if len(blob) > 200_000]


async def _is_gone(scene: Scene, added: Shown) -> None:
    for device in scene.honest:
        assert await chunks_here(device) == 0
        assert await look_at(scene, device, added.event) == b""


@row(
    "a file that is not what its event says",
    told="An attachment's parts do not give the file that was attached",
    evidence=Evidence.NOTHING_CAME,
)
async def not_as_said(scene: Scene) -> None:
    """Max names his own chunks, and another hash: what opens is not the file, and is not used."""
    goal = await scene.share(scene.max, "with a file")
    added = await attach(scene.max, goal, _file("letter.pdf"))
    await scene.settle(rounds=1)
    false = await _said_falsely(scene, added, hash=draw("another hash"))
    await scene.settle()
    assert await look_at(scene, scene.ada, false) == b""
    assert await look_at(scene, scene.ada, added.event)


@row(
    "a file laid beside another's words",
    unseen="a file is shown beside what its own author wrote, and beside nothing else. Bounded: it"
    " stands in the timeline under its author's name",
    evidence=Evidence.KEPT,
)
async def beside_anothers(scene: Scene) -> None:
    """Max's device attaches to Ada's goal, and names a relay of its own."""
    goal = await scene.share(scene.ada, "hers")
    mine = await scene.share(scene.max, "his")
    added = await attach(scene.max, mine, _file("letter.pdf"))
    await scene.settle(rounds=1)
    relays = ("https://spy.example",)
    false = await _said_falsely(scene, added, to=goal.event, relays=relays)
    spy = scene.net.relays["https://spy.example"] = MemoryRelay()
    await scene.settle()
    assert await scene.ada.journal.attachments(goal.event) == []
    scene.relay.edit = chunks_alone(lambda _: [])
    assert await look_at(scene, scene.ada, false) == b""
    assert spy.frames == []
    scene.relay.calm()
    assert await look_at(scene, scene.ada, false)


def _to(added: Shown) -> bytes:
    to = getattr(added.content, "to", None)
    assert isinstance(to, bytes)
    return to


async def _said_falsely(scene: Scene, added: Shown, **changed: object) -> bytes:
    """Max appends what no careful device writes: his attachment once more, with other fields."""
    space = await scene.max.pair()

    def append(db: Db) -> bytes:
        row_ = files.one(db, added.event)
        assert row_ is not None
        content = msgspec.structs.replace(row_.said, **changed)
        (saved,) = events.save(db, space.number, [composing.draft(content)])
        files.keep_chunks(db, content, saved.event.id, files.chunks(db, row_.said, added.event))
        return saved.event.id

    return await scene.max.change(append)
