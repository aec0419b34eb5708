"""Relays added, left and exchanged: everybody follows, nothing is lost, nobody is led astray."""

import pytest

from client.journal.test_rotating import pair_log
from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.memory_relay import MemoryRelay
from inglenook_client.journal import following, rotating
from inglenook_client.journal.errors import LastRelayError, NotFoundError
from inglenook_client.journal.model import Reach, RelayShown
from inglenook_client.stores import logs
from inglenook_schema.control import Reason
from inglenook_schema.errors import CallerError

SECOND, THIRD = "https://second.example", "https://third.example"
PLAIN = "http://elsewhere.example"
Pair = tuple[Device, Device]
Trio = tuple[Device, Device, Device]


def more(net: Net, *origins: str) -> None:
    for origin in origins:
        net.relays[origin] = MemoryRelay()


async def places(device: Device) -> dict[str, list[str]]:
    """Spaces by relay, of those that were not left."""
    return {r.origin: r.spaces for r in await device.journal.relays() if not r.left}


async def relay(device: Device, origin: str) -> RelayShown:
    return next(r for r in await device.journal.relays() if r.origin == origin)


# --- moving ---------------------------------------------------------------------------


async def test_everything_moves_and_everybody_follows(net: Net, trio: Trio) -> None:
    ada, tablet, max_ = trio
    more(net, SECOND)
    await ada.write("mine")
    await ada.share("ours")
    await settle(*trio)

    moved = await ada.journal.move_relay(ORIGIN, SECOND)
    await settle(*trio)
    for device, text in ((ada, "laptop"), (tablet, "tablet"), (max_, "Max")):
        await device.share(f"{text} after")
    net.relay.reachable = False
    await settle(*trio)

    assert moved.spaces == ["journal", "Max"]
    assert await max_.texts() == ["Max after", "laptop after", "ours", "tablet after"]
    assert await agree(*trio)
    assert await places(ada) == await places(tablet) == {SECOND: ["journal", "Max"]}
    assert SECOND in await places(max_)


