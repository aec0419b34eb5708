"""Mailboxes that were gone after a long time: nothing is made again unasked, and it stays told."""

import pytest

from client.journal.test_rotating import rotate
from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.memory_relay import MemoryRelay
from inglenook_schema.errors import CallerError

SECOND = "https://second.example"
Pair = tuple[Device, Device]


async def be_away(device: Device, days: int = 31) -> None:
    """As if the last answer of any relay had come so many days ago."""
    await device.change(
        lambda db: db.execute("UPDATE mailbox SET seen = seen - ?", (days,)) and None
    )


def told(sentences: list[str], name: str = "Max") -> int:
    return sum(f"“{name}” moved while this device was away" in s for s in sentences)


async def test_after_a_long_absence_nothing_is_made_again_and_it_stays_among_the_problems(
    net: Net, pair: Pair
) -> None:
    ada, _ = pair
    await ada.share("kept here")
    await settle(*pair)
    await be_away(ada)
    net.relay.wipe()

    reports = [await ada.sync() for _ in range(3)]
    await ada.reopen()
    problems = (await ada.journal.status()).problems

    assert net.relay.blobs() == []
    assert told([s for report in reports for s in report.news]) == 1
    assert told(problems) == 1
    assert "inglenook sync --recreate" in next(s for s in problems if told([s]))
    assert "kept here" in await ada.texts()


async def test_the_person_may_have_it_made_again_and_everything_is_sent(
    net: Net, pair: Pair
) -> None:
    ada, max_ = pair
    await ada.share("sent before")
    await settle(*pair)
    await be_away(ada)
    await be_away(max_)
    net.relay.wipe()
    await ada.sync()
    await ada.share("written meanwhile")

    await ada.journal.recreate(await ada.pair())
    report = await ada.sync()
    after = (await ada.journal.status()).problems
    await settle(max_, ada)

    assert not report.offline
    assert told(after) == 0
    assert await max_.texts() == ["sent before", "written meanwhile"]
    assert told((await max_.journal.status()).problems, "Ada") == 0
    assert await agree(ada, max_)


async def test_a_space_that_did_not_move_is_not_made_again(pair: Pair) -> None:
    ada, _ = pair
    with pytest.raises(CallerError, match="is where it was"):
        await ada.journal.recreate(await ada.pair())


async def test_a_mailbox_that_comes_back_answers_by_itself(net: Net, pair: Pair) -> None:
    ada, max_ = pair
    await settle(*pair)
    await be_away(ada)
    copy = net.relay.snapshot()
    net.relay.wipe()
    await ada.sync()
    net.relay.roll_back(copy)

    await max_.share("still there")
    await settle(max_, ada)

    assert told((await ada.journal.status()).problems) == 0
    assert await ada.texts() == ["still there"]


async def test_after_a_short_absence_it_is_healed_unasked(net: Net, pair: Pair) -> None:
    ada, max_ = pair
    await ada.share("healed")
    await settle(*pair)
    await be_away(ada, 29)
    net.relay.wipe()

    report = await ada.sync()
    await max_.sync()

    assert told(report.news) == told((await ada.journal.status()).problems) == 0
    assert "The relay lost" in report.news[0]
    assert await max_.texts() == ["healed"]


async def test_a_space_that_another_relay_still_holds_did_not_move(net: Net, pair: Pair) -> None:
    ada, max_ = pair
    net.relays[SECOND] = MemoryRelay()
    await ada.journal.add_relay(SECOND)
    await settle(*pair)
    await be_away(ada)
    net.relays[ORIGIN].wipe()

    reports = [await ada.sync() for _ in range(2)]
    await ada.share("at both again")
    await settle(*pair)

    assert told([s for report in reports for s in report.news]) == 0
    assert told((await ada.journal.status()).problems) == 0
    assert await max_.texts() == ["at both again"]
    assert net.relay.blobs()


async def test_an_old_mailbox_that_was_cleared_away_is_nobodys_problem(
    net: Net, pair: Pair
) -> None:
    ada, _ = pair
    await settle(*pair)
    before = set(net.relay.store._mailboxes)
    await rotate(ada)
    await settle(*pair)
    await be_away(ada)
    for address in before:
        net.relay.store._mailboxes.pop(address)
        net.relay.store._records.pop(address, None)
    journal = {row for row in before if row in net.relay.store._mailboxes}

    report = await ada.sync()

    assert journal == set()
    assert told(report.news) == 0
    assert told((await ada.journal.status()).problems) == 0
