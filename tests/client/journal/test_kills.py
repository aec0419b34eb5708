"""A kill -9 between any two durable steps of anything that matters loses nothing, shows nothing.

Each deed is done once and photographed at every step (:mod:`harness.photographs`). Each
photograph is opened as the next command would, looked at before anything else happens, and
gone on with. Over real SQLCipher files, and the real relay core.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from client.journal.attached import attach, some_file
from client.journal.forgetting import SECOND, TEXT, Clock, left, on_relay, relay_state
from client.journal.test_recovering import in_box
from harness.devices import ORIGIN, Device, Net, Template, agree
from harness.fuzz_formats import zipped
from harness.memory_relay import MemoryRelay
from harness.photographs import Camera, Photograph, put_back
from inglenook_client.journal import duties, kit
from inglenook_client.journal.coming_in import taking
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.home import Journal, begin_restore
from inglenook_client.journal.model import AtRelay, Query
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.errors import DamagedStoreError
from inglenook_schema import batch, bundle, pack, record
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.wire import ToClient, ToRelay

NAMES = ("ada", "tablet", "max")


@dataclass
class Scene:
    """Ada's laptop and tablet, Max's PC, a relay, a stick and a file."""

    net: Net
    base: Path
    clock: Clock
    devices: dict[str, Device]
    notes: dict[str, bytes] = field(default_factory=dict)
    """What a deed has to remember."""
    news: list[str] = field(default_factory=list)

    @property
    def ada(self) -> Device:
        return self.devices["ada"]

    @property
    def tablet(self) -> Device:
        return self.devices["tablet"]

    @property
    def max(self) -> Device:
        return self.devices["max"]

    @property
    def stick(self) -> Path:
        return self.base / "stick"

    @property
    def file(self) -> Path:
        return self.base / "journal.pack"

    @property
    def places(self) -> tuple[Path, ...]:
        """All that a machine which is switched off still has."""
        return self.base, Path(os.environ["XDG_STATE_HOME"], "inglenook")

    async def settle(self, *names: str, rounds: int = 2) -> None:
        for name in (names or tuple(self.devices)) * rounds:
            self.news += (await self.devices[name].sync()).news

    async def close(self) -> None:
        for device in self.devices.values():
            await device.journal.close()

    async def wake(self, photograph: Photograph) -> None:
        """Let everything be as it was at that moment, and start every device."""
        put_back(photograph.files, *self.places)
        for origin, store in photograph.relays.items():
            self.net.relays[origin].roll_back(store)
        self.news = []
        for name, device in list(self.devices.items()):
            try:
                device.journal = await Journal.open(device.home, device.key)
            except (NotFoundError, DamagedStoreError):  # it was not begun yet
                del self.devices[name]


Step = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True)
class Deed:
    """Something that is done on one device."""

    prepare: Step
    do: Callable[[Scene, Camera], Awaitable[None]]
    end: Step
    """What must be so once everybody has synced."""
    again: Step
    """What the person does next, after the process was killed."""
    by: str = "ada"
    steps: int = 4
    """So many moments at least must differ; else nothing was enumerated."""


# --- what must hold at once -------------------------------------------------------------


def _unsealed(db: Db) -> int:
    """How many events of others stand behind the last seal of their chain."""
    (count,) = db.execute(
        "SELECT count(*) FROM event e JOIN chain c ON c.number = e.chain WHERE c.mine = 0"
        " AND NOT EXISTS(SELECT 1 FROM seal s WHERE s.chain = e.chain AND s.seq >= e.seq)"
    ).fetchone()
    return int(count)


def _rids(db: Db) -> set[bytes]:
    """Of all that is durable here: mailboxes' records, and the chunks of files."""
    chunks = db.execute("SELECT blob FROM chunk WHERE place >= 0").fetchall()
    records = {row[0] for row in db.execute("SELECT rid FROM record")}
    return records | {record.rid(blob) for (blob,) in chunks}


