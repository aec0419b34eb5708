"""Who gets a new epoch's secret: fresh keys, and those that a rotate left out."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.devices import Device, Net, Template, agree, settle
from harness.logs import draw
from inglenook_client.core.events import Run
from inglenook_client.journal import composing, founding, rotating, wrapping
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import batch, canonical, epoch, record, suite
from inglenook_schema.control import Reason, RefreshKem, RemoveDevice, Wraps
from inglenook_schema.header import Kind, event_id
from inglenook_schema.keys import kem_hash
from inglenook_schema.record import RecordKind

Trio = tuple[Device, Device, Device]


async def pair_log(device: Device) -> LogRow:
    number = (await device.pair()).number
    return await device.read(lambda db: logs.log_by_number(db, number))


async def rotate(device: Device) -> None:
    log, me = await pair_log(device), device.journal.me
    await device.change(lambda db: rotating.rotate(db, me, log, Reason.AGE) and None)


async def newest_kem(device: Device) -> bytes:
    """What others make this device's wraps to."""
    log, me = await pair_log(device), device.journal.me
    roster = await device.read(lambda db: logs.roster_of(db, log))
    return next(seat.kem for seat in roster.seats.values() if seat.device == me.device)


async def epochs(device: Device) -> set[bytes]:
    log = await pair_log(device)
    return {c for _, c, _ in await device.read(lambda db: logs.epochs_of(db, log.number))}


Leave = Callable[[Device], None]


@pytest.fixture
def leaving_out(monkeypatch: pytest.MonkeyPatch) -> Leave:
    """Rotations from now on forget somebody, as a careless or hostile client might."""

    def forget(device: Device) -> None:
        everybody = wrapping.recipients
        kem = device.journal.me.kem_public

        def others(db: Db, log: LogRow) -> list[bytes]:
            return [key for key in everybody(db, log) if key != kem]

        monkeypatch.setattr(wrapping, "recipients", others)

    return forget


# --- fresh keys -----------------------------------------------------------------------


async def test_entering_an_epoch_everybody_announces_a_fresh_key(trio: Trio) -> None:
    await settle(*trio)
    first = {await newest_kem(device) for device in trio}

    await rotate(trio[0])
    await settle(*trio)

    second = {await newest_kem(device) for device in trio}
    assert len(second) == 3
    assert not first & second
    assert await agree(*trio)


async def test_older_keys_are_forgotten_once_a_newer_was_used(trio: Trio) -> None:
    ada, tablet, max_ = trio
    for number in range(4):
        await rotate(ada)
        await ada.share(f"goal {number}")
        await settle(*trio)

    log = await pair_log(tablet)
    sql = "SELECT count(*) FROM kem WHERE log = ?"
    (left,) = await tablet.read(lambda db: db.execute(sql, (log.number,)).fetchone())
    assert left <= 2
    assert await tablet.texts() == await max_.texts() == [f"goal {n}" for n in range(4)]


async def test_a_rotation_by_who_had_not_seen_the_fresh_key_still_lets_in(trio: Trio) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await rotate(ada)
    await rotate(max_)
    await settle(*trio)
    await rotate(max_)
    await tablet.share("from the tablet")

    await settle(*trio)

    assert await epochs(tablet) == await epochs(ada) == await epochs(max_)
    assert await max_.texts() == ["from the tablet"]


async def test_who_is_alone_announces_nothing(ada: Device) -> None:
    (journal,) = await ada.read(logs.all_logs)
    me = ada.journal.me

    await ada.change(lambda db: rotating.rotate(db, me, journal, Reason.AGE) and None)

    (count,) = await ada.read(lambda db: db.execute("SELECT count(*) FROM kem").fetchone())
    assert count == 0


# --- left out -------------------------------------------------------------------------


