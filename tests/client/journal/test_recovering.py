"""From the words alone everything comes back, and no lost device reads or writes any more."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from inglenook_client.journal import founding, identity, kit, rotating
from inglenook_client.journal.errors import AmbiguousError, NotFoundError
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports.errors import OfflineError
from inglenook_schema import bundle, mailbox, record
from inglenook_schema.bundle import Box, Bundle
from inglenook_schema.control import LogType, Reason
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.invite import Space
from inglenook_schema.wire import Put, ToRelay

EVIL = "https://evil.example"
ELSEWHERE = " ".join(kit.words_of(draw("somebody else")))
OTHER = "https://other.example"


class Fresh:
    """Empty devices that begin with the words; closed at the end of a test."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.devices = list[Device]()

    async def begin(self, words: str, *keep: str, relay: str = ORIGIN) -> Device:
        label = f"new {len(self.devices) + 1}"
        device = await Device.from_words(self.base, label, words, keep=keep, relay=relay)
        self.devices.append(device)
        return device

    async def restore(
        self, words: str, *keep: str, relay: str = ORIGIN, told: tuple[str, ...] = ()
    ) -> Device:
        """All the way."""
        device = await self.begin(words, *keep, relay=relay)
        report = await device.sync()
        assert (report.problem, report.news) == ("", [*told])
        assert await device.journal.restoring() is None
        return device


@pytest.fixture
async def fresh(net: Net, base: Path) -> AsyncIterator[Fresh]:
    assert net.relays
    found = Fresh(base)
    yield found
    for device in found.devices:
        await device.journal.close()


async def box_of(device: Device) -> Box:
    recovery_key = await device.read(lambda db: logs.meta(db, kit.KEY))
    assert recovery_key is not None
    return bundle.box_of(recovery_key)


def put_into(net: Net, box: Box, *blobs: bytes, origin: str = ORIGIN) -> None:
    """What any device of the person may do."""
    tokens = mailbox.tokens(box.secret, ZERO_ID, origin, box.owner)
    puts = tuple(Put(tokens.address, tokens.write, blob, b"") for blob in blobs)
    net.relays[origin].ask(ToRelay((), (), puts, (), (), subscribe=False))


def in_box(net: Net, box: Box, origin: str = ORIGIN) -> list[bytes]:
    at = mailbox.tokens(box.secret, ZERO_ID, origin, box.owner).address
    return [row.blob for row in net.relays[origin].store._records.get(at, []) if row.blob]


def drop_bundles(net: Net, box: Box, device: Device, origin: str = ORIGIN) -> None:
    """The relay lost what a device put there."""
    for blob in in_box(net, box, origin):
        if bundle.open_bundle(blob, box).certificates[-1].device == device.journal.me.device:
            net.relays[origin].forget(record.rid(blob))


async def rotate(device: Device, number: int) -> None:
    def work(db: Db) -> None:
        rotating.rotate(db, identity.load(db), logs.log_by_number(db, number), Reason.AGE)

    await device.change(work)


def is_out(lost: Device, log: int = 1) -> Callable[[Db], bool]:
    """Asked on another device: whether no chain of a lost one counts to its end."""
    name = lost.journal.me.device

    def look(db: Db) -> bool:
        seats = logs.roster_of(db, logs.log_by_number(db, log)).seats.values()
        own = [seat for seat in seats if seat.device == name]
        return bool(own) and all(seat.last is not None for seat in own)

    return look


def _tokens(db: Db) -> list[tuple[bytes, ...]]:
    boxes = db.execute("SELECT owner FROM mailbox").fetchall()
    return boxes + db.execute("SELECT token FROM record").fetchall()


def unheeding(db: Db) -> None:
    """A thief's program writes on, whatever was removed."""
    db.execute("UPDATE chain SET last = ? WHERE mine = 2", (logs.NO_END,))


# --- the ordinary way -----------------------------------------------------------------


