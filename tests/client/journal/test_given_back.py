"""Words and devices are lost: the partner gives the pair back, to be read, and only that."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from harness.devices import ORIGIN, Device, Net, settle
from harness.logs import draw
from inglenook_client.journal import composing
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.model import Query, Space
from inglenook_client.stores import events, logs, packing
from inglenook_client.stores.connection import Db
from inglenook_schema import mailbox, record
from inglenook_schema.control import LogType
from inglenook_schema.errors import NotAllowedError
from inglenook_schema.events.asking import NoteLeft
from inglenook_schema.events.relationship import PairRestored
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Make, Put, ToRelay


@dataclass
class Cast:
    """Ada, the Max of before, and Max who started anew; the new pair is Ada's "Max 2"."""

    ada: Device
    lost: Device
    max: Device

    async def new(self) -> Space:
        return await self.ada.journal.space("Max 2")

    async def old(self) -> Space:
        return await self.ada.journal.space("Max")

    async def give_back(self) -> None:
        await self.ada.journal.pair_confirm(await self.new())
        await self.ada.journal.pair_restore(await self.new(), await self.old())


@pytest.fixture
async def cast(pair: tuple[Device, Device]) -> AsyncIterator[Cast]:
    ada, lost = pair
    await ada.share("Ada's before")
    await lost.share("Max's before")
    await settle(*pair)
    (ada.home.parent / "anew").mkdir()
    anew = await Device.first(ada.home.parent / "anew", "Max")
    await ada.pair_with(anew)
    await settle(ada, anew)
    yield Cast(ada, lost, anew)
    await anew.close()


async def before(device: Device) -> Space:
    return next(s for s in await device.journal.spaces() if s.name.endswith("(before)"))


async def texts_in(device: Device, space: Space) -> list[str]:
    return sorted(shown.text for shown in await device.journal.log(Query(space=space.number)))


async def test_the_new_person_reads_what_both_wrote_and_the_old_self_is_not_checked(
    cast: Cast,
) -> None:
    await cast.give_back()
    report = await cast.max.sync()
    await settle(cast.ada, cast.max)

    assert any(s.startswith("Ada gave back what you wrote together before.") for s in report.news)
    space = await before(cast.max)
    assert space.name == "Ada (before)"
    assert (space.writable, space.open) == (False, False)
    assert await texts_in(cast.max, space) == ["Ada's before", "Max's before"]
    by = {s.text: (s.by, s.mine) for s in await cast.max.journal.log(Query(space=space.number))}
    assert by == {"Ada's before": ("Ada", False), "Max's before": ("Max", False)}
    members = {m.name: m for m in await cast.max.journal.who(space)}
    assert not members["Max"].checked
    assert not members["Max"].me
    assert (await cast.max.pair()).name == "Ada"
    assert (await cast.max.journal.doctor()).ok
    assert (await cast.max.sync()).news == []


async def test_the_giver_goes_on_reading_the_old_space_which_is_closed(cast: Cast) -> None:
    old = await cast.old()
    await cast.give_back()
    await settle(cast.lost, cast.ada)

    (closed,) = [s for s in await cast.ada.journal.spaces() if not s.open]
    assert closed.log == old.log
    assert await texts_in(cast.ada, closed) == ["Ada's before", "Max's before"]
    with pytest.raises(NotFoundError):
        await cast.lost.share("from the lost device")
    told = [s for s in await cast.ada.journal.log(Query()) if s.kind == "pair.restored"]
    assert [(s.by, s.text) for s in told] == [("Ada", "")]


async def test_a_lost_device_gets_no_key_to_what_was_given_back_and_writes_nothing_into_it(
    net: Net, cast: Cast
) -> None:
    await cast.lost.share("held back on the lost device")
    await cast.give_back()
    await settle(cast.max, cast.lost, cast.ada, cast.max)

    assert await texts_in(cast.max, await before(cast.max)) == ["Ada's before", "Max's before"]
    secret = (await _said(cast.ada)).secrets[0]
    rows = await cast.lost.read(lambda db: db.execute("SELECT secret FROM mailbox").fetchall())
    assert secret not in {row[0] for row in rows}
    asked = list[ToRelay]()
    net.on_the_way = asked.append
    await cast.max.sync()
    address = mailbox.tokens(secret, (await before(cast.max)).log, ORIGIN).address
    assert not any(want.address == address for frame in asked for want in frame.want)


