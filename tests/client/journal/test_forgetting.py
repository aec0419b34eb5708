"""What a person erased is gone here, at every relay and on every device, and it is said when."""

import shutil

import msgspec
import pytest

from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from harness.words import at_relay, epoch_secrets, opened, places
from inglenook_client import ambient
from inglenook_client.journal import composing, covering, founding, rotating
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import AtRelay
from inglenook_client.stores import boxes, events, logs
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_schema import keys, mailbox, record
from inglenook_schema.control import Reason, RemoveDevice, root_act
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.header import Kind
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Done, Erase, Put, Status, ToClient, ToRelay
from inglenook_server.stores.memory import MemoryStore

WORDS = b"better forgotten"
TEXT = WORDS.decode()


class Clock:
    """Every device's clock, moved by hand."""

    def __init__(self) -> None:
        self._ahead_ms = 0
        self._real = ambient.now_ms

    def now_ms(self) -> int:
        return self._real() + self._ahead_ms

    def hours(self, count: int) -> None:
        self._ahead_ms += count * 3_600_000

    def days(self, count: int) -> None:
        self.hours(24 * count)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(ambient, "now_ms", made.now_ms)
    return made


async def left(device: Device) -> set[str]:
    """Where on a device the words still lie."""
    return await device.read(lambda db: places(db, WORDS))


async def on_relay(device: Device, net: Net) -> int:
    """How many live records at the relay hold the words, for whoever has this device's keys."""
    return at_relay(net.relay.store, await device.read(epoch_secrets), WORDS)


async def relay_state(device: Device, event: bytes) -> AtRelay:
    (gone,) = (await device.journal.gone([event])).gone
    return gone.relay


