"""What members send, what coordinators get of it, and what everybody sees."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from client.journal.forgetting import Clock
from harness.devices import Device, Net, settle
from harness.programme import add_coordinator, enrol, found, notice, of, people
from harness.programme import space as space_of
from inglenook_client.journal import composing, voices
from inglenook_client.journal.boards import Came, Item
from inglenook_client.stores.connection import Db
from inglenook_schema.errors import CallerError, NotAllowedError
from inglenook_schema.events.programme import ProgrammeReplied
from inglenook_schema.letter import IdeaOffered, PulseShared, StoryOffered
from inglenook_schema.wire import ToRelay


@pytest.fixture
async def kim(base: Path, pair: tuple[Device, Device]) -> AsyncIterator[Device]:
    """A coordinator, with Ada and Max enrolled."""
    (device,) = await people(base, "Kim")
    await found(device)
    await enrol(device, *pair)
    yield device
    await device.close()


async def inbox(device: Device) -> list[Came]:
    return await device.journal.boards.inbox(await of(device))


async def board(device: Device) -> list[Item]:
    return await device.journal.boards.board(await of(device))


async def tell(device: Device, text: str, *, name: str = "", share: str = "coordinators") -> None:
    said = IdeaOffered(text, share, name)
    await device.journal.voices.idea(await of(device), said, f"shown: {text}")


# --- ideas ----------------------------------------------------------------------------


async def test_an_idea_comes_with_a_name_or_without(
    pair: tuple[Device, Device], kim: Device
) -> None:
    ada, max_ = pair
    await tell(ada, "a club", name="Ada", share="programme")
    await tell(max_, "more maths")

    report = await kim.sync()

    assert {(c.text, c.by, c.share) for c in await inbox(kim)} == {
        ("a club", "Ada", "programme"),
        ("more maths", "", "coordinators"),
    }
    assert [line for line in report.news if "idea" in line]
    consents = await ada.journal.voices.consents()
    assert [(c.said.purpose, c.said.what) for c in consents] == [("idea", "shown: a club")]


async def test_an_idea_without_a_name_holds_no_key_of_who_sent_it(
    pair: tuple[Device, Device], kim: Device
) -> None:
    ada, _max = pair
    await tell(ada, "more maths")
    await kim.sync()

    (member,) = [m.said for m in (await of(kim)).members if m.said.called == "Ada"]
    rows = await kim.read(
        lambda db: db.execute("SELECT body FROM event WHERE type = 'letter.received'").fetchall()
    )
    assert len(rows) == 1
    assert member.member not in rows[0][0]


async def test_members_read_nothing_of_what_others_leave(
    net: Net, pair: tuple[Device, Device], kim: Device
) -> None:
    ada, max_ = pair
    await tell(ada, "more maths")
    asked = list[ToRelay]()
    net.on_the_way = asked.append
    await tell(max_, "a club")
    net.on_the_way = lambda _: None
    await settle(max_, kim, max_, rounds=1)

    held = await max_.read(
        lambda db: db.execute(
            "SELECT count(*) FROM record r JOIN mailbox m ON m.number = r.mailbox"
            " WHERE m.type = 4 AND m.own = 2"
        ).fetchone()[0]
    )
    (inbox_,) = await max_.read(
        lambda db: db.execute("SELECT address FROM mailbox WHERE own = 2").fetchone()
    )
    assert held == 1  # their own
    assert any(put.address == inbox_ for frame in asked for put in frame.put)
    assert not any(want.address == inbox_ for frame in asked for want in frame.want)
    with pytest.raises(NotAllowedError):
        await max_.journal.boards.inbox(await of(max_))


async def test_every_coordinator_has_what_came_once(
    base: Path, pair: tuple[Device, Device], kim: Device
) -> None:
    ada, _max = pair
    (lee,) = await people(base, "Lee")
    await add_coordinator(kim, lee)
    await tell(ada, "a club", name="Ada")

    await settle(kim, lee, rounds=3)

    for device in (kim, lee):
        assert [c.text for c in await inbox(device)] == ["a club"]
    await lee.close()


async def test_who_was_taken_out_is_not_heard_by_name(
    pair: tuple[Device, Device], kim: Device
) -> None:
    ada, _max = pair
    programme = await of(ada)
    (member,) = [m for m in (await of(kim)).members if m.said.called == "Ada"]
    await kim.journal.programmes.remove(await of(kim), member)

    await ada.journal.voices.idea(programme, IdeaOffered("a club", "coordinators", "Ada"), "x")
    await kim.sync()

    assert await inbox(kim) == []


# --- you said, we did -----------------------------------------------------------------


async def test_a_reply_is_seen_by_all(pair: tuple[Device, Device], kim: Device) -> None:
    ada, max_ = pair
    await tell(ada, "a club", share="programme")
    await kim.sync()
    (came,) = await inbox(kim)
    at, zone, date = composing.moment()
    said = ProgrammeReplied(
        at=at, zone=zone, date=date, you_said="a club", we_did="on Mondays", idea=came.hash
    )

    await kim.journal.append(await space_of(kim), said)
    await settle(kim, ada, max_, rounds=1)

    for device in (ada, max_, kim):
        assert [(i.sort, i.title, i.text) for i in await board(device)] == [
            ("reply", "a club", "on Mondays")
        ]
    assert [c.answered for c in await inbox(kim)] == [True]


# --- the board ------------------------------------------------------------------------


async def release(device: Device, text: str, ends_on: str = "2099-12-31") -> None:
    said = StoryOffered("win", "A fox", text, ends_on)
    await device.journal.voices.story(await of(device), said, text)


async def put_up(kim: Device) -> None:
    await kim.sync()
    (came,) = await inbox(kim)
    await kim.journal.boards.publish(await of(kim), came)


async def test_a_win_is_seen_by_all_under_the_name_that_was_chosen(
    pair: tuple[Device, Device], kim: Device
) -> None:
    ada, max_ = pair
    await release(ada, "I asked")
    await settle(max_, rounds=1)
    before = await board(max_)

    await put_up(kim)
    await settle(ada, max_, rounds=1)

    assert before == []
    for device in (ada, max_):
        assert [(i.sort, i.by, i.text) for i in await board(device)] == [
            ("win", "A fox", "I asked")
        ]


async def test_a_story_that_is_taken_back_is_gone_everywhere(
    pair: tuple[Device, Device], kim: Device
) -> None:
    ada, max_ = pair
    await release(ada, "I asked")
    await put_up(kim)
    await settle(ada, max_, rounds=1)
    (consent,) = await ada.journal.voices.consents()

    await ada.journal.voices.withdraw(consent.short)
    await kim.sync()
    await settle(kim, ada, max_, rounds=2)

    assert await inbox(kim) == []
    for device in (ada, max_, kim):
        assert await board(device) == []
    for device in (max_, kim):
        assert b"I asked" not in await device.read(bodies)
    (after,) = await ada.journal.voices.consents()
    assert after.withdrawn
    with pytest.raises(NotAllowedError):
        await ada.journal.voices.withdraw(consent.short)


def bodies(db: Db) -> bytes:
    rows = db.execute(
        "SELECT body FROM event e JOIN chain c ON c.number = e.chain JOIN log l"
        " ON l.number = c.log WHERE l.type > 2 AND body IS NOT NULL"
    ).fetchall()
    return b"".join(row[0] for row in rows)


async def test_nobody_takes_back_what_another_released(
    pair: tuple[Device, Device], kim: Device
) -> None:
    """Max names Ada's letter, whose hash everybody sees, under a key of his own."""
    ada, max_ = pair
    await release(ada, "I asked")
    await release(max_, "I swam")
    await kim.sync()
    programme = await of(kim)
    for came in await inbox(kim):
        await kim.journal.boards.publish(programme, came)
    (mine,) = await max_.journal.voices.consents()
    (theirs,) = await ada.journal.voices.consents()
    forged = replace(mine, said=msgspec.structs.replace(mine.said, hash=theirs.said.hash))

    await max_.change(lambda db: voices._withdraw(db, forged))
    await settle(max_, kim, ada, rounds=2)

    assert {i.text for i in await board(ada)} == {"I asked", "I swam"}