async def _said(device: Device) -> PairRestored:
    (shown,) = [s for s in await device.journal.log(Query()) if s.kind == "pair.restored"]
    assert isinstance(shown.content, PairRestored)
    return shown.content


async def test_every_device_of_the_new_person_gets_it_also_one_added_later(cast: Cast) -> None:
    phone = await cast.max.second("phone 3")
    await cast.give_back()
    await settle(cast.max, phone)
    tablet = await cast.max.second("tablet 3")
    await settle(cast.max, tablet, rounds=2)

    for device in (cast.max, phone, tablet):
        assert await texts_in(device, await before(device)) == ["Ada's before", "Max's before"]


async def test_no_device_opens_a_chain_in_it_or_puts_anything_there(net: Net, cast: Cast) -> None:
    await cast.give_back()
    await cast.max.sync()
    space = await before(cast.max)
    before_ = net.relay.newest()

    await settle(cast.max, rounds=2)

    assert net.relay.newest() == before_
    chains = await cast.max.read(lambda db: logs.chains_of(db, space.number))
    assert not any(chain.mine for chain in chains)


async def test_it_waits_until_the_words_of_the_new_space_were_compared(cast: Cast) -> None:
    old = await cast.old()
    with pytest.raises(NotAllowedError, match="safety words"):
        await cast.ada.journal.pair_restore(await cast.new(), old)

    assert (await cast.old()).open
    assert [s.kind for s in await cast.ada.journal.log(Query()) if s.kind == "pair.restored"] == []


async def test_it_is_given_to_nobody_who_has_it_and_not_twice(cast: Cast) -> None:
    new, old = await cast.new(), await cast.old()
    with pytest.raises(NotAllowedError, match="two spaces"):
        await cast.ada.journal.pair_restore(old, old)
    journal = await cast.ada.journal.space(None)
    with pytest.raises(NotAllowedError, match="two spaces"):
        await cast.ada.journal.pair_restore(new, journal)
    await cast.give_back()
    with pytest.raises(NotAllowedError, match="already"):
        await cast.ada.journal.pair_restore(new, old)


