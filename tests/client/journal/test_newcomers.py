"""Who was let in finds the way, whatever was rotated before they came to read."""

from pathlib import Path

import msgspec
import pytest

from harness.devices import Device, Net, agree, settle
from harness.intruder import Hand
from harness.logs import first_device
from inglenook_client import ambient
from inglenook_client.journal import rotating
from inglenook_client.stores import logs
from inglenook_client.stores.connection import Db
from inglenook_schema import epoch
from inglenook_schema.control import AddPerson, LogType, Reason, Wraps
from inglenook_schema.header import Kind
from inglenook_schema.keys import kem_hash
from inglenook_schema.wire import Ids, Shape, ToRelay

DAY_MS = 86_400_000
pytestmark = pytest.mark.usefixtures("net")


async def rotate(device: Device, type_: LogType, reason: Reason = Reason.AGE) -> None:
    def change(db: Db) -> None:
        log = next(log for log in logs.all_logs(db) if log.type is type_)
        rotating.rotate(db, device.journal.me, log, reason)

    await device.change(change)


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    now = ambient.now_ms()
    monkeypatch.setattr(ambient, "now_ms", lambda: now + days * DAY_MS)


async def let_in(ada: Device, label: str) -> Device:
    """A device of Ada's that was let in and has not synced since."""
    device, _ = await ada.begin_second(label)
    await ada.journal.device_approve(await ada.knocked())
    await ada.sync()
    return device


async def begun(base: Path) -> Device:
    """Ada with one device and one entry; her journal's first epoch is over."""
    ada = await Device.first(base, "Ada")
    await ada.write("before")
    await ada.sync()
    await rotate(ada, LogType.JOURNAL)
    await settle(ada)
    return ada


async def newest_box(device: Device, type_: LogType = LogType.JOURNAL) -> tuple[bytes, bytes]:
    """[address, read token] of the mailbox of a log's newest epoch."""
    sql = "SELECT m.address, m.read FROM mailbox m JOIN log l ON l.epoch = m.epoch WHERE l.type = ?"
    address, read = await device.read(lambda db: db.execute(sql, (type_,)).fetchone())
    return address, read


def whole(net: Net, box: tuple[bytes, bytes]) -> int:
    """How many records of a mailbox the relay still holds."""
    (answer,) = net.relay.ask(ToRelay(ids=(Ids(box[0], box[1], 0),))).ids
    return sum(shape is not Shape.ERASED for shape, _ in answer.records)