async def test_what_is_over_is_on_no_board_and_erased(
    clock: Clock, pair: tuple[Device, Device], kim: Device
) -> None:
    ada, max_ = pair
    last = composing.moment()[2]
    await release(ada, "I asked", last)
    await put_up(kim)
    await notice(kim, "notice one")
    await settle(ada, max_, rounds=1)
    seen = {i.text for i in await board(max_)}
    clock.days(2)

    unsynced = {i.text for i in await board(max_)}
    await settle(kim, max_, rounds=2)

    assert seen == {"I asked", "notice one"}
    assert unsynced == {"notice one"}
    assert b"I asked" not in await max_.read(bodies)
    with pytest.raises(CallerError, match="over"):
        await release(ada, "late", last)


# --- the named pulse ------------------------------------------------------------------

LABEL = "Ada and Max"


async def agree_to_pulses(ada: Device, max_: Device) -> None:
    log = (await of(ada)).log
    for device in (ada, max_):
        await device.journal.voices.allow(await device.pair(), log, "Bridges", LABEL)
    await settle(ada, max_, rounds=1)


async def send_pulse(device: Device) -> None:
    space = await device.pair()
    (standing,) = await device.journal.voices.standings(space)
    said = PulseShared(standing.pair, composing.moment()[2][:7], 2, "support")
    await device.journal.voices.pulse(space, said, standing, "shown")


