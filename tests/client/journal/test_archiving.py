"""Packs in files: whoever holds the space takes it in, nobody else, and nothing comes back."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from client.journal.test_rotating import rotate
from harness.devices import Device, Net, agree, settle
from inglenook_client.journal.errors import (
    FileExistsAlreadyError,
    ForeignPackError,
    NotFoundError,
    PackFileError,
)
from inglenook_client.journal.model import Query, Reach
from inglenook_client.transports.errors import FileError
from inglenook_schema import packfile
from inglenook_schema.errors import CallerError, NotAllowedError
from inglenook_schema.packfile import Section

Pair = tuple[Device, Device]
Trio = tuple[Device, Device, Device]


@pytest.fixture
def file(base: Path) -> Path:
    return base / "journal.pack"


async def test_another_own_device_takes_everything_in(net: Net, own: Pair, file: Path) -> None:
    laptop, tablet = own
    net.relays.clear()
    await laptop.write("mine")
    await laptop.share("ours")

    exported = await laptop.journal.export_packs(file)
    imported = await tablet.journal.import_packs(file)

    assert exported.spaces == [name for name, _ in imported.spaces] == ["journal", "Max"]
    assert await tablet.texts() == ["mine", "ours"]
    assert await agree(laptop, tablet)
    assert (imported.unknown, (await tablet.journal.doctor()).ok) == (0, True)


async def test_a_partner_takes_in_what_is_shared_and_nothing_else(pair: Pair, file: Path) -> None:
    ada, max_ = pair
    await ada.write("for Ada only")
    await ada.share("ours")
    await ada.journal.export_packs(file)

    imported = await max_.journal.import_packs(file)

    assert ([name for name, _ in imported.spaces], imported.unknown) == (["Ada"], 1)
    assert await max_.texts() == ["ours"]


async def test_a_file_of_one_space_holds_only_that(own: Pair, file: Path) -> None:
    laptop, tablet = own
    await laptop.write("mine")
    await laptop.share("ours")
    await laptop.journal.export_packs(file, await laptop.pair())

    imported = await tablet.journal.import_packs(file)

    assert [name for name, _ in imported.spaces] == ["Max"]
    assert await tablet.texts() == ["ours"]
    assert len(packfile.decode(file.read_bytes())) == 1


async def test_a_file_tells_nobody_what_it_holds(pair: Pair, base: Path, file: Path) -> None:
    ada, _ = pair
    await ada.write("private words")
    spaces = await ada.journal.spaces()
    await ada.journal.export_packs(file)
    stranger = await Device.first(base, "Eve", relay=None)

    with pytest.raises(ForeignPackError):
        await stranger.journal.import_packs(file)
    await stranger.close()

    data = file.read_bytes()
    assert not any(space.log[:16] in data for space in spaces)
    assert b"private" not in data
    assert b"Ada" not in data
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_taking_it_in_again_changes_nothing(own: Pair, file: Path) -> None:
    laptop, tablet = own
    await laptop.write("once")
    await laptop.journal.export_packs(file)
    await tablet.journal.import_packs(file)
    before = await tablet.states()

    again = await tablet.journal.import_packs(file)
    own_file = await laptop.journal.import_packs(file)

    assert [count for _, count in again.spaces] == [0, 0]
    assert [count for _, count in own_file.spaces] == [0, 0]
    assert await tablet.states() == before
    assert await agree(laptop, tablet)


async def test_what_came_by_a_file_is_not_on_the_relay_and_goes_there_at_the_next_sync(
    net: Net, trio: Trio, file: Path
) -> None:
    laptop, tablet, max_ = trio
    net.relay.reachable = False
    goal = await laptop.share("written where no network is")
    await laptop.journal.export_packs(file)
    reach = (await laptop.journal.find(goal.short)).reach
    await tablet.journal.import_packs(file)
    net.relay.reachable = True

    await tablet.sync()
    await max_.sync()

    assert reach is Reach.WAITING
    assert await max_.texts() == ["written where no network is"]


async def test_what_an_export_sealed_is_still_sent(net: Net, pair: Pair, file: Path) -> None:
    ada, max_ = pair
    net.relay.reachable = False
    await ada.share("exported first")
    await ada.journal.export_packs(file)
    net.relay.reachable = True

    await settle(ada, max_)

    assert await max_.texts() == ["exported first"]
    assert (await ada.journal.status()).waiting == 0


async def test_a_file_of_an_older_epoch_is_taken_in_and_of_a_newer_one_not_yet(
    own: Pair, base: Path, file: Path
) -> None:
    laptop, tablet = own
    await laptop.share("before")
    await laptop.journal.export_packs(file, await laptop.pair())
    await rotate(laptop)
    await laptop.share("after")
    newer = base / "newer.pack"
    await laptop.journal.export_packs(newer, await laptop.pair())

    with pytest.raises(ForeignPackError):
        await tablet.journal.import_packs(newer)
    await tablet.journal.import_packs(file)
    held = await tablet.texts()
    await settle(laptop, tablet)
    await tablet.journal.import_packs(newer)

    assert held == ["before"]
    assert await tablet.texts() == ["after", "before"]


async def test_a_data_folder_put_back_adopts_its_own_words_and_writes_on(
    pair: Pair, base: Path, file: Path
) -> None:
    ada, max_ = pair
    copy = Path(shutil.copytree(ada.home, base / "copy"))
    await ada.share("after the copy")
    await ada.journal.export_packs(file)
    await ada.put_back(copy)

    await ada.journal.import_packs(file)
    await ada.share("written on")
    await settle(ada, max_)

    assert await max_.texts() == ["after the copy", "written on"]
    assert await agree(ada, max_)


async def test_erased_words_do_not_come_back_by_a_file(own: Pair, file: Path) -> None:
    laptop, tablet = own
    entry = await laptop.write("to be forgotten")
    await settle(laptop, tablet)
    await laptop.journal.export_packs(file)
    await laptop.journal.erase([entry.event])
    await settle(laptop, tablet)

    for device in own:
        await device.journal.import_packs(file)
    await settle(laptop, tablet)

    for device in own:
        assert "to be forgotten" not in await device.texts()
        assert await device.journal.search("forgotten") == []
        assert not [s for s in await device.journal.log(Query()) if "forgotten" in s.text]
        rows = await device.read(
            lambda db: db.execute("SELECT body FROM event WHERE body IS NOT NULL").fetchall()
        )
        assert not any(b"to be forgotten" in body for (body,) in rows)


# --- what is refused ------------------------------------------------------------------


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes((data[middle] ^ 1,)) + data[middle + 1 :]


def cut(data: bytes) -> bytes:
    return data[:-100]


def without_a_part(data: bytes) -> bytes:
    *rest, last = packfile.decode(data)
    return packfile.encode([*rest, Section(last.box, (last.records[0],) * 2)])


def mixed_up(data: bytes) -> bytes:
    first, second = packfile.decode(data)
    return packfile.encode([Section(first.box, second.records), Section(second.box, first.records)])


def one_of_another(data: bytes) -> bytes:
    first, second = packfile.decode(data)
    return packfile.encode([first, Section(second.box, first.records)])


@pytest.mark.parametrize("damage", [flipped, cut, mixed_up, one_of_another])
async def test_a_damaged_file_changes_nothing_at_all(
    own: Pair, file: Path, damage: Callable[[bytes], bytes]
) -> None:
    laptop, tablet = own
    await laptop.write("mine")
    await laptop.share("ours")
    await laptop.journal.export_packs(file)
    file.write_bytes(damage(file.read_bytes()))
    before = await tablet.states(), await tablet.texts()

    with pytest.raises(PackFileError, match="nothing was changed"):
        await tablet.journal.import_packs(file)

    assert (await tablet.states(), await tablet.texts()) == before


async def test_a_part_twice_is_one(own: Pair, file: Path) -> None:
    laptop, tablet = own
    await laptop.write("mine")
    await laptop.journal.export_packs(file)
    file.write_bytes(without_a_part(file.read_bytes()))

    await tablet.journal.import_packs(file)

    assert await tablet.texts() == ["mine"]


@pytest.mark.parametrize("content", [b"", b"a shopping list", packfile.MAGIC])
async def test_any_other_file_is_refused(own: Pair, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(PackFileError):
        await own[0].journal.import_packs(file)


async def test_a_file_that_is_not_there_is_told_apart(own: Pair, file: Path) -> None:
    for path in (file, file.parent):
        with pytest.raises(NotFoundError):
            await own[0].journal.import_packs(path)


async def test_a_file_that_is_there_stays_unless_it_may_go(own: Pair, file: Path) -> None:
    file.write_bytes(b"precious")

    with pytest.raises(FileExistsAlreadyError, match="--force"):
        await own[0].journal.export_packs(file)
    kept = file.read_bytes()
    await own[0].journal.export_packs(file, replace=True)

    assert kept == b"precious"
    assert packfile.decode(file.read_bytes())
    assert [each.name for each in file.parent.glob(".*.part")] == []


async def test_a_place_that_takes_no_file_is_told(own: Pair, base: Path) -> None:
    with pytest.raises(FileError):
        await own[0].journal.export_packs(base / "nowhere" / "journal.pack")


async def test_a_space_whose_words_were_not_compared_is_left_out(
    ada: Device, max_: Device, file: Path
) -> None:
    await ada.pair_with(max_, via=True)

    done = await ada.journal.export_packs(file)
    with pytest.raises(NotAllowedError, match="safety words"):
        await ada.journal.export_packs(file, await ada.pair(), replace=True)

    assert (done.spaces, done.left_out) == (["journal"], ["Max"])
    assert issubclass(NotAllowedError, CallerError)
