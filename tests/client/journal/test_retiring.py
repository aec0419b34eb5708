"""Mailboxes that were left are emptied, and forgotten once nobody needs them any more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harness.devices import Device, Net, Template, agree, settle
from inglenook_client import ambient
from inglenook_client.journal import incarnation, rotating
from inglenook_client.journal.model import Query
from inglenook_client.stores import logs
from inglenook_schema import epoch, mailbox
from inglenook_schema.control import Reason, Wraps
from inglenook_schema.keys import kem_hash
from inglenook_schema.wire import Ids, Shape, ToRelay
from inglenook_server.core.changes import Now

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


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    now = ambient.now_ms()
    monkeypatch.setattr(ambient, "now_ms", lambda: now + days * DAY_MS)


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
    chains = await four[0].read(
        lambda db: db.execute(
            "SELECT count(*) FROM chain c JOIN log l ON l.number = c.log WHERE l.type = 2"
        ).fetchone()[0]
    )
    # the rotate record, what leads up to it, and how each chain began
    assert whole(net, old) <= 2 + chains
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


async def test_it_is_kept_while_a_device_is_away_and_leads_it_on(
    net: Net, four: Four, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert whole(net, old) > before
    later(monkeypatch, 8)
    await settle(ada, max_, phone)
    assert len(await open_boxes(ada)) == 4
    assert 1 <= whole(net, old) < before
    assert len(await open_boxes(ada)) == 4

    await settle(tablet, ada, max_, phone, rounds=3)
    assert len(await tablet.texts()) == 7
    later(monkeypatch, 1)  # the tablet's word on where it is by now: one a day
    await settle(tablet, ada, max_, phone, rounds=3)

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
    now, days = ambient.now_ms(), [0]
    monkeypatch.setattr(ambient, "now_ms", lambda: now + days[0] * DAY_MS)
    for day in (0, 60, 120, 180, 240, 300, 360, 401):
        days[0] = day
        await max_.sync()

    sql = "SELECT count(*) FROM epoch e JOIN log l ON l.number = e.log WHERE e.commitment = ?"
    assert await max_.read(lambda db: db.execute(sql, (first,)).fetchone()) == (0,)
    assert await secrets(max_) == 4  # the next one, and three that age began meanwhile


async def test_a_clock_that_leaps_makes_nobody_forget_a_mailbox_that_was_not_asked_meanwhile(
    four: Four, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _tablet, max_, _phone = four
    await settle(*four)
    await rotate(ada)
    await rotate(max_)  # neither knows of the other's
    await settle(ada)
    await ada.share("where Max has not been")
    await settle(ada)
    now = ambient.now_ms()
    monkeypatch.setattr(ambient, "now_ms", lambda: now + 998 * DAY_MS)

    await settle(max_)

    assert "where Max has not been" in await max_.texts()


async def test_nothing_is_nulled_before_the_new_pack_was_read_back(net: Net, four: Four) -> None:
    ada, _, max_, _phone = four
    await ada.share("before")
    await settle(*four)
    (old,) = await open_boxes(ada)
    before = whole(net, old)
    await rotate(ada)

    def nothing_erased(frame: ToRelay) -> None:
        assert kept or old[0] not in {erase.address for erase in frame.erase}

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


async def test_a_relay_that_forgets_the_way_on_is_told_it_again_for_who_has_not_gone_it(
    net: Net, own: tuple[Device, Device]
) -> None:
    """That the laptop put again what the tablet wrote late does not say that the tablet came."""
    ada, tablet = own
    await settle(*own)
    copy = net.relay.snapshot()
    await rotate(ada, 1)
    await tablet.write("late, from the tablet")
    await tablet.sync()
    await settle(ada, rounds=4)
    net.relay.roll_back(copy)

    await ada.write("in the new epoch")
    await settle(*own)

    assert (
        await ada.texts()
        == await tablet.texts()
        == [
            "in the new epoch",
            "late, from the tablet",
        ]
    )
    assert await agree(*own)


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


# --- behind, and left out -------------------------------------------------------------


async def test_a_device_that_was_removed_while_it_was_behind_still_learns_of_it(
    four: Four,
) -> None:
    ada, tablet, *others = four
    await settle(*four)
    await ada.share("the tablet did not see this")
    await settle(ada, *others)
    (lost,) = [d for d in await ada.journal.devices() if not d.this]
    await ada.journal.device_revoke(lost)
    await settle(ada, *others, rounds=4)

    report = await tablet.sync()

    assert any("was removed on" in sentence for sentence in report.news)


async def test_a_device_left_out_while_it_was_behind_is_let_in(
    four: Four, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its old mailbox is emptied: it cannot even verify the rotate that it holds."""
    ada, tablet, max_, phone = four
    await settle(*four)
    await ada.share("the tablet did not see this")
    await settle(ada, max_, phone)
    victim = kem_hash(tablet.journal.me.kem_public)
    honest = epoch.wrap

    def spoilt(secret: bytes, log: bytes, kems: list[bytes]) -> Wraps:
        wraps = honest(secret, log, kems)
        return tuple((n, w[:-1] + bytes([w[-1] ^ 1]) if n == victim else w) for n, w in wraps)

    monkeypatch.setattr(epoch, "wrap", spoilt)
    await rotate(ada)
    monkeypatch.setattr(epoch, "wrap", honest)
    await settle(ada, max_, phone)
    later(monkeypatch, 8)
    await settle(ada, max_, phone)
    await tablet.sync()
    await tablet.share("written while left out")
    await tablet.sync()
    assert await secrets(tablet) == 1
    assert (await tablet.journal.status()).waiting > 0

    await settle(max_, tablet, ada, tablet, phone)

    assert await tablet.texts() == await ada.texts()
    assert len(await ada.texts()) == 2
    assert await agree(*four)