async def test_erased_words_are_nowhere_here_and_nowhere_at_the_relay(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, _, max_ = trio
    goal = await ada.share(TEXT)
    await ada.share("kept")
    await settle(*trio)
    await ada.journal.search("better")
    before = await left(ada), await on_relay(ada, net)

    erasing = await ada.journal.erase([goal.event])
    await ada.sync()

    assert "record, opened" in before[0]
    assert before[1] == 1
    assert [gone.relay for gone in erasing.gone] == [AtRelay.NOT_CONFIRMED]
    assert await left(ada) == set()
    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    await settle(*trio)
    for device in trio:
        assert await left(device) == set()
        assert await relay_state(device, goal.event) is AtRelay.CONFIRMED
        assert "kept" in await device.texts()
        assert (await device.journal.doctor()).ok
    assert await on_relay(max_, net) == 0
    assert await agree(*trio)


async def test_what_a_partner_wrote_is_theirs_to_erase(pair: tuple[Device, Device]) -> None:
    ada, max_ = pair
    goal = await max_.share("from Max")
    mine = await ada.share("from Ada")
    await settle(*pair)

    with pytest.raises(NotAllowedError, match="Max wrote that, so only Max can erase it"):
        await ada.journal.erase([mine.event, goal.event])

    assert await ada.texts() == ["from Ada", "from Max"]


async def test_an_id_that_is_not_here_erases_nothing(pair: tuple[Device, Device]) -> None:
    ada, _ = pair
    mine = await ada.share("from Ada")

    with pytest.raises(NotFoundError):
        await ada.journal.erase([mine.event, draw("no event")])

    assert await ada.texts() == ["from Ada"]


async def test_all_of_mine_goes_in_as_many_acts_as_it_needs_and_nothing_of_others(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await max_.share("from Max")
    await settle(*pair)
    for number in range(70):
        await ada.share(f"{TEXT} {number}")
    await settle(*pair)

    erasing = await ada.journal.erase_all_mine(await ada.pair())
    await ada.sync()

    assert len(erasing.gone) == 71  # with her name, as this space has it
    assert all(gone.here for gone in erasing.gone)
    assert (await ada.journal.gone([gone.event for gone in erasing.gone])).unconfirmed == 0
    assert await left(ada) == set()
    assert await on_relay(ada, net) == 0
    assert [text for text in await ada.texts() if text] == ["from Max"]


# --- relays that are away, forget to forget, or remember again --------------------------

SECOND = "https://second.example"


async def test_a_relay_that_is_away_is_no_confirmation_until_it_is_back(
    net: Net, own: tuple[Device, Device]
) -> None:
    ada, tablet = own
    second = net.relays[SECOND] = MemoryRelay()
    await ada.journal.add_relay(SECOND)
    entry = await ada.write(TEXT)
    await settle(*own)
    second.reachable = False

    await ada.journal.erase([entry.event])
    await settle(*own)
    away = await relay_state(ada, entry.event), await problems(ada)
    second.reachable = True
    await settle(*own)

    assert away[0] is AtRelay.NOT_CONFIRMED
    assert "1 erased entry is not confirmed at the relay yet." in away[1]
    assert await relay_state(ada, entry.event) is AtRelay.CONFIRMED
    assert not any("not confirmed" in problem for problem in await problems(ada))
    for relay in (net.relay, second):
        assert at_relay(relay.store, await ada.read(epoch_secrets), WORDS) == 0
    assert await left(tablet) == set()


async def problems(device: Device) -> list[str]:
    return (await device.journal.status()).problems


async def test_a_relay_that_says_yes_and_erases_nothing_is_never_believed(
    net: Net, pair: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    honest = net.relay.ask

    def pretend(frame: ToRelay) -> ToClient:
        answer = honest(msgspec.structs.replace(frame, erase=()))
        return msgspec.structs.replace(answer, erased=(Done(Status.OK, 0),) * len(frame.erase))

    monkeypatch.setattr(net.relay, "ask", pretend)
    await ada.journal.erase([goal.event])
    await settle(*pair)
    lied = await relay_state(ada, goal.event)
    monkeypatch.setattr(net.relay, "ask", honest)
    await ada.sync()

    assert lied is AtRelay.NOT_CONFIRMED
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED


async def test_a_relay_put_back_to_a_copy_with_the_words_loses_them_again(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    copy = net.relay.snapshot()
    await ada.journal.erase([goal.event])
    await settle(*pair)
    net.relay.roll_back(copy)
    assert await on_relay(ada, net) == 1

    await settle(*pair)

    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    assert await left(max_) == set()
    assert await agree(*pair)


async def test_where_a_partner_filled_the_older_copy_it_says_not_confirmed_until_the_next_look(
    net: Net, pair: tuple[Device, Device], clock: Clock
) -> None:
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    copy = net.relay.snapshot()
    await ada.journal.erase([goal.event])
    await settle(*pair)
    net.relay.roll_back(copy)

    await max_.sync()  # fills it: Ada's cursor fits again
    between = await relay_state(max_, goal.event)
    clock.days(8)
    await settle(*pair)

    assert between is AtRelay.NOT_CONFIRMED
    assert await on_relay(ada, net) == 0
    assert await relay_state(max_, goal.event) is AtRelay.CONFIRMED


async def test_a_copy_from_just_before_the_nulling_is_found_by_the_weekly_look(
    net: Net, pair: tuple[Device, Device], clock: Clock
) -> None:
    ada, _ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    copies = list[MemoryStore]()

    def keep_a_copy(frame: ToRelay) -> None:
        if frame.erase:
            copies.append(net.relay.snapshot())

    net.on_the_way = keep_a_copy
    await ada.journal.erase([goal.event])
    await ada.sync()
    net.on_the_way = lambda _: None
    net.relay.roll_back(copies[0])
    assert await on_relay(ada, net) == 1

    clock.days(8)
    await ada.sync()
    await ada.sync()

    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED


async def test_a_wiped_relay_gets_nothing_erased_back(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, *_ = trio
    goal = await ada.share(TEXT)
    await ada.share("kept")
    await settle(*trio)
    await ada.journal.erase([goal.event])
    await settle(*trio)
    net.relay.wipe()

    await settle(*reversed(trio))

    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    for device in trio:
        assert await device.texts() == ["", "kept"]
    assert await agree(*trio)


# --- outboxes, packs, copies: nothing brings a body back ---------------------------------


async def test_what_waits_in_another_devices_outbox_is_replaced_and_never_sent(
    net: Net, own: tuple[Device, Device]
) -> None:
    ada, tablet = own
    second = net.relays[SECOND] = MemoryRelay()
    await ada.journal.add_relay(SECOND)
    await settle(*own)
    second.reachable = False
    entry = await ada.write(TEXT)
    await settle(*own)
    await tablet.change(lambda db: db.execute("UPDATE log SET lagging = 1") and None)
    await tablet.change(lambda db: covering.catch_up(db, tablet.journal.me) and None)
    waiting = await outbox_with_words(tablet)
    await ada.journal.erase([entry.event])
    await ada.sync()
    await tablet.sync()
    await ada.close()

    second.reachable = True
    await tablet.sync()
    ada.journal = await Journal.open(ada.home, ada.key)

    assert waiting == 1
    assert at_relay(second.store, await tablet.read(epoch_secrets), WORDS) == 0
    assert await left(tablet) == set()


async def outbox_with_words(device: Device) -> int:
    def count(db: Db) -> int:
        rows = db.execute("SELECT mailbox, blob FROM record WHERE n IS NULL AND blob IS NOT NULL")
        return sum(WORDS in opened(blob, boxes.box(db, box).place) for box, blob in rows.fetchall())

    return await device.read(count)


async def test_what_waits_in_this_devices_outbox_is_replaced_and_known_to_be_nowhere(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(*pair)
    goal = await ada.share(TEXT)
    net.relay.reachable = False
    await ada.sync()
    waiting = await outbox_with_words(ada)

    erasing = await ada.journal.erase([goal.event])
    net.relay.reachable = True
    sent = await outbox_with_words(ada)
    await ada.sync()

    assert (waiting, sent) == (1, 0)
    assert erasing.gone[0].relay is AtRelay.NOT_CONFIRMED
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    await settle(*pair)
    assert await max_.texts() == [""]
    assert await agree(*pair)


async def test_what_was_erased_before_it_was_ever_sent_is_never_sent(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(*pair)
    sent = list[bytes]()
    net.on_the_way = lambda frame: sent.extend(put.blob for put in frame.put)
    goal = await ada.share(TEXT)

    erasing = await ada.journal.erase([goal.event])
    await settle(*pair)

    assert erasing.gone[0].relay is AtRelay.NONE
    assert await relay_state(ada, goal.event) is AtRelay.NONE
    secrets = await ada.read(epoch_secrets)
    keys = [Place(BoxType.EPOCH, mailbox.box(secret, log), secret) for log, secret in secrets]
    assert not any(WORDS in opened(blob, place) for blob in sent for place in keys)
    assert await max_.texts() == [""]
    assert await agree(*pair)


async def test_what_was_put_while_its_answer_got_lost_is_nulled_all_the_same(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, _ = pair
    await settle(*pair)
    goal = await ada.share(TEXT)
    net.relay.answers_to_lose = 1
    await ada.sync()
    assert await on_relay(ada, net) == 1

    erasing = await ada.journal.erase([goal.event])
    await ada.sync()

    assert erasing.gone[0].relay is AtRelay.NOT_CONFIRMED
    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    assert await left(ada) == set()


async def rotate(device: Device, reason: Reason = Reason.AGE) -> None:
    number = (await device.pair()).number
    me = device.journal.me
    await device.change(
        lambda db: rotating.rotate(db, me, logs.log_by_number(db, number), reason) and None
    )


async def test_a_pack_made_by_somebody_who_had_not_heard_brings_nothing_back(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, _, max_ = trio
    goal = await ada.share(TEXT)
    await settle(*trio)
    await ada.journal.erase([goal.event])
    await rotate(max_)

    await settle(max_, ada)
    await settle(*trio)

    for device in trio:
        assert await left(device) == set()
        assert await relay_state(device, goal.event) is AtRelay.CONFIRMED
    assert await on_relay(max_, net) == 0
    newcomer = await max_.second("newcomer")
    await settle(*trio, newcomer)
    assert await newcomer.texts() == [""]
    assert await agree(*trio, newcomer)


async def test_a_pack_with_the_words_is_replaced_by_whoever_knows_of_the_erase(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    await ada.journal.erase([goal.event])
    await rotate(max_)
    await max_.sync()

    await ada.sync()
    await ada.sync()

    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    assert await left(ada) == set()
    await settle(*pair)
    assert await agree(*pair)


async def test_a_deep_erase_begins_an_epoch_whose_pack_has_none_of_it(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, _, max_ = trio
    goal = await ada.share(TEXT)
    await ada.share("kept")
    await settle(*trio)
    before = len(await max_.read(epoch_secrets))

    await ada.journal.erase([goal.event], deep=True)
    await ada.sync()
    confirmed = await relay_state(ada, goal.event)
    await settle(*trio)

    assert confirmed is AtRelay.CONFIRMED
    assert len(await max_.read(epoch_secrets)) == before + 1
    assert await on_relay(max_, net) == 0
    for device in trio:
        assert await device.texts() == ["", "kept"]
        assert await left(device) == set()
    newcomer = await ada.second("newcomer")
    await settle(ada, newcomer)
    assert "kept" in await newcomer.texts()
    assert await left(newcomer) == set()


async def test_an_older_copy_of_a_data_folder_forgets_with_its_next_sync(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    copy = ada.home.with_name("yesterday")
    shutil.copytree(ada.home, copy)
    await ada.journal.erase([goal.event])
    await settle(*pair)

    await ada.put_back(copy)
    assert "record, opened" in await left(ada)
    await settle(*pair)

    assert await left(ada) == set()
    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    assert await agree(ada, max_)


async def test_a_batch_that_somebody_puts_again_is_not_kept(
    net: Net, pair: tuple[Device, Device]
) -> None:
    """With the epoch's key, as members put late events again: so any member may null it."""
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    number = (await max_.pair()).number

    def again(db: Db) -> tuple[BoxRow, bytes]:
        (box,) = covering.write_boxes(db, logs.log_by_number(db, number))
        (blob,) = db.execute(
            "SELECT blob FROM record WHERE chain = (SELECT chain FROM event WHERE id = ?)"
            " AND mailbox = ? ORDER BY first DESC",
            (goal.event, box.number),
        ).fetchone()
        return box, record.open_record(blob, box.place).inner

    box, inner = await max_.read(again)
    await ada.journal.erase([goal.event])
    await settle(*pair)
    log = (await max_.pair()).log
    blob = record.seal(RecordKind.BATCH, inner, box.place, record.erase_key(box.secret, log))
    tokens = mailbox.tokens(box.secret, log, ORIGIN)
    net.relay.ask(ToRelay(put=(Put(tokens.address, tokens.write, blob, b""),)))
    assert await on_relay(ada, net) == 1

    await max_.sync()

    assert await on_relay(ada, net) == 0
    assert await relay_state(max_, goal.event) is AtRelay.CONFIRMED
    await settle(*pair)
    for device in pair:
        assert await left(device) == set()
        assert await relay_state(device, goal.event) is AtRelay.CONFIRMED


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
