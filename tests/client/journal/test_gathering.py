"""A pack comes in several answers: they are taken in together, and nothing is lost by that."""

from collections.abc import Iterator
from itertools import count

import pytest

from harness.devices import Device, Net, PowerCutError, settle
from inglenook_client import ambient
from inglenook_client.journal import gathering, rotating
from inglenook_client.stores import logs
from inglenook_client.transports.errors import OfflineError
from inglenook_schema import pack
from inglenook_schema.control import Reason
from inglenook_schema.wire import ToRelay
from inglenook_server.core import relay

ENTRIES = 60


@pytest.fixture(autouse=True)
def small_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a pack comes in an answer of its own."""
    monkeypatch.setattr(pack, "RAW_PART", 4_000)
    monkeypatch.setattr(relay, "ROOM", 6_000)


@pytest.fixture
async def phone(ada: Device) -> Device:
    """A device that was let in, and has read nothing yet."""
    for number in range(ENTRIES):
        await ada.write(f"entry {number}")
    await ada.sync()
    number = (await ada.journal.space(None)).number
    log = await ada.read(lambda db: logs.log_by_number(db, number))
    me = ada.journal.me
    await ada.change(lambda db: rotating.rotate(db, me, log, Reason.SIZE) and None)
    await ada.sync()
    phone, _ = await ada.begin_second("phone")
    await ada.journal.device_approve(await ada.knocked())
    return phone


async def parts(device: Device) -> int:
    rows = await device.read(lambda db: db.execute("SELECT count(*) FROM part").fetchall())
    return int(rows[0][0])


class Questions:
    """Lets some questions about records through, and then does what is asked of it."""

    def __init__(self, then: BaseException, after: int) -> None:
        self.then, self.after = then, after
        self.asked: list[int] = []

    def __call__(self, frame: ToRelay) -> None:
        self.asked.append(max((want.n for want in frame.want), default=0))
        if self.asked[-1] > self.after:
            raise self.then


async def test_nothing_of_a_pack_waits_on_the_disk_where_the_line_is_quick(
    net: Net, ada: Device, phone: Device
) -> None:
    net.on_the_way = Questions(PowerCutError(), after=2)

    with pytest.raises(PowerCutError):
        await phone.sync()
    await phone.reopen()

    assert await parts(phone) == 0
    net.on_the_way = lambda _: None
    await settle(ada, phone)


@pytest.mark.parametrize("slow", ["by time", "by size"])
async def test_what_came_slowly_or_is_much_is_kept_at_once(
    net: Net, ada: Device, phone: Device, slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if slow == "by time":
        later: Iterator[int] = count(0, 2)
        monkeypatch.setattr(ambient, "monotonic", lambda: float(next(later)))
    else:
        monkeypatch.setattr(gathering, "_MOST", 1)
    net.on_the_way = Questions(PowerCutError(), after=2)

    with pytest.raises(PowerCutError):
        await phone.sync()
    await phone.reopen()

    assert await parts(phone) >= 2
    net.on_the_way = lambda _: None
    await settle(ada, phone)


async def test_what_came_before_the_line_broke_is_not_asked_for_again(
    net: Net, ada: Device, phone: Device
) -> None:
    net.on_the_way = Questions(OfflineError(), after=2)
    assert (await phone.sync()).offline
    assert await parts(phone) >= 2

    again = Questions(OfflineError(), after=10**6)
    net.on_the_way = again
    await phone.sync()

    assert again.asked[0] > 2
    await settle(ada, phone)
