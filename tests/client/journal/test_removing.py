"""A device is removed: it gets nothing new, nothing it writes counts, and it says so."""

import pytest

from harness.devices import Device, Net, agree, settle
from inglenook_client.journal import composing, founding, rotating, standing
from inglenook_client.journal.errors import AmbiguousError, NotFoundError
from inglenook_client.journal.model import Device as Listed
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema.control import LogType, Reason, RemoveDevice
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.header import Kind
from inglenook_schema.wire import ToRelay


async def listed(device: Device, other: Device) -> Listed:
    """Another device of the same person, as this one lists it."""
    found = await device.journal.devices()
    return next(each for each in found if each.id == other.journal.me.device)


async def revoke(device: Device, other: Device) -> None:
    await device.journal.device_revoke(await listed(device, other))


async def every_log(device: Device) -> list[LogRow]:
    return await device.read(logs.all_logs)


async def pair_log(device: Device) -> LogRow:
    return next(log for log in await every_log(device) if log.type is LogType.PAIR)


async def counting(device: Device, log: LogRow) -> set[bytes]:
    """Devices whose chains count without an end."""
    roster = await device.read(lambda db: logs.roster_of(db, log))
    return {seat.device for seat in roster.seats.values() if seat.last is None}


async def secrets(device: Device) -> set[bytes]:
    rows = await device.read(lambda db: db.execute("SELECT secret FROM epoch").fetchall())
    return {row[0] for row in rows}


async def written_to(device: Device) -> set[bytes]:
    """Secrets of the epochs that a device puts new records into."""
    rows = await device.read(
        lambda db: db.execute(
            "SELECT e.secret FROM log l JOIN epoch e ON e.number = l.epoch"
        ).fetchall()
    )
    return {row[0] for row in rows}


async def holds(device: Device, text: str) -> bool:
    """Whether these words lie on a device, counted or not."""
    rows = await device.read(
        lambda db: db.execute("SELECT body FROM event WHERE body IS NOT NULL").fetchall()
    )
    return any(text.encode() in body for (body,) in rows)


async def said(device: Device) -> list[str]:
    return [s for s in (await device.journal.status()).problems if "removed" in s]


# --- the ordinary way -----------------------------------------------------------------