async def test_everything_comes_back_with_its_whole_history(
    pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await ada.write("before the fire")
    await ada.share("a goal")
    await settle(ada, max_)

    new = await fresh.restore(await ada.words())

    assert await new.texts() == await ada.texts() == ["a goal", "before the fire"]
    assert new.journal.name == "Ada"
    assert [space.name for space in await new.journal.spaces()] == ["journal", "Max"]
    assert (await new.journal.doctor()).ok
    await new.share("goes on")
    await settle(new, max_)
    assert "goes on" in await max_.texts()
    assert await agree(new, max_)


async def test_a_lost_device_reads_nothing_new_and_its_words_count_for_nothing(
    pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    new = await fresh.restore(await ada.words())
    await new.write("mine again")
    await new.share("ours again")
    await settle(new, max_)

    for _ in range(2):
        await ada.change(unheeding)
        await ada.write("the thief writes")
        await ada.share("the thief shares")
        await settle(ada, max_, new)

    assert await new.texts() == ["mine again", "ours again"]
    assert await max_.texts() == ["ours again"]
    assert not {"mine again", "ours again"} & set(await ada.texts())
    for log in (1, 2):
        assert await new.read(is_out(ada, log))
    assert await agree(new, max_)


async def test_what_was_written_before_the_loss_and_came_to_the_relay_counts(
    net: Net, pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    for n in range(130):
        await ada.write(f"line {n}")
    await ada.sync()

    new = await fresh.restore(await ada.words())

    assert len(await new.texts()) == 130
    assert net.relay.blobs()


async def test_afterwards_the_words_are_nowhere_on_the_device_and_still_restore(
    pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await ada.write("first")
    await settle(ada, max_)
    words, box = await ada.words(), await box_of(ada)
    secret = await ada.read(lambda db: logs.meta(db, kit.KEY))
    assert secret is not None

    new = await fresh.restore(words)

    values = await new.read(lambda db: db.execute("SELECT value FROM meta").fetchall())
    assert not any(secret in value or box.owner in value for (value,) in values)
    tokens = await new.read(_tokens)
    assert not any(box.owner in row for row in tokens)
    assert not any("recovery" in line for line in (await new.journal.status()).problems)
    await new.write("second")
    await settle(new, max_)
    again = await fresh.restore(words)
    assert await again.texts() == ["first", "second"]
    assert await again.read(is_out(new))


async def test_only_the_new_devices_bundle_is_left_in_the_box(
    net: Net, own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    box = await box_of(laptop)
    put_into(net, box, b"\1" + bytes(2_000))

    told = "1 record in the recovery box did not verify and was passed over."
    new = await fresh.restore(await laptop.words(), told=(told,))

    (left,) = [bundle.open_bundle(blob, box) for blob in in_box(net, box)]
    assert left.certificates[-1].device == new.journal.me.device


async def test_a_kit_that_was_typed_back_restores_as_well(
    pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    words = await ada.words()
    await ada.journal.recovery_test(words)
    await ada.write("kept")
    await settle(ada, max_)

    new = await fresh.restore(words)

    assert await new.texts() == ["kept"]


async def test_a_person_alone_gets_their_journal_back(net: Net, ada: Device, fresh: Fresh) -> None:
    assert net.relay
    await ada.write("alone")
    await ada.sync()

    new = await fresh.restore(await ada.words())

    assert await new.texts() == ["alone"]
    assert await new.read(is_out(ada))


# --- devices that stay ----------------------------------------------------------------


async def test_a_device_that_the_person_still_has_stays(
    trio: tuple[Device, Device, Device], fresh: Fresh
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)

    new = await fresh.restore(await ada.words(), "Tablet")
    await settle(new, tablet, max_)
    await tablet.share("from the tablet")
    await settle(tablet, new, max_)

    assert await new.texts() == await max_.texts() == ["from the tablet"]
    assert not await new.read(is_out(tablet))
    assert await new.read(is_out(ada))
    assert await agree(new, tablet, max_)


async def test_a_device_that_was_away_cuts_nothing_off_that_it_has_not_read_yet(
    trio: tuple[Device, Device, Device], fresh: Fresh
) -> None:
    ada, tablet, max_ = trio
    words = await ada.words()
    await settle(*trio)
    shared = await ada.read(_pair)
    await rotate(max_, (await max_.read(_pair)).number)
    await settle(max_, tablet)
    await tablet.share("where the laptop has not been yet")
    await settle(tablet, max_)

    new = await fresh.restore(words, "Ada's first")
    await settle(ada, max_, new, ada, max_, new)

    for device in (ada, max_, new):
        assert "where the laptop has not been yet" in await device.texts()
    assert await ada.read(is_out(tablet, shared.number))
    assert await agree(ada, max_, new)


def _pair(db: Db) -> logs.LogRow:
    return next(log for log in logs.all_logs(db) if log.type is LogType.PAIR)


async def test_it_is_said_where_a_thief_removed_it_before(
    own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    (gone,) = [d for d in await laptop.journal.devices() if d.name == "tablet"]
    await laptop.journal.device_revoke(gone)

    new = await fresh.begin(await laptop.words(), "tablet")
    report = await new.sync()

    assert report.news == [
        "“tablet” was removed by another device before. Add it again: inglenook device add"
    ]
    assert await new.journal.restoring() is None


async def test_its_bundle_stays_too(net: Net, own: tuple[Device, Device], fresh: Fresh) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    box = await box_of(laptop)

    new = await fresh.restore(await laptop.words(), "tablet")

    left = {bundle.open_bundle(b, box).certificates[-1].device for b in in_box(net, box)}
    assert left == {new.journal.me.device, tablet.journal.me.device}


async def test_the_person_is_asked_before_anything_is_removed(
    net: Net, base: Path, own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    new = await Device.from_words(base, "asking", await laptop.words(), keep=None)
    fresh.devices.append(new)
    net.relay.frames.clear()

    await new.sync()
    standing = await new.journal.restoring()

    assert standing is not None
    assert standing.asks
    assert [device.name for device in standing.devices] == ["Ada's first", "tablet"]
    assert not any(frame.put or frame.make for frame in net.relay.frames)
    await new.journal.restore_keep(("tablet",))
    await new.sync()
    assert await new.journal.restoring() is None
    assert not await new.read(is_out(tablet))


async def test_a_name_that_is_none_or_two_devices_removes_nobody(
    net: Net, own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    new = await fresh.begin(await laptop.words(), "tablot")
    net.relay.frames.clear()

    with pytest.raises(NotFoundError, match="tablet"):
        await new.sync()

    assert not any(frame.put for frame in net.relay.frames)
    await new.journal.restore_keep((tablet.journal.me.device.hex()[:8],))
    await new.sync()
    assert not await new.read(is_out(tablet))


async def test_a_thiefs_device_of_the_same_name_is_told_apart(
    own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    (laptop.home.parent / "more").mkdir()
    laptop.home = laptop.home.parent / "more" / "laptop"
    thief = await laptop.second("tablet")
    laptop.home = laptop.journal.home
    await settle(laptop, tablet, thief)
    new = await fresh.begin(await laptop.words(), "tablet")

    with pytest.raises(AmbiguousError) as refusal:
        await new.sync()

    for device in (tablet, thief):
        assert device.journal.me.device.hex()[:8] in str(refusal.value)


async def test_a_thief_that_exchanged_the_names_of_two_devices_is_noticed(
    own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    devices = {device.name: device for device in await laptop.journal.devices()}
    await laptop.journal.device_rename(devices["tablet"], "old thing")
    await laptop.journal.device_rename(devices["Ada's first"], "tablet")
    await settle(tablet)

    new = await fresh.begin(await laptop.words(), "tablet")

    with pytest.raises(AmbiguousError):
        await new.sync()


# --- bundles that are not fresh -------------------------------------------------------


async def test_rotations_that_the_bundle_did_not_know_are_followed_by_the_roots_wraps(
    pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    words = await ada.words()
    number = (await max_.pair()).number

    for n in range(3):  # Ada's laptop is away
        await rotate(max_, number)
        await max_.share(f"goal {n}")
        await max_.sync()
    new = await fresh.restore(words)

    assert await new.texts() == ["goal 0", "goal 1", "goal 2"]
    await new.share("back again")
    await settle(new, max_)
    assert "back again" in await max_.texts()
    assert await agree(new, max_)


async def test_a_log_that_no_bundle_names_is_found_by_the_journal(
    net: Net, own: tuple[Device, Device], max_: Device, fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    box, words = await box_of(laptop), await laptop.words()
    await max_.sync()
    invited = await max_.journal.pair_invite(role="mentor", via=False)
    await tablet.journal.pair_join(invited.link)
    await max_.journal.pair_approve(await max_.knocked())
    await settle(tablet, max_)
    drop_bundles(net, box, tablet)

    new = await fresh.restore(words)

    assert len(await new.journal.spaces()) == 3
    for log in range(1, 4):
        assert await new.read(is_out(tablet, log))


async def test_a_stale_bundle_of_one_device_and_a_fresh_one_of_another_are_united(
    net: Net, trio: tuple[Device, Device, Device], fresh: Fresh
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    box, words = await box_of(ada), await ada.words()
    stale = in_box(net, box)
    for number in (1, 2):
        await rotate(tablet, number)
    await tablet.write("after the rotation")
    await settle(tablet, max_)
    assert [b for b in in_box(net, box) if b not in stale]

    new = await fresh.restore(words)

    assert await new.texts() == ["after the rotation"]


async def test_of_one_device_the_highest_whole_counter_counts_and_what_is_newer() -> None:
    def part(counter: int, number: int, parts: int) -> Bundle:
        return Bundle(bytes(32), (CERTIFICATE,), counter, number, parts, "", *REST)

    found = [part(2, 1, 1), part(4, 1, 2), part(3, 1, 2), part(3, 2, 2), part(1, 1, 1)]

    from inglenook_client.journal.restoring import newest

    assert [(b.counter, b.part) for b in newest(found)] == [(4, 1), (3, 1), (3, 2)]


# --- relays ---------------------------------------------------------------------------


async def test_one_of_two_relays_is_enough(net: Net, ada: Device, fresh: Fresh) -> None:
    net.relays[OTHER] = MemoryRelay()
    await ada.write("on both")
    await ada.sync()
    await ada.journal.add_relay(OTHER)
    await settle(ada)
    words = await ada.words()
    net.relays[ORIGIN].reachable = False

    new = await fresh.begin(words, relay=OTHER)
    await new.sync()

    assert await new.texts() == ["on both"]
    assert await new.read(is_out(ada))
    assert await new.journal.restoring() is None
    net.relays[ORIGIN].reachable = True
    await settle(new)
    assert [relay.origin for relay in await new.journal.relays()] == [OTHER, ORIGIN]


async def test_a_bundle_that_lies_at_the_other_relay_alone_is_found_too(
    net: Net, ada: Device, max_: Device, fresh: Fresh
) -> None:
    net.relays[OTHER] = MemoryRelay()
    await ada.sync()
    await ada.journal.add_relay(OTHER)
    await settle(ada, max_)
    words = await ada.words()
    net.relays[ORIGIN].reachable = False
    await rotate(ada, 1)  # only the other relay learns of it, and of the new bundle
    await ada.write("told to one relay")
    await ada.sync()
    net.relays[ORIGIN].reachable = True

    new = await fresh.restore(words)

    assert await new.texts() == ["told to one relay"]


async def test_a_log_whose_relay_does_not_answer_is_freed_later_and_the_words_wait_for_it(
    net: Net, ada: Device, base: Path, fresh: Fresh
) -> None:
    net.relays[OTHER] = MemoryRelay()
    max_ = await Device.first(base, "Max", relay=OTHER)
    invited = await max_.journal.pair_invite(role="mentor", via=False)
    await ada.journal.pair_join(invited.link)
    await max_.journal.pair_approve(await max_.knocked())
    await settle(ada, max_)
    await ada.share("at the other relay")
    await settle(ada, max_)
    words = await ada.words()
    net.relays[OTHER].reachable = False

    new = await fresh.begin(words)
    await new.sync()
    waiting = await new.journal.restoring()
    problems = (await new.journal.status()).problems
    await new.write("goes on meanwhile")
    await new.sync()

    assert waiting is not None
    assert waiting.waiting == ["Max"]
    assert any("restore is not finished" in line for line in problems)
    assert await new.read(is_out(ada))
    net.relays[OTHER].reachable = True
    await new.sync()
    assert await new.journal.restoring() is None
    assert "at the other relay" in await new.texts()
    assert await new.read(is_out(ada, 2))
    assert await new.read(lambda db: logs.meta(db, kit.KEY)) is None
    await settle(max_, new)
    assert await agree(max_, new)
    await max_.close()


async def test_typing_the_words_back_ends_a_restore_that_waits_for_nothing_but_what_is_lost(
    net: Net, pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    words = await ada.words()
    at = await ada.read(
        lambda db: db.execute("SELECT address FROM mailbox WHERE log = 2").fetchall()
    )
    for (address,) in at:
        net.relay.store._records.pop(address, None)
        net.relay.store._mailboxes.pop(address, None)

    new = await fresh.begin(words)
    await new.sync()
    standing = await new.journal.restoring()
    await new.journal.recovery_test(words)

    assert standing is not None
    assert standing.waiting == ["Max"]
    assert await new.journal.restoring() is None
    assert await new.read(lambda db: logs.meta(db, kit.KEY)) is None


async def test_a_closed_space_is_read_at_the_relay_that_it_moved_to(
    net: Net, pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await ada.share("ours")
    await settle(ada, max_)
    await ada.journal.pair_close(await ada.pair())
    net.relays[OTHER] = MemoryRelay()
    await ada.journal.move_relay(ORIGIN, OTHER)
    await ada.sync()
    words = await ada.words()
    del net.relays[ORIGIN]

    new = await fresh.begin(words, relay=OTHER)
    report = await new.sync()

    assert not report.problem
    assert await new.journal.restoring() is None
    assert "ours" in await new.texts()


async def test_while_it_reads_the_words_are_needed(ada: Device, base: Path, fresh: Fresh) -> None:
    await ada.sync()
    words = await ada.words()
    new = await Device.from_words(base, "asking", words, keep=None)
    fresh.devices.append(new)
    await new.sync()

    with pytest.raises(NotAllowedError):
        await new.journal.recovery_test(words)


@pytest.mark.parametrize("why", ["nobody's words", "no relay"])
async def test_where_nothing_is_found_it_says_so_and_may_be_tried_again(
    why: str, net: Net, ada: Device, fresh: Fresh
) -> None:
    await ada.sync()
    words = await ada.words()
    if why == "no relay":
        net.relay.reachable = False
    new = await fresh.begin(words if why == "no relay" else ELSEWHERE)

    report = await new.sync()
    standing = await new.journal.restoring()

    assert standing is not None
    assert not standing.found
    assert report.offline == (why == "no relay")
    if why == "no relay":
        net.relay.reachable = True
        await new.sync()
        assert await new.journal.restoring() is None


# --- a thief --------------------------------------------------------------------------


class Thief:
    """Whoever has a device: its keys, and what it knows of the recovery box."""

    def __init__(self, net: Net, device: Device, box: Box) -> None:
        self.net, self.device, self.box = net, device, box

    def bundle(self, *spaces: Space, **changed: object) -> None:
        """Put a bundle that verifies, of one's own choice."""
        newest = next(
            found
            for found in (bundle.open_bundle(b, self.box) for b in in_box(self.net, self.box))
            if found.certificates[-1].device == self.device.journal.me.device
        )
        said = msgspec.structs.replace(
            newest, counter=99, spaces=spaces or newest.spaces, **changed
        )
        for part in bundle.sign(self.device.journal.me.sign, said):
            kem = self.box.root.public.kem
            key = record.erase_key(draw("thief"))
            blob = bundle.seal(part, self.box.secret, kem, draw("any"), key).blob
            put_into(self.net, self.box, blob)


async def test_a_thief_cannot_have_another_journal_taken_for_the_real_one(
    net: Net, own: tuple[Device, Device], fresh: Fresh
) -> None:
    """A younger device founds a journal of the same person, and names it in its bundle."""
    laptop, tablet = own
    await laptop.write("the real one")
    await settle(laptop, tablet)
    words, box = await laptop.words(), await box_of(laptop)

    def false_journal(db: Db) -> Space:
        me = identity.load(db)
        log = founding.found(db, me, LogType.JOURNAL, "owner", (ORIGIN,))
        secret = logs.epochs_of(db, log.number)[0][2]
        return Space(log.id, LogType.JOURNAL, "owner", (secret,), (ORIGIN,), "")

    space = await tablet.change(false_journal)
    await tablet.sync()
    Thief(net, tablet, box).bundle(space)

    new = await fresh.restore(words)

    assert await new.texts() == ["the real one"]
    types = [log.type for log in await new.read(logs.all_logs)]
    assert types.count(LogType.JOURNAL) == 1


async def test_a_thief_cannot_move_a_log_to_a_relay_of_theirs(
    net: Net, own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await laptop.write("the real one")
    await settle(laptop, tablet)
    words, box = await laptop.words(), await box_of(laptop)
    net.relays[EVIL] = MemoryRelay()
    journal = (await laptop.journal.space(None)).log
    junk = Space(journal, LogType.JOURNAL, "", (draw("junk"),), (EVIL, "ftp://x"), "")
    clear = Space(draw("log"), LogType.PAIR, "", (draw("j"),), ("http://evil.example",), "?")
    Thief(net, tablet, box).bundle(junk, clear)

    new = await fresh.begin(words)
    await new.sync()
    await new.write("afterwards")
    await new.sync()

    assert await new.texts() == ["afterwards", "the real one"]
    assert [relay.origin for relay in await new.journal.relays()] == [ORIGIN]
    assert not net.relays[EVIL].blobs()
    assert not net.relays[EVIL].store._mailboxes
    epochs = await new.read(lambda db: [s for _, _, s in logs.epochs_of(db, 1)])
    assert draw("junk") not in epochs
    assert await new.read(is_out(tablet))


async def test_junk_in_the_recovery_box_is_passed_over_and_told(
    net: Net, pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await ada.write("still here")
    await settle(ada, max_)
    words, box = await ada.words(), await box_of(ada)
    good = in_box(net, box)[0]
    flipped = bytes([*good[:-1], good[-1] ^ 1])
    put_into(net, box, flipped, *(b"\1" + bytes([n]) * 1_999 for n in range(40)))

    told = "41 records in the recovery box did not verify and were passed over."
    new = await fresh.restore(words, told=(told,))

    assert await new.texts() == ["still here"]
    assert len(in_box(net, box)) == 1


async def test_a_device_that_the_thief_added_goes_with_the_thiefs(
    own: tuple[Device, Device], fresh: Fresh
) -> None:
    laptop, tablet = own
    await settle(laptop, tablet)
    words = await laptop.words()
    third = await laptop.second("thief's own")
    await settle(laptop, tablet)

    new = await fresh.restore(words, "tablet")
    await third.write("from the thief's own")
    await settle(third, new, tablet)

    assert await new.read(is_out(third))
    assert await new.read(is_out(laptop))
    assert await new.texts() == await tablet.texts() == []
    assert await agree(new, tablet)


async def test_a_pair_that_waits_for_its_words_shares_nothing_after_a_restore_either(
    ada: Device, max_: Device, fresh: Fresh
) -> None:
    await settle(ada, max_)
    invited = await max_.journal.pair_invite(role="mentor", via=True)
    await ada.journal.pair_join(invited.link)
    await max_.journal.pair_approve(await max_.knocked())
    await max_.journal.pair_confirm(await max_.pair())
    await settle(max_, ada, rounds=2)
    await ada.share("not before the words")
    await settle(ada, max_)

    new = await fresh.restore(await ada.words())
    await new.share("nor after the fire")
    await settle(new, max_)

    assert await max_.texts() == []
    assert any("safety words" in line for line in (await new.journal.status()).problems)


async def test_the_words_are_forgotten_only_when_a_relay_has_everything(
    net: Net, pair: tuple[Device, Device], fresh: Fresh
) -> None:
    ada, max_ = pair
    await settle(ada, max_)
    new = await fresh.begin(await ada.words())

    def lose_puts(frame: ToRelay) -> None:
        if frame.put:
            raise OfflineError

    net.on_the_way = lose_puts
    await new.sync()
    standing = await new.journal.restoring()
    held = await new.read(lambda db: logs.meta(db, kit.KEY))
    net.on_the_way = lambda _: None
    await new.sync()

    assert standing is not None
    assert held is not None
    assert await new.journal.restoring() is None
    assert await new.read(lambda db: logs.meta(db, kit.KEY)) is None


CERTIFICATE = bundle.keys.Certificate(1, bytes(32), bytes(16), bytes(32), b"", 1, b"", b"")
REST = (bytes(32), bytes(64), (), bytes(64))
