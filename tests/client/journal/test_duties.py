"""Epochs begin by age and by size without anybody's asking, once, and the tail stays short."""

import asyncio
from pathlib import Path

import pytest

from harness.devices import Device, Net, agree, settle
from inglenook_client import ambient
from inglenook_client.journal import duties
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db

DAY_MS = 86_400_000


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    now = ambient.now_ms()
    monkeypatch.setattr(ambient, "now_ms", lambda: now + days * DAY_MS)


async def current(device: Device, kind: int) -> bytes:
    """Commitment of the epoch that a device writes to, in its journal or pair."""
    sql = "SELECT e.commitment FROM log l JOIN epoch e ON e.number = l.epoch WHERE l.type = ?"
    (commitment,) = await device.read(lambda db: db.execute(sql, (kind,)).fetchone())
    return bytes(commitment)


async def packs(device: Device) -> dict[bytes, int]:
    """Bytes of each pack record that this device knows of, the oldest first."""
    sql = "SELECT rid, size FROM record WHERE kind = 2 ORDER BY number"
    return dict(await device.read(lambda db: db.execute(sql).fetchall()))


# --- the rule -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [96, 480, 4_128])
def test_a_hundred_thousand_events_one_by_one_cost_packs_of_six_times_the_last(size: int) -> None:
    made, tail = [0], 0
    for number in range(1, 100_001):
        tail += 1
        if duties.is_long(made[-1], tail, tail * size):
            made.append(number * size)
            tail = 0

    assert len(made) > 5
    assert sum(made) <= 6 * made[-1]


# --- by size --------------------------------------------------------------------------


async def test_events_pushed_one_by_one_are_packed_as_the_tail_grows(
    net: Net, ada: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "TAIL", 12)
    made = dict[bytes, int]()
    for number in range(90):
        await ada.write(f"entry number {number}, and some words beside it")
        await ada.sync()
        made |= await packs(ada)

    sizes = list(made.values())
    sql = "SELECT count(*) FROM record WHERE mailbox = (SELECT max(number) FROM mailbox)"
    (tail,) = await ada.read(lambda db: db.execute(sql).fetchone())
    assert len(sizes) > 2
    assert sum(sizes) <= 6 * sizes[-1]
    assert tail < 30

    phone = await ada.second("new phone")
    await settle(ada, phone)
    assert await phone.texts() == await ada.texts()
    assert net.relay.frames


async def test_two_devices_that_cross_the_line_together_make_one_pack(
    trio: tuple[Device, Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, *_ = trio
    await settle(*trio)
    before = await current(ada, 2)
    monkeypatch.setattr(duties, "TAIL", 40)
    for number in range(12):
        for device in trio:
            await device.share(f"{device.home.name} {number}")
        await asyncio.gather(*(device.sync() for device in trio))
    await settle(*trio)

    sql = "SELECT count(*) FROM epoch e JOIN log l ON l.number = e.log WHERE l.type = 2"
    counts = [await d.read(lambda db: db.execute(sql).fetchone()[0]) for d in trio]
    assert await current(ada, 2) != before
    assert counts == [2, 2, 2]
    assert len(await ada.texts()) == 36
    assert await agree(*trio)


async def test_others_take_the_duty_over_after_a_few_days(
    pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = pair
    await settle(*pair)
    before = await current(ada, 2)
    with monkeypatch.context() as careless:
        careless.setattr(duties, "fulfil", lambda *_: 0)
        careless.setattr(duties, "TAIL", 10)
        for number in range(12):
            await max_.share(f"goal {number}")
            await max_.sync()
        await ada.sync()
    await ada.sync()
    assert await current(ada, 2) == before

    later(monkeypatch, 8)
    await ada.sync()

    assert await current(ada, 2) != before


# --- by age ---------------------------------------------------------------------------


async def test_after_ninety_days_whoever_began_the_epoch_begins_the_next(
    pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = pair
    await settle(*pair)
    before = await current(ada, 2)

    later(monkeypatch, 89)
    await settle(*pair)
    assert await current(ada, 2) == before

    later(monkeypatch, 1)
    await max_.sync()
    assert await current(max_, 2) == before
    await settle(ada, max_)

    assert await current(ada, 2) == await current(max_, 2) != before
    assert await agree(*pair)


async def test_the_partner_begins_it_where_nobody_else_comes(
    pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = pair
    await settle(*pair)
    before = await current(max_, 2)

    later(monkeypatch, 98)
    await max_.sync()

    assert await current(max_, 2) != before
    await settle(*pair)
    assert await current(ada, 2) == await current(max_, 2)


async def test_a_journal_that_never_met_a_relay_stays_as_it_is(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = await Device.first(base, "Solo", relay=None)
    before = await current(alone, 1)
    later(monkeypatch, 400)

    await alone.sync()

    assert await current(alone, 1) == before
    await alone.close()


async def test_a_pair_that_waits_for_its_words_is_not_packed(
    ada: Device, max_: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack would share what nobody confirmed yet."""
    await ada.pair_with(max_, via=True)
    await ada.share("not before the words")
    before = await current(ada, 2)
    later(monkeypatch, 400)

    await settle(ada, max_)

    def number(db: Db) -> int:
        return len([log for log in logs.all_logs(db) if log.type == 2])

    assert await ada.read(number) == 1
    assert await current(ada, 2) == before
    assert await max_.texts() == []


async def test_nobody_begins_one_alone_where_the_relay_lost_everything_meanwhile(
    net: Net, pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would go on for itself, with nothing that leads from one to the other."""
    ada, max_ = pair
    await settle(*pair)
    before = await current(ada, 2)
    net.relay.wipe()
    later(monkeypatch, 120)

    await settle(*pair)

    assert await current(ada, 2) == await current(max_, 2) == before
    assert any("moved" in problem for problem in (await ada.journal.status()).problems)
    await ada.share("again")
    for device in pair:
        await device.journal.recreate(await device.pair())
    await settle(*pair)
    assert await current(ada, 2) == await current(max_, 2)
    assert await max_.texts() == ["again"]