@pytest.mark.parametrize("reason", [Reason.AGE, Reason.ERASE])
async def test_a_device_that_was_let_in_before_a_rotation_finds_the_whole_journal(
    base: Path, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
    ada = await begun(base)
    tablet = await let_in(ada, "tablet")
    await rotate(ada, LogType.JOURNAL, reason)
    await ada.write("after")
    await settle(ada)
    later(monkeypatch, 36)
    await settle(ada, tablet)

    assert await tablet.texts() == ["after", "before"]
    await tablet.write("of the tablet")
    await settle(tablet, ada)

    assert await ada.texts() == ["after", "before", "of the tablet"]
    assert await agree(ada, tablet)
    assert (await tablet.journal.doctor()).ok
    await ada.close()


async def test_where_another_device_rotated_the_one_that_let_it_in_wraps_to_it(base: Path) -> None:
    ada = await begun(base)
    tablet = await ada.second("tablet")
    await settle(ada, tablet)
    phone = await let_in(ada, "phone")
    await rotate(tablet, LogType.JOURNAL)
    await tablet.write("after")
    await tablet.sync()
    await ada.sync()

    await settle(phone, ada, tablet)

    assert await phone.texts() == ["after", "before"]
    assert await agree(ada, tablet, phone)
    await ada.close()


async def test_a_partner_who_was_let_in_before_a_rotation_finds_the_pair(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = await Device.first(base, "Ada"), await Device.first(base, "Max")
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    await max_.journal.pair_join(invited.link)
    await ada.journal.pair_approve(await ada.knocked())
    await ada.sync()
    for title in ("first", "second"):
        await ada.share(title)
        await settle(ada)
        await rotate(ada, LogType.PAIR)
        await settle(ada)
    later(monkeypatch, 8)
    await settle(ada, max_)

    assert await max_.texts() == ["first", "second"]
    await max_.share("from Max")
    await settle(max_, ada)

    assert await ada.texts() == ["first", "from Max", "second"]
    assert await agree(ada, max_)
    await ada.close()
    await max_.close()


async def test_once_it_is_here_or_too_late_the_old_mailbox_is_emptied(
    base: Path, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await begun(base)
    tablet = await let_in(ada, "tablet")
    first = await newest_box(ada)
    await rotate(ada, LogType.JOURNAL)
    await settle(ada)
    kept = whole(net, first)
    await settle(tablet, ada)
    assert whole(net, first) < kept

    await let_in(ada, "phone")
    second = await newest_box(ada)
    await rotate(ada, LogType.JOURNAL)
    await settle(ada, tablet)
    kept = whole(net, second)
    later(monkeypatch, 40)
    await settle(ada, tablet)

    assert whole(net, second) < kept
    await ada.close()


async def test_a_partner_who_never_comes_is_waited_for_as_long_as_a_welcome_may_be_read(
    base: Path, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, max_ = await Device.first(base, "Ada"), await Device.first(base, "Max")
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    await max_.journal.pair_join(invited.link)
    await ada.journal.pair_approve(await ada.knocked())
    await ada.share("first")
    await ada.sync()
    old = await newest_box(ada, LogType.PAIR)
    await rotate(ada, LogType.PAIR)
    await settle(ada)
    kept = whole(net, old)
    later(monkeypatch, 36)
    await settle(ada)
    assert whole(net, old) == kept
    later(monkeypatch, 2)
    await settle(ada)

    assert whole(net, old) < kept
    await ada.close()
    await max_.close()


@pytest.fixture
def wrapped(monkeypatch: pytest.MonkeyPatch) -> set[bytes]:
    """Hashes of all keys that a secret was wrapped to."""
    names = set[bytes]()
    real = epoch.wrap

    def noting(secret: bytes, log: bytes, kems: list[bytes]) -> Wraps:
        wraps = real(secret, log, kems)
        names.update(name for name, _ in wraps)
        return wraps

    monkeypatch.setattr(epoch, "wrap", noting)
    return names


async def test_one_that_was_removed_before_it_came_gets_no_new_secret(
    base: Path, wrapped: set[bytes]
) -> None:
    ada = await begun(base)
    tablet = await let_in(ada, "tablet")
    (theirs,) = [d for d in await ada.journal.devices() if d.name == "tablet"]
    wrapped.clear()

    await ada.journal.device_revoke(theirs)
    await rotate(ada, LogType.JOURNAL)
    await settle(ada)

    assert wrapped
    assert kem_hash(tablet.journal.me.kem_public) not in wrapped
    await ada.close()


async def test_who_lets_a_partner_in_anew_with_keys_of_their_own_gets_no_secret(
    base: Path, net: Net, wrapped: set[bytes]
) -> None:
    """A thief of a device that may add people, while the partner has not come yet."""
    ada, max_ = await Device.first(base, "Ada"), await Device.first(base, "Max")
    tablet = await ada.second("tablet")
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    await max_.journal.pair_join(invited.link)
    await ada.journal.pair_approve(await ada.knocked())
    await settle(ada, tablet)
    pair = next(log for log in await ada.read(logs.all_logs) if log.type is LogType.PAIR)
    acts = [act.payload for act in await ada.read(lambda db: logs.acts_of(db, pair.number))]
    (added,) = [act for act in acts if isinstance(act, AddPerson)]
    eve = first_device("Eve").certificates[-1]
    forged = msgspec.structs.replace(added.knock.device, kem=eve.kem)
    knock = msgspec.structs.replace(added.knock, device=forged)
    thief = await Hand.of(tablet, net.relay)
    thief.send(thief.act(Kind.MEMBER, msgspec.structs.replace(added, knock=knock)))
    await ada.sync()

    await ada.journal.device_revoke(await ada.journal.device_to_revoke("tablet"))
    await settle(ada)

    assert kem_hash(max_.journal.me.kem_public) in wrapped
    assert kem_hash(eve.kem) not in wrapped
    await ada.close()
    await max_.close()