def _said_and_not_held(db: Db) -> list[bytes]:
    """Events that this device has signed to hold, and does not."""
    device = logs.meta(db, "device")
    lacking = list[bytes]()
    for (signed,) in db.execute("SELECT signed FROM ack WHERE device = ?", (device,)).fetchall():
        ack = msgspec.msgpack.decode(signed, type=batch.Ack)
        for _chain, _seq, name in ack.heads:
            if db.execute("SELECT 1 FROM event WHERE id = ?", (name,)).fetchone() is None:
                lacking.append(name)
    return lacking


async def look(device: Device, photograph: Photograph, written: set[str]) -> None:
    """The three invariants, on a device that was just started and has done nothing yet."""
    check = await device.journal.doctor()
    texts = set(await device.texts())

    # nothing acknowledged or saved is lost
    assert photograph.saved <= texts, photograph.step
    assert await device.read(_said_and_not_held) == [], photograph.step
    # nothing is shown unverified
    assert check.ok, (photograph.step, check.problems)
    assert texts <= written | {""}, photograph.step
    assert await device.read(_unsealed) == 0, photograph.step
    # nothing is pushed before it is durable here
    assert photograph.on_the_way <= await device.read(_rids), photograph.step


async def everybody_agrees(scene: Scene) -> None:
    sql = "SELECT count(*) FROM chain WHERE forked IS NOT NULL"
    devices = scene.devices.values()
    assert await agree(*devices)
    for device in devices:
        assert (await device.journal.doctor()).ok
        assert (await device.journal.status()).waiting == 0
        assert await device.read(lambda db: db.execute(sql).fetchone()) == (0,)
    assert not [news for news in scene.news if "lost" in news]


# --- the deeds --------------------------------------------------------------------------


async def _sync(scene: Scene) -> None:
    scene.news += (await scene.ada.sync()).news


async def _writes(scene: Scene, camera: Camera) -> None:
    for number in range(3):
        for text, act in ((f"mine {number}", scene.ada.write), (f"ours {number}", scene.ada.share)):
            await act(text)
            camera.saved.add(text)


async def _some_was_written(scene: Scene) -> None:
    """How much, the photograph knows."""
    assert len(await scene.tablet.texts()) == len(await scene.ada.texts())


async def _wrote(scene: Scene) -> None:
    await scene.ada.write("mine")
    await scene.ada.share("ours")
    await scene.ada.write("mine too")


async def _pushes(scene: Scene, camera: Camera) -> None:
    camera.saved |= {"mine", "ours", "mine too"}
    await scene.ada.sync()


async def _all_is_sent(scene: Scene) -> None:
    assert await scene.max.texts() == ["ours"]
    assert await scene.tablet.texts() == ["mine", "mine too", "ours"]


async def _others_wrote(scene: Scene) -> None:
    await scene.settle()
    scene.clock.days(1)  # an ack is due again
    for number in range(3):
        await scene.max.share(f"from Max {number}")
        await scene.tablet.write(f"from the tablet {number}")
        await scene.settle("max", "tablet", rounds=1)


async def _acknowledges(scene: Scene, _: Camera) -> None:
    await scene.ada.sync()


async def _it_is_acknowledged(scene: Scene) -> None:
    assert len(await scene.ada.texts()) == 6
    (shown,) = [s for s in await scene.max.journal.log(Query()) if s.text == "from Max 2"]
    assert "Ada's first" in (await scene.max.journal.places(shown)).on


async def _epoch_is_old(scene: Scene) -> None:
    await _wrote(scene)
    await scene.settle()
    scene.notes = await _epochs(scene)
    scene.clock.days(91)
    await scene.ada.share("not sent before")


async def _epochs(scene: Scene) -> dict[str, bytes]:
    """Commitments of the epochs that Ada's laptop writes to, by log."""
    sql = "SELECT l.number, e.commitment FROM log l JOIN epoch e ON e.number = l.epoch"
    rows = await scene.ada.read(lambda db: db.execute(sql).fetchall())
    return {str(number): commitment for number, commitment in rows}


async def _rotates(scene: Scene, camera: Camera) -> None:
    camera.saved |= {"mine", "ours", "mine too", "not sent before"}
    await scene.ada.sync()


