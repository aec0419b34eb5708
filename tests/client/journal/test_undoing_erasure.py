"""Ten bodies a day are wiped at once; a thief's mass erase is undone, and nothing quietly taken."""

import pytest

from client.journal.forgetting import TEXT, Clock, left
from harness.devices import Device, Net, agree, settle
from inglenook_client.journal import composing, founding, rotating
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_schema import keys
from inglenook_schema.control import Reason, RemoveDevice, root_act
from inglenook_schema.header import Kind
from inglenook_schema.wire import Erase, ToRelay

# --- ten a day ---------------------------------------------------------------------------


async def test_the_eleventh_body_of_a_day_is_hidden_at_once_and_wiped_after_three_days(
    trio: tuple[Device, Device, Device], clock: Clock
) -> None:
    ada, tablet, max_ = trio
    goals = [await ada.share(f"{TEXT} {number}") for number in range(11)]
    await settle(*trio)
    for goal in goals:
        await ada.journal.erase([goal.event])

    await settle(*trio)
    here = await left(ada)
    held = await left(tablet), await left(max_)
    texts = await max_.texts()
    hidden = (await max_.journal.gone([goal.event for goal in goals])).gone
    clock.hours(71)
    await settle(*trio)
    waits = await left(max_)
    clock.hours(2)
    await settle(*trio)

    assert here == set()
    assert held == ({"erased"},) * 2
    assert texts == [""] * 11
    assert sum(gone.here for gone in hidden) == 10
    assert waits == {"erased"}
    for device in trio:
        assert await left(device) == set()
    assert await agree(*trio)


async def test_another_day_has_ten_more(trio: tuple[Device, Device, Device], clock: Clock) -> None:
    ada, _, max_ = trio
    goals = [await ada.share(f"{TEXT} {number}") for number in range(20)]
    await settle(*trio)
    await ada.journal.erase([goal.event for goal in goals[:10]])
    await settle(*trio)
    clock.days(1)
    await ada.journal.erase([goal.event for goal in goals[10:]])

    await settle(*trio)

    assert await left(max_) == set()


async def undo(ada: Device, thief: Device) -> None:
    """The root removes the thief's device, by a device that had not heard of its erasing."""
    number = (await ada.pair()).number

    def act(db: Db) -> None:
        log = logs.log_by_number(db, number)
        root = keys.root(logs.meta(db, "recovery") or b"")
        at = logs.writing(db, number)
        assert at is not None
        assert at.seq is not None
        assert at.prev is not None
        refs, _ = events._moved(db, number, at, at.seq)
        message = root_act(log.id, thief.journal.me.device, at.prev, refs)
        payload = RemoveDevice(thief.journal.me.device, root.sign.sign(message))
        events.append(db, log, [composing.act(Kind.MEMBER, payload)])
        rotating.rotate(db, ada.journal.me, founding.refresh(db, log), Reason.REMOVAL)

    await ada.change(act)


async def test_a_thiefs_mass_erase_is_undone_by_the_root_within_three_days(
    trio: tuple[Device, Device, Device], clock: Clock
) -> None:
    ada, thief, max_ = trio
    goals = [await ada.share(f"{TEXT} {number}") for number in range(13)]
    await settle(*trio)
    await thief.journal.erase([goal.event for goal in goals])
    await settle(thief, max_, rounds=1)
    hidden = await max_.texts()
    clock.hours(70)

    await undo(ada, thief)
    await settle(ada, max_)

    assert hidden == [""] * 13
    assert await max_.texts() == await ada.texts() == sorted(f"{TEXT} {n}" for n in range(13))
    assert len(await max_.journal.search("forgotten")) == 13
    assert (await max_.journal.gone([goal.event for goal in goals])).gone == []
    assert await agree(ada, max_)
    newcomer = await max_.second("newcomer")
    assert await newcomer.texts() == await max_.texts()


async def test_after_three_days_the_root_brings_back_nothing_that_nobody_kept(
    trio: tuple[Device, Device, Device], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, thief, max_ = trio
    goals = [await ada.share(f"{TEXT} {number}") for number in range(13)]
    await settle(*trio)
    await thief.journal.erase([goal.event for goal in goals])
    await settle(*trio)
    clock.hours(73)
    await settle(*trio)

    await remove_unseen(ada, thief, monkeypatch)
    await settle(ada, max_)

    assert await max_.texts() == await ada.texts() == []  # no words, and nobody erased them
    for device in (ada, max_):
        assert await left(device) == set()
    assert await agree(ada, max_)


async def test_what_one_member_still_has_comes_back_to_all_when_the_root_undoes_an_erase(
    trio: tuple[Device, Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Max was away all the while; the laptop had wiped ten bodies, and makes the new pack."""
    ada, thief, max_ = trio
    goals = [await ada.share(f"{TEXT} {number}") for number in range(13)]
    await settle(*trio)
    await thief.journal.erase([goal.event for goal in goals])
    await settle(thief, ada, rounds=1)

    await remove_unseen(ada, thief, monkeypatch)
    await ada.sync()
    between = await ada.texts()
    await settle(max_, ada)

    assert len(between) == 3
    assert await ada.texts() == await max_.texts() == sorted(f"{TEXT} {n}" for n in range(13))
    assert await agree(ada, max_)


async def remove_unseen(ada: Device, thief: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """As :func:`undo`, by a new chain that names nothing it has seen."""
    number = (await ada.pair()).number
    with monkeypatch.context() as blind:
        blind.setattr(events, "_all_heads", lambda *_: ())
        blind.setattr(events, "_moved", lambda *_: ((), {}))
        me = ada.journal.me
        await ada.change(
            lambda db: founding.open_chain(db, me, logs.log_by_number(db, number)) and None
        )
        await undo(ada, thief)


# --- what somebody takes from a relay without a signed act -------------------------------


async def test_what_a_stranger_nulls_without_an_act_is_put_again(
    net: Net, trio: tuple[Device, Device, Device], clock: Clock
) -> None:
    """Whoever stole the erase secret can null batches; nothing of it is believed or lost."""
    ada, tablet, max_ = trio
    first = await ada.share("better forgotten first")
    await settle(*trio)
    await ada.share("wanted")
    await ada.sync()
    number = (await ada.pair()).number
    rows = await ada.read(
        lambda db: db.execute(
            "SELECT m.address, r.n, r.token FROM record r JOIN mailbox m ON m.number = r.mailbox"
            " WHERE m.log = ? AND r.kind = 1 ORDER BY r.n DESC LIMIT 1",
            (number,),
        ).fetchall()
    )
    net.relay.ask(ToRelay(erase=tuple(Erase(*row) for row in rows)))
    await ada.journal.erase([first.event])

    await settle(ada, max_, tablet)
    clock.days(8)
    await settle(ada, max_, tablet)

    for device in trio:
        assert "wanted" in await device.texts()
    newcomer = await max_.second("newcomer")
    assert "wanted" in await newcomer.texts()
    assert await agree(*trio)