async def test_a_device_left_out_keeps_what_it_writes_until_another_member_lets_it_in(
    net: Net, trio: Trio, leaving_out: Leave
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    leaving_out(tablet)
    await rotate(ada)
    await ada.sync()
    report = await tablet.sync()
    before = {address: len(rows) for address, rows in net.relay.store._records.items()}
    await tablet.share("written while left out")
    await tablet.sync()

    log = await pair_log(tablet)
    status = next(s for s in (await tablet.journal.status()).spaces if s.name == "Max")
    grown = {a for a, rows in net.relay.store._records.items() if len(rows) > before.get(a, 0)}
    assert any("new key" in sentence for sentence in report.news)
    assert any("new key" in sentence for sentence in (await tablet.journal.status()).problems)
    assert log.epoch is None
    assert status.waiting == 1
    assert not grown

    await settle(max_, tablet, ada, max_)

    assert await ada.texts() == await max_.texts() == await tablet.texts()
    assert await tablet.texts() == ["written while left out"]
    assert await epochs(tablet) >= await epochs(max_)
    assert await agree(*trio)


async def test_a_device_given_a_wrap_that_does_not_open_is_let_in_by_any_member(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    victim = kem_hash(tablet.journal.me.kem_public)
    honest = epoch.wrap

    def spoilt(secret: bytes, log: bytes, kems: list[bytes]) -> Wraps:
        wraps = honest(secret, log, kems)
        return tuple((n, w[:-1] + bytes([w[-1] ^ 1]) if n == victim else w) for n, w in wraps)

    monkeypatch.setattr(epoch, "wrap", spoilt)
    await rotate(ada)
    monkeypatch.setattr(epoch, "wrap", honest)
    await ada.sync()
    await tablet.sync()
    await tablet.share("kept meanwhile")
    assert await epochs(tablet) != await epochs(ada)

    await settle(max_, tablet, ada, tablet)

    assert await epochs(tablet) == await epochs(ada)
    assert await ada.texts() == await tablet.texts() == ["kept meanwhile"]


async def test_nobody_is_given_a_wrap_that_they_have(net: Net, trio: Trio) -> None:
    await settle(*trio)
    await rotate(trio[0])
    await settle(*trio, rounds=4)
    before = len(net.relay.newest())

    await settle(*trio, rounds=3)

    sql = "SELECT count(*) FROM record WHERE kind = 3"
    assert await trio[1].read(lambda db: db.execute(sql).fetchone()) == (1,)
    assert len(net.relay.newest()) == before


async def test_a_removed_device_is_given_no_wrap_when_it_says_that_it_has_none(trio: Trio) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    log, lost = await pair_log(ada), tablet.journal.me.device

    def remove(db: Db) -> None:
        events.append(db, log, [composing.act(Kind.MEMBER, RemoveDevice(lost, b""))])
        founding.refresh(db, log)

    await ada.change(remove)
    await rotate(ada)
    await settle(ada, tablet, max_, tablet, ada, tablet)

    assert await epochs(tablet) < await epochs(max_)


# --- whose removal is not here yet ----------------------------------------------------


async def everything_of(device: Device) -> list[Run]:
    """This device's chain in the pair, as it lies under its seals."""
    log = await pair_log(device)

    def read(db: Db) -> list[Run]:
        chain = logs.my_chain(db, log.number)
        assert chain is not None
        return list(events.sealed_runs(db, chain.number, -1, logs.NO_END) or ())

    return await device.read(read)


async def hears(device: Device, runs: list[Run]) -> None:
    log = await pair_log(device)

    def take(db: Db) -> None:
        events.take(db, log, runs)
        founding.refresh(db, log)

    await device.change(take)


async def wrapped_to(device: Device, commitment: bytes) -> set[bytes]:
    """Names of the keys that a device's records of a rotate make its epoch's secret open to."""
    log = await pair_log(device)

    def read(db: Db) -> set[bytes]:
        rotation = logs.roster_of(db, log).epochs[commitment].act
        rows = db.execute(
            "SELECT blob, mailbox FROM record WHERE kind = ? AND state = 0", (RecordKind.ROTATE,)
        ).fetchall()
        opened = [record.open_record(blob, boxes.box(db, box).place) for blob, box in rows]
        left = [batch.decode_rotate(each.inner) for each in opened]
        return {n for each in left if event_id(each.header) == rotation for n, _ in each.wraps}

    return await device.read(read)


async def supplied(device: Device, commitment: bytes) -> set[bytes]:
    """As :func:`wrapped_to`, once it made those that it finds missing."""
    log, me = await pair_log(device), device.journal.me
    await device.change(lambda db: wrapping.supply_missing(db, me, log, commitment))
    return await wrapped_to(device, commitment)


class HiddenRemoval(NamedTuple):
    """Ada removed her tablet; Max saw it and rotated; her phone was shown the rotate alone."""

    ada: Device
    tablet: Device
    max: Device
    phone: Device
    commitment: bytes
    """Of Max's new epoch; the phone holds its secret."""


@pytest.fixture
async def hidden(template: Template, net: Net, base: Path) -> AsyncIterator[HiddenRemoval]:
    devices = await template.unpack(net, base, "ada", "tablet", "max", "phone")
    ada, tablet, max_, phone = devices
    log, lost = await pair_log(ada), tablet.journal.me.device
    act = composing.act(Kind.MEMBER, RemoveDevice(lost, b""))
    await ada.change(lambda db: events.append(db, log, [act]) and None)
    await ada.sync()
    await max_.sync()
    await rotate(max_)
    maxs = await pair_log(max_)
    known = await max_.read(lambda db: logs.epochs_of(db, maxs.number))
    _, commitment, secret = known[-1]
    await hears(phone, await everything_of(max_))
    there = await pair_log(phone)
    await phone.change(lambda db: logs.add_epoch(db, there, secret, 0) and None)
    yield HiddenRemoval(ada, tablet, max_, phone, commitment)
    for device in devices:
        await device.close()


async def test_nobody_makes_a_wrap_to_a_device_whose_removal_is_not_here_yet(
    hidden: HiddenRemoval,
) -> None:
    ada, tablet, phone = hidden.ada, hidden.tablet, hidden.phone
    kems, there = [await newest_kem(d) for d in (ada, tablet)], await pair_log(phone)

    before = await supplied(phone, hidden.commitment)
    waiting = await phone.read(lambda db: wrapping.unsupplied(db, there))
    await hears(phone, await everything_of(ada))
    after = await supplied(phone, hidden.commitment)

    assert kem_hash(kems[1]) not in before | after
    assert waiting == {hidden.commitment}
    assert await phone.read(lambda db: wrapping.unsupplied(db, there)) == set()
    assert kem_hash(kems[0]) in after


async def stuck(device: Device, by: Device, commitment: bytes) -> None:
    """A device gets another's ack, in the mailbox before a rotate and with that rotate known."""
    log, there = await pair_log(by), await pair_log(device)

    def hear(db: Db) -> None:
        rotation = logs.roster_of(db, there).epochs[commitment].act
        ack = batch.Ack(log.id, by.journal.me.device, 99, (), (rotation,), (), bytes(64))
        signed = batch.sign_ack(by.journal.me.sign, ack)
        db.execute(
            "INSERT OR REPLACE INTO ack VALUES(?, ?, ?, ?, 0)",
            (there.number, ack.device, ack.counter, canonical.encode(signed)),
        )
        (first, *_rest) = boxes.boxes_of(db, there.number)
        wrapping.supply_stuck(db, there, first, signed)

    await device.change(hear)


async def test_nor_where_the_device_itself_says_that_it_has_none(hidden: HiddenRemoval) -> None:
    """A thief of the tablet and the relay, together against the phone."""
    tablet, phone, there = hidden.tablet, hidden.phone, await pair_log(hidden.phone)
    theirs = kem_hash(await newest_kem(tablet))

    await stuck(phone, tablet, hidden.commitment)
    before = await wrapped_to(phone, hidden.commitment)
    await hears(phone, await everything_of(hidden.ada))
    await phone.change(lambda db: wrapping.supply_waiting(db, there))

    assert theirs not in before | await wrapped_to(phone, hidden.commitment)


async def test_one_whose_ack_waited_gets_its_wrap_once_all_is_here(hidden: HiddenRemoval) -> None:
    ada, phone, there = hidden.ada, hidden.phone, await pair_log(hidden.phone)
    theirs = kem_hash(await newest_kem(ada))

    await stuck(phone, ada, hidden.commitment)
    before = await wrapped_to(phone, hidden.commitment)
    await hears(phone, await everything_of(ada))
    await phone.change(lambda db: wrapping.supply_waiting(db, there))

    assert theirs not in before
    assert theirs in await wrapped_to(phone, hidden.commitment)


async def test_however_many_keys_a_member_announces_only_few_get_a_wrap(trio: Trio) -> None:
    ada, _tablet, max_ = trio
    await settle(*trio)
    log, me, first = await pair_log(max_), max_.journal.me, await newest_kem(max_)
    kems = [suite.kem_public(draw(f"key {n}") * 3) for n in range(40)]

    def announce(db: Db) -> None:
        events.append(db, log, [composing.act(Kind.MEMBER, RefreshKem(kem)) for kem in kems])
        events.seal_new(db, log, me.seal)

    await max_.change(announce)
    await hears(ada, await everything_of(max_))
    await rotate(ada)
    theirs = await pair_log(ada)
    (commitment,) = await ada.read(lambda db: logs.roster_of(db, theirs).tips)

    await stuck(ada, max_, commitment)

    given = await wrapped_to(ada, commitment) & {kem_hash(kem) for kem in (*kems, first)}
    assert given == {kem_hash(kem) for kem in (*kems[-7:], first)}


async def test_where_a_record_has_no_room_for_all_others_devices_are_left_out_first(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever opens chains without end would keep everybody from a new epoch."""
    await settle(*trio)
    ada, tablet, max_ = [kem_hash(await newest_kem(device)) for device in trio]
    monkeypatch.setattr(wrapping, "_MOST_WRAPS", 4)
    log, there = await pair_log(trio[0]), await pair_log(trio[2])

    own = {kem_hash(k) for k in await trio[0].read(lambda db: wrapping.recipients(db, log))}
    others = {kem_hash(k) for k in await trio[2].read(lambda db: wrapping.recipients(db, there))}

    assert {ada, tablet} < own
    assert max_ not in own
    assert max_ in others
    assert len(own) == len(others) == 4