async def test_a_device_that_missed_how_a_chain_began_follows_a_rotate_of_that_chain(
    own: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailbox in which both lie was emptied since, and nobody else could tell it either."""
    laptop, tablet = own
    await settle(*own)
    (laptop.home / incarnation.NAME).unlink()
    await laptop.reopen()
    await laptop.write("by the new chain")
    await laptop.sync()
    await rotate(laptop, type_=1)
    await settle(laptop)
    later(monkeypatch, 10)
    await settle(laptop)
    await laptop.write("in the new mailbox")
    await laptop.sync()

    await settle(tablet, laptop)

    assert await tablet.texts() == ["by the new chain", "in the new mailbox"]
    assert await agree(*own)


async def test_a_device_away_for_a_year_finds_its_way_and_what_it_wrote_counts_marked(
    net: Net, four: Four, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile epochs begin by age alone, in the pair and in both journals."""
    ada, tablet, max_, phone = four
    await settle(*four)
    await tablet.share("shared before the journey")
    await tablet.write("written before the journey")
    before = await open_boxes(tablet), await open_boxes(tablet, 1)
    now, day = ambient.now_ms(), net.relay.now.day
    for days in range(30, 361, 30):
        monkeypatch.setattr(ambient, "now_ms", lambda days=days: now + days * DAY_MS)
        net.relay.now = Now(day + days, 0)
        await ada.share(f"goal of day {days}")
        await ada.write(f"entry of day {days}")
        await max_.share(f"aim of day {days}")
        await settle(ada, max_, phone, rounds=2)

    reports = [await tablet.sync() for _ in range(2)]
    found = await tablet.texts()
    await settle(*four)

    assert (await open_boxes(ada))[-1] not in before[0]
    assert (await open_boxes(ada, 1))[-1] not in before[1]
    assert len(found) == 12 * 3 + 2
    assert not any("moved" in news for report in reports for news in report.news)
    for device in (ada, tablet):
        assert await device.texts() == sorted(found)
    for device in (max_, phone):
        late = {shown.text: shown.late for shown in await device.journal.log(Query())}
        assert late.pop("shared before the journey")
        assert not any(late.values())
        assert len(late) == 12 * 2
    assert await agree(*four)
    for device in four:
        assert (await device.journal.status()).waiting == 0