async def test_a_removed_device_gets_nothing_new_from_any_space_and_keeps_what_it_has(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await ada.share("before")
    await ada.write("my own, before")
    await settle(*trio)

    await revoke(ada, tablet)
    await settle(ada, max_)
    await ada.write("my own, after")
    await ada.share("shared after")
    await max_.share("Max after")
    await settle(ada, max_, tablet, ada, max_, tablet)

    assert await tablet.texts() == ["before", "my own, before"]
    for text in ("my own, after", "shared after", "Max after"):
        assert not await holds(tablet, text)
    assert await written_to(ada) | await written_to(max_) <= (
        (await secrets(ada) | await secrets(max_)) - await secrets(tablet)
    )
    assert await max_.texts() == ["Max after", "before", "shared after"]
    assert (await tablet.journal.doctor()).ok
    assert await agree(ada, max_)


async def test_what_was_written_before_and_not_sent_yet_does_not_reach_the_removed_device(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    relays, net.relays = net.relays, {}
    await ada.write("sealed, not sent")
    await ada.share("shared, not sent")
    await ada.sync()
    await ada.write("not even sealed")
    net.relays = relays

    await revoke(ada, tablet)
    await settle(tablet, max_, ada, tablet, max_)

    for text in ("sealed, not sent", "shared, not sent", "not even sealed"):
        assert await holds(ada, text)
        assert not await holds(tablet, text)
    assert await tablet.texts() == []
    assert await max_.texts() == ["shared, not sent"]
    phone = await ada.second("new phone")
    assert "not even sealed" in await phone.texts()
    await settle(ada, phone, max_)
    assert await agree(ada, phone, max_)


async def test_a_removed_device_says_so_once_and_in_its_status_and_asks_no_longer(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, tablet, _ = trio
    await settle(*trio)
    await revoke(ada, tablet)

    first, second = await tablet.sync(), await tablet.sync()

    told = [sentence for sentence in first.news if "removed" in sentence]
    assert len(told) == 1
    assert told[0].startswith("This device was removed on 20")
    assert second.news == []
    assert await said(tablet) == told
    assert await said(ada) == []
    asked = list[ToRelay]()
    net.on_the_way = asked.append
    await tablet.sync()
    assert not any(frame.want for frame in asked)


async def test_what_a_removed_device_writes_before_it_knows_counts_nowhere_and_stays_there(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await revoke(ada, tablet)
    await tablet.share("in the pair")
    await tablet.write("in the journal")

    await settle(tablet, ada, max_)

    assert await ada.texts() == await max_.texts() == []
    assert await holds(tablet, "in the journal")
    with pytest.raises(NotAllowedError):
        await tablet.write("now it knows")
    assert await agree(ada, max_)


async def test_who_and_the_list_of_devices_leave_a_removed_device_out(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await revoke(ada, tablet)
    await settle(*trio)

    for device in (ada, max_):
        members = await device.journal.who(await device.pair())
        labels = {each.name for member in members for each in member.devices}
        assert labels == {"Ada's first", "Max's first", "phone"}
    assert [each.name for each in await ada.journal.devices()] == ["Ada's first"]


# --- who may --------------------------------------------------------------------------


async def test_a_thiefs_younger_device_cannot_evict_an_older_one_and_the_older_one_can(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    before = await tablet.states()

    with pytest.raises(NotAllowedError, match="was there before"):
        await revoke(tablet, ada)
    assert await tablet.states() == before
    await _by_hand(tablet, ada)
    await settle(tablet, ada, max_)
    await ada.write("the laptop goes on")
    await revoke(ada, tablet)
    await ada.share("without the thief")
    await settle(ada, max_, tablet)

    assert await max_.texts() == ["without the thief"]
    assert await ada.texts() == ["the laptop goes on", "without the thief"]
    for log in await every_log(ada):
        assert tablet.journal.me.device not in await counting(ada, log)
        assert ada.journal.me.device in await counting(ada, log)
    assert not await holds(tablet, "without the thief")


async def _by_hand(thief: Device, victim: Device) -> None:
    """Write the act that the program refuses to write."""

    def act(db: Db) -> None:
        for log in logs.all_logs(db):
            remove = RemoveDevice(victim.journal.me.device, b"", 1)
            events.append(db, log, [composing.act(Kind.MEMBER, remove)])
            founding.refresh(db, log)

    await thief.change(act)


async def test_the_only_device_is_not_removed(ada: Device) -> None:
    with pytest.raises(NotAllowedError, match="only device"):
        await revoke(ada, ada)


async def test_a_device_may_remove_itself_and_the_others_see_to_the_rest(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await tablet.share("the last from here")

    await revoke(tablet, tablet)
    await settle(ada, max_)
    await ada.share("after")
    await settle(ada, max_, tablet)

    assert await max_.texts() == ["after", "the last from here"]
    assert not await holds(tablet, "after")
    assert len(await said(tablet)) == 1
    assert not (await written_to(ada) & await secrets(tablet))
    assert await agree(ada, max_)


async def test_devices_of_one_name_are_told_apart_by_their_numbers(
    own: tuple[Device, Device],
) -> None:
    laptop, tablet = own
    await laptop.journal.device_rename(await listed(laptop, tablet), "Ada's first")

    with pytest.raises(AmbiguousError) as several:
        await laptop.journal.device("ada's first")
    with pytest.raises(NotFoundError, match="Ada's first"):
        await laptop.journal.device("fridge")

    number = tablet.journal.me.device.hex()[:8]
    assert number in str(several.value)
    assert (await laptop.journal.device(number)).id == tablet.journal.me.device


# --- crossings ------------------------------------------------------------------------


async def test_two_devices_remove_the_same_one_at_once(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    phone = await ada.second("lost phone")
    await settle(*trio, phone)
    lost = await listed(ada, phone)
    for device in (ada, tablet):
        await standing.revoke(device.journal.store, device.journal.me, lost)
        await device.share(f"from {device.home.name}")

    await settle(ada, tablet, max_, phone)
    await ada.share("afterwards")
    await settle(ada, tablet, max_, phone)

    assert await max_.texts() == ["afterwards", "from ada", "from tablet"]
    assert not any([await holds(phone, text) for text in await max_.texts()])
    assert await agree(ada, tablet, max_)


async def test_one_device_removes_another_while_that_one_removes_itself(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    for device in (ada, tablet):
        lost = await listed(device, tablet)
        await standing.revoke(device.journal.store, device.journal.me, lost)

    await settle(tablet, ada, max_)

    assert len(await said(tablet)) == 1
    assert await agree(ada, max_)


async def test_what_the_other_devices_write_while_one_is_removed_counts(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    phone = await ada.second("lost phone")
    await settle(*trio, phone)
    await tablet.share("tablet meanwhile")
    await tablet.sync()
    await max_.share("Max meanwhile")

    await revoke(ada, phone)
    await settle(tablet, max_, ada)

    for device in trio:
        assert await device.texts() == ["Max meanwhile", "tablet meanwhile"]
    assert await agree(*trio)


async def test_a_partner_who_began_an_epoch_meanwhile_does_not_let_the_removed_device_read_on(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    log, me = await pair_log(max_), max_.journal.me
    await max_.change(lambda db: rotating.rotate(db, me, log, Reason.AGE) and None)
    await max_.sync()
    lost = await listed(ada, tablet)
    await standing.revoke(ada.journal.store, ada.journal.me, lost)
    await settle(tablet, ada, max_)

    await max_.share("Max after")
    await ada.share("Ada after")
    await settle(max_, ada, tablet, max_, tablet)

    assert await max_.texts() == await ada.texts() == ["Ada after", "Max after"]
    assert not await holds(tablet, "Max after")
    assert not await holds(tablet, "Ada after")
    assert await agree(ada, max_)


# --- standing in every log ------------------------------------------------------------


async def test_a_removal_that_a_power_cut_left_in_one_log_stands_in_every_log_after_the_next_start(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    lost, number = tablet.journal.me.device, (await every_log(ada))[0].number
    me = ada.journal.me
    await ada.change(lambda db: standing._revoke_in(db, me=me, number=number, device=lost))
    assert lost in await counting(ada, await pair_log(ada))

    await ada.reopen()
    await ada.share("after the start")
    await settle(ada, max_, tablet)

    for device in (ada, max_):
        assert lost not in await counting(device, await pair_log(device))
    assert await max_.texts() == ["after the start"]
    assert not await holds(tablet, "after the start")


async def test_a_removal_reaches_a_log_that_another_device_joined_meanwhile(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, _ = trio
    phone = await ada.second("lost phone")
    await settle(*trio, phone)
    lost = await listed(ada, phone)
    zoe = await Device.first(ada.home.parent, "Zoe")
    try:
        await tablet.pair_with(zoe)
        await settle(tablet, zoe, phone)
        await standing.revoke(ada.journal.store, ada.journal.me, lost)

        await settle(ada, tablet, zoe, phone, ada)

        space = await ada.journal.space("Zoe")
        log = await ada.read(lambda db: logs.log_by_number(db, space.number))
        assert lost.id not in await counting(ada, log)
        assert not (await written_to(zoe) & await secrets(phone))
    finally:
        await zoe.close()


async def test_a_removal_that_this_device_may_not_repeat_is_listed_under_problems(
    trio: tuple[Device, Device, Device],
) -> None:
    """The laptop removed the tablet in the journal only; the phone is younger than both."""
    ada, tablet, _ = trio
    phone = await ada.second("phone 2")
    await settle(*trio, phone)
    lost, number = tablet.journal.me.device, (await every_log(ada))[0].number
    me = ada.journal.me
    await ada.change(lambda db: standing._revoke_in(db, me=me, number=number, device=lost))
    await ada.change(lambda db: logs.set_meta(db, "standing", standing._mark(db)))
    await ada.sync()

    await phone.sync()

    assert any("“tablet” was removed, but not from “Max”" in s for s in await said(phone))


async def test_a_device_that_never_wrote_in_a_log_is_shut_out_of_it_all_the_same(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    phone, _ = await ada.begin_second("stolen at once")
    await ada.journal.device_approve(await ada.knocked())
    number = (await every_log(ada))[0].number
    await phone.sync()
    await ada.sync()
    log = await pair_log(ada)
    await ada.change(lambda db: _forget(db, log.number, phone.journal.me.device))
    assert number

    await revoke(ada, phone)
    await ada.share("after")
    await settle(ada, max_, phone)

    assert await max_.texts() == ["after"]
    assert not await holds(phone, "after")
    assert not (await written_to(ada) & await secrets(phone))


def _forget(db: Db, log: int, device: bytes) -> None:
    """As if this device's chain had never come."""
    (chain,) = db.execute(
        "SELECT number FROM chain WHERE log = ? AND device = ?", (log, device)
    ).fetchone()
    for table in ("event", "seal", "past"):
        db.execute(f"DELETE FROM {table} WHERE chain = ?", (chain,))
    db.execute("DELETE FROM chain WHERE number = ?", (chain,))


async def test_a_pair_that_waits_for_the_words_shares_nothing_for_a_removal(
    ada: Device, max_: Device
) -> None:
    tablet = await ada.second("tablet")
    await ada.pair_with(max_, via=True)
    await settle(ada, tablet, max_)
    await ada.share("waits for the words")
    await revoke(ada, tablet)
    await settle(ada, max_, tablet)
    assert not await holds(max_, "waits for the words")

    for device in (ada, max_):
        await device.journal.pair_confirm(await device.pair())
        await settle(ada, max_, tablet)

    assert await max_.texts() == ["waits for the words"]
    assert not await holds(tablet, "waits for the words")
    assert tablet.journal.me.device not in await counting(ada, await pair_log(ada))


# --- names ----------------------------------------------------------------------------


async def test_a_new_name_shows_on_all_own_devices_and_on_the_partners(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)

    await ada.journal.device_rename(await listed(ada, tablet), "  the   old tablet ")
    await settle(*trio)

    for device in trio:
        members = await device.journal.who(await device.pair())
        assert "the old tablet" in {each.name for m in members for each in m.devices}
    assert "the old tablet" in {each.name for each in await tablet.journal.devices()}
    assert tablet.journal.me.label == "the old tablet"
    assert await ada.texts() == await max_.texts() == []  # no news for the timeline


async def test_of_two_names_the_causally_later_wins_on_every_device(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, _ = trio
    await settle(*trio)
    for name in ("first name", "second name"):
        for device in (ada, tablet):
            await device.journal.device_rename(await listed(device, tablet), name)
    await settle(*trio)
    await tablet.change(lambda db: _in_the_past(db, tablet))
    await settle(*trio)

    shown = set[str]()
    for device in trio:
        members = await device.journal.who(await device.pair())
        shown |= {each.name for m in members for each in m.devices}
    assert shown == {"Ada's first", "Max's first", "phone", "from a slow clock"}


def _in_the_past(db: Db, device: Device) -> None:
    """A last name, given by a device whose clock is years behind."""
    from inglenook_schema.events.spaces import DeviceRenamed

    said = DeviceRenamed(
        at=1,
        zone="UTC",
        date="1970-01-01",
        device=device.journal.me.device,
        label="from a slow clock",
    )
    for log in logs.all_logs(db):
        events.append(db, log, [composing.draft(said)])


async def test_nobody_renames_anothers_device(trio: tuple[Device, Device, Device]) -> None:
    ada, _, max_ = trio
    await settle(*trio)
    (theirs,) = [d for d in await ada.journal.devices() if d.this]

    await max_.journal.device_rename(theirs, "stolen")
    await settle(*trio)

    for device in (ada, max_):
        members = await device.journal.who(await device.pair())
        assert "stolen" not in {each.name for m in members for each in m.devices}