async def _all_moved_on(scene: Scene) -> None:
    assert not set((await _epochs(scene)).values()) & set(scene.notes.values())
    assert await scene.max.texts() == ["not sent before", "ours"]


async def _tail_is_long(scene: Scene) -> None:
    await scene.settle()
    scene.notes = await _epochs(scene)
    for number in range(14):
        await scene.ada.write(f"entry {number} " + "and words " * 60)
        await scene.ada.sync()


async def _packs(scene: Scene, camera: Camera) -> None:
    camera.saved |= set(await scene.ada.texts())
    await scene.ada.write("over the line")
    camera.saved.add("over the line")
    await scene.ada.sync()
    await scene.ada.sync()


async def _writes_and_syncs_on(scene: Scene) -> None:
    await scene.ada.write("behind the line, whatever happened")
    await scene.settle("ada")


async def _a_newcomer_starts_from_the_pack(scene: Scene) -> None:
    assert not set((await _epochs(scene)).values()) <= set(scene.notes.values())
    shutil.rmtree(scene.base / "newcomer", ignore_errors=True)
    newcomer = await scene.ada.second("newcomer")
    assert await newcomer.texts() == await scene.ada.texts()
    await newcomer.journal.close()
    scene.ada.younger.clear()


async def _pack_is_ahead(scene: Scene) -> None:
    """The tablet is away while a pack of several parts takes the place of everything."""
    await scene.settle()
    await _tail_is_long(scene)
    await _packs(scene, Camera(scene.net, ()))
    _page_by_page(scene.net.relay)


def _page_by_page(relay: MemoryRelay) -> None:
    """Let it give two records an answer, as relays do with large ones."""
    whole = relay.ask

    def ask(frame: ToRelay) -> ToClient:
        answer = whole(frame)
        boxes = tuple(
            msgspec.structs.replace(box, records=box.records[:2], more=True)
            if len(box.records) > 2
            else box
            for box in answer.boxes
        )
        return msgspec.structs.replace(answer, boxes=boxes)

    relay.ask = ask  # type: ignore[method-assign]


async def _takes_the_pack(scene: Scene, _: Camera) -> None:
    await scene.tablet.sync()


async def _tablet_syncs(scene: Scene) -> None:
    scene.news += (await scene.tablet.sync()).news


async def _tablet_has_all(scene: Scene) -> None:
    assert await scene.tablet.texts() == await scene.ada.texts()
    assert len(await scene.tablet.texts()) == 15


async def _to_be_forgotten(scene: Scene) -> None:
    goal = await scene.ada.share(TEXT)
    await scene.ada.share("kept")
    scene.notes["goal"] = goal.event
    await scene.settle()


async def _erases(scene: Scene, camera: Camera) -> None:
    camera.saved.add("kept")
    await scene.ada.journal.erase([scene.notes["goal"]])
    await scene.ada.sync()


async def _erases_deeply(scene: Scene, camera: Camera) -> None:
    camera.saved.add("kept")
    await scene.ada.journal.erase([scene.notes["goal"]], deep=True)
    await scene.ada.sync()


async def _erases_unless_it_is(scene: Scene) -> None:
    if TEXT in await scene.ada.texts():
        await scene.ada.journal.erase([scene.notes["goal"]])
    await _sync(scene)


async def _it_is_gone_everywhere(scene: Scene) -> None:
    assert await on_relay(scene.ada, scene.net) == 0
    for device in scene.devices.values():
        assert await device.texts() == ["", "kept"]
        assert await left(device) == set()
        assert await relay_state(device, scene.notes["goal"]) is AtRelay.CONFIRMED


async def _lives_with_three(scene: Scene) -> None:
    await _wrote(scene)
    await scene.settle()


async def _revokes(scene: Scene, camera: Camera) -> None:
    camera.saved |= {"mine", "ours", "mine too"}
    await scene.ada.journal.device_revoke(await scene.ada.journal.device_to_revoke("tablet"))


async def _revokes_unless_it_is(scene: Scene) -> None:
    try:
        await scene.ada.journal.device_revoke(await scene.ada.journal.device_to_revoke("tablet"))
    except NotFoundError:
        await _sync(scene)


