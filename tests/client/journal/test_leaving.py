"""A pair ends: closed or left, on one side or both; both go on reading what is there."""

import pytest

from harness.devices import Device, Net, agree, settle
from inglenook_client.journal import leaving
from inglenook_client.journal.errors import AmbiguousError, NotFoundError
from inglenook_client.journal.model import Query, Report, Space
from inglenook_client.stores.connection import Db
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.wire import ToRelay


async def ended(device: Device) -> Space:
    """The one pair that is closed."""
    (found,) = [space for space in await device.journal.spaces() if not space.open]
    return found


async def sentence(device: Device) -> str:
    """What its status says of that pair."""
    space = await ended(device)
    status = await device.journal.status()
    return next(each.ended for each in status.spaces if each.name == space.name)


async def asked(net: Net, device: Device, space: Space) -> bool:
    """Whether a sync asks for a mailbox of this space."""
    rows = await device.read(
        lambda db: db.execute(
            "SELECT address FROM mailbox WHERE log = ?", (space.number,)
        ).fetchall()
    )
    seen = list[ToRelay]()
    net.on_the_way = seen.append
    await device.sync()
    net.on_the_way = lambda _: None
    addresses = {row[0] for row in rows}
    return any(want.address in addresses for frame in seen for want in frame.want)


async def close(device: Device) -> Report:
    return await device.journal.pair_close(await device.pair())


async def leave(device: Device) -> Report:
    return (await device.journal.pair_leave(await device.pair())).report


async def offline(device: Device, deed: object) -> None:
    """Close or leave without a sync."""
    me, number = device.journal.me, (await device.pair()).number

    def end(db: Db) -> None:
        if deed is leaving.leave:
            leaving.leave(db, me, number)
        else:
            leaving.close(db, number)

    await device.change(end)


# --- closing --------------------------------------------------------------------------


