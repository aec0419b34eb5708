"""Mailboxes that were left are emptied, and forgotten once nobody needs them any more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harness.devices import Device, Net, Template, agree, settle
from inglenook_client import ambient
from inglenook_client.journal import rotating
from inglenook_client.stores import logs
from inglenook_schema import mailbox
from inglenook_schema.control import Reason
from inglenook_schema.wire import Ids, Shape, ToRelay

Four = tuple[Device, Device, Device, Device]
DAY_MS = 86_400_000


@pytest.fixture
async def four(net: Net, base: Path, template: Template) -> AsyncIterator[Four]:
    """Ada's laptop and tablet, Max's PC and phone: all that belong to their pair."""
    devices = await template.unpack(net, base, "ada", "tablet", "max", "phone")
    yield tuple(devices)
    for device in devices:
        await device.close()


async def rotate(device: Device, type_: int = 2) -> None:
    me = device.journal.me

    def change(db: object) -> None:
        log = next(log for log in logs.all_logs(db) if log.type == type_)  # type: ignore[arg-type]
        rotating.rotate(db, me, log, Reason.AGE)  # type: ignore[arg-type]

    await device.change(change)


async def open_boxes(device: Device, type_: int = 2) -> list[tuple[bytes, bytes]]:
    """[address, read token] of the mailboxes of a log that are still asked for, oldest first."""
    sql = (
        "SELECT m.address, m.read FROM mailbox m JOIN log l ON l.number = m.log"
        " WHERE l.type = ? AND m.closed = 0 ORDER BY m.number"
    )
    return await device.read(lambda db: db.execute(sql, (type_,)).fetchall())


async def secrets(device: Device, type_: int = 2) -> int:
    sql = "SELECT count(*) FROM epoch e JOIN log l ON l.number = e.log WHERE l.type = ?"
    (count,) = await device.read(lambda db: db.execute(sql, (type_,)).fetchone())
    return int(count)


def whole(net: Net, box: tuple[bytes, bytes]) -> int:
    """How many records of a mailbox the relay still holds."""
    (answer,) = net.relay.ask(ToRelay(ids=(Ids(box[0], box[1], 0),))).ids
    return sum(shape is not Shape.ERASED for shape, _ in answer.records)


async def test_after_a_rotation_only_the_way_on_is_left_in_the_old_mailbox(
    net: Net, four: Four
) -> None:
    for number in range(4):
        await four[number % 4].share(f"goal {number}")
    await settle(*four)
    (old,) = await open_boxes(four[0])
    before = whole(net, old)

    await rotate(four[0])
    await settle(*four, rounds=4)

    assert before > 8
    assert whole(net, old) <= 2  # the rotate record, and what leads up to it
    assert await agree(*four)
    for device in four:
        assert (await device.journal.doctor()).ok


async def test_a_left_mailbox_and_its_secret_are_forgotten_once_everybody_was_seen_in_the_new(
    four: Four,
) -> None:
    await settle(*four)
    await rotate(four[0])
    await settle(*four)
    for device in four:
        await device.share(f"from {device.home.name}")

    await settle(*four, rounds=4)

    for device in four:
        assert len(await open_boxes(device)) == 1
        assert await secrets(device) == 1
        assert len(await device.texts()) == 4
    assert await agree(*four)


async def test_it_is_kept_while_a_device_is_away_and_leads_it_on(net: Net, four: Four) -> None:
    ada, tablet, max_, phone = four
    await settle(*four)
    await tablet.share("written before a long journey")
    before = whole(net, (await open_boxes(ada))[0])
    for number in range(3):
        await rotate((ada, max_)[number % 2])
        await ada.share(f"goal {number}")
        await max_.share(f"aim {number}")
        await settle(ada, max_, phone, rounds=3)
    (old, *_) = await open_boxes(ada)
    assert len(await open_boxes(ada)) == 4
    assert 1 <= whole(net, old) < before

    await settle(tablet, ada, max_, phone, rounds=4)

    assert len(await tablet.texts()) == 7
    assert await agree(*four)
    for device in four:
        assert len(await open_boxes(device)) == 1


async def test_after_four_hundred_days_nobody_waits_any_more(
    four: Four, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _tablet, max_, _phone = four
    await settle(*four)
    sql = "SELECT e.commitment FROM epoch e JOIN log l ON l.number = e.log WHERE l.type = 2"
    (first,) = await max_.read(lambda db: db.execute(sql).fetchone())
    await rotate(ada)
    await settle(ada, max_)
    assert await secrets(max_) == 2
    now = ambient.now_ms()
    monkeypatch.setattr(ambient, "now_ms", lambda: now + 401 * DAY_MS)

    await max_.sync()

    sql = "SELECT count(*) FROM epoch e JOIN log l ON l.number = e.log WHERE e.commitment = ?"
    assert await max_.read(lambda db: db.execute(sql, (first,)).fetchone()) == (0,)
    assert await secrets(max_) == 2  # the next one, and that which age began meanwhile


async def test_nothing_is_nulled_before_the_new_pack_was_read_back(net: Net, four: Four) -> None:
    ada, _, max_, _phone = four
    await ada.share("before")
    await settle(*four)
    (old,) = await open_boxes(ada)
    before = whole(net, old)
    await rotate(ada)

    def nothing_erased(frame: ToRelay) -> None:
        assert not frame.erase or kept

    kept: list[int] = []
    net.on_the_way = nothing_erased
    new = (await open_boxes(ada))[-1]
    await max_.sync()
    assert whole(net, old) >= before
    net.on_the_way = lambda _: None
    await ada.sync()
    assert whole(net, new) > 0
    kept.append(1)
    await settle(*four)

    assert whole(net, old) < before


async def test_a_journal_on_one_device_keeps_one_mailbox(ada: Device) -> None:
    for number in range(3):
        await ada.write(f"entry {number}")
        await rotate(ada, 1)
        await settle(ada, rounds=3)

    assert len(await open_boxes(ada, 1)) == 1
    assert await secrets(ada, 1) == 1
    phone = await ada.second("new phone")
    assert await phone.texts() == ["entry 0", "entry 1", "entry 2"]


async def test_a_relay_put_back_to_before_the_rotation_brings_nothing_back(
    net: Net, four: Four
) -> None:
    await four[0].share("before")
    await settle(*four)
    copy = net.relay.snapshot()
    (old,) = await open_boxes(four[0])
    await rotate(four[0])
    await settle(*four, rounds=4)
    net.relay.roll_back(copy)

    for device in four:
        await device.share(f"after, from {device.home.name}")
    await settle(*four, rounds=4)

    assert len(await four[2].texts()) == 5
    assert await agree(*four)
    assert mailbox.EMPTY_HEAD
    assert old


# --- acks -----------------------------------------------------------------------------


async def test_an_older_ack_is_nulled_when_a_newer_one_is_kept(
    net: Net, pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = pair
    now = ambient.now_ms()
    for day in range(1, 5):
        monkeypatch.setattr(ambient, "now_ms", lambda day=day: now + day * DAY_MS)
        await ada.share(f"day {day}")
        await settle(ada, max_, rounds=2)

    sql = "SELECT count(*), sum(wiped = 2) FROM record WHERE kind = 4 AND token IS NOT NULL"
    made, gone = await max_.read(lambda db: db.execute(sql).fetchone())
    assert made >= 4
    assert gone >= made - 3  # one lives in the journal, one in the pair, one is on its way out
    assert net.relay.frames