async def test_a_partner_who_came_back_as_the_same_person_needs_no_restoring(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await settle(*pair)
    await ada.pair_with(max_)
    await settle(*pair)
    await ada.journal.pair_confirm(await ada.journal.space("Max 2"))
    with pytest.raises(NotAllowedError, match="started anew"):
        await ada.journal.pair_restore(
            await ada.journal.space("Max 2"), await ada.journal.space("Max")
        )


async def test_a_pack_of_many_parts_is_shown_once_all_of_it_is_there(cast: Cast) -> None:
    space = await cast.lost.pair()
    for number in range(25):
        at, zone, date = composing.moment()
        note = NoteLeft(at=at, zone=zone, date=date, text=f"{number} " + "x" * 50_000)
        await cast.lost.journal.append(space, note)
    await settle(cast.lost, cast.ada)

    await cast.give_back()
    await settle(cast.max, rounds=2)

    assert len(await texts_in(cast.max, await before(cast.max))) == 27


# --- hostile --------------------------------------------------------------------------

Lie = Callable[[Cast, Net], Awaitable[None]]


async def _put_pack(net: Net, log: bytes, secret: bytes, parts: list[bytes]) -> None:
    tokens = mailbox.tokens(secret, log, ORIGIN)
    place = Place(BoxType.EPOCH, mailbox.box(secret, log), secret)
    key = record.erase_key(secret, log)
    blobs = [record.seal(RecordKind.PACK, part, place, key) for part in parts]
    hashes = (mailbox.token_hash(tokens.read), mailbox.token_hash(tokens.write), b"")
    make = Make(tokens.address, *hashes, days=400, pass_=b"")
    puts = tuple(Put(tokens.address, tokens.write, blob, b"") for blob in blobs)
    answer = net.relay.ask(ToRelay(make=(make,), put=puts))
    assert all(done.n for done in answer.acks)


async def _say(device: Device, space: Space, log: bytes, secret: bytes) -> None:
    at, zone, date = composing.moment()
    said = PairRestored(
        at=at,
        zone=zone,
        date=date,
        log=log,
        type="pair",
        secrets=(secret,),
        relays=(ORIGIN,),
        label="Ada",
    )
    log_row = await device.read(lambda db: logs.log_by_number(db, space.number))
    await device.change(lambda db: events.append(db, log_row, [composing.draft(said)]) and None)


async def _own_journal(cast: Cast, net: Net) -> None:
    """Ada gives her own journal: no pair."""
    log = await cast.ada.read(lambda db: logs.all_logs(db)[0])
    parts = await cast.ada.read(lambda db: packing.parts_of(db, log))
    await _put_pack(net, log.id, draw("s"), parts)
    await _say(cast.ada, await cast.new(), log.id, draw("s"))


async def _anothers_pair(cast: Cast, net: Net) -> None:
    """Ada gives a pair that she is not in."""
    zoe = await Device.first(cast.ada.home.parent, "Zoe")
    kim = await Device.first(cast.ada.home.parent, "Kim")
    try:
        await zoe.pair_with(kim)
        await settle(zoe, kim)
        number = (await zoe.pair()).number
        log = await zoe.read(lambda db: logs.log_by_number(db, number))
        parts = await zoe.read(lambda db: packing.parts_of(db, log))
    finally:
        await zoe.close()
        await kim.close()
    await _put_pack(net, log.id, draw("s"), parts)
    await _say(cast.ada, await cast.new(), log.id, draw("s"))


async def _wrong_genesis(cast: Cast, net: Net) -> None:
    """The pack under that name is of another log."""
    number = (await cast.old()).number
    log = await cast.ada.read(lambda db: logs.log_by_number(db, number))
    parts = await cast.ada.read(lambda db: packing.parts_of(db, log))
    await _put_pack(net, draw("no such log"), draw("s"), parts)
    await _say(cast.ada, await cast.new(), draw("no such log"), draw("s"))


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(_own_journal, id="a journal"),
        pytest.param(_anothers_pair, id="a pair without the giver"),
        pytest.param(_wrong_genesis, id="another log than it says"),
    ],
)
async def test_what_is_not_a_pair_of_the_givers_is_refused_with_a_sentence_and_leaves_nothing(
    net: Net, cast: Cast, lie: Lie
) -> None:
    await settle(cast.ada, cast.max)
    sizes = await cast.max.read(_sizes)
    await lie(cast, net)
    await cast.ada.sync()

    reports = [await cast.max.sync() for _ in range(3)]

    told = [s for report in reports for s in report.news if "gave back" in s]
    assert told == ["What Ada gave back was not a space of theirs; nothing of it was kept."]
    after = await cast.max.read(_sizes)
    assert {name: after[name] - n for name, n in sizes.items() if after[name] != n} == {
        "event": 1,
        "seal": 1,
    }  # what Ada said of it
    assert not any("before" in s.name for s in await cast.max.journal.spaces())
    assert (await cast.max.journal.doctor()).ok


def _sizes(db: Db) -> dict[str, int]:
    tables = ("log", "chain", "event", "seal", "person", "epoch", "mailbox", "part", "cover")
    return {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


async def test_a_log_that_is_known_is_not_touched_and_ones_own_word_is_not_followed(
    net: Net, cast: Cast
) -> None:
    new = await cast.max.pair()
    journal = (await cast.max.read(logs.all_logs))[0]
    rows = await cast.max.read(logs.all_logs)
    boxes_ = await cast.max.read(_sizes)
    for log in (new.log, journal.id):
        await _say(cast.ada, await cast.new(), log, draw("s"))
    await _say(cast.max, new, draw("a log of my own"), draw("s"))
    assert net.relays

    await settle(cast.ada, cast.max)

    assert await cast.max.read(logs.all_logs) == rows
    assert (await cast.max.read(_sizes))["mailbox"] == boxes_["mailbox"]


async def test_a_given_log_is_in_no_welcome_and_in_no_list_of_joined_spaces(cast: Cast) -> None:
    await cast.give_back()
    await settle(cast.max, cast.ada)
    space = await before(cast.max)

    row = await cast.max.read(lambda db: logs.log_by_number(db, space.number))

    assert row.type is LogType.PAIR
    assert row.given == cast.ada.journal.me.person_id
    rows = await cast.max.read(
        lambda db: db.execute("SELECT body FROM event WHERE type = 'space.joined'").fetchall()
    )
    assert not any(space.log in body for (body,) in rows)