async def test_a_closed_pair_stays_readable_on_both_sides_and_takes_nothing_new(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await ada.share("Ada's goal")
    await max_.share("Max's goal")
    await settle(*pair)

    await close(ada)
    report = await max_.sync()

    assert any(s.startswith("Ada closed this space on 20") for s in report.news)
    assert (await sentence(ada)).startswith("You closed this space on 20")
    assert (await sentence(max_)).startswith("Ada closed this space on 20")
    for device in pair:
        space = await ended(device)
        assert space.name.startswith(f"{space.partner} (until 20")
        assert await device.texts() == ["Ada's goal", "Max's goal"]
        shown = (await device.journal.log(Query(space=space.number)))[-1]
        assert shown.content is not None
        with pytest.raises(NotAllowedError, match="stays readable"):
            await device.journal.append(space, shown.content)  # type: ignore[arg-type]
    assert (await max_.sync()).news == []
    assert await agree(*pair)


async def test_what_crossed_a_closing_still_counts_on_both_sides(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await offline(ada, leaving.close)
    await max_.share("written meanwhile")
    await tablet.share("from the tablet meanwhile")

    await settle(max_, ada, tablet)

    for device in trio:
        assert await device.texts() == ["from the tablet meanwhile", "written meanwhile"]
    assert await agree(*trio)


async def test_both_close_at_once(pair: tuple[Device, Device]) -> None:
    for device in pair:
        await device.share(f"the last of {device.home.name}")
        await offline(device, leaving.close)

    await settle(*pair)

    for device in pair:
        assert await device.texts() == ["the last of ada", "the last of max"]
    assert await agree(*pair)


async def test_a_journal_is_not_left_and_an_ended_pair_not_ended_again(
    pair: tuple[Device, Device],
) -> None:
    ada, _ = pair
    journal = await ada.journal.space(None)
    with pytest.raises(NotAllowedError, match="only yours"):
        await ada.journal.pair_leave(journal)
    space = await ada.pair()
    await close(ada)

    for deed in (ada.journal.pair_close, ada.journal.pair_leave):
        with pytest.raises(NotAllowedError, match="closed already"):
            await deed(space)


# --- leaving --------------------------------------------------------------------------


async def test_whoever_leaves_puts_what_waits_and_then_asks_for_the_space_no_longer(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(*pair)
    await ada.share("the last of Ada")

    await leave(ada)
    space = await ended(ada)
    report = await max_.sync()

    assert await max_.texts() == await ada.texts() == ["the last of Ada"]
    assert any(s.startswith("Ada left on 20") for s in report.news)
    assert (await sentence(max_)).startswith("Ada left on 20")
    assert (await sentence(ada)).startswith("You left on 20")
    assert not await asked(net, ada, space)
    assert (await ada.journal.doctor()).ok
    assert await agree(*pair)


async def test_without_a_relay_the_leaving_waits_here_and_goes_out_later(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(*pair)
    await ada.share("the last of Ada")
    relays, net.relays = net.relays, {}
    assert (await leave(ada)).offline
    await ada.reopen()
    net.relays = relays

    await settle(ada, max_)

    assert await max_.texts() == ["the last of Ada"]
    assert (await sentence(max_)).startswith("Ada left on 20")
    assert not await asked(net, ada, await ended(ada))


async def test_whoever_leaves_may_erase_what_they_wrote_before(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await ada.share("Ada's words")
    await max_.share("Max's words")
    await settle(*pair)

    parted = await ada.journal.pair_leave(await ada.pair(), erase_mine=True)
    await settle(ada, max_, ada)

    assert (parted.erased, parted.unconfirmed) == (2, 0)  # her goal, and what she is called
    for device in pair:
        rows = await device.read(
            lambda db: db.execute("SELECT body FROM event WHERE body IS NOT NULL").fetchall()
        )
        assert not any(b"Ada's words" in body for (body,) in rows)
        assert any(b"Max's words" in body for (body,) in rows)
    assert (await sentence(max_)).startswith("Ada left on 20")
    assert not await asked(net, ada, await ended(ada))
    assert (await max_.journal.doctor()).ok


async def test_what_could_not_be_confirmed_is_shown_and_asked_for_until_it_is(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await ada.share("Ada's words")
    await settle(*pair)
    relays, net.relays = net.relays, {}

    parted = await ada.journal.pair_leave(await ada.pair(), erase_mine=True)
    net.relays = relays

    assert parted.report.offline
    assert parted.unconfirmed == parted.erased == 2
    await settle(ada, max_, ada)
    space = await ended(ada)
    assert not any("not confirmed" in s for s in (await ada.journal.status()).problems)
    assert not await asked(net, ada, space)
    assert (await sentence(max_)).startswith("Ada left on 20")


async def test_the_other_devices_of_who_left_follow(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, tablet, max_ = trio
    await ada.share("before")
    await settle(*trio)

    await leave(ada)
    report = await tablet.sync()
    await settle(*trio)

    assert any(s.startswith("You left on 20") for s in report.news)
    assert await tablet.texts() == ["before"]
    assert not await asked(net, tablet, await ended(tablet))
    await max_.sync()
    assert (await sentence(max_)).startswith("Ada left on 20")
    assert await agree(*trio)


async def test_another_device_follows_also_where_the_relay_lost_the_leaving(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, tablet, _ = trio
    await settle(*trio)
    space = await tablet.pair()
    addresses = await tablet.read(
        lambda db: db.execute(
            "SELECT address FROM mailbox WHERE log = ?", (space.number,)
        ).fetchall()
    )
    await leave(ada)
    for (address,) in addresses:
        net.relay.store._records.pop(address, None)
        net.relay.store._mailboxes.pop(address, None)

    await settle(tablet, rounds=2)

    assert not (await ended(tablet)).open
    assert (await sentence(tablet)).startswith("You left on 20")


async def test_a_device_added_after_the_leaving_reads_what_was_there(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await ada.share("before")
    await settle(*pair)
    await leave(ada)
    await max_.sync()

    phone = await ada.second("new phone")
    await settle(ada, phone)

    assert await phone.texts() == ["before"]
    assert not (await ended(phone)).open
    assert not await asked(net, phone, await ended(phone))


async def test_a_partner_who_writes_while_one_leaves_keeps_it_and_so_do_their_devices(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await settle(*pair)
    await offline(ada, leaving.leave)
    await max_.share("written meanwhile")

    await settle(ada, max_)

    assert await max_.texts() == ["written meanwhile"]
    assert (await sentence(max_)).startswith("Ada left on 20")
    assert (await max_.journal.doctor()).ok


async def test_what_an_own_device_wrote_after_the_leaving_stays_on_it_as_saved_here(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await leave(ada)
    await tablet.share("the tablet did not know")

    await settle(tablet, max_, ada)

    assert await tablet.texts() == ["the tablet did not know"]
    assert await max_.texts() == await ada.texts() == []
    (shown,) = [s for s in await tablet.journal.log(Query()) if s.kind == "goal.set"]
    assert str(shown.reach) == "here"


async def test_both_leave_at_once(pair: tuple[Device, Device]) -> None:
    for device in pair:
        await device.share(f"the last of {device.home.name}")
        await offline(device, leaving.leave)

    await settle(*pair)

    for device in pair:
        assert f"the last of {device.home.name}" in await device.texts()
        assert (await sentence(device))[:4] in {"You ", "Ada ", "Max "}


async def test_whoever_comes_back_is_let_into_a_new_space_and_the_old_one_is_told_apart(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await ada.share("in the old space")
    await settle(*pair)
    await leave(max_)
    await settle(*pair)
    with pytest.raises(NotFoundError):
        await ada.pair()
    assert (await ada.journal.space("Max")).open is False

    await ada.pair_with(max_)
    await settle(*pair)
    await ada.share("in the new space")
    await settle(*pair)

    fresh, old = await ada.pair(), await ended(ada)
    assert (fresh.name, fresh.log != old.log) == ("Max", True)
    assert (await ada.journal.space("Max")).log == fresh.log
    assert (await ada.journal.space(old.name)).log == old.log
    assert (await max_.journal.space("pair")).log == fresh.log
    for device in pair:
        assert await device.texts() == ["in the new space", "in the old space"]


async def test_two_closed_spaces_with_one_partner_have_names_of_their_own(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    for _ in range(2):
        await settle(*pair)
        await close(ada)
        await settle(*pair)
        await ada.pair_with(max_)
    await close(ada)

    names = [space.name for space in await ada.journal.spaces()]
    assert len(set(names)) == 4
    with pytest.raises((AmbiguousError, NotFoundError)):
        await ada.journal.space("Max")


async def test_a_pair_that_never_compared_its_words_is_left_without_sharing_anything(
    ada: Device, max_: Device
) -> None:
    await ada.pair_with(max_, via=True)
    await settle(ada, max_)
    await ada.share("waited for the words")

    await leave(ada)
    await settle(ada, max_)

    rows = await max_.read(
        lambda db: db.execute("SELECT body FROM event WHERE body IS NOT NULL").fetchall()
    )
    assert not any(b"waited for the words" in body for (body,) in rows)
    assert await ada.texts() == ["waited for the words"]
