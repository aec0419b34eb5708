"""What the status says is so: by what was read back, and by signed words of other devices."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
import pytest

from harness.devices import Device, Net, PowerCutError, settle
from inglenook_client import ambient
from inglenook_client.cli import jsonform, timeline
from inglenook_client.journal import composing, covering, founding, identity, rotating, sending
from inglenook_client.journal.model import Places, Query, Reach, Shown, SpaceStatus
from inglenook_client.stores import boxes, events, logs, reaching
from inglenook_client.stores.connection import Db
from inglenook_schema import canonical, record
from inglenook_schema.batch import sign_ack
from inglenook_schema.control import Close, Reason
from inglenook_schema.events.relationship import PairPaused
from inglenook_schema.header import Kind
from inglenook_schema.record import RecordKind
from inglenook_schema.wire import Done, Status, ToClient, ToRelay

Two = tuple[Device, Device]
Three = tuple[Device, Device, Device]


async def shared(device: Device) -> SpaceStatus:
    """How the only pair stands."""
    name = (await device.pair()).name
    return next(s for s in (await device.journal.status()).spaces if s.name == name)


async def held(device: Device) -> dict[str, int]:
    return {each.device: each.events for each in (await shared(device)).on}


async def reach(device: Device, shown: Shown) -> Reach:
    return (await device.journal.find(shown.short)).reach


async def places(device: Device, shown: Shown) -> Places:
    return await device.journal.places(await device.journal.find(shown.event.hex()[:16]))


async def rotate(device: Device) -> None:
    number = (await device.pair()).number
    log = await device.read(lambda db: logs.log_by_number(db, number))
    me = device.journal.me
    await device.change(lambda db: rotating.rotate(db, me, log, Reason.AGE) and None)


@contextmanager
def days_later(monkeypatch: pytest.MonkeyPatch, days: int) -> Iterator[None]:
    real = ambient.now_ms
    with monkeypatch.context() as patch:
        patch.setattr(ambient, "now_ms", lambda: real() + days * identity.DAY_MS)
        yield


# --- on the relay ---------------------------------------------------------------------


def _lists_nothing(answer: ToClient, _frame: ToRelay) -> ToClient:
    """It thanks for what was put and shows the mailbox as it was."""
    boxes = tuple(
        msgspec.structs.replace(box, n=box.n - len(box.records), head=b"", records=())
        for box in answer.boxes
    )
    return msgspec.structs.replace(answer, boxes=boxes)


def _says_an_old_place(answer: ToClient, frame: ToRelay) -> ToClient:
    """It claims that what was put lay there for long, and shows nothing new."""
    done = tuple(Done(Status.OK, 1) for _ in answer.acks)
    return _lists_nothing(msgspec.structs.replace(answer, acks=done), frame)


@pytest.mark.parametrize("lie", [_lists_nothing, _says_an_old_place])
async def test_a_relay_that_only_says_it_keeps_a_record_is_not_believed(
    net: Net,
    pair: Two,
    monkeypatch: pytest.MonkeyPatch,
    lie: Callable[[ToClient, ToRelay], ToClient],
) -> None:
    ada, max_ = pair
    await settle(*pair)
    goal = await ada.share("not there")
    before, ask = net.relay.snapshot(), net.relay.ask
    with monkeypatch.context() as patch:
        patch.setattr(net.relay, "ask", lambda frame: lie(ask(frame), frame))
        await ada.sync()
        net.relay.roll_back(before)

    said = await reach(ada, goal)
    waiting = (await shared(ada)).waiting
    await settle(ada, max_)

    assert (said, waiting) == (Reach.WAITING, 1)
    assert await reach(ada, goal) is Reach.RELAY
    assert await max_.texts() == ["not there"]


async def test_what_the_relay_lost_waits_until_it_was_sent_again(net: Net, pair: Two) -> None:
    ada, _ = pair
    await settle(*pair)
    before = net.relay.snapshot()
    goal = await ada.share("to be lost")
    await ada.sync()
    sent = await reach(ada, goal)
    net.relay.roll_back(before)
    net.power_cut_in = 2  # it told what it holds; what was put again was not read back

    with pytest.raises(PowerCutError):
        await ada.sync()
    await ada.reopen()
    lost = await reach(ada, goal)
    await ada.sync()

    assert (sent, lost) == (Reach.RELAY, Reach.WAITING)
    assert await reach(ada, goal) is Reach.RELAY


async def test_after_a_rotation_nothing_is_on_the_relay_before_the_pack_was_read_back(
    net: Net, pair: Two
) -> None:
    ada, max_ = pair
    goal = await ada.share("before")
    await ada.sync()
    sent = await reach(ada, goal)

    await rotate(ada)
    turned = await reach(ada, goal)
    number = (await ada.pair()).number
    await ada.change(lambda db: reaching.note_relay(db, number, 0))  # as other records come
    net.relay.reachable = False
    await ada.sync()
    offline = await reach(ada, goal)
    net.relay.reachable = True
    await settle(ada)

    assert (sent, turned, offline) == (Reach.RELAY, Reach.WAITING, Reach.WAITING)
    assert await reach(ada, goal) is Reach.RELAY
    await settle(max_, ada)
    await max_.share("seen")
    await settle(max_, ada)
    assert await places(ada, goal) == Places(relay=True, on=["Max's first"])


async def test_a_rotation_by_the_other_counts_once_their_pack_was_read(pair: Two) -> None:
    ada, max_ = pair
    goal = await ada.share("before")
    await settle(ada, max_)
    await rotate(max_)
    await settle(max_, ada)

    assert (await places(ada, goal)).relay
    assert (await shared(ada)).waiting == 0


# --- on which device ------------------------------------------------------------------


async def test_each_device_is_counted_by_its_own_word(trio: Three) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    first = await ada.share("one")
    before = await held(ada)
    await ada.sync()
    sent = await held(ada)
    await max_.sync()
    await max_.share("Max has seen it")
    await settle(max_, ada)
    seen = await held(ada)

    assert sent == before
    assert seen["Max's first"] == before["Max's first"] + 1
    assert seen["tablet"] == before["tablet"]
    assert await places(ada, first) == Places(relay=True, on=["Max's first"])
    assert await reach(ada, first) is Reach.PARTNER

    await tablet.sync()
    await tablet.share("the tablet too")
    await settle(tablet, ada)
    assert (await places(ada, first)).on == ["Max's first", "tablet"]
    assert (await shared(ada)).on_partner == seen["Max's first"]


async def test_an_ack_alone_says_it_too(pair: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, max_ = pair
    await settle(*pair)
    goal = await ada.share("read, and not answered")
    await ada.sync()
    with days_later(monkeypatch, 1):
        await max_.sync()
        await ada.sync()

    assert (await places(ada, goal)).on == ["Max's first"]
    assert await reach(ada, goal) is Reach.PARTNER


async def acknowledge(device: Device, counter: int, *missing: bytes) -> None:
    """Sign and send what a device holds of the pair, more often than it would by itself."""
    number, me = (await device.pair()).number, device.journal.me

    def say(db: Db) -> None:
        log = logs.log_by_number(db, number)
        plain = sending._ack(db, me, log, counter)
        ack = sign_ack(me.sign, msgspec.structs.replace(plain, missing=missing))
        for box in covering.write_boxes(db, log):
            key = record.erase_key(box.secret, log.id)
            boxes.enqueue(db, box, RecordKind.ACK, canonical.encode(ack), key)

    await device.change(say)
    await device.sync()


async def test_what_a_device_says_it_lacks_is_not_counted_as_held(pair: Two) -> None:
    ada, max_ = pair
    await settle(*pair)
    lacking, behind = await ada.share("lacking"), await ada.share("behind it")
    await settle(ada, max_)

    await acknowledge(max_, 90, lacking.event)
    await ada.sync()
    first = [(await places(ada, goal)).on for goal in (lacking, behind)]
    await acknowledge(max_, 91)
    await ada.sync()

    assert first == [[], []]
    assert [(await places(ada, goal)).on for goal in (lacking, behind)] == [["Max's first"]] * 2


async def test_events_of_the_partner_are_on_the_device_that_wrote_them(trio: Three) -> None:
    ada, tablet, max_ = trio
    goal = await max_.share("from Max")
    await settle(*trio)
    await tablet.share("the tablet has it")
    await settle(*trio)

    assert (await places(ada, goal)).on == ["Max's first", "tablet"]


# --- what has not come ----------------------------------------------------------------


async def drop(net: Net, author: Device) -> None:
    """Let the relay lose what one device has put into the pair since."""
    number, device = (await author.pair()).number, author.journal.me.device
    rids = await author.read(
        lambda db: db.execute(
            "SELECT r.rid FROM record r JOIN chain c ON c.number = r.chain"
            " WHERE c.log = ? AND c.device = ?",
            (number, device),
        ).fetchall()
    )
    new = {row.rid for rows in net.relay.store._records.values() for row in rows}
    for (rid,) in rids[-2:]:
        if rid in new:
            net.relay.forget(rid)


async def test_events_that_are_spoken_of_and_not_here_are_counted_by_their_device(
    net: Net, trio: Three
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    for number in range(2):
        await tablet.share(f"kept back {number}")
        await tablet.sync()
    await max_.sync()
    await max_.share("written after both")
    await max_.sync()
    await drop(net, tablet)
    await ada.sync()
    status, undelivered = await ada.journal.status(), (await shared(ada)).undelivered

    await settle(tablet, max_, ada)

    assert undelivered == 2
    assert "2 events in “Max”, from tablet, are not delivered yet." in status.problems
    assert (await shared(ada)).undelivered == 0
    assert not any("delivered" in problem for problem in (await ada.journal.status()).problems)


async def test_what_an_unknown_device_wrote_is_said_to_be_so(net: Net, pair: Two) -> None:
    ada, max_ = pair
    await settle(*pair)
    phone = await max_.second("phone 2")
    await settle(max_, phone)
    await phone.share("from the new phone")
    await phone.sync()
    await max_.sync()
    await max_.share("after it")
    await max_.sync()
    await drop(net, phone)

    await ada.sync()

    problems = (await ada.journal.status()).problems
    assert any("from a device not known here yet" in problem for problem in problems)


async def test_a_member_who_claims_too_much_makes_no_silly_number(pair: Two) -> None:
    ada, max_ = pair
    await settle(*pair)
    log = await ada.pair()
    forged = [(log.number, bytes(15) + b"1", 2**62, bytes(32), bytes(32))]
    await ada.change(lambda db: db.executemany("INSERT INTO awaited VALUES(?,?,?,?,?)", forged))

    assert (await shared(ada)).undelivered == 9_999
    assert await max_.texts() == []


# --- silence --------------------------------------------------------------------------


async def test_days_of_silence_after_something_was_sent_are_said_with_their_date(
    pair: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = pair
    await settle(*pair)
    today = datetime.now(UTC).date().isoformat()
    await ada.share("is anybody there")
    await ada.sync()

    said = []
    for days in (0, 1, 2, 30):
        with days_later(monkeypatch, days):
            said.append((await shared(ada)).quiet_since)
    with days_later(monkeypatch, 30):
        await max_.sync()
        await ada.sync()
        said.append((await shared(ada)).quiet_since)

    assert said == ["", "", today, today, ""]


async def test_a_device_that_syncs_daily_is_not_called_silent(
    pair: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where it said what it holds just before it got more."""
    ada, max_ = pair
    await ada.share("morning")
    await settle(ada, max_)
    await ada.share("afternoon, after Max's device spoke")
    await settle(ada, max_)
    said = []
    for days in range(1, 5):
        with days_later(monkeypatch, days):
            await settle(max_, ada, rounds=1)
            said.append((await shared(ada)).quiet_since)

    assert said == [""] * 4
    assert (await shared(ada)).on_partner == 3  # with the name that Ada gave herself


