"""Relays that lose things, and data folders that are put back: nothing is lost, all agree."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from client.journal.test_retiring import rotate
from harness.devices import ORIGIN, Device, Net, PowerCutError, agree, settle
from harness.memory_relay import MemoryRelay
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query, Reach
from inglenook_schema import wire
from inglenook_schema.wire import Box, Status, ToClient
from inglenook_server.core.rules import CreateMode, Quota, Rules


def told(sentences: list[str], what: str) -> int:
    return sum(what in sentence for sentence in sentences)


# --- a quiet relay --------------------------------------------------------------------


async def test_a_sync_with_nothing_new_asks_once_and_says_nothing(
    net: Net, pair: tuple[Device, Device]
) -> None:
    await settle(*pair)
    before = len(net.relay.frames)

    report = await pair[0].sync()

    assert len(net.relay.frames) == before + 1
    assert (report.sent, report.received, report.news, report.offline) == (0, 0, [], False)


async def test_offline_everything_written_is_kept_and_waits(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    net.relay.reachable = False
    goal = await ada.share("written on a train")
    report = await ada.sync()
    await ada.reopen()

    waiting = await ada.journal.find(goal.short)
    net.relay.reachable = True
    await settle(ada, max_)
    sent = await ada.journal.find(goal.short)
    await max_.share("an answer says that it came")
    await settle(max_, ada)

    assert report.offline
    assert "saved here" in report.problem
    assert (waiting.reach, sent.reach) == (Reach.WAITING, Reach.RELAY)
    assert "written on a train" in await max_.texts()
    assert (await ada.journal.find(goal.short)).reach is Reach.PARTNER


async def test_a_lost_answer_costs_nothing_and_doubles_nothing(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await ada.share("sent once")
    net.relay.answers_to_lose = 1
    lost = await ada.sync()

    await settle(ada, max_)

    assert lost.offline
    assert await max_.texts() == await ada.texts() == ["sent once"]
    assert await agree(ada, max_)


@pytest.mark.parametrize("after", range(6))
async def test_a_power_cut_at_any_step_of_a_sync_loses_nothing(
    net: Net, pair: tuple[Device, Device], after: int
) -> None:
    ada, max_ = pair
    await ada.write("mine")
    await ada.share("ours")
    await max_.share("from Max")
    await max_.sync()
    net.power_cut_in = after
    with suppress(PowerCutError):
        await ada.sync()
    net.power_cut_in = None
    await ada.reopen()

    await settle(ada, max_)

    assert await ada.texts() == ["from Max", "mine", "ours"]
    assert await max_.texts() == ["from Max", "ours"]
    assert await agree(ada, max_)


# --- a relay that loses ---------------------------------------------------------------


async def test_a_relay_put_back_to_an_older_copy_is_filled_again_and_told_once(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, tablet, max_ = trio
    before = net.relay.snapshot()
    for number in range(3):
        await ada.share(f"goal {number}")
        await ada.sync()
    await settle(ada, tablet, max_)
    net.relay.roll_back(before)

    reports = [await device.sync() for device in (ada, tablet, max_) * 3]

    news = [sentence for report in reports for sentence in report.news]
    assert told(news, "The relay lost") == 1
    assert told(news, "sent again from this device") == 1
    assert await max_.texts() == ["goal 0", "goal 1", "goal 2"]
    assert await agree(ada, tablet, max_)


async def test_the_sentence_counts_the_records_that_were_lost(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    before = net.relay.snapshot()
    for number in range(4):
        await ada.share(f"goal {number}")
        await ada.sync()
    net.relay.roll_back(before)

    report = await ada.sync()

    assert report.news == ["The relay lost 4 records; sent again from this device."]


async def test_a_wiped_relay_is_filled_by_whoever_comes_first(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, tablet, max_ = trio
    await tablet.share("from the tablet")
    await settle(ada, tablet, max_)
    await max_.share("unsent")
    net.relay.wipe()

    await max_.sync()
    await settle(ada, tablet, max_)

    assert await ada.texts() == await max_.texts() == ["from the tablet", "unsent"]
    assert await agree(ada, tablet, max_)


async def test_what_a_lost_record_held_up_goes_on_once_it_is_put_again(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    before = net.relay.newest()
    await ada.share("lost")
    await ada.sync()
    (lost,) = set(net.relay.newest().values()) - set(before.values())
    await ada.share("kept")
    await ada.sync()
    net.relay.forget(lost)

    hole = await max_.sync()
    texts = await max_.texts()
    await settle(ada, max_)

    assert hole.news == []
    assert texts == []
    assert await max_.texts() == ["kept", "lost"]
    assert await agree(ada, max_)


async def test_a_relay_that_lies_changes_nothing_here_and_is_told(
    net: Net, pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = pair
    await ada.share("ours")
    await ada.sync()
    before = await ada.texts(), await ada.states()

    def lie(frame: wire.ToRelay) -> ToClient:
        box = Box(Status.OK, 2**40, bytes(32), ((wire.Shape.BLOB, bytes(600)),), more=False)
        return ToClient(boxes=(box,) * len(frame.want))

    monkeypatch.setattr(net.relay, "ask", lie)
    report = await ada.sync()

    assert told(report.news, "did not add up") >= 1
    assert (await ada.texts(), await ada.states()) == before


async def test_a_full_relay_is_told_once_and_everything_stays_saved(
    pair: tuple[Device, Device], net: Net
) -> None:
    ada, _ = pair
    await ada.sync()
    net.relay._rules = Rules(quota=Quota(max_records=1))
    for number in range(3):
        await ada.share(f"goal {number}")

    report = await ada.sync()

    assert told(report.news, "takes no more") == 1
    assert len(await ada.texts()) == 3
    assert (await ada.journal.status()).waiting == 3


async def test_a_relay_that_wants_a_voucher_says_so_once(base: Path, net: Net) -> None:
    net.relays[ORIGIN] = MemoryRelay(Rules(create=CreateMode.TOKEN))
    ada = await Device.first(base, "Ada")
    await ada.write("saved here")

    report = await ada.sync()
    texts = await ada.texts()
    await ada.close()

    assert told(report.news, "voucher") == 1
    assert texts == ["saved here"]


# --- two relays -----------------------------------------------------------------------


async def test_one_relay_of_two_that_works_is_enough(net: Net, own: tuple[Device, Device]) -> None:
    ada, tablet = own
    second = net.relays["https://second.example"] = MemoryRelay()
    await ada.journal.add_relay("https://second.example")
    await settle(ada, tablet)
    net.relay.reachable = False
    await ada.write("over the second")

    await settle(ada, tablet)

    assert await tablet.texts() == ["over the second"]
    assert second.frames


# --- data folders put back ------------------------------------------------------------


def copy_of(device: Device) -> Path:
    copy = device.home.with_name(f"{device.home.name} of yesterday")
    shutil.copytree(device.home, copy)
    return copy


async def chains(device: Device) -> int:
    (count,) = await device.read(
        lambda db: db.execute("SELECT count(*) FROM chain WHERE mine > 0").fetchone()
    )
    return int(count)


async def test_yesterdays_copy_put_back_gets_todays_words_from_the_relay(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await ada.write("yesterday")
    await settle(ada, max_)
    copy = copy_of(ada)
    await ada.write("today")
    await ada.share("today, to Max")
    await settle(ada, max_)

    await ada.put_back(copy)
    await settle(ada, max_)
    await ada.share("after the repair")
    await settle(ada, max_)

    assert await ada.texts() == ["after the repair", "today", "today, to Max", "yesterday"]
    assert await max_.texts() == ["after the repair", "today, to Max"]
    assert await agree(ada, max_)
    assert (await ada.journal.doctor()).ok
    assert (await max_.journal.doctor()).ok


async def test_a_copy_put_back_goes_on_in_a_new_chain(pair: tuple[Device, Device]) -> None:
    ada, max_ = pair
    copy = copy_of(ada)
    await ada.share("today")
    await settle(ada, max_)
    before = await chains(ada)

    await ada.put_back(copy)
    await ada.sync()
    await ada.share("after")

    assert await chains(ada) == before + 2  # one in the journal, one in the pair


async def test_a_copy_from_before_a_rotation_that_this_device_began_finds_the_way(
    own: tuple[Device, Device],
) -> None:
    """Although all have gone on since, and nobody listens at the old mailbox any more."""
    ada, tablet = own
    await settle(*own)
    copy = copy_of(ada)
    await rotate(ada, 1)
    await ada.write("in the new epoch")
    await settle(*own, rounds=4)

    await ada.put_back(copy)
    await ada.write("after the repair")
    await settle(*own)

    assert await tablet.texts() == await ada.texts() == ["after the repair", "in the new epoch"]
    assert not any("new key" in line for line in (await ada.journal.status()).problems)
    assert await agree(*own)


async def test_words_written_on_a_copy_before_its_first_sync_are_lost_nowhere(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    copy = copy_of(ada)
    await ada.share("written before the disk broke")
    await settle(ada, max_)

    await ada.put_back(copy)
    await ada.share("written offline on the copy")
    await settle(ada, max_)
    await ada.share("after")
    await settle(ada, max_)

    everything = ["after", "written before the disk broke", "written offline on the copy"]
    assert await ada.texts() == await max_.texts() == everything
    assert await agree(ada, max_)


async def test_a_database_beside_another_incarnation_number_opens_new_chains(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    before = await chains(ada)
    await ada.close()
    (ada.home / "incarnation").write_bytes(bytes(16))
    ada.journal = await Journal.open(ada.home, ada.key)
    await ada.share("goes on")

    await settle(ada, max_)

    assert await max_.texts() == ["goes on"]
    assert await chains(ada) > before
    assert await agree(ada, max_)


async def test_two_copies_of_one_folder_used_side_by_side_lose_nothing(
    base: Path, pair: tuple[Device, Device]
) -> None:
    """Nobody should; a folder in a synchronised drive does it all the same."""
    ada, max_ = pair
    await settle(ada, max_)
    clone = Device(base / "clone")
    clone.key = ada.key
    await ada.close()
    shutil.copytree(ada.home, clone.home)
    ada.journal = await Journal.open(ada.home, ada.key)
    clone.journal = await Journal.open(clone.home, clone.key)
    for number in range(3):
        await ada.share(f"original {number}")
        await clone.share(f"clone {number}")

    await settle(ada, clone, max_, rounds=4)

    assert len(await max_.texts()) == 6
    assert await ada.texts() == await clone.texts() == await max_.texts()
    assert await agree(ada, clone, max_)
    await clone.close()


# --- concurrent edits -----------------------------------------------------------------


async def test_a_goal_edited_on_two_devices_at_once_ends_the_same_on_all(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    goal = await ada.share("before")
    await settle(ada, tablet, max_)
    for device, title in ((ada, "on the laptop"), (tablet, "on the tablet")):
        await device.revise(goal.event, title)

    await settle(ada, tablet, max_)

    assert await agree(ada, tablet, max_)
    kinds = [shown.kind for shown in await max_.journal.log(Query())]
    assert kinds.count("goal.revised") == 2
