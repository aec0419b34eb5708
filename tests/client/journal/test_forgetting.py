"""What a person erased is gone here, at every relay and on every device, and it is said when."""

import pytest

from harness.devices import Device, Net, agree, settle
from harness.logs import draw
from harness.words import at_relay, epoch_secrets, places
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.model import AtRelay
from inglenook_schema.errors import NotAllowedError

WORDS = b"better forgotten"
TEXT = WORDS.decode()


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