async def test_a_relay_that_is_gone_for_good_is_left_by_everybody_who_is_told(
    net: Net, trio: Trio
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await ada.share("never reached the old one")
    more(net, SECOND)
    del net.relays[ORIGIN]

    for device in (ada, max_, tablet):
        await device.journal.move_relay(ORIGIN, SECOND)
        await device.sync()
    await max_.share("from Max")
    await settle(*trio)

    assert await max_.texts() == await tablet.texts() == ["from Max", "never reached the old one"]
    assert await agree(*trio)
    log = await pair_log(max_)
    assert log.relays == (SECOND,)


async def test_a_relay_that_was_left_is_no_news_when_it_is_gone(net: Net, pair: Pair) -> None:
    ada, _ = pair
    more(net, SECOND)
    await ada.journal.move_relay(ORIGIN, SECOND)
    net.relay.reachable = False
    asked = list[str]()
    net.on_the_way = lambda _: asked.append("")

    first, second = await ada.sync(), await ada.sync()

    assert (first.offline, first.news, second.offline, second.news) == (False, [], False, [])
    assert (await relay(ada, ORIGIN)).left


async def test_two_that_move_at_once_to_different_relays_still_meet(net: Net, pair: Pair) -> None:
    ada, max_ = pair
    await settle(*pair)
    more(net, SECOND, THIRD)

    await ada.journal.move_relay(ORIGIN, SECOND)
    await max_.journal.move_relay(ORIGIN, THIRD)
    await settle(*pair, rounds=4)
    await ada.share("from Ada")
    await max_.share("from Max")
    await settle(*pair, rounds=4)

    assert await ada.texts() == await max_.texts() == ["from Ada", "from Max"]
    assert await agree(*pair)


async def test_a_move_outlasts_a_rotation_that_had_not_seen_it(net: Net, trio: Trio) -> None:
    ada, _tablet, max_ = trio
    await settle(*trio)
    more(net, SECOND)
    log = await pair_log(max_)
    me = max_.journal.me
    await max_.change(lambda db: rotating.rotate(db, me, log, Reason.AGE) and None)

    await ada.journal.move_relay(ORIGIN, SECOND)
    await settle(*trio, rounds=2)
    net.relay.reachable = False
    await max_.share("where all went")
    await settle(*trio, rounds=4)

    assert [(await pair_log(device)).relays for device in trio] == [(SECOND,)] * 3
    assert await agree(*trio)


async def test_an_unused_or_equal_relay_cannot_be_moved(net: Net, pair: Pair) -> None:
    ada, _ = pair
    more(net, SECOND)
    before = await places(ada)

    with pytest.raises(NotFoundError):
        await ada.journal.move_relay(SECOND, THIRD)
    with pytest.raises(CallerError, match="same relay"):
        await ada.journal.move_relay(ORIGIN, ORIGIN + "/")
    with pytest.raises(CallerError, match="https"):
        await ada.journal.move_relay(ORIGIN, PLAIN)

    assert await places(ada) == before


# --- removing -------------------------------------------------------------------------


async def test_a_pairs_last_relay_is_not_removed_and_nothing_is_changed(pair: Pair) -> None:
    ada, max_ = pair
    before = await places(ada)

    with pytest.raises(CallerError, match="relay move"):
        await ada.journal.remove_relay(ORIGIN, alone=True)

    assert await places(ada) == before
    await ada.share("still arrives")
    await settle(ada, max_)
    assert await max_.texts() == ["still arrives"]


async def test_the_journals_last_relay_is_removed_only_when_that_is_meant(
    net: Net, base: object, ada: Device
) -> None:
    assert base
    await ada.write("stays here")
    await ada.sync()

    with pytest.raises(LastRelayError):
        await ada.journal.remove_relay(ORIGIN)
    unchanged = await places(ada)
    await ada.journal.remove_relay(ORIGIN, alone=True)
    later = await ada.write("only here")
    report = await ada.sync()
    frames = len(net.relay.frames)
    await ada.sync()

    assert unchanged == {ORIGIN: ["journal"]}
    assert await places(ada) == {}
    assert ada.journal.relay is None
    assert not report.offline
    assert len(net.relay.frames) - frames <= 1
    assert (await ada.journal.find(later.short)).reach is not Reach.RELAY
    assert not any(b"only here" in blob for blob in net.relay.blobs())


async def test_another_own_device_learns_that_the_journal_lies_at_no_relay(own: Pair) -> None:
    laptop, tablet = own
    await settle(*own)
    pairs = (await pair_log(laptop)).number
    await laptop.change(lambda db: logs.set_relays(db, pairs, ()))

    await laptop.journal.remove_relay(ORIGIN, alone=True)
    await laptop.sync()
    await tablet.sync()

    assert not any("journal" in spaces for spaces in (await places(tablet)).values())


async def test_one_of_two_relays_is_removed_and_the_other_serves(net: Net, trio: Trio) -> None:
    ada, _tablet, max_ = trio
    more(net, SECOND)
    await ada.journal.add_relay(SECOND)
    await settle(*trio)

    await ada.journal.remove_relay(ORIGIN)
    await settle(*trio)
    net.relay.reachable = False
    await max_.share("over the second")
    await settle(*trio)

    assert await places(ada) == {SECOND: ["journal", "Max"]}
    assert "over the second" in await ada.texts()
    assert await agree(*trio)


# --- adding ---------------------------------------------------------------------------


async def test_a_further_relay_gets_the_journal_and_what_this_person_began(
    net: Net, pair: Pair
) -> None:
    ada, max_ = pair
    more(net, SECOND, THIRD)

    began = await ada.journal.add_relay(SECOND)
    joined = await max_.journal.add_relay(THIRD)
    await settle(*pair)

    assert (began.spaces, began.stayed) == (["journal", "Max"], [])
    assert (joined.spaces, joined.stayed) == (["journal"], ["Ada"])
    assert await places(max_) == {
        ORIGIN: ["journal", "Ada"],
        SECOND: ["Ada"],
        THIRD: ["journal"],
    }


async def test_a_named_space_gets_a_relay_whoever_began_it(net: Net, pair: Pair) -> None:
    ada, max_ = pair
    more(net, SECOND)

    moved = await max_.journal.add_relay(SECOND, space=await max_.journal.space("Ada"))
    await settle(*pair)
    net.relay.reachable = False
    await ada.share("over Max's relay")
    await settle(*pair)

    assert moved.spaces == ["Ada"]
    assert await max_.texts() == ["over Max's relay"]


async def test_a_ninth_relay_is_refused_and_nothing_is_changed(net: Net, ada: Device) -> None:
    for number in range(7):
        more(net, f"https://relay{number}.example")
        await ada.journal.add_relay(f"https://relay{number}.example")

    with pytest.raises(CallerError, match="eight"):
        await ada.journal.add_relay(SECOND)

    assert len(await places(ada)) == 8


async def test_a_space_whose_words_were_not_compared_is_not_moved(
    net: Net, ada: Device, max_: Device
) -> None:
    await ada.pair_with(max_, via=True)
    more(net, SECOND)

    added = await ada.journal.add_relay(SECOND)
    with pytest.raises(CallerError, match="safety words"):
        await ada.journal.move_relay(ORIGIN, THIRD)

    assert added.waiting == ["Max"]


# --- who leads where ------------------------------------------------------------------


async def test_nobody_is_led_to_a_relay_where_others_can_listen_in(net: Net, pair: Pair) -> None:
    ada, max_ = pair
    more(net, SECOND)
    log = await pair_log(max_)
    me = max_.journal.me
    await max_.change(
        lambda db: rotating.rotate(db, me, log, Reason.MOVE, (PLAIN, SECOND)) and None
    )
    await max_.sync()

    reports = [await ada.sync() for _ in range(3)]
    await ada.write("the journal goes on")
    last = await ada.sync()

    told = [sentence for report in reports for sentence in report.news if PLAIN in sentence]
    assert len(told) == 1
    assert "https://" in told[0]
    assert not any(report.offline for report in (*reports, last))
    assert (await pair_log(ada)).relays == (SECOND,)
    assert (await ada.journal.status()).waiting == 0


async def test_a_relay_in_clear_that_got_onto_the_list_stops_no_other(net: Net, pair: Pair) -> None:
    ada, _ = pair
    await ada.change(lambda db: db.execute("INSERT INTO relay VALUES(?, '')", (PLAIN,)) and None)
    await ada.write("goes out")

    report = await ada.sync()

    assert not report.offline
    assert report.sent == 1
    assert net.relay.frames


@pytest.mark.parametrize(
    ("origin", "fine"),
    [
        ("https://relay.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost", True),
        ("http://relay.example", False),
        ("http://[1.2.3.4]", False),
    ],
)
def test_only_relays_nobody_listens_to_are_usable(origin: str, fine: bool) -> None:
    assert following.usable((origin,)) == ((origin,) if fine else ())


# --- what is shown --------------------------------------------------------------------


async def test_the_list_says_what_lies_where_and_when_it_was_reached(net: Net, pair: Pair) -> None:
    ada, _ = pair
    more(net, SECOND)
    net.relays[SECOND].reachable = False
    await ada.journal.add_relay(SECOND)
    await ada.sync()

    first, second = await ada.journal.relays()

    assert (first.spaces, second.spaces) == (["journal", "Max"], ["journal", "Max"])
    assert len(first.reached) == 10
    assert second.reached == ""
