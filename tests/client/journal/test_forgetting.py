"""What a person erased is gone here, at every relay and on every device, and it is said when."""

import shutil
from collections.abc import Iterator

import msgspec
import pytest

from client.journal.forgetting import (
    SECOND,
    TEXT,
    WORDS,
    Clock,
    left,
    on_relay,
    outbox_with_words,
    problems,
    relay_state,
    rotate,
)
from client.journal.test_retiring import rotate as rotate_journal
from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.folder_partner import FolderPartner, folder_partner
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from harness.words import at_relay, epoch_secrets, opened
from inglenook_client.journal import covering
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import AtRelay, Reach
from inglenook_client.stores import logs
from inglenook_client.stores.boxes import BoxRow
from inglenook_client.stores.connection import Db
from inglenook_schema import mailbox, pack, record
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Done, Put, Status, ToClient, ToRelay
from inglenook_server.core.rules import Quota, Rules
from inglenook_server.stores.memory import MemoryStore


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


@pytest.mark.parametrize("packed", [False, True], ids=["a batch", "a pack"])
async def test_nothing_is_nulled_before_what_takes_its_place_is_kept(
    net: Net, pair: tuple[Device, Device], *, packed: bool
) -> None:
    """A full relay takes no other record, so it keeps the old one; nobody is left with a hole."""
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await ada.share("kept")
    await settle(*pair)
    if packed:
        await rotate(max_)
        await settle(*pair)
    before = await on_relay(ada, net)
    rules, net.relay._rules = net.relay._rules, Rules(quota=Quota(max_records=1))
    await ada.journal.erase([goal.event])

    await ada.sync()
    full = await on_relay(ada, net), await relay_state(ada, goal.event)
    net.relay._rules = rules
    await ada.sync()

    assert full == (before, AtRelay.NOT_CONFIRMED)
    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    newcomer = await max_.second("newcomer")
    assert await newcomer.texts() == ["", "kept"]


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
    await tablet.change(
        lambda db: covering.catch_up(db, tablet.journal.me, lambda _log: False) and None
    )
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


async def test_a_pack_that_waits_and_held_the_words_is_made_again_without_them(
    net: Net, pair: tuple[Device, Device]
) -> None:
    """Else all that it held would be nowhere, in a mailbox that seems to have it."""
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await ada.share("kept")
    await settle(*pair)
    net.relay.reachable = False
    await rotate(ada)
    await ada.journal.erase([goal.event])
    net.relay.reachable = True

    await ada.sync()
    newcomer = await ada.second("newcomer")

    assert await newcomer.texts() == ["", "kept"]
    assert await on_relay(ada, net) == 0
    await settle(*pair, newcomer)
    assert await max_.texts() == ["", "kept"]
    assert await agree(*pair, newcomer)
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED


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


async def test_a_relay_that_brings_the_words_later_brings_nothing_back(
    net: Net, own: tuple[Device, Device]
) -> None:
    ada, tablet = own
    second = net.relays[SECOND] = MemoryRelay()
    await ada.journal.add_relay(SECOND)
    await settle(*own)
    entry = await ada.write(TEXT)
    await ada.sync()
    second.reachable = False
    await ada.journal.erase([entry.event])
    await settle(*own)
    net.relay.reachable, second.reachable = False, True
    assert at_relay(second.store, await tablet.read(epoch_secrets), WORDS) == 1

    await tablet.sync()

    assert await left(tablet) == set()
    assert at_relay(second.store, await tablet.read(epoch_secrets), WORDS) == 0
    net.relay.reachable = True
    await settle(*own)
    assert await relay_state(tablet, entry.event) is AtRelay.CONFIRMED
    assert await agree(*own)


