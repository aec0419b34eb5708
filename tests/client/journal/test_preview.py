"""A new device shows the newest entries before the pack is whole, and nothing that is not so."""

import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from harness.devices import Device, Net, agree, settle
from inglenook_client.cli import jsonform
from inglenook_client.core.events import compose
from inglenook_client.journal import composing, preview, rotating, unpacking
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.model import Places, Query
from inglenook_client.stores import boxes, logs, packing
from inglenook_client.stores.connection import Db
from inglenook_schema import canonical, control, pack, record, seal
from inglenook_schema.control import Open, Reason
from inglenook_schema.events.writing import EntryWritten
from inglenook_schema.header import Kind
from inglenook_schema.record import RecordKind

ENTRIES = 90
LAST = f"entry {ENTRIES - 1}"


@dataclass
class Opening:
    """A journal whose relay holds back all but the newest part, and a device just let in."""

    net: Net
    old: Device
    new: Device


async def rotate(device: Device) -> None:
    number = (await device.journal.space(None)).number
    log = await device.read(lambda db: logs.log_by_number(db, number))
    me = device.journal.me
    await device.change(lambda db: rotating.rotate(db, me, log, Reason.SIZE) and None)
    await device.sync()


def older_parts(db: Db) -> list[bytes]:
    rows = db.execute(
        "SELECT rid FROM record WHERE kind = ? AND mailbox = (SELECT max(mailbox) FROM record"
        " WHERE kind = ?) ORDER BY number",
        (RecordKind.PACK, RecordKind.PACK),
    ).fetchall()
    assert len(rows) > 1
    return [rid for (rid,) in rows[1:]]


async def let_in(net: Net, ada: Device) -> Device:
    """A new device that gets the newest part of the newest pack only."""
    phone, _ = await ada.begin_second("phone")
    await ada.journal.device_approve(await ada.knocked())
    for rid in await ada.read(older_parts):
        net.relay.forget(rid)
    await phone.sync()
    return phone


@pytest.fixture
async def opening(net: Net, base: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opening]:
    monkeypatch.setattr(pack, "RAW_PART", 9_000)
    ada = await Device.first(base, "Ada")
    for number in range(ENTRIES):
        await ada.write(f"entry {number}")
    await ada.sync()
    await rotate(ada)
    yield Opening(net, ada, await let_in(net, ada))
    await ada.close()


async def test_the_newest_entries_are_shown_while_older_ones_are_on_their_way(
    opening: Opening,
) -> None:
    found = await opening.new.journal.log(Query())

    assert 5 < len(found) < ENTRIES
    newest = {f"entry {number}" for number in range(ENTRIES - len(found), ENTRIES)}
    assert {shown.text for shown in found} == newest
    assert all(shown.preview and shown.mine and not shown.short for shown in found)
    assert found[-1].by == "Ada"
    assert jsonform.event(found[-1])["preview"] is True
    problems = (await opening.new.journal.status()).problems
    assert any("still on their way: 1 of" in problem for problem in problems)


async def test_nothing_of_it_is_stored_counted_or_searched(opening: Opening) -> None:
    phone = opening.new
    assert await phone.journal.log(Query())

    (stored,) = await phone.read(lambda db: db.execute("SELECT count(*) FROM event").fetchone())
    (space,) = (await phone.journal.status()).spaces
    assert stored == 0
    assert (space.waiting, space.on_relay, space.undelivered) == (0, 0, 0)
    assert await phone.journal.search("entry") == []
    assert (await phone.journal.views.entries()).items == ()
    assert (await phone.journal.doctor()).ok


