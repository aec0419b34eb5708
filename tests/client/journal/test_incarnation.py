"""A data folder that is put back or cloned is noticed, and forks nothing; a moved one is itself."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.devices import Device, Net, PowerCutError, agree, settle
from inglenook_client import ambient
from inglenook_client.journal.home import Journal
from inglenook_client.stores.connection import Db
from inglenook_schema.wire import ToRelay


def _chains(db: Db) -> int:
    (count,) = db.execute("SELECT count(*) FROM chain WHERE mine > 0").fetchone()
    return int(count)


def _forked(db: Db) -> int:
    (count,) = db.execute("SELECT count(*) FROM chain WHERE forked IS NOT NULL").fetchone()
    return int(count)


async def reopened(device: Device, home: Path) -> Device:
    """The journal of a folder, whichever it is, with the key of ``device``."""
    found = Device(home)
    found.key = device.key
    found.journal = await Journal.open(home, found.key)
    return found


async def written_and_synced(pair: tuple[Device, Device], text: str) -> None:
    await pair[0].share(text)
    await settle(*pair)


def state_files() -> list[Path]:
    return sorted(Path(os.environ["XDG_STATE_HOME"], "inglenook").glob("?" * 32))


def forget_state() -> None:
    for file in state_files():
        file.unlink()


# --- put back -------------------------------------------------------------------------


def _whole_folder(copy: Path, home: Path) -> None:
    shutil.rmtree(home)
    shutil.copytree(copy, home)


def _over_the_files_in_place(copy: Path, home: Path) -> None:
    """As ``cp`` and ``rsync --inplace`` do: each file keeps its number."""
    for name in ("journal.db-wal", "journal.db-shm"):
        (home / name).unlink(missing_ok=True)
    for file in copy.iterdir():
        (home / file.name).write_bytes(file.read_bytes())


def _the_database_alone(copy: Path, home: Path) -> None:
    for name in ("journal.db-wal", "journal.db-shm"):
        (home / name).unlink(missing_ok=True)
    (home / "journal.db").write_bytes((copy / "journal.db").read_bytes())


@pytest.mark.parametrize("restore", [_whole_folder, _over_the_files_in_place, _the_database_alone])
async def test_yesterdays_copy_goes_on_in_a_new_chain_and_nothing_is_forked(
    pair: tuple[Device, Device], restore: Callable[[Path, Path], None]
) -> None:
    ada, max_ = pair
    await ada.close()
    copy = ada.home.with_name("copy")
    shutil.copytree(ada.home, copy)
    ada.journal = await Journal.open(ada.home, ada.key)
    await written_and_synced(pair, "before the disk broke")
    before = await ada.read(_chains)
    await ada.close()

    restore(copy, ada.home)
    ada.journal = await Journal.open(ada.home, ada.key)
    await ada.share("offline, on the copy")
    await settle(ada, max_)
    await ada.share("after")
    await settle(ada, max_)

    assert await max_.texts() == ["after", "before the disk broke", "offline, on the copy"]
    assert (await max_.read(_forked), await ada.read(_forked)) == (0, 0)
    assert await ada.read(_chains) > before
    assert await agree(ada, max_)


async def test_the_database_alone_put_back_is_noticed_where_the_state_folder_takes_nothing(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    state = Path(os.environ["XDG_STATE_HOME"], "inglenook")
    shutil.rmtree(state)
    state.write_text("no folder")
    await ada.close()
    copy = ada.home.with_name("copy")
    shutil.copytree(ada.home, copy)
    ada.journal = await Journal.open(ada.home, ada.key)
    await written_and_synced(pair, "before")
    await ada.close()

    _the_database_alone(copy, ada.home)
    ada.journal = await Journal.open(ada.home, ada.key)
    await ada.share("after")
    await settle(ada, max_)

    assert await max_.read(_forked) == 0
    assert await max_.texts() == ["after", "before"]


async def test_a_copy_that_lacks_nothing_goes_on_where_it_was(pair: tuple[Device, Device]) -> None:
    ada, _ = pair
    await written_and_synced(pair, "before")
    before = await ada.read(_chains)
    await ada.close()
    copy = ada.home.with_name("copy")
    shutil.copytree(ada.home, copy)

    _whole_folder(copy, ada.home)
    ada.journal = await Journal.open(ada.home, ada.key)
    await written_and_synced(pair, "after")

    assert await ada.read(_chains) == before


async def test_an_image_of_the_whole_disk_forks_at_most_and_loses_nothing(
    pair: tuple[Device, Device],
) -> None:
    """Nothing on the machine can tell; the relay does."""
    ada, max_ = pair
    state = Path(os.environ["XDG_STATE_HOME"], "inglenook")
    await ada.close()
    image, files = ada.home.with_name("image"), state.with_name("files")
    shutil.copytree(ada.home, image)
    shutil.copytree(state, files)
    ada.journal = await Journal.open(ada.home, ada.key)
    await written_and_synced(pair, "before the disk broke")
    before = await ada.read(_chains)
    await ada.close()

    _over_the_files_in_place(image, ada.home)
    shutil.rmtree(state)
    shutil.copytree(files, state)
    ada.journal = await Journal.open(ada.home, ada.key)
    await ada.share("offline, on the copy")
    await settle(ada, max_)
    await ada.share("after")
    await settle(ada, max_)

    everything = ["after", "before the disk broke", "offline, on the copy"]
    assert await max_.texts() == await ada.texts() == everything
    assert await ada.read(_chains) > before
    assert await agree(ada, max_)


# --- clones ---------------------------------------------------------------------------


async def test_a_machine_that_was_cloned_goes_on_twice_and_nothing_is_forked(
    base: Path, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(*pair)
    await ada.close()
    shutil.copytree(ada.home, base / "clone")
    ada.journal = await Journal.open(ada.home, ada.key)
    clone = await reopened(ada, base / "clone")

    for number in range(2):
        await ada.share(f"original {number}")
        await clone.share(f"clone {number}")
        await settle(ada, clone, max_)

    assert await max_.texts() == ["clone 0", "clone 1", "original 0", "original 1"]
    assert [await d.read(_forked) for d in (ada, clone, max_)] == [0, 0, 0]
    assert await agree(ada, clone, max_)
    await clone.close()


async def test_another_machine_with_all_of_the_home_folder_is_a_clone(
    pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = pair
    await settle(*pair)
    before = await ada.read(_chains)

    monkeypatch.setattr(ambient, "machine", lambda: "0123456789abcdef0123456789abcdef")
    await ada.reopen()
    await written_and_synced(pair, "on the new machine")
    after = await ada.read(_chains)
    await ada.reopen()
    await written_and_synced(pair, "and again")

    assert after > before
    assert await ada.read(_chains) == after


# --- nothing happened -----------------------------------------------------------------


async def test_a_folder_that_was_moved_is_the_same(base: Path, pair: tuple[Device, Device]) -> None:
    ada, max_ = pair
    await settle(*pair)
    before = await ada.read(_chains)
    await ada.close()
    ada.home.rename(base / "elsewhere")

    moved = await reopened(ada, base / "elsewhere")
    await moved.share("written after the move")
    await settle(moved, max_)

    assert await moved.read(_chains) == before
    assert await max_.texts() == ["written after the move"]
    ada.journal = moved.journal


async def test_a_state_folder_that_was_emptied_alarms_nobody(pair: tuple[Device, Device]) -> None:
    ada, _ = pair
    await written_and_synced(pair, "before")
    before = await ada.read(_chains)

    for _round in range(3):
        forget_state()
        await ada.reopen()
        await written_and_synced(pair, "goes on")

    assert await ada.read(_chains) == before


async def test_a_file_system_that_numbers_files_anew_opens_no_chain_while_the_state_is_kept(
    pair: tuple[Device, Device],
) -> None:
    ada, _ = pair
    before = await ada.read(_chains)
    for _round in range(3):
        await ada.close()
        database = ada.home / "journal.db"
        shutil.copyfile(database, ada.home / "other")
        (ada.home / "other").replace(database)
        ada.journal = await Journal.open(ada.home, ada.key)
        await written_and_synced(pair, "goes on")

    assert await ada.read(_chains) == before


async def test_where_nothing_can_be_told_apart_it_stops_asking(
    pair: tuple[Device, Device],
) -> None:
    """New file numbers and an empty state folder each time, as in some containers."""
    ada, max_ = pair
    counts = list[int]()
    for number in range(6):
        await ada.close()
        forget_state()
        database = ada.home / "journal.db"
        shutil.copyfile(database, ada.home / "other")
        (ada.home / "other").replace(database)
        ada.journal = await Journal.open(ada.home, ada.key)
        await written_and_synced(pair, f"run {number}")
        counts.append(await ada.read(_chains))

    assert counts[-1] == counts[2]
    assert await max_.texts() == [f"run {number}" for number in range(6)]
    assert await agree(ada, max_)


async def test_a_process_that_ends_between_the_database_and_the_files_alarms_nobody(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await ada.share("before")
    count = (ada.home / "incarnation").read_bytes()
    outside = {file: file.read_bytes() for file in state_files()}
    net.relay.reachable = False
    await ada.sync()
    before = await ada.read(_chains)
    (ada.home / "incarnation").write_bytes(count)
    for file, data in outside.items():
        file.write_bytes(data)

    net.relay.reachable = True
    await ada.reopen()
    await settle(ada, max_)

    assert await ada.read(_chains) == before
    assert (ada.home / "incarnation").read_bytes() != count


# --- what lies outside ----------------------------------------------------------------


async def test_what_is_left_outside_is_private_and_says_nothing(
    pair: tuple[Device, Device],
) -> None:
    ada, _ = pair
    await written_and_synced(pair, "a sentence")
    files = state_files()

    assert files
    for file in (*files, ada.home / "incarnation"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.stat().st_size == 24
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700


async def test_the_count_is_written_down_before_anything_is_sent(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, _ = pair
    await settle(*pair)
    before = (ada.home / "incarnation").read_bytes()

    def die(frame: ToRelay) -> None:
        if frame.put:
            raise PowerCutError

    net.on_the_way = die
    await ada.share("counted")
    with pytest.raises(PowerCutError):
        await ada.sync()

    assert (ada.home / "incarnation").read_bytes() > before
