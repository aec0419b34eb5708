"""A new epoch: who remains reads on, who was removed does not, and no forgery moves anybody."""

import shutil
import zlib
from collections.abc import Callable

import msgspec
import pytest

from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from inglenook_client.core.events import Run, batch_of, compose
from inglenook_client.journal import composing, founding, identity, rotating, wrapping
from inglenook_client.journal.model import Query
from inglenook_client.stores import boxes, events, logs, packing
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import batch, canonical, control, epoch, mailbox, pack, record, seal
from inglenook_schema.control import Reason, RemoveDevice, Rotate
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.header import Kind
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Put, ToRelay

EVIL = "https://evil.example"


async def pair_log(device: Device) -> LogRow:
    number = (await device.pair()).number
    return await device.read(lambda db: logs.log_by_number(db, number))


async def rotate(device: Device, reason: Reason = Reason.AGE) -> None:
    log = await pair_log(device)
    me = device.journal.me
    await device.change(lambda db: rotating.rotate(db, me, log, reason) and None)


async def remove(device: Device, other: Device) -> None:
    """Remove a device of the same person from the pair, and rotate."""
    log = await pair_log(device)
    lost = other.journal.me.device

    def act(db: Db) -> None:
        events.append(db, log, [composing.act(Kind.MEMBER, RemoveDevice(lost, b""))])
        founding.refresh(db, log)

    await device.change(act)
    await rotate(device, Reason.REMOVAL)


async def epochs(device: Device) -> set[bytes]:
    log = await pair_log(device)
    return {c for _, c, _ in await device.read(lambda db: logs.epochs_of(db, log.number))}


async def current(device: Device) -> bytes:
    """Commitment of the epoch that this device writes to."""
    log = await pair_log(device)
    rows = await device.read(lambda db: logs.epochs_of(db, log.number))
    return next(commitment for number, commitment, _ in rows if number == log.epoch)


# --- the ordinary way -----------------------------------------------------------------