async def _tablet_is_out(scene: Scene) -> None:
    await scene.ada.share("after the tablet")
    await scene.ada.write("mine, after the tablet")
    await scene.settle()
    assert await scene.max.texts() == ["after the tablet", "ours"]
    assert await scene.tablet.texts() == ["mine", "mine too", "ours"]
    assert any("removed" in s for s in (await scene.tablet.journal.status()).problems)
    await scene.devices.pop("tablet").journal.close()  # it need not agree any more


async def _leaves(scene: Scene, camera: Camera) -> None:
    camera.saved |= {"mine", "mine too"}
    await scene.ada.journal.pair_leave(await scene.ada.pair(), erase_mine=True)


async def _leaves_unless_it_did(scene: Scene) -> None:
    try:
        await scene.ada.journal.pair_leave(await scene.ada.pair(), erase_mine=True)
    except (NotFoundError, NotAllowedError):
        await _sync(scene)


async def _nothing_of_hers_is_left(scene: Scene) -> None:
    assert [text for text in await scene.max.texts() if text] == []
    assert await scene.ada.texts() == ["", "mine", "mine too"]
    (ended,) = (s for s in (await scene.max.journal.status()).spaces if s.ended)
    assert ended.ended.startswith("Ada left on 20")
    assert not any("not confirmed" in s for s in (await scene.ada.journal.status()).problems)


async def _two_relays_are_there(scene: Scene) -> None:
    await _wrote(scene)
    await scene.settle()
    scene.net.relays[SECOND] = MemoryRelay()


async def _moves(scene: Scene, camera: Camera) -> None:
    camera.saved |= {"mine", "ours", "mine too"}
    await scene.ada.journal.move_relay(ORIGIN, SECOND)
    await scene.ada.sync()


async def _moves_unless_it_did(scene: Scene) -> None:
    if scene.ada.journal.relay == ORIGIN:
        await scene.ada.journal.move_relay(ORIGIN, SECOND)
    await _sync(scene)


async def _all_lies_at_the_second(scene: Scene) -> None:
    await scene.settle()
    scene.net.relays[ORIGIN].reachable = False
    await scene.max.share("over the second")
    await scene.settle("max", "ada", "tablet", rounds=1)
    scene.net.relays[ORIGIN].reachable = True
    for device in (scene.ada, scene.tablet):
        assert await device.texts() == ["mine", "mine too", "ours", "over the second"]


async def _has_a_stick(scene: Scene) -> None:
    scene.stick.mkdir()
    await scene.settle()
    await scene.tablet.write("from the tablet")
    await scene.tablet.journal.sync_folder(scene.stick)
    scene.net.relay.reachable = False
    await _wrote(scene)


async def _carries(scene: Scene, camera: Camera) -> None:
    camera.saved |= {"mine", "ours", "mine too"}
    await scene.ada.journal.sync_folder(scene.stick)


async def _carries_again(scene: Scene) -> None:
    for device in (scene.ada, scene.max, scene.tablet, scene.ada):
        scene.news += (await device.journal.sync_folder(scene.stick)).news
    assert await scene.max.texts() == ["ours"]
    assert await scene.ada.texts() == ["from the tablet", "mine", "mine too", "ours"]
    scene.net.relay.reachable = True


async def _everybody_has_it(scene: Scene) -> None:
    for device in (scene.ada, scene.tablet):
        assert await device.texts() == ["from the tablet", "mine", "mine too", "ours"]


async def _has_a_file(scene: Scene) -> None:
    await scene.settle()
    scene.net.relay.reachable = False
    await _wrote(scene)


async def _exports_and_imports(scene: Scene, camera: Camera) -> None:
    camera.saved |= {"mine", "ours", "mine too"}
    await scene.ada.journal.export_packs(scene.file)
    await scene.tablet.journal.import_packs(scene.file)


async def _exports_and_imports_again(scene: Scene) -> None:
    await scene.ada.journal.export_packs(scene.file, replace=True)
    await scene.tablet.journal.import_packs(scene.file)
    assert await scene.tablet.texts() == ["mine", "mine too", "ours"]
    scene.net.relay.reachable = True
    await _sync(scene)


