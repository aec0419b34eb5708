"""Several relays, and relays that lose things: one that answers is enough, and it is said once."""

import pytest

from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.memory_relay import MemoryRelay
from inglenook_schema import wire
from inglenook_schema.wire import ToClient, ToRelay

SECOND = "https://second.example"
Pair = tuple[Device, Device]
Trio = tuple[Device, Device, Device]


class Scale:
    """Counts the bytes of all answers."""

    def __init__(self, net: Net) -> None:
        self.bytes = 0
        real = net.ask

        def weigh(origin: str, frame: ToRelay) -> ToClient:
            answer = real(origin, frame)
            self.bytes += len(wire.encode(answer))
            return answer

        net.ask = weigh  # type: ignore[method-assign]


def told(reports: list[list[str]], what: str) -> int:
    return sum(what in sentence for news in reports for sentence in news)


async def at_two(net: Net, *devices: Device) -> MemoryRelay:
    """Everything lies at two relays, and everybody knows."""
    second = net.relays[SECOND] = MemoryRelay()
    await devices[0].journal.add_relay(SECOND)
    await settle(*devices, rounds=2)
    return second


# --- one of several -------------------------------------------------------------------


@pytest.mark.parametrize("down", [ORIGIN, SECOND])
async def test_where_one_relay_is_down_the_others_sync_goes_on_and_it_is_named(
    net: Net, pair: Pair, down: str
) -> None:
    ada, max_ = pair
    await at_two(net, *pair)
    net.relays[down].reachable = False
    await ada.share("over the other")

    report = await ada.sync()
    await max_.sync()

    assert not report.offline
    assert [down in sentence for sentence in report.news] == [True]
    assert "over the other" in await max_.texts()


async def test_where_all_are_down_the_work_is_saved_and_waits(net: Net, pair: Pair) -> None:
    ada, _ = pair
    await at_two(net, *pair)
    for relay in net.relays.values():
        relay.reachable = False
    await ada.share("waits")

    report = await ada.sync()

    assert report.offline
    assert "saved here" in report.problem
    assert report.news == []
    assert (await ada.journal.status()).waiting == 1


async def test_a_record_that_only_one_relay_got_is_put_at_the_other_by_whoever_read_it(
    net: Net, trio: Trio
) -> None:
    ada, tablet, max_ = trio
    second = await at_two(net, *trio)
    second.reachable = False
    await max_.share("before the phone was lost")
    await max_.sync()
    second.reachable = True

    await ada.sync()
    net.relay.reachable = False
    await tablet.sync()

    assert await tablet.texts() == ["before the phone was lost"]


async def test_what_is_put_twice_is_there_once(net: Net, trio: Trio) -> None:
    ada, tablet, max_ = trio
    second = await at_two(net, *trio)
    second.reachable = False
    await max_.share("once")
    await max_.sync()
    second.reachable = True
    for device in (ada, tablet, max_):
        await device.sync()
    before = len(second.blobs())

    await settle(*trio, rounds=2)
    acks = 3 * 2  # at most one a device and space

    assert len(second.blobs()) - before <= acks
    assert await agree(*trio)


async def test_two_relays_that_hold_the_same_are_asked_once_each_and_get_nothing(
    net: Net, pair: Pair
) -> None:
    ada, _ = pair
    second = await at_two(net, *pair)
    await settle(*pair, rounds=2)
    before = len(net.relay.frames), len(second.frames)

    report = await ada.sync()

    assert (len(net.relay.frames), len(second.frames)) == (before[0] + 1, before[1] + 1)
    assert (report.sent, report.news) == (0, [])


# --- relays that lose things ----------------------------------------------------------


@pytest.mark.parametrize("loss", ["restored", "wiped", "both restored", "both wiped"])
async def test_a_loss_is_found_mended_and_told_once_without_a_full_download(
    net: Net, trio: Trio, loss: str
) -> None:
    ada, _tablet, max_ = trio
    second = await at_two(net, *trio)
    for number in range(30):
        await ada.share(f"goal {number} " + "that has a long title. " * 10)
        await ada.write(f"entry {number} " + "that is told at some length. " * 200)
    await settle(*trio, rounds=2)
    held = sum(map(len, net.relay.blobs()))
    copies = {relay: relay.snapshot() for relay in (net.relay, second)}
    await ada.share("after the copies were made")
    await max_.share("and this")
    await settle(*trio, rounds=2)
    lost = (net.relay, second) if "both" in loss else (net.relay,)
    for relay in lost:
        if "wiped" in loss:
            relay.wipe()
        else:
            relay.roll_back(copies[relay])
    scale = Scale(net)

    news = [(await device.sync()).news for device in (*trio, *trio, *trio)]
    hers, his = [n for i, n in enumerate(news) if i % 3 < 2], news[2::3]

    assert told(hers, "The relay lost") == len(lost)
    assert told(his, "The relay lost") == int("wiped" in loss)  # his journal lies at the first
    assert told(news, "could not be reached") == 0
    # where packs were lost too, new ones are made, and each of the others reads them once
    assert scale.bytes < held / (2 if "wiped" in loss else 20)
    assert await agree(*trio)
    assert sum(map(len, net.relay.blobs())) > held / 2


async def test_another_relay_in_the_place_of_one_that_died_is_filled(net: Net, pair: Pair) -> None:
    ada, max_ = pair
    await ada.share("sent to the old one")
    await settle(*pair)
    net.relays[ORIGIN] = MemoryRelay()

    news = [(await device.sync()).news for device in (ada, max_, ada, max_)]
    await max_.share("sent to the new one")
    await settle(*pair)

    assert [told([each], "The relay lost") for each in news] == [1, 1, 0, 0]  # each had a journal
    assert await ada.texts() == ["sent to the new one", "sent to the old one"]
    assert await agree(*pair)