async def test_a_pulse_goes_out_once_both_agreed(pair: tuple[Device, Device], kim: Device) -> None:
    ada, max_ = pair
    log = (await of(ada)).log
    assert await ada.journal.voices.standings(await ada.pair()) == []
    await ada.journal.voices.allow(await ada.pair(), log, "Bridges", LABEL)
    await max_.sync()
    with pytest.raises(NotAllowedError, match="both"):
        await send_pulse(ada)
    with pytest.raises(NotAllowedError, match="both"):
        await send_pulse(max_)
    await kim.sync()
    none = await inbox(kim)

    await max_.journal.voices.allow(await max_.pair(), log, "Bridges", LABEL)
    await ada.sync()
    await send_pulse(ada)
    await kim.sync()

    assert none == []
    (came,) = await inbox(kim)
    assert (came.pair, came.held, came.state, came.by) == (LABEL, 2, "support", "Ada")
    assert came.month == composing.moment()[2][:7]


async def test_two_names_for_the_pair_are_no_agreement(
    pair: tuple[Device, Device], kim: Device
) -> None:
    ada, max_ = pair
    assert kim.journal
    log = (await of(ada)).log
    await ada.journal.voices.allow(await ada.pair(), log, "Bridges", "Ada and Max")
    await max_.journal.voices.allow(await max_.pair(), log, "Bridges", "The foxes")
    await settle(ada, max_, rounds=1)

    with pytest.raises(NotAllowedError, match="both"):
        await send_pulse(ada)


@pytest.mark.parametrize("who", [0, 1])
async def test_either_stops_it(who: int, pair: tuple[Device, Device], kim: Device) -> None:
    ada, max_ = pair
    log = (await of(ada)).log
    await agree_to_pulses(ada, max_)

    await pair[who].journal.voices.stop(await pair[who].pair(), log)

    for device in (pair[1 - who], pair[who]):  # who has not synced yet asks before it sends
        with pytest.raises(NotAllowedError, match="both"):
            await send_pulse(device)
    await kim.sync()
    assert await inbox(kim) == []


async def test_no_month_that_lies_ahead_is_told(pair: tuple[Device, Device], kim: Device) -> None:
    ada, max_ = pair
    assert kim.journal
    await agree_to_pulses(ada, max_)
    (standing,) = await ada.journal.voices.standings(await ada.pair())

    for month in ("2099-01", "soon", "2026-13"):
        with pytest.raises(CallerError):
            await ada.journal.voices.pulse(
                await ada.pair(), PulseShared(LABEL, month, 1, "on_track"), standing, "shown"
            )
