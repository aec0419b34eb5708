"""Journals that meet over a stick or a shared folder only: all of it, quietly, nothing lost."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from client.journal.test_rotating import rotate
from harness.devices import Device, Net, PowerCutError, agree
from harness.folder_partner import FolderPartner, folder_partner
from inglenook_client.journal.model import Reach, Report
from inglenook_client.stores.errors import BusyStoreError
from inglenook_client.transports.errors import FolderMissingError
from inglenook_client.transports.folder import FolderRelay
from inglenook_schema.wire import ToClient, ToRelay

Pair = tuple[Device, Device]
Trio = tuple[Device, Device, Device]


@pytest.fixture
def stick() -> Iterator[FolderPartner]:
    with folder_partner() as partner:
        yield partner


async def carry(stick: FolderPartner, *devices: Device, rounds: int = 2) -> list[Report]:
    """Everybody syncs with the stick, one after the other, and again."""
    return [await device.journal.sync_folder(stick.path) for device in devices * rounds]


def files(stick: FolderPartner) -> dict[str, bytes]:
    return {
        str(file.relative_to(stick.path)): file.read_bytes()
        for file in stick.path.rglob("*")
        if file.is_file()
    }


def said(reports: list[Report]) -> list[str]:
    return [
        sentence
        for report in reports
        for sentence in report.news
        if "had synced with this folder" not in sentence
    ]


# --- all of it, by folder alone -------------------------------------------------------


async def test_a_pair_shares_everything_by_a_stick_alone(
    net: Net, pair: Pair, stick: FolderPartner
) -> None:
    net.relays.clear()
    ada, max_ = pair
    await ada.share("from Ada")
    await max_.share("from Max")

    reports = await carry(stick, ada, max_)

    assert await ada.texts() == await max_.texts() == ["from Ada", "from Max"]
    assert await agree(ada, max_)
    assert said(reports) == []
    assert not any(report.offline for report in reports)


async def test_two_devices_of_one_person_keep_one_journal_by_a_stick_alone(
    net: Net, own: Pair, stick: FolderPartner
) -> None:
    net.relays.clear()
    laptop, tablet = own
    for number in range(3):
        await laptop.write(f"laptop {number}")
        await tablet.write(f"tablet {number}")
        await carry(stick, laptop, tablet, rounds=1)

    reports = await carry(stick, laptop, tablet)

    assert len(await laptop.texts()) == 6
    assert await agree(laptop, tablet)
    assert said(reports) == []


async def test_a_stick_says_nothing_of_one_persons_journal_to_another(
    pair: Pair, stick: FolderPartner
) -> None:
    ada, max_ = pair
    await ada.write("for Ada only")
    await carry(stick, ada, max_)

    assert "for Ada only" not in await max_.texts()
    everything = b"".join(files(stick).values()) + "".join(files(stick)).encode()
    assert b"Ada" not in everything


async def test_a_sync_with_nothing_new_changes_nothing_there(
    pair: Pair, stick: FolderPartner
) -> None:
    await pair[0].share("once")
    await carry(stick, *pair, rounds=3)
    before = files(stick)

    (report,) = await carry(stick, pair[0], rounds=1)

    assert files(stick) == before
    assert (report.sent, report.received, report.news) == (0, 0, [])


async def test_only_what_is_new_is_put_there(pair: Pair, stick: FolderPartner) -> None:
    ada, max_ = pair
    for number in range(40):
        await ada.share(f"goal {number}")
    await carry(stick, ada, max_)
    before = files(stick)
    await ada.share("one more")

    await carry(stick, ada, max_, rounds=1)

    fresh = {name: blob for name, blob in files(stick).items() if name not in before}
    assert sum(map(len, fresh.values())) < 4_096
    assert before.items() <= files(stick).items()


async def test_what_two_copies_of_a_shared_folder_got_apart_merges_quietly(
    net: Net, trio: Trio, stick: FolderPartner
) -> None:
    net.relays.clear()
    ada, tablet, max_ = trio
    await carry(stick, *trio)
    with folder_partner() as other:
        other.merge(stick)
        for number in range(2):
            await ada.share(f"Ada {number}")
            await max_.share(f"Max {number}")
            await carry(stick, ada, rounds=1)
            await carry(other, max_, rounds=1)
        stick.merge(other)
        other.merge(stick)
        reports = await carry(stick, ada, tablet) + await carry(other, max_)

    assert len(await max_.texts()) == 4
    assert await agree(*trio)
    assert said(reports) == []


async def test_a_stick_in_a_drawer_for_a_year_is_filled_as_if_nothing_was(
    pair: Pair, stick: FolderPartner
) -> None:
    ada, max_ = pair
    await carry(stick, ada)
    await ada.change(
        lambda db: (
            db.execute("UPDATE mailbox SET seen = seen - 400 WHERE relay LIKE 'folder:%'") and None
        )
    )
    for box in stick.place.iterdir():
        if box.is_dir():
            shutil.rmtree(box)  # its files are gone; its name is still there

    reports = await carry(stick, ada, max_)

    assert len(said(reports)) == 1
    assert "The folder lost" in said(reports)[0]
    assert await agree(ada, max_)


# --- beside a relay -------------------------------------------------------------------


async def test_what_lies_on_a_stick_is_not_on_the_relay(
    net: Net, pair: Pair, stick: FolderPartner
) -> None:
    ada, max_ = pair
    net.relay.reachable = False
    goal = await ada.share("carried")

    await carry(stick, ada, rounds=1)
    carried = (await ada.journal.find(goal.short)).reach
    waiting = (await ada.journal.status()).waiting
    await carry(stick, max_, rounds=1)
    await max_.share("an answer")
    await carry(stick, max_, ada, rounds=1)
    answered = (await ada.journal.find(goal.short)).reach

    assert (carried, waiting) == (Reach.WAITING, 1)
    assert answered is Reach.PARTNER


async def test_an_ordinary_sync_sends_what_was_carried_and_asks_no_folder(
    pair: Pair, stick: FolderPartner
) -> None:
    ada, max_ = pair
    await ada.share("carried first")
    await carry(stick, ada)
    before = files(stick)
    await ada.share("sent second")

    report = await ada.sync()
    await max_.sync()

    assert not report.offline
    assert await max_.texts() == ["carried first", "sent second"]
    assert files(stick) == before
    assert (await ada.journal.status()).waiting == 0


async def test_what_a_device_without_network_wrote_goes_on_to_the_relay_by_another(
    trio: Trio, stick: FolderPartner
) -> None:
    ada, tablet, max_ = trio
    await ada.share("written where no network is")
    await carry(stick, ada, tablet, rounds=1)

    await tablet.sync()
    await max_.sync()

    assert await max_.texts() == ["written where no network is"]


@pytest.mark.usefixtures("net")
async def test_a_journal_that_never_had_a_relay_goes_on_one_with_all_that_was_carried(
    base: Path, stick: FolderPartner
) -> None:
    ada = await Device.first(base, "Ada", relay=None)
    await ada.write("before any relay")
    await carry(stick, ada)
    await ada.journal.add_relay("https://relay.example")
    await ada.sync()

    tablet = await ada.second("tablet")
    texts = await tablet.texts()
    await ada.close()

    assert texts == ["before any relay"]


async def test_a_pair_that_has_not_compared_its_words_puts_nothing_on_a_stick(
    ada: Device, max_: Device, stick: FolderPartner
) -> None:
    await ada.pair_with(max_, via=True)
    await ada.share("waits for the words")

    await carry(stick, ada, max_)

    assert "waits for the words" not in await max_.texts()


# --- epochs ---------------------------------------------------------------------------


async def test_who_comes_with_an_older_epoch_finds_the_way_by_the_stick(
    net: Net, trio: Trio, stick: FolderPartner
) -> None:
    ada, tablet, max_ = trio
    net.relays.clear()
    await carry(stick, ada)
    for number in range(3):
        await rotate(ada)
        await ada.share(f"epoch {number}")
        await carry(stick, ada, rounds=1)

    reports = await carry(stick, max_, tablet, ada)

    assert await max_.texts() == [f"epoch {number}" for number in range(3)]
    assert await agree(*trio)
    assert said(reports) == []


async def test_a_stick_that_comes_after_the_rotations_leads_through_all_of_them(
    net: Net, trio: Trio, stick: FolderPartner
) -> None:
    ada, tablet, max_ = trio
    for number in range(3):
        await rotate(ada)
        await ada.share(f"epoch {number}")
        await ada.sync()
    net.relays.clear()

    await carry(stick, ada, max_, tablet)

    assert await max_.texts() == [f"epoch {number}" for number in range(3)]
    assert await agree(*trio)


# --- what goes wrong ------------------------------------------------------------------


@pytest.mark.parametrize("after", range(5))
async def test_pulling_the_stick_out_at_any_step_loses_nothing(
    pair: Pair, stick: FolderPartner, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    ada, max_ = pair
    await ada.write("mine")
    await ada.share("ours")
    await max_.share("from Max")
    await carry(stick, max_, rounds=1)
    real, left = FolderRelay.answer, after

    def pulled(relay: FolderRelay, frame: ToRelay) -> ToClient:
        nonlocal left
        answer = real(relay, frame)
        left -= 1
        if left < 0:
            raise PowerCutError
        return answer

    with monkeypatch.context() as pulling:
        pulling.setattr(FolderRelay, "answer", pulled)
        with suppress(PowerCutError):
            await ada.journal.sync_folder(stick.path)
    await ada.reopen()

    reports = await carry(stick, ada, max_)

    assert await ada.texts() == ["from Max", "mine", "ours"]
    assert await max_.texts() == ["from Max", "ours"]
    assert await agree(ada, max_)
    assert said(reports) == []


async def test_strange_files_are_told_once(pair: Pair, stick: FolderPartner) -> None:
    ada, _ = pair
    await carry(stick, ada)
    box = next(folder for folder in stick.place.iterdir() if folder.is_dir())
    (box / "holiday.jpg").write_bytes(b"a picture")

    reports = await carry(stick, ada, ada)
    (box / "holiday 2.jpg").write_bytes(b"another")
    more = await carry(stick, ada, ada)

    assert said(reports) == ["1 file in that folder is not a whole record, and was passed over."]
    assert said(more) == ["2 files in that folder are not whole records, and were passed over."]


async def test_a_record_torn_on_the_stick_is_written_again_and_told_once(
    pair: Pair, stick: FolderPartner
) -> None:
    ada, max_ = pair
    await ada.share("whole again")
    await carry(stick, ada)
    for record in stick.place.glob("*/????????-*"):
        record.write_bytes(record.read_bytes()[:-1])

    reports = await carry(stick, ada, max_)

    assert await max_.texts() == ["whole again"]
    assert sum("put there again" in sentence for sentence in said(reports)) >= 1
    assert not [s for report in reports[2:] for s in report.news]


async def test_a_folder_that_is_not_there_is_told_and_nothing_is_changed(
    pair: Pair, tmp_path: Path
) -> None:
    with pytest.raises(FolderMissingError, match="saved here"):
        await pair[0].journal.sync_folder(tmp_path / "nowhere")


async def test_one_process_at_a_time_syncs_with_folders(
    pair: Pair, stick: FolderPartner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = pair
    seen = list[type[Exception]]()
    real = FolderRelay.__aenter__

    async def enter(relay: FolderRelay) -> FolderRelay:
        try:
            await ada.journal.sync_folder(stick.path)
        except BusyStoreError:
            seen.append(BusyStoreError)
        return await real(relay)

    monkeypatch.setattr(FolderRelay, "__aenter__", enter)
    await ada.journal.sync_folder(stick.path)

    assert seen == [BusyStoreError]