DIARY = [f"on day {day}" for day in range(1, 6)]


async def _has_a_diary(scene: Scene) -> None:
    entries = [
        {"uuid": f"{n}", "creationDate": f"2026-02-0{n + 1}T10:00:00Z", "text": text}
        for n, text in enumerate(DIARY)
    ]
    entries[1] |= {"starred": True, "photos": [{"md5": "a" * 32, "type": "png"}]}
    photo = io.BytesIO()
    Image.new("RGB", (4, 4)).save(photo, "PNG")
    members = ("J.json", json.dumps({"entries": entries}).encode())
    scene.file.write_bytes(zipped(members, (f"photos/{'a' * 32}.png", photo.getvalue())))


async def _imports(scene: Scene, camera: Camera) -> None:
    await scene.ada.journal.import_file(scene.file)
    camera.saved |= {*DIARY}


async def _imports_again(scene: Scene) -> None:
    await scene.ada.journal.import_file(scene.file)
    await _sync(scene)


async def _the_diary_is_there_once(scene: Scene) -> None:
    for device in (scene.ada, scene.tablet):
        assert [text for text in await device.texts() if not text.startswith("aaaaaaaa.")] == DIARY
        stars = await device.journal.views.entries(starred=True)
        assert [each.entry.text for each in stars.items] == DIARY[1:2]
        assert len(await device.journal.attachments(stars.items[0].entry.id)) == 1
    assert await scene.max.texts() == []


A_FILE = some_file("boat.pdf", 600_000)
"""Of three chunks."""


async def _attaches(scene: Scene, camera: Camera) -> None:
    entry = await scene.ada.write("mine")
    camera.saved.add("mine")
    camera.saved.add((await attach(scene.ada, entry, A_FILE)).text)
    await scene.ada.sync()


async def _attaches_unless_it_did(scene: Scene) -> None:
    found = await scene.ada.journal.all_attachments()
    assert all(kept.here for kept in found)  # whole with its event, or not there
    if not found:
        entries = await scene.ada.journal.log(Query())
        await attach(scene.ada, entries[0] if entries else await scene.ada.write("mine"), A_FILE)
    await _sync(scene)


async def _the_file_is_whole_everywhere(scene: Scene) -> None:
    for device in (scene.ada, scene.tablet):
        (kept,) = await device.journal.all_attachments()
        await device.journal.fetch(kept.shown.event)
        assert (await device.journal.file(kept.shown.event)).data == A_FILE.data
        assert not kept.waits


async def _all_devices_are_lost(scene: Scene) -> None:
    await _wrote(scene)
    await scene.settle()
    scene.notes["words"] = (await scene.ada.words()).encode()
    scene.notes["recovery key"] = await scene.ada.read(lambda db: logs.meta(db, kit.KEY)) or b""
    scene.notes |= {name: scene.devices[name].journal.me.device for name in ("ada", "tablet")}
    for name in ("ada", "tablet"):
        await scene.devices.pop(name).journal.close()


async def _begins(scene: Scene) -> Device:
    new = Device(scene.base / "new")
    new.home.mkdir(exist_ok=True)
    new.journal = await begin_restore(
        *(new.home, new.key),
        words=scene.notes["words"].decode(),
        relay=ORIGIN,
        voucher=None,
        device_label="new",
        keep=(),
    )
    scene.devices["new"] = new
    return new


async def _restores(scene: Scene, camera: Camera) -> None:
    new = await _begins(scene)
    await new.sync()
    camera.saved |= {"mine", "ours", "mine too"}


async def _restores_on(scene: Scene) -> None:
    if "new" not in scene.devices:
        await _begins(scene)
    scene.news += (await scene.devices["new"].sync()).news


async def _everything_is_back(scene: Scene) -> None:
    new = scene.devices["new"]
    assert await new.journal.restoring() is None
    assert await new.read(lambda db: logs.meta(db, kit.KEY)) is None
    assert await new.texts() == ["mine", "mine too", "ours"]
    assert await scene.max.texts() == ["ours"]
    box = bundle.box_of(scene.notes["recovery key"])
    (left_there,) = [bundle.open_bundle(blob, box) for blob in in_box(scene.net, box)]
    assert left_there.certificates[-1].device == new.journal.me.device
    for device in scene.devices.values():
        assert not {scene.notes["ada"], scene.notes["tablet"]} & await device.read(_counting)


