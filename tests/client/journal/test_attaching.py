"""A file's whole life: attached, sent, seen elsewhere, fetched, copied, erased."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from client.journal.attached import attach, chunks_here, some_file, spots
from client.journal.forgetting import Clock
from harness.devices import ORIGIN, Device, Net, PowerCutError, agree, settle
from harness.memory_relay import MemoryRelay
from harness.saying import say
from inglenook_client.journal import composing
from inglenook_client.journal.errors import NotThereError
from inglenook_client.journal.model import AtRelay, Query
from inglenook_client.stores import files
from inglenook_client.stores.connection import Db
from inglenook_client.transports.errors import OfflineError
from inglenook_schema.errors import CallerError
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.events.writing import EntryShared
from inglenook_schema.limits import MAX_ATTACHMENT
from inglenook_schema.wire import ToRelay
from inglenook_server.core.rules import Quota, Rules

BIG = 700_000
"""Three chunks."""


async def test_a_file_is_kept_sent_and_fetched_only_when_it_is_looked_at(
    net: Net, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    file = some_file("bridge.pdf", BIG)
    added = await attach(laptop, entry, file)
    assert (await laptop.journal.status()).files_waiting == 1

    await settle(laptop, tablet, rounds=1)

    assert (await laptop.journal.status()).files_waiting == 0
    assert await agree(laptop, tablet)
    (seen,) = await tablet.journal.attachments(entry.event)
    assert (seen.said.name, seen.said.alt, seen.said.size) == (file.name, file.alt, BIG)
    assert not seen.here
    assert not seen.waits
    assert await chunks_here(tablet) == 0
    await tablet.journal.fetch(added.event)
    assert (await tablet.journal.file(added.event)).data == file.data
    asked = len(net.relay.frames)
    await tablet.journal.fetch(added.event)  # it is here: nobody is asked again
    assert len(net.relay.frames) == asked
    assert file.data[:64] not in b"".join(net.relay.blobs())


@pytest.mark.parametrize("size", [1, 262_144, 262_145, MAX_ATTACHMENT])
async def test_files_of_every_size_come_back_as_they_were(
    size: int, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    file = some_file("all.bin", size)
    added = await attach(laptop, entry, file)
    await settle(laptop, tablet, rounds=1)

    await tablet.journal.fetch(added.event)

    assert (await tablet.journal.file(added.event)).data == file.data


async def test_what_is_empty_or_too_large_changes_nothing(ada: Device) -> None:
    entry = await ada.write("with a file")
    for size in (0, MAX_ATTACHMENT + 1):
        with pytest.raises(CallerError, match="10 MiB"):
            await attach(ada, entry, some_file("x", size))

    assert await ada.journal.attachments(entry.event) == []
    assert await chunks_here(ada) == 0


async def test_nothing_is_attached_to_what_somebody_else_wrote(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await say(max_, GoalSet, space=await max_.pair(), title="Max's goal")
    await settle(max_, ada, rounds=1)
    (goal,) = [each for each in await ada.journal.log(Query()) if each.text == "Max's goal"]

    with pytest.raises(CallerError, match="Max wrote that"):
        await attach(ada, goal, some_file("x"))


async def test_an_upload_that_broke_off_goes_on_with_what_is_lacking(
    net: Net, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    await laptop.sync()
    entry = await laptop.write("with a file")
    file = some_file("big.pdf", 6_000_000)  # two frames
    added = await attach(laptop, entry, file)
    puts: list[int] = []

    def watch(frame: ToRelay) -> None:
        sizes = [put.blob for put in frame.put if len(put.blob) > 200_000]
        puts.append(len(sizes))
        if sum(puts) > 15 and not lost:
            lost.append(True)
            net.relay.answers_to_lose = 1

    lost: list[bool] = []
    net.on_the_way = watch
    await laptop.sync()
    first = sum(puts)
    assert (await laptop.journal.status()).files_waiting == 1

    await laptop.sync()

    assert (await laptop.journal.status()).files_waiting == 0
    assert sum(puts) < first + 15  # what was there is not put again
    await tablet.sync()
    await tablet.journal.fetch(added.event)
    assert (await tablet.journal.file(added.event)).data == file.data


@pytest.mark.parametrize("after", [0, 2, 3, 5])
async def test_whenever_the_power_goes_a_file_is_whole_or_not_there_and_goes_on(
    after: int, net: Net, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    file = some_file("big.pdf", 6_000_000)
    added = await attach(laptop, entry, file)
    net.power_cut_in = after
    with suppress(PowerCutError):
        await laptop.sync()
    net.power_cut_in = None
    await laptop.reopen()

    assert (await laptop.journal.file(added.event)).data == file.data
    await settle(laptop, tablet, rounds=1)
    await tablet.journal.fetch(added.event)
    assert (await tablet.journal.file(added.event)).data == file.data


async def test_a_partner_sees_a_shared_file_at_once_and_never_gets_the_journals_key(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    entry = await ada.write("private")
    file = some_file("bridge.pdf", BIG)
    private = await attach(ada, entry, file)
    at, zone, date = composing.moment()
    copy = EntryShared(at=at, zone=zone, date=date, source=entry.event, text="private")

    shown = await ada.journal.share(await ada.pair(), copy, [private.event], "en")
    await settle(ada, max_, rounds=1)

    (seen,) = await max_.journal.attachments(shown[0].event)
    mine = (await ada.journal.attachment(await ada.journal.find(private.event.hex()))).said
    assert (seen.said.name, seen.said.size) == (file.name, BIG)
    assert seen.said.box != mine.box
    assert not set(seen.said.chunks) & set(mine.chunks)
    assert mine.box not in b"".join(await max_.read(_bodies))
    await max_.journal.fetch(seen.shown.event)
    assert (await max_.journal.file(seen.shown.event)).data == file.data
    with pytest.raises(CallerError):
        await max_.journal.find(private.event.hex())


def _bodies(db: Db) -> list[bytes]:
    return [row[0] for row in db.execute("SELECT body FROM event WHERE body IS NOT NULL")]


async def test_a_file_goes_with_its_entry_here_at_the_relay_and_elsewhere(
    net: Net, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    added = await attach(laptop, entry, some_file("bridge.pdf", BIG))
    await settle(laptop, tablet, rounds=1)
    await tablet.journal.fetch(added.event)
    lying = [blob for blob in net.relay.blobs() if len(blob) > 200_000]
    assert len(lying) == 2

    found = await laptop.journal.erase([entry.event])
    assert {gone.event for gone in found.gone} == {entry.event, added.event}
    assert await chunks_here(laptop) == 0
    assert all(gone.relay is AtRelay.NOT_CONFIRMED for gone in found.gone if gone.short == "p1")
    await laptop.sync()

    states = (await laptop.journal.gone([entry.event, added.event])).gone
    assert all(gone.here and gone.relay is AtRelay.CONFIRMED for gone in states)
    assert not [blob for blob in net.relay.blobs() if len(blob) > 200_000]
    await tablet.sync()
    assert await chunks_here(tablet) == 0
    with pytest.raises(CallerError):
        await tablet.journal.file(added.event)
    assert set((await spots(tablet)).values()) == {files.GONE}


async def test_a_file_that_was_never_sent_is_erased_and_never_sent(
    net: Net, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    net.relay.reachable = False
    entry = await laptop.write("with a file")
    added = await attach(laptop, entry, some_file("bridge.pdf", BIG))
    await laptop.journal.erase([entry.event])
    net.relay.reachable = True

    await settle(laptop, tablet, rounds=2)

    assert not [blob for blob in net.relay.blobs() if len(blob) > 200_000]
    (gone,) = (await laptop.journal.gone([added.event])).gone
    assert gone.relay is not AtRelay.NOT_CONFIRMED


async def test_what_another_device_attached_to_an_erased_entry_is_erased_as_well(
    own: tuple[Device, Device],
) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    await settle(laptop, tablet, rounds=1)
    there = await tablet.journal.find(entry.event.hex())
    added = await attach(tablet, there, some_file("late.pdf"))
    await laptop.journal.erase([entry.event])

    await settle(laptop, tablet, rounds=3)

    assert await chunks_here(tablet) == 0
    for device in (laptop, tablet):
        (gone,) = (await device.journal.gone([added.event])).gone
        assert gone.here
    assert await agree(laptop, tablet)


async def test_a_relay_that_lost_a_file_gets_it_again(net: Net, own: tuple[Device, Device]) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    added = await attach(laptop, entry, some_file("bridge.pdf", BIG))
    before = net.relay.snapshot()
    await laptop.sync()
    net.relay.roll_back(before)

    report = await laptop.sync()

    assert any("lost" in sentence for sentence in report.news)
    await tablet.sync()
    await tablet.journal.fetch(added.event)


async def test_a_file_is_looked_at_each_week_and_closed_again_where_it_came_back(
    net: Net, clock: Clock, own: tuple[Device, Device]
) -> None:
    laptop, _ = own
    kept = await laptop.write("kept")
    await attach(laptop, kept, some_file("kept.pdf"))
    entry = await laptop.write("erased")
    await attach(laptop, entry, some_file("erased.pdf", BIG))
    await laptop.sync()
    older = net.relay.snapshot()
    await laptop.journal.erase([entry.event])
    await laptop.sync()
    net.relay.roll_back(older)

    clock.days(8)
    await laptop.sync()

    assert not [blob for blob in net.relay.blobs() if len(blob) > 200_000]


async def test_a_file_moves_with_its_space_also_where_only_a_device_without_it_syncs(
    net: Net, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    file = some_file("bridge.pdf", BIG)
    added = await attach(laptop, entry, file)
    await settle(laptop, tablet, rounds=1)
    net.relays["https://other.example"] = MemoryRelay()

    await tablet.journal.move_relay(ORIGIN, "https://other.example")
    await settle(tablet, rounds=3)  # it fetches the file, and puts it there

    del net.relays[ORIGIN]
    big = [blob for blob in net.relays["https://other.example"].blobs() if len(blob) > 200_000]
    assert len(big) >= 2
    assert (await tablet.journal.file(added.event)).data == file.data


async def test_a_full_relay_leaves_the_file_waiting_and_says_so(net: Net, base: Path) -> None:
    net.relays[ORIGIN] = MemoryRelay(Rules(quota=Quota(max_bytes=600_000)))
    ada = await Device.first(base, "Ada")
    entry = await ada.write("with a file")
    added = await attach(ada, entry, some_file("bridge.pdf", 900_000))

    report = await ada.sync()

    assert any("bridge.pdf" in sentence for sentence in report.news)
    assert not report.offline
    assert (await ada.journal.status()).files_waiting == 1
    assert len((await ada.journal.file(added.event)).data) == 900_000
    await ada.close()


async def test_what_is_not_there_yet_is_said_so_and_offline_is_told_apart(
    net: Net, own: tuple[Device, Device]
) -> None:
    laptop, tablet = own
    entry = await laptop.write("with a file")
    added = await attach(laptop, entry, some_file("bridge.pdf", BIG))
    await settle(laptop, tablet, rounds=1)
    for address, rows in net.relay.store._records.items():
        if any(len(row.blob or b"") > 200_000 for row in rows):
            lost = address
    del net.relay.store._records[lost], net.relay.store._mailboxes[lost]

    with pytest.raises(NotThereError):
        await tablet.journal.fetch(added.event)

    net.relay.reachable = False
    with pytest.raises(OfflineError):
        await tablet.journal.fetch(added.event)


async def test_doctor_notices_a_damaged_part(ada: Device) -> None:
    entry = await ada.write("with a file")
    await attach(ada, entry, some_file("bridge.pdf"))
    assert (await ada.journal.doctor()).ok

    await ada.change(lambda db: db.execute("UPDATE chunk SET blob = zeroblob(length(blob))"))

    assert not (await ada.journal.doctor()).ok


async def test_a_new_device_and_a_restored_one_fetch_what_was_attached_before(
    net: Net, base: Path
) -> None:
    assert net.relays
    ada = await Device.first(base, "Ada")
    words = await ada.words()
    entry = await ada.write("with a file")
    file = some_file("bridge.pdf", BIG)
    added = await attach(ada, entry, file)
    await ada.sync()
    tablet = await ada.second("tablet")
    await settle(ada, tablet, rounds=1)

    await tablet.journal.fetch(added.event)
    assert (await tablet.journal.file(added.event)).data == file.data
    await ada.close()

    restored = await Device.from_words(base, "new", words)
    for _ in range(4):
        await restored.sync()
    await restored.journal.fetch(added.event)
    assert (await restored.journal.file(added.event)).data == file.data
    await restored.close()


async def test_nothing_of_a_file_is_put_before_the_safety_words_were_compared(
    net: Net, base: Path
) -> None:
    ada, max_ = await Device.first(base, "Ada"), await Device.first(base, "Max")
    await ada.pair_with(max_, via=True)
    goal = await ada.share("for two")
    added = await attach(ada, goal, some_file("bridge.pdf", BIG))
    await settle(ada, max_, rounds=1)

    assert not [blob for blob in net.relay.blobs() if len(blob) > 200_000]
    assert (await ada.journal.status()).files_waiting == 1
    await ada.journal.pair_confirm(await ada.pair())
    await settle(ada, max_, rounds=2)
    await max_.journal.fetch(added.event)
    for device in (ada, max_):
        await device.close()


async def test_a_file_stays_where_it_is_through_new_keys_and_a_deep_erase(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    goal, other = await ada.share("with a file"), await ada.share("to be erased")
    file = some_file("bridge.pdf", BIG)
    added = await attach(ada, goal, file)
    await settle(ada, max_, rounds=1)
    lying = {blob for blob in net.relay.blobs() if len(blob) > 200_000}

    await ada.journal.erase([other.event], deep=True)
    await settle(ada, max_, rounds=2)

    assert {blob for blob in net.relay.blobs() if len(blob) > 200_000} == lying
    await max_.journal.fetch(added.event)
    assert (await max_.journal.file(added.event)).data == file.data


async def test_who_lost_everything_sees_the_files_of_a_pair_that_was_given_back(
    base: Path, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    goal = await ada.share("with a file")
    file = some_file("bridge.pdf", BIG)
    added = await attach(ada, goal, file)
    await settle(ada, max_, rounds=2)
    old = await max_.pair()
    await ada.journal.close()

    anew = await Device.first(base, "Ada anew")
    await max_.pair_with(anew)
    new = next(s for s in await max_.journal.spaces() if s.partner == "Ada anew")
    await max_.journal.pair_confirm(new)
    await max_.journal.pair_restore(new, old)
    await settle(anew, max_, rounds=2)

    await anew.journal.fetch(added.event)
    assert (await anew.journal.file(added.event)).data == file.data
    await anew.close()