async def test_one_of_them_is_shown_by_its_id_and_nothing_can_be_done_with_it(
    opening: Opening,
) -> None:
    phone = opening.new
    newest = (await phone.journal.log(Query(limit=1)))[0]
    ref = newest.event.hex()[:12]

    assert (await phone.journal.find(ref, early=True)).text == newest.text
    assert await phone.journal.places(newest) == Places(relay=True, on=[])
    with pytest.raises(NotFoundError):
        await phone.journal.find(ref)
    with pytest.raises(NotFoundError):
        await phone.journal.find("ffffffffffff", early=True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (Query(limit=3), 3),
        (Query(contains=LAST.upper()), 1),
        (Query(until="2001-01-01"), 0),
        (Query(since="2001-01-01", limit=1), 1),
        (Query(kinds=frozenset({"goal.set"})), 0),
        (Query(tag="exam"), 0),
        (Query(space=99), 0),
    ],
)
async def test_a_query_chooses_among_them(opening: Opening, query: Query, count: int) -> None:
    assert len(await opening.new.journal.log(query)) == count


async def test_the_whole_pack_takes_its_place(opening: Opening) -> None:
    ada, phone = opening.old, opening.new
    early = {shown.event for shown in await phone.journal.log(Query())}

    await settle(ada, phone, ada, phone)

    found = await phone.journal.log(Query())
    assert len(found) == ENTRIES
    assert early < {shown.event for shown in found}
    assert not any(shown.preview for shown in found)
    assert all(shown.short for shown in found)
    assert not any("on their way" in p for p in (await phone.journal.status()).problems)
    assert await agree(ada, phone)


# --- what may not be shown ------------------------------------------------------------


def first_part(db: Db) -> bytes:
    (log,) = logs.all_logs(db)
    ((_here, _parts, inner),) = unpacking.first_parts(db, log)
    return inner


def replace_first_part(db: Db, part: pack.FirstPart) -> None:
    """As if somebody who has the key had put this one."""
    (log,) = logs.all_logs(db)
    inner = zlib.compress(canonical.encode(part))
    (box,) = boxes.boxes_of(db, log.number)[-1:]
    db.execute("DELETE FROM part")
    boxes.keep(
        db, box.number, RecordKind.PACK, record.seal(RecordKind.PACK, inner, box.place, bytes(32))
    )
    (number,) = db.execute("SELECT max(number) FROM record").fetchone()
    later = b"".join(part.parts)
    db.execute(
        "INSERT INTO part VALUES(?, ?, ?, ?, ?, 0)",
        (log.number, box.epoch, pack.part_hash(inner), number, later),
    )


def _other_words(part: pack.FirstPart) -> pack.FirstPart:
    raw = canonical.encode(part)
    altered = pack.decode_part(zlib.compress(raw.replace(b"entry 8", b"entry X", 1)))
    assert isinstance(altered, pack.FirstPart)
    return altered


def _another_seal(part: pack.FirstPart) -> pack.FirstPart:
    heads = tuple(msgspec.structs.replace(head, seal=bytes(64)) for head in part.heads)
    return msgspec.structs.replace(part, heads=heads)


def _no_head(part: pack.FirstPart) -> pack.FirstPart:
    return msgspec.structs.replace(part, heads=())


def _no_genesis(part: pack.FirstPart) -> pack.FirstPart:
    return msgspec.structs.replace(part, controls=part.controls[1:])


def _an_unsigned_act(part: pack.FirstPart) -> pack.FirstPart:
    last = msgspec.structs.replace(part.controls[-1], seal=bytes(64))
    return msgspec.structs.replace(part, controls=(*part.controls[:-1], last))


@pytest.mark.parametrize(
    "forge", [_other_words, _another_seal, _no_head, _no_genesis, _an_unsigned_act]
)
async def test_a_part_that_does_not_verify_shows_nothing(opening: Opening, forge: object) -> None:
    phone = opening.new
    assert callable(forge)
    part = pack.decode_part(await phone.read(first_part))
    assert isinstance(part, pack.FirstPart)
    await phone.change(lambda db: replace_first_part(db, part))
    assert await phone.journal.log(Query())  # it is the forgery alone that is refused

    await phone.change(lambda db: replace_first_part(db, forge(part)))

    assert await phone.journal.log(Query()) == []
    assert await phone.read(preview.of) == []