def _counting(db: Db) -> set[bytes]:
    """Devices that count without an end in any log."""
    rosters = [logs.roster_of(db, log) for log in logs.all_logs(db)]
    return {s.device for roster in rosters for s in roster.seats.values() if s.last is None}


DEEDS = {
    "write": Deed(Scene.settle, _writes, _some_was_written, _sync),
    "push": Deed(_wrote, _pushes, _all_is_sent, _sync),
    "acknowledge": Deed(_others_wrote, _acknowledges, _it_is_acknowledged, _sync),
    "rotate": Deed(_epoch_is_old, _rotates, _all_moved_on, _sync),
    "erase": Deed(_to_be_forgotten, _erases, _it_is_gone_everywhere, _erases_unless_it_is),
    "erase deeply": Deed(
        _to_be_forgotten, _erases_deeply, _it_is_gone_everywhere, _erases_unless_it_is
    ),
    "pack": Deed(_tail_is_long, _packs, _a_newcomer_starts_from_the_pack, _writes_and_syncs_on),
    "take a pack": Deed(
        _pack_is_ahead, _takes_the_pack, _tablet_has_all, _tablet_syncs, by="tablet"
    ),
    "remove a device": Deed(_lives_with_three, _revokes, _tablet_is_out, _revokes_unless_it_is),
    "leave": Deed(_lives_with_three, _leaves, _nothing_of_hers_is_left, _leaves_unless_it_did),
    "move": Deed(_two_relays_are_there, _moves, _all_lies_at_the_second, _moves_unless_it_did),
    "carry": Deed(_has_a_stick, _carries, _everybody_has_it, _carries_again),
    "restore": Deed(_all_devices_are_lost, _restores, _everything_is_back, _restores_on, by="new"),
    "attach": Deed(Scene.settle, _attaches, _the_file_is_whole_everywhere, _attaches_unless_it_did),
    "import": Deed(_has_a_diary, _imports, _the_diary_is_there_once, _imports_again, steps=7),
    "export and import": Deed(
        _has_a_file, _exports_and_imports, _all_is_sent, _exports_and_imports_again
    ),
}


async def _all_texts(scene: Scene) -> set[str]:
    return {text for device in scene.devices.values() for text in await device.texts()}


@pytest.fixture
async def scene(template: Template, net: Net, base: Path, clock: Clock) -> AsyncIterator[Scene]:
    found = dict(zip(NAMES, await template.unpack(net, base, *NAMES), strict=True))
    scene = Scene(net, base, clock, found)
    yield scene
    await scene.close()


@pytest.mark.parametrize("name", DEEDS)
async def test_a_kill_between_any_two_durable_steps_loses_nothing_and_shows_nothing_early(
    name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "pack" in name:
        monkeypatch.setattr(duties, "TAIL", 12)
    monkeypatch.setattr(pack, "RAW_PART", 9_000)
    monkeypatch.setattr(taking, "STRETCH", 2)
    deed, camera = DEEDS[name], Camera(scene.net, scene.places)
    await deed.prepare(scene)
    written = await _all_texts(scene)
    with camera.on():
        await deed.do(scene, camera)
    written |= await _all_texts(scene)
    ahead, everybody = scene.clock._ahead_ms, dict(scene.devices)
    assert len(camera.taken) >= deed.steps

    for photograph in camera.taken:
        await scene.close()
        scene.clock._ahead_ms, scene.devices = ahead, dict(everybody)
        await scene.wake(photograph)
        if deed.by in scene.devices:
            await look(scene.devices[deed.by], photograph, written)
        await deed.again(scene)
        await scene.settle(rounds=3)
        try:
            await deed.end(scene)
            await everybody_agrees(scene)
        except AssertionError as error:
            raise AssertionError(f"killed {photograph.step}") from error