async def test_silence_is_not_mentioned_where_nothing_waits_for_an_answer(
    pair: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = pair
    await settle(*pair)
    await max_.share("from Max")
    await settle(max_, ada)
    with days_later(monkeypatch, 3):
        await ada.share("written, and not sent")
        quiet = (await shared(ada)).quiet_since
        await ada.sync()
        sent = (await shared(ada)).quiet_since
    with days_later(monkeypatch, 5):
        later = (await shared(ada)).quiet_since

    assert (quiet, sent) == ("", "")
    assert later


@pytest.mark.parametrize("end", ["closed", "paused"])
async def test_a_space_that_rests_or_is_closed_is_left_in_peace(
    pair: Two, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    ada, _ = pair
    await settle(*pair)
    await ada.share("goodbye for now")
    await ada.sync()
    with days_later(monkeypatch, 3):
        before = (await shared(ada)).quiet_since
    space = await ada.pair()
    if end == "paused":
        at, zone, date = composing.moment()
        await ada.journal.append(space, PairPaused(at=at, zone=zone, date=date))
    else:
        log = await ada.read(lambda db: logs.log_by_number(db, space.number))
        act = composing.act(Kind.MEMBER, Close())
        await ada.change(lambda db: events.append(db, log, [act]) and None)
        await ada.change(lambda db: founding.refresh(db, log) and None)
    await ada.sync()
    with days_later(monkeypatch, 3):
        spaces = (await ada.journal.status()).spaces

    assert before
    assert [found.quiet_since for found in spaces] == ["", ""]


# --- late -----------------------------------------------------------------------------


async def test_what_came_by_an_epoch_that_was_left_is_marked(pair: Two) -> None:
    ada, max_ = pair
    await settle(*pair)
    await rotate(ada)
    await ada.sync()
    await max_.share("written before Max knew")
    await settle(max_, ada)
    await max_.share("in the new epoch")
    await settle(max_, ada)

    marks = {shown.text: shown.late for shown in await ada.journal.log(Query())}
    assert marks == {"written before Max knew": True, "in the new epoch": False}
    forms = [jsonform.event(shown) for shown in await ada.journal.log(Query())]
    assert [form.get("late") for form in forms] == [True, None]
    first = (await ada.journal.log(Query()))[0]
    assert "came late" in await asyncio.to_thread(timeline.about, first, {})