async def test_what_was_erased_is_not_shown_early_even_where_a_member_packs_it(
    opening: Opening,
) -> None:
    ada, phone = opening.old, opening.new
    newest = (await phone.journal.log(Query(limit=1)))[0]
    await phone.change(
        lambda db: db.execute("INSERT INTO erased(event) VALUES(?)", (newest.event,))
    )

    assert newest.text not in await phone.texts()
    assert newest.text in await ada.texts()


async def test_a_part_left_over_of_an_older_pack_shows_nothing_twice(opening: Opening) -> None:
    ada, phone = opening.old, opening.new
    part = pack.decode_part(await phone.read(first_part))
    assert isinstance(part, pack.FirstPart)
    await settle(ada, phone, ada, phone)
    await phone.change(lambda db: replace_first_part(db, part))

    found = await phone.journal.log(Query())

    assert len(found) == ENTRIES
    assert not any(shown.preview for shown in found)
    assert not any("on their way" in p for p in (await phone.journal.status()).problems)


async def test_a_stranger_who_has_the_key_can_slip_nothing_in(
    opening: Opening, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who was let in once, and may write no more, packs a chain of their own."""
    ada, phone = opening.old, opening.new
    eve = await Device.first(base, "Eve")
    me = eve.journal.me
    await eve.close()

    def forge(db: Db) -> pack.FirstPart:
        (log,) = logs.all_logs(db)
        rows = db.execute(
            "SELECT e.header, e.body, s.signature FROM event e LEFT JOIN seal s ON s.event = e.id"
        ).fetchall()
        items = [packing._item(*row) for row in rows]
        tip = max(items, key=lambda item: item.header.seq)
        assert me.person is not None
        act = control.encode(Open(me.person, me.certificates, "Eve's", 1))
        refs = ((tip.chain, tip.header.seq, tip.id),)
        begun = compose(Kind.OPEN, act, bytes(32), log=log.id, prev=log.id, refs=refs)
        at, zone, date = composing.moment()
        entry = EntryWritten(at=at, zone=zone, date=date, text="slipped in")
        data = composing.draft(entry).data
        words = compose(
            *(Kind.CONTENT, data, bytes(32)),
            log=log.id,
            chain=begun.chain,
            seq=1,
            prev=begun.id,
        )
        for event in (begun, words):
            made = seal.make(me.sign, log.id, event.id)
            items.append(
                pack.Item(event.chain, event.header, event.id, event.body, made, event.raw)
            )
        first = pack.decode_part(pack.build(log.id, items)[0])
        assert isinstance(first, pack.FirstPart)
        assert b"slipped in" in canonical.encode(first)
        return first

    monkeypatch.setattr(pack, "RAW_PART", 16_000)  # one control event more
    part = await ada.read(forge)
    await phone.change(lambda db: replace_first_part(db, part))

    texts = await phone.texts()
    assert LAST in texts
    assert "slipped in" not in texts
    assert part.parts


async def test_what_a_removed_device_wrote_unseen_is_not_shown_early(
    net: Net, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "RAW_PART", 20_000)
    ada = await Device.first(base, "Ada")
    for number in range(ENTRIES):
        await ada.write(f"entry {number}")
    tablet = await ada.second("tablet")
    await settle(ada, tablet)
    net.relay.reachable = False
    await ada.journal.device_revoke(await ada.journal.device_to_revoke("tablet"))
    net.relay.reachable = True
    await tablet.write("by whoever has the tablet now")
    await settle(tablet, ada)
    await rotate(ada)

    phone = await let_in(net, ada)
    texts = await phone.texts()
    part = pack.decode_part(await phone.read(first_part))
    await ada.close()

    assert b"by whoever has the tablet now" in canonical.encode(part)
    assert texts
    assert "by whoever has the tablet now" not in texts