async def test_a_pack_that_two_relays_brought_by_halves_is_known_to_lie_at_both(
    net: Net, own: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, tablet = own
    monkeypatch.setattr(pack, "RAW_PART", 6_000)
    entry = await ada.write(TEXT)
    for number in range(20):
        await ada.write(f"entry {number} " + "long " * 100)
    net.relays[SECOND] = MemoryRelay()
    await ada.journal.add_relay(SECOND)
    await ada.sync()
    first = net.relay.ask

    def two_records_then_nothing(frame: ToRelay) -> ToClient:
        answer = first(frame)
        if not any(len(box.records) > 2 for box in answer.boxes):
            return answer
        net.relay.reachable = False
        cut = tuple(
            msgspec.structs.replace(box, records=box.records[:2], more=len(box.records) > 2)
            for box in answer.boxes
        )
        return msgspec.structs.replace(answer, boxes=cut)

    await tablet.sync()
    await tablet.change(_start_epoch_anew)
    monkeypatch.setattr(net.relay, "ask", two_records_then_nothing)
    await tablet.sync()
    monkeypatch.setattr(net.relay, "ask", first)
    net.relay.reachable = True
    await tablet.sync()

    assert await tablet.read(_loose_parts) == (0, 0)
    await ada.journal.erase([entry.event])
    await settle(*own)
    assert await relay_state(tablet, entry.event) is AtRelay.CONFIRMED


async def test_a_part_of_a_pack_that_never_came_whole_forgets_too(
    net: Net, own: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pack is replaced before the tablet has all of it."""
    ada, tablet = own
    monkeypatch.setattr(pack, "RAW_PART", 9_000)
    for number in range(30):
        await ada.write(f"entry {number} " + "long " * 100)
    entry = await ada.write(TEXT)
    await rotate_journal(ada, 1)
    await ada.sync()
    whole = net.relay.ask

    def three_records_then_nothing(frame: ToRelay) -> ToClient:
        answer = whole(frame)
        if not any(len(box.records) > 3 for box in answer.boxes):
            return answer
        net.relay.reachable = False
        boxes = tuple(
            msgspec.structs.replace(box, records=box.records[:3], more=len(box.records) > 3)
            for box in answer.boxes
        )
        return msgspec.structs.replace(answer, boxes=boxes)

    await tablet.sync()
    await tablet.change(_start_epoch_anew)
    monkeypatch.setattr(net.relay, "ask", three_records_then_nothing)
    await tablet.sync()
    monkeypatch.setattr(net.relay, "ask", whole)
    net.relay.reachable = True
    waits = await tablet.read(_loose_parts)
    await ada.journal.erase([entry.event])
    await settle(ada, rounds=3)

    await settle(tablet, ada, rounds=3)

    assert waits[0] > 0
    assert await left(tablet) == set()
    assert (await tablet.read(_loose_parts))[0] == 0


def _start_epoch_anew(db: Db) -> None:
    """Forget what was read of the newest epoch's mailboxes."""
    db.execute(
        "DELETE FROM record WHERE mailbox IN (SELECT m.number FROM mailbox m JOIN log l"
        " ON l.number = m.log AND l.epoch = m.epoch WHERE l.type = 1)"
    )
    db.execute("DELETE FROM part")
    db.execute("DELETE FROM holds")
    db.execute(
        "UPDATE mailbox SET n = 0, head = zeroblob(32), current = 0 WHERE number IN"
        " (SELECT m.number FROM mailbox m JOIN log l ON l.number = m.log AND l.epoch = m.epoch"
        " WHERE l.type = 1)"
    )


def _loose_parts(db: Db) -> tuple[int, int]:
    """Parts that wait, and records of packs that belong to none."""
    (waiting,) = db.execute("SELECT count(*) FROM part WHERE state = 0").fetchone()
    (loose,) = db.execute("SELECT count(*) FROM record WHERE kind = 2 AND pack IS NULL").fetchone()
    return int(waiting), int(loose)


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


# --- a stick, and leaving ----------------------------------------------------------------


@pytest.fixture
def stick() -> Iterator[FolderPartner]:
    with folder_partner() as partner:
        yield partner


def on_stick(stick: FolderPartner, secrets: list[tuple[bytes, bytes]]) -> int:
    """How many files of a stick hold the words."""
    keys = [Place(BoxType.EPOCH, mailbox.box(secret, log), secret) for log, secret in secrets]
    blobs = [file.read_bytes() for file in stick.path.rglob("*") if file.is_file()]
    return sum(any(WORDS in opened(blob, place) for place in keys) for blob in blobs)


@pytest.mark.parametrize("packed", [False, True], ids=["batches", "a pack"])
async def test_a_stick_forgets_with_the_next_sync_of_the_author_and_brings_nothing_back(
    pair: tuple[Device, Device], stick: FolderPartner, *, packed: bool
) -> None:
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await ada.share("kept")
    if packed:
        for number in range(510):
            await ada.share(f"goal {number}")
    await settle(*pair)
    await ada.journal.sync_folder(stick.path)
    before = on_stick(stick, await ada.read(epoch_secrets))
    await ada.journal.erase([goal.event])
    await settle(*pair)
    between = await relay_state(ada, goal.event)

    await max_.journal.sync_folder(stick.path)
    await ada.journal.sync_folder(stick.path)
    await max_.journal.sync_folder(stick.path)

    assert before == 1
    assert between is AtRelay.NOT_CONFIRMED
    assert on_stick(stick, await ada.read(epoch_secrets)) == 0
    for device in pair:
        assert await relay_state(device, goal.event) is AtRelay.CONFIRMED
        assert await left(device) == set()
    assert await agree(*pair)


async def test_who_left_goes_on_asking_until_what_they_erased_is_gone(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    goal = await ada.share(TEXT)
    await settle(*pair)
    space = await ada.pair()
    rules, net.relay._rules = net.relay._rules, Rules(quota=Quota(max_records=1))
    await ada.journal.erase_all_mine(space)
    await ada.sync()
    net.relay._rules = rules

    await ada.journal.pair_leave(space)
    await ada.sync()

    assert await on_relay(ada, net) == 0
    assert await relay_state(ada, goal.event) is AtRelay.CONFIRMED
    await settle(max_, ada)
    assert await left(max_) == set()


async def test_what_follows_an_erased_entry_in_the_outbox_still_gets_to_the_relay(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, _ = pair
    goal = await ada.share(TEXT)
    net.relay.reachable = False
    await ada.sync()
    await ada.journal.erase([goal.event])
    net.relay.reachable = True

    kept = await ada.share("kept")
    await ada.sync()

    assert (await ada.journal.find(kept.short)).reach is Reach.RELAY