async def test_after_a_rotation_everybody_writes_to_the_new_epoch_and_reads_all(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await ada.share("before")
    await settle(*trio)
    old = await current(ada)

    await rotate(ada)
    await settle(*trio)
    for device, text in ((ada, "laptop"), (tablet, "tablet"), (max_, "Max")):
        await device.share(f"{text} after")
    await settle(*trio)

    new = {await current(device) for device in trio}
    assert len(new) == 1
    assert old not in new
    for device in trio:
        assert await device.texts() == ["Max after", "before", "laptop after", "tablet after"]
        assert (await device.journal.doctor()).ok
    assert await agree(*trio)


async def test_after_a_rotation_new_words_lie_in_the_new_mailbox_only(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await rotate(ada)
    await settle(ada, max_)
    before = {address: len(rows) for address, rows in net.relay.store._records.items()}

    await max_.share("after")
    await max_.sync()

    grown = [a for a, rows in net.relay.store._records.items() if len(rows) > before[a]]
    log = await pair_log(max_)
    newest = await max_.read(
        lambda db: db.execute(
            "SELECT address FROM mailbox WHERE epoch = ?", (log.epoch,)
        ).fetchone()
    )
    assert grown == [newest[0]]


async def test_either_of_two_people_may_rotate(pair: tuple[Device, Device]) -> None:
    ada, max_ = pair
    await rotate(max_)
    await settle(max_, ada)
    await ada.share("in Max's epoch")

    await settle(ada, max_)

    assert await current(ada) == await current(max_)
    assert await max_.texts() == ["in Max's epoch"]


async def test_two_rotations_at_once_leave_everybody_reading_both_and_writing_to_one(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    for device in pair:
        await rotate(device)
        await device.share(f"in {device.home.name}'s epoch")
    await settle(*pair)

    await rotate(ada, Reason.MERGE)
    await settle(*pair)

    assert await ada.texts() == await max_.texts() == ["in ada's epoch", "in max's epoch"]
    assert await current(ada) == await current(max_)
    assert await agree(*pair)


async def test_what_was_written_into_the_old_mailbox_meanwhile_still_counts(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await rotate(ada)
    await ada.sync()
    await max_.share("written before Max knew")
    await max_.sync()

    await settle(*trio)

    assert await ada.texts() == await tablet.texts() == ["written before Max knew"]
    assert await agree(*trio)


async def test_what_was_written_into_the_old_mailbox_reaches_a_device_added_later(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await settle(*pair)
    await rotate(ada)
    await ada.sync()
    await max_.share("written before Max knew")
    await settle(max_, ada)

    phone = await ada.second("new phone")
    await settle(ada, phone, max_)

    assert await phone.texts() == ["written before Max knew"]


async def test_a_device_whose_folder_was_put_back_can_still_let_another_device_in(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    copy = ada.home.with_name("copy")
    shutil.copytree(ada.home, copy)
    await ada.share("written before the disk broke")
    await settle(ada, max_)
    await ada.put_back(copy)
    await ada.share("written offline on the copy")
    await settle(ada, max_)

    phone = await ada.second("new phone")
    await settle(ada, phone, max_)

    await phone.share("from the phone")


async def test_a_device_added_after_a_rotation_gets_everything_from_the_pack(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    for number in range(70):
        await ada.share(f"goal {number}")
    await settle(*pair)
    await rotate(ada)
    await settle(*pair)

    phone = await ada.second("new phone")
    await settle(ada, phone, max_)

    assert await phone.texts() == await max_.texts()
    assert len(await phone.texts()) == 70
    assert await agree(ada, phone, max_)
    assert (await phone.journal.doctor()).ok


async def test_a_lost_pack_is_put_again_by_who_holds_its_events(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await ada.share("before")
    await settle(*pair)
    await rotate(ada)
    await settle(*pair)
    net.relay.wipe()
    await settle(ada, max_)

    phone = await ada.second("new phone")
    await settle(ada, phone)

    assert await phone.texts() == ["before"]


# --- removed devices ------------------------------------------------------------------


async def test_a_removed_device_cannot_read_on(trio: tuple[Device, Device, Device]) -> None:
    ada, tablet, max_ = trio
    await ada.share("before")
    await settle(*trio)
    await remove(ada, tablet)
    await settle(ada, max_)
    await ada.share("after, from Ada")
    await max_.share("after, from Max")
    await settle(ada, max_)

    report = await tablet.sync()
    await tablet.sync()

    assert await tablet.texts() == ["before"]
    assert any("This device was removed from" in sentence for sentence in report.news)
    assert await current(ada) not in await epochs(tablet)
    assert await ada.texts() == await max_.texts()
    assert len(await max_.texts()) == 3


async def test_what_a_removed_device_still_writes_counts_nowhere(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    await remove(ada, tablet)
    await ada.sync()
    await tablet.share("from the removed tablet")

    await settle(tablet, ada, max_)

    assert await ada.texts() == await max_.texts() == []
    assert await agree(ada, max_)


async def test_what_a_removed_device_had_not_yet_sent_is_not_lost_to_its_owner_here(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, _ = trio
    await settle(*trio)
    await tablet.share("only here")
    await remove(ada, tablet)
    await settle(ada, tablet)

    rows = await tablet.read(
        lambda db: db.execute("SELECT body FROM event WHERE type = 'goal.set'").fetchall()
    )
    assert any(b"only here" in body for (body,) in rows)


# --- forgeries ------------------------------------------------------------------------


async def old_place(device: Device) -> tuple[LogRow, Place, mailbox.Tokens]:
    log = await pair_log(device)
    (_, _, secret), *_ = await device.read(lambda db: logs.epochs_of(db, log.number))
    place = Place(BoxType.EPOCH, mailbox.box(secret, log.id), secret)
    return log, place, mailbox.tokens(secret, log.id, ORIGIN)


def put(relay: MemoryRelay, tokens: mailbox.Tokens, *blobs: bytes) -> None:
    answer = relay.ask(ToRelay(put=tuple(Put(tokens.address, tokens.write, b, b"") for b in blobs)))
    assert all(done.n for done in answer.acks)


async def forged_rotate(
    device: Device, victim: Device, *, sign: bool, relays: tuple[str, ...] = (EVIL,)
) -> bytes:
    """The inner bytes of a rotate record that a device that must not makes by hand."""
    log, _, _ = await old_place(device)
    me = device.journal.me
    secret = draw("a thief's epoch")
    wraps = epoch.wrap(secret, log.id, [victim.journal.me.kem_public])
    chain = await device.read(lambda db: logs.my_chain(db, log.number))
    assert chain is not None
    tip = await device.read(lambda db: logs.tip(db, chain.number))
    assert tip is not None
    payload = Rotate(
        *(1, 1, tuple(sorted(await epochs(device))), epoch.commitment(log.id, secret), relays),
        *(control.wraps_hash(wraps), Reason.AGE),
    )
    event = compose(
        *(Kind.ROTATE, canonical.encode(payload), bytes(32)),
        log=log.id,
        chain=chain.id,
        seq=tip[0] + 1,
        prev=tip[1],
    )
    assert event.body is not None
    signature = seal.make(me.sign, log.id, event.id) if sign else bytes(64)
    return canonical.encode(batch.RotateRecord(event.raw, event.body, signature, wraps))


@pytest.mark.parametrize("sealed", [False, True], ids=["without a seal", "by a removed device"])
async def test_a_forged_rotate_leads_nobody_to_another_relay_or_key(
    net: Net, trio: tuple[Device, Device, Device], sealed: bool
) -> None:
    ada, tablet, max_ = trio
    evil = net.relays[EVIL] = MemoryRelay()
    await settle(*trio)
    _, place, tokens = await old_place(tablet)
    await remove(ada, tablet)
    await settle(ada, max_)
    before = await epochs(max_)
    inner = await forged_rotate(tablet, max_, sign=sealed)
    key = record.erase_key(draw("anybody"))
    put(net.relay, tokens, record.seal(RecordKind.ROTATE, inner, place, key))

    await settle(max_, ada)
    await rotate(max_)
    await settle(max_, ada)
    await max_.share("not for evil")
    await settle(max_, ada)

    assert EVIL not in (await pair_log(max_)).relays
    assert before <= await epochs(max_)
    assert not evil.frames
    assert await ada.texts() == ["not for evil"]


async def test_a_rotate_record_that_comes_before_what_stands_before_it_waits_and_then_counts(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(*pair)
    before = net.relay.newest()
    await ada.share("lost on the way")
    await ada.sync()
    (lost,) = set(net.relay.newest().values()) - set(before.values())
    await rotate(ada)
    await ada.sync()
    net.relay.forget(lost)
    await max_.sync()
    await max_.share("Max goes on")
    await settle(max_, rounds=2)

    await settle(ada, max_)

    assert await max_.texts() == await ada.texts() == ["Max goes on", "lost on the way"]
    assert await current(max_) == await current(ada)
    assert await agree(ada, max_)


@pytest.mark.parametrize("told", [pytest.param(True, id="later"), pytest.param(False, id="along")])
async def test_wraps_that_were_missing_and_are_given_let_a_device_in(
    net: Net, pair: tuple[Device, Device], told: bool
) -> None:
    """Any member may re-supply a wrap: the commitment proves it (protocol 5.3)."""
    ada, max_ = pair
    await settle(*pair)
    _, place, tokens = await old_place(ada)
    forgotten = wrapping.recipients
    kem = max_.journal.me.kem_public
    root = max_.journal.me.person
    assert root is not None

    def without_max(db: Db, log: LogRow) -> list[bytes]:
        return [key for key in forgotten(db, log) if key not in (kem, root.kem)]

    log = await pair_log(ada)
    wrapping.recipients = without_max
    try:
        await rotate(ada)
    finally:
        wrapping.recipients = forgotten
    await ada.sync()
    said = (await max_.sync()).news if told else []
    left_out = await epochs(max_)
    await _supply(net, ada, log, place, tokens, kem)

    said += (await max_.sync()).news
    said += (await max_.sync()).news
    await max_.share("let in after all")
    await settle(max_, ada)

    assert await current(ada) not in left_out
    assert await current(max_) == await current(ada)
    assert await ada.texts() == ["let in after all"]
    assert len(said) == told  # once, and not where the wrap came in the same answer


async def _supply(
    net: Net, device: Device, log: LogRow, place: Place, tokens: mailbox.Tokens, kem: bytes
) -> None:
    """Put the newest rotate's record again, with a wrap for one more key."""
    new = await current(device)
    rows = await device.read(lambda db: logs.epochs_of(db, log.number))
    secret = next(s for _, c, s in rows if c == new)
    header, body, signature = await device.read(
        lambda db: db.execute(
            "SELECT e.header, e.body, s.signature FROM event e JOIN seal s ON s.event = e.id"
            " JOIN chain c ON c.number = e.chain WHERE e.kind = ? AND c.log = ?"
            " ORDER BY e.row DESC LIMIT 1",
            (Kind.ROTATE, log.number),
        ).fetchone()
    )
    wraps = epoch.wrap(secret, log.id, [kem])
    inner = canonical.encode(batch.RotateRecord(header, body, signature, wraps))
    put(
        net.relay, tokens, record.seal(RecordKind.ROTATE, inner, place, record.erase_key(bytes(32)))
    )


# --- packs by hand --------------------------------------------------------------------


def _not_compressed(_: list[bytes]) -> list[bytes]:
    return [b"no pack at all"]


def _of_nothing(_: list[bytes]) -> list[bytes]:
    return [b""]


def _cut_off(parts: list[bytes]) -> list[bytes]:
    return [parts[0][:-10]]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_not_compressed, id="that is none"),
        pytest.param(_of_nothing, id="that is empty"),
        pytest.param(_cut_off, id="that is cut off"),
    ],
)
async def test_a_pack_that_cannot_be_read_stops_nothing(
    net: Net,
    pair: tuple[Device, Device],
    spoil: Callable[[list[bytes]], list[bytes]],
) -> None:
    ada, max_ = pair
    await settle(*pair)
    log, place, tokens = await old_place(ada)
    parts = spoil(await ada.read(lambda db: packing.parts_of(db, log)))
    key = record.erase_key(place.secret, log.id)
    put(net.relay, tokens, *(record.seal(RecordKind.PACK, part, place, key) for part in parts))
    await ada.share("still arrives")

    await settle(ada, max_)

    assert await max_.texts() == ["still arrives"]
    assert await agree(ada, max_)


async def test_a_pack_that_puts_words_into_anothers_mouth_is_refused_whole(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await settle(*pair)
    log, place, tokens = await old_place(ada)
    chain = next(
        c
        for c in await ada.read(lambda db: logs.chains_of(db, log.number))
        if c.person == max_.journal.me.person_id
    )
    tip = await ada.read(lambda db: logs.tip(db, chain.number))
    assert tip is not None
    said = composing.draft(_goal("Max never said this"))
    event = compose(
        *(Kind.CONTENT, said.data, said.salt),
        log=log.id,
        chain=chain.id,
        seq=tip[0] + 1,
        prev=tip[1],
    )
    forged = pack.Item(
        chain.id, event.header, event.id, event.body, ada.journal.me.sign.sign(b"x"), event.raw
    )
    items = await ada.read(lambda db: [packing._item(*row) for row in _rows(db, log)])
    parts = pack.build(log.id, [*items, forged])
    key = record.erase_key(place.secret, log.id)
    put(net.relay, tokens, *(record.seal(RecordKind.PACK, part, place, key) for part in parts))

    await settle(*pair)

    for device in pair:
        assert await device.texts() == []
        assert (await device.journal.doctor()).ok


def _rows(db: Db, log: LogRow) -> list[tuple[bytes, bytes | None, bytes | None]]:
    return db.execute(
        "SELECT e.header, e.body, s.signature FROM event e JOIN chain c ON c.number = e.chain"
        " LEFT JOIN seal s ON s.event = e.id WHERE c.log = ?",
        (log.number,),
    ).fetchall()


def _goal(title: str) -> GoalSet:
    at, zone, date = composing.moment()
    return GoalSet(at=at, zone=zone, date=date, title=title)


async def test_a_pack_whose_later_part_puts_words_into_anothers_mouth_is_refused_whole(
    net: Net, pair: tuple[Device, Device]
) -> None:
    """The seals of every part are looked at, and not only those of the first."""
    ada, max_ = pair
    await settle(*pair)
    log, place, tokens = await old_place(ada)
    whole = pack.decode_part((await ada.read(lambda db: packing.parts_of(db, log)))[0])
    assert isinstance(whole, pack.FirstPart)
    theirs = {
        c.id
        for c in await ada.read(lambda db: logs.chains_of(db, log.number))
        if c.person == max_.journal.me.person_id
    }
    head = next(head for head in whole.heads if head.chain in theirs)
    segment = next(s for s in whole.segments if s.chain == head.chain)
    said = composing.draft(_goal("Max never said this"))
    event = compose(
        *(Kind.CONTENT, said.data, said.salt),
        log=log.id,
        chain=head.chain,
        seq=head.seq + 1,
        prev=head.id,
    )
    assert event.body is not None
    words = msgspec.structs.replace(segment, events=(*segment.events, pack.Packed((), event.body)))
    forged_head = pack.Head(head.chain, head.seq + 1, event.id, head.seal)
    later = zlib.compress(canonical.encode(pack.LaterPart(log.id, 2, (forged_head,), (), (words,))))
    first = msgspec.structs.replace(
        whole,
        parts=(pack.part_hash(later),),
        heads=tuple(h for h in whole.heads if h != head),
        segments=tuple(s for s in whole.segments if s != segment),
    )
    key = record.erase_key(place.secret, log.id)
    parts = zlib.compress(canonical.encode(first)), later
    put(net.relay, tokens, *(record.seal(RecordKind.PACK, part, place, key) for part in parts))

    await settle(*pair)

    for device in pair:
        assert await device.texts() == []
        assert (await device.journal.doctor()).ok


async def test_a_fork_is_known_to_who_learns_of_it_from_a_pack(
    pair: tuple[Device, Device],
) -> None:
    """Else a new device would count acts that the others hold void."""
    ada, max_ = pair
    await settle(*pair)
    log = await pair_log(max_)
    chain = await max_.read(lambda db: logs.my_chain(db, log.number))
    assert chain is not None
    await _fork(max_)
    await settle(max_, ada)
    await rotate(ada)
    await settle(ada, max_)

    phone = await ada.second("new phone")
    await settle(ada, phone, max_)

    sql = "SELECT id, forked FROM chain WHERE forked IS NOT NULL"
    known = [await d.read(lambda db: db.execute(sql).fetchall()) for d in (ada, phone)]
    assert known[0] == known[1] != []
    assert await agree(ada, phone, max_)


async def _fork(device: Device) -> None:
    """Let a device say two things at one place of its chain, and send both."""
    log = await pair_log(device)
    me = device.journal.me
    secret = await device.read(identity.person_secret)
    assert secret is not None
    await device.share("one branch")
    await device.sync()

    def act(db: Db) -> None:
        chain = logs.my_chain(db, log.number)
        assert chain is not None
        raw, prev, seq = db.execute(
            "SELECT header, id, seq FROM event WHERE chain = ? AND type = 'profile.set'",
            (chain.number,),
        ).fetchone()
        assert raw
        branch = compose(
            Kind.CONTENT, b"\xc0", bytes(32), log=log.id, chain=chain.id, seq=seq + 1, prev=prev
        )
        inner = batch_of(Run((branch,), seal.make(me.sign, log.id, branch.id)))
        for target in boxes.boxes_of(db, log.number):
            key = record.erase_key(secret, log.id)
            blob = record.seal(RecordKind.BATCH, inner, target.place, key)
            boxes.keep(db, target.number, RecordKind.BATCH, blob)

    await device.change(act)
    await device.sync()


async def test_nothing_that_a_rotation_moves_is_shown_twice(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    await ada.share("once")
    await settle(*pair)
    for device in (ada, max_, ada):
        await rotate(device)
        await settle(*pair)

    shown = [s for s in await max_.journal.log(Query()) if s.kind == "goal.set"]

    assert [s.text for s in shown] == ["once"]
    assert shown[0].short == "g1"
