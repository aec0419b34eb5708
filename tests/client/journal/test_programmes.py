"""A programme: coordinators write, those enrolled read, and who is who stays apart."""

import base64
from pathlib import Path

import pytest

from client.journal.forgetting import Clock
from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.programme import (
    a_notice,
    add_coordinator,
    enrol,
    found,
    notice,
    notices,
    of,
    people,
)
from harness.programme import space as space_of
from inglenook_client.core.events import Run, batch_of, compose
from inglenook_client.journal import memberships, programme_log
from inglenook_client.journal.identity import Me
from inglenook_client.stores import boxes, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_schema import control, mailbox, programme, record
from inglenook_schema.control import Open
from inglenook_schema.errors import CallerError, NotAllowedError
from inglenook_schema.events import encode_content
from inglenook_schema.header import Kind
from inglenook_schema.letter import IdeaOffered
from inglenook_schema.record import BoxType, Place, RecordKind
from inglenook_schema.wire import Put, Status, ToRelay


async def test_who_is_enrolled_reads_what_coordinators_write(
    base: Path, ada: Device, max_: Device
) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await notice(kim, "notice one")

    await enrol(kim, ada, max_)
    await notice(kim, "notice two")
    await ada.sync()
    await max_.sync()

    for device in (ada, max_):
        assert await notices(device) == ["notice one", "notice two"]
        programme = await of(device)
        assert (programme.name, programme.role, programme.waits) == ("Bridges", "member", False)
        assert programme.coordinators == ("Kim",)
    assert {each.said.called for each in (await of(kim)).members} == {"Ada", "Max"}
    for device in (kim, ada, max_):
        assert (await device.journal.doctor()).ok
        status = await device.journal.status()
        assert set(status.problems) <= {"The recovery kit is not made yet."}
        assert status.waiting == 0
    await kim.close()


async def test_a_member_puts_nothing_where_the_others_read(
    net: Net, base: Path, ada: Device
) -> None:
    """No ack, no chain, no record of theirs in the programme's mailbox."""
    (kim,) = await people(base, "Kim")
    await found(kim)
    await notice(kim, "notice one")
    asked = list[ToRelay]()
    await enrol(kim, ada)
    address = await ada.read(epoch_address)
    net.on_the_way = asked.append

    for _ in range(3):
        await ada.sync()

    assert any(want.address == address for frame in asked for want in frame.want)
    assert not [put for frame in asked for put in frame.put if put.address == address]
    assert not [make for frame in asked for make in frame.make if make.address == address]
    space = await space_of(ada)
    assert not space.writable
    with pytest.raises(NotAllowedError, match="Only coordinators"):
        await ada.journal.append(space, a_notice("mine"))
    await kim.close()


def epoch_address(db: Db) -> bytes:
    log = programme_log.programmes(db)[0]
    return boxes.boxes_of(db, log.number)[-1].address


async def test_a_member_who_writes_all_the_same_is_taken_by_nobody(
    net: Net, base: Path, ada: Device, max_: Device
) -> None:
    """With a changed program, and the write token that she would have to guess."""
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada, max_)
    log = await ada.read(lambda db: programme_log.programmes(db)[0])
    write = await kim.read(
        lambda db: db.execute(
            "SELECT write, secret FROM mailbox WHERE type = 1 AND log ="
            " (SELECT number FROM log WHERE type = 3)"
        ).fetchone()
    )
    forged = own_notice(ada.journal.me, log, write[1])
    address = await ada.read(epoch_address)
    puts = tuple(Put(address, write[0], record, b"") for record in forged)

    acks = net.ask(ORIGIN, ToRelay(put=puts)).acks
    await kim.sync()
    await max_.sync()

    assert {ack.status for ack in acks} == {Status.OK}
    for device in (kim, max_):
        assert await notices(device) == []
        roster = await device.read(
            lambda db: logs.roster_of(db, programme_log.programmes(db)[0]).people
        )
        assert list(roster) == [kim.journal.me.person_id]
    await kim.close()


def own_notice(me: Me, log: LogRow, secret: bytes) -> list[bytes]:
    """A chain of a member's own in the programme, with a notice, as records."""
    assert me.person is not None
    opening = control.encode(Open(me.person, me.certificates, "x", 0))
    opened = compose(Kind.OPEN, opening, bytes(32), log=log.id, prev=log.id)
    said = compose(
        *(Kind.CONTENT, encode_content(a_notice("notice by a member")), bytes(32)),
        log=log.id,
        chain=opened.chain,
        seq=1,
        prev=opened.id,
    )
    place = Place(BoxType.EPOCH, mailbox.box(secret, log.id), secret)
    runs = [Run((event,), me.seal(log.id, event.id)) for event in (opened, said)]
    return [record.seal(RecordKind.BATCH, batch_of(run), place, bytes(32)) for run in runs]


async def test_the_relay_takes_nothing_for_the_programme_from_who_is_enrolled(
    net: Net, base: Path, ada: Device
) -> None:
    """Reading tells nothing of writing: no token that a member can make puts anything."""
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)
    secrets = await ada.read(
        lambda db: [row[0] for row in db.execute("SELECT secret FROM epoch").fetchall()]
    )
    row = await ada.read(
        lambda db: db.execute(
            "SELECT read, secret, write FROM mailbox WHERE own = 0 AND type = 1"
        ).fetchall()
    )
    log = (await of(ada)).log
    address = await ada.read(epoch_address)
    tries = [
        *(
            mailbox.tokens(secret, place, ORIGIN)
            for secret in secrets
            for place in (log, bytes(32))
        ),
        *(programme.epoch_tokens(secret, log, ORIGIN) for secret in secrets),
    ]

    assert row
    assert {write for _read, _secret, write in row} == {b""}
    for token in (t for each in tries for t in (each.read, each.write)):
        put = Put(address, token, bytes(577), b"")
        answer = net.ask(ORIGIN, ToRelay((), (), (put,), (), (), False))
        assert answer.acks[0].status is Status.UNKNOWN
    await kim.close()


async def test_who_was_taken_out_reads_nothing_new(
    base: Path, clock: Clock, ada: Device, max_: Device
) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada, max_)
    await notice(kim, "notice one")
    clock.days(8)
    await kim.sync()
    (member,) = [m for m in (await of(kim)).members if m.said.called == "Max"]

    await kim.journal.programmes.remove(await of(kim), member)
    await notice(kim, "notice two")
    for _ in range(2):
        await ada.sync()
        await max_.sync()

    assert await notices(ada) == ["notice one", "notice two"]
    assert await notices(max_) == ["notice one"]
    assert [m.said.called for m in (await of(kim)).members if m.here] == ["Ada"]
    await kim.close()


async def test_those_who_go_in_one_week_go_with_one_epoch(
    base: Path, clock: Clock, ada: Device, max_: Device
) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada, max_)
    clock.days(8)
    await kim.sync()
    await ada.journal.programmes.leave(await of(ada))
    await kim.sync()
    first = await epochs(kim)
    clock.days(2)

    await max_.journal.programmes.leave(await of(max_))
    await kim.sync()
    gathered = await epochs(kim)
    clock.days(6)
    await kim.sync()
    await kim.sync()

    assert (first, gathered, await epochs(kim)) == (2, 2, 3)
    assert [m.gone.content.left for m in (await of(kim)).members if m.gone] == [True, True]
    await kim.close()


async def epochs(device: Device) -> int:
    def count(db: Db) -> int:
        return len(logs.roster_of(db, programme_log.programmes(db)[0]).epochs)

    return await device.read(count)


async def test_an_epoch_of_a_programme_lasts_a_year(base: Path, clock: Clock, ada: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)
    for _ in range(12):
        clock.days(29)
        await kim.sync()
        await ada.sync()
    before = await epochs(kim)
    clock.days(29)

    for _ in range(3):
        await kim.sync()
    await notice(kim, "notice one")
    await ada.sync()
    await ada.sync()

    assert (before, await epochs(kim)) == (1, 2)
    assert await notices(ada) == ["notice one"]
    await kim.close()


@pytest.mark.parametrize("away", [1, 60])
async def test_keys_that_did_not_come_are_asked_for(
    away: int, net: Net, base: Path, clock: Clock, ada: Device, max_: Device
) -> None:
    """The relay lost Ada's box just after an epoch began."""
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada, max_)
    clock.days(8)
    await max_.journal.programmes.leave(await of(max_))
    await kim.sync()
    await kim.sync()
    address = await ada.read(sealed_address)
    for rid in net.relay.rids(address)[-1:]:
        net.relay.forget(rid)
    await kim.change(lambda db: forget_letters(db, address))
    await notice(kim, "notice one")
    for _ in range(4):
        clock.hours(24 * away // 4)
        await kim.sync()

    await ada.sync()
    unread = await notices(ada)
    waits = (await of(ada)).waits
    await kim.sync()
    await ada.sync()
    await ada.sync()

    assert (unread, waits) == ([], True)
    assert await notices(ada) == ["notice one"]
    await kim.close()


def sealed_address(db: Db) -> bytes:
    (address,) = db.execute("SELECT address FROM mailbox WHERE type = 4 AND own = 1").fetchone()
    return bytes(address)


def forget_letters(db: Db, address: bytes) -> None:
    db.execute(
        "DELETE FROM record WHERE mailbox IN (SELECT number FROM mailbox WHERE address = ?)",
        (address,),
    )
    db.execute(
        "UPDATE mailbox SET n = 0, head = ?, made = 0 WHERE address = ?", (bytes(32), address)
    )


async def test_several_coordinators_have_the_same(base: Path, ada: Device) -> None:
    kim, lee = await people(base, "Kim", "Lee")
    await found(kim)
    await add_coordinator(kim, lee)
    await enrol(lee, ada)
    await notice(lee, "notice by lee")
    await kim.sync()
    await ada.sync()

    assert {m.said.called for m in (await of(kim)).members} == {"Ada"}
    assert set((await of(ada)).coordinators) == {"Kim", "Lee"}
    assert await notices(ada) == ["notice by lee"]
    assert await agree(kim, lee)
    for device in (kim, lee):
        await device.close()


async def test_a_coordinator_who_was_taken_out_reads_and_writes_nothing_new(
    base: Path, ada: Device
) -> None:
    kim, lee = await people(base, "Kim", "Lee")
    await found(kim)
    await add_coordinator(kim, lee)
    await enrol(kim, ada)
    await settle(kim, lee, ada, rounds=1)

    await kim.journal.programmes.remove_coordinator(await of(kim), "Lee")
    await lee.journal.append(await space_of(lee), a_notice("notice by lee"))
    await notice(kim, "notice by kim")
    await settle(lee, kim, ada, lee, rounds=2)

    assert await notices(ada) == ["notice by kim"]
    assert await notices(kim) == ["notice by kim"]
    assert await notices(lee) == ["notice by lee"]
    assert (await of(ada)).coordinators == ("Kim",)
    with pytest.raises(NotAllowedError):
        await lee.journal.programmes.invite(await of(lee), [""])
    for device in (kim, lee):
        await device.close()


async def test_a_closed_programme_stays_readable_and_takes_nothing_more(
    base: Path, ada: Device
) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)
    await notice(kim, "notice one")

    await kim.journal.programmes.close(await of(kim))
    await settle(ada, kim, rounds=2)

    for device in (kim, ada):
        assert (await of(device)).closed
        assert await notices(device) == ["notice one"]
        with pytest.raises(NotAllowedError):
            await device.journal.append(await space_of(device), a_notice("notice two"))
    with pytest.raises(NotAllowedError):
        await kim.journal.programmes.invite(await of(kim), [""])
    with pytest.raises(NotAllowedError, match="ended"):
        await kim.journal.programmes.close(await of(kim))
    await kim.close()


async def test_other_devices_of_a_member_and_of_a_coordinator_follow(
    base: Path, ada: Device
) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    tablet = await ada.second("tablet")
    await enrol(kim, ada)
    office = await kim.second("office")
    phone = await ada.second("phone")
    await notice(kim, "notice one")
    await settle(ada, tablet, phone, kim, office, rounds=3)

    for device in (ada, tablet, phone, office):
        assert await notices(device) == ["notice one"]
    assert (await of(tablet)).role == "member"
    assert (await of(office)).role == "coordinator"
    assert {m.said.called for m in (await of(office)).members} == {"Ada"}
    assert await agree(ada, tablet, phone, kim, office)
    await kim.close()


async def test_the_words_bring_a_membership_back(base: Path, ada: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)
    await notice(kim, "notice one")
    await settle(ada, kim, rounds=2)
    words = await ada.words()

    new = await Device.from_words(base, "new", words)
    await settle(new, kim, new, rounds=3)

    assert await notices(new) == ["notice one"]
    for device in (kim, new):
        await device.close()


async def test_the_words_bring_a_coordinator_back(base: Path, ada: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)
    await notice(kim, "notice one")
    await settle(ada, kim, rounds=2)
    words = await kim.words()
    await kim.close()

    new = await Device.from_words(base, "new", words)
    await settle(new, ada, rounds=3)
    await notice(new, "notice two")
    await settle(ada, new, rounds=2)

    assert {m.said.called for m in (await of(new)).members} == {"Ada"}
    assert await notices(ada) == ["notice one", "notice two"]
    await new.close()


async def test_a_code_that_two_used_raises_an_alarm(base: Path, ada: Device, max_: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    (code,) = await kim.journal.programmes.invite(await of(kim), ["Ada"])

    await max_.journal.programmes.join(code.link, "Ada")
    await ada.journal.programmes.join(code.link, "Ada")
    waiting = await kim.journal.programmes.waiting()

    assert [(each.name, each.made_for, each.alarm) for each in waiting] == [
        ("Ada", "Ada", True)
    ] * 2
    await kim.journal.programmes.approve(waiting[1:])
    assert await kim.journal.programmes.waiting() == []
    await max_.sync()
    assert (await of(max_)).waits
    await kim.close()


async def test_a_code_that_is_too_old_leads_nowhere(base: Path, clock: Clock, ada: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    (code,) = await kim.journal.programmes.invite(await of(kim), [""])
    (other,) = await kim.journal.programmes.invite(await of(kim), [""])
    await ada.journal.programmes.join(other.link, "Ada")
    clock.days(8)

    with pytest.raises(CallerError, match="older"):
        await ada.journal.programmes.join(code.link, "Ada")
    with pytest.raises(NotAllowedError, match="older"):
        await kim.journal.programmes.approve(await kim.journal.programmes.waiting())
    assert (await of(kim)).members == ()
    await kim.close()


async def test_codes_that_were_taken_back_lead_nowhere(base: Path, ada: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    (code,) = await kim.journal.programmes.invite(await of(kim), [""])

    assert await kim.journal.programmes.revoke() == 1
    with pytest.raises(NotAllowedError, match="taken back"):
        await ada.journal.programmes.join(code.link, "Ada")
    await kim.close()


async def test_an_enrolment_shows_nothing_of_who_somebody_is_elsewhere(
    base: Path, pair: tuple[Device, Device]
) -> None:
    """Kim's device holds no root, device, key or log of Ada's, and the two programmes differ."""
    ada, max_ = pair
    kim, lee = await people(base, "Kim", "Lee")
    await found(kim)
    await found(lee, "Ladders")
    await enrol(kim, ada)
    (code,) = await lee.journal.programmes.invite(await of(lee), [""])
    await ada.journal.programmes.join(code.link, "Ada")
    await lee.journal.programmes.approve(await lee.journal.programmes.waiting())
    await settle(ada, kim, lee, max_, rounds=2)

    me = ada.journal.me
    assert me.person is not None
    known = {
        *(me.person.sign, me.person.kem, me.person.id, me.device, me.sign.public, me.kem_public),
        *(space.log for space in await ada.journal.spaces() if space.type in (1, 2)),
    }
    for coordinator in (kim, lee):
        held = await coordinator.read(everything)
        assert not [value for value in known if value in held]
    of_kim, of_lee = [(await of(each)).members[0].said for each in (kim, lee)]
    for name in ("member", "kem", "secret", "owner"):
        assert getattr(of_kim, name) != getattr(of_lee, name)
    for device in (kim, lee):
        await device.close()


def everything(db: Db) -> bytes:
    """Every value of every table that is no index, joined."""
    tables = [
        row[0]
        for row in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'words%'"
        ).fetchall()
    ]
    found = list[bytes]()
    for table in tables:
        for row in db.execute(f"SELECT * FROM {table}"):
            found += [v if isinstance(v, bytes) else str(v).encode() for v in row]
    return b"\0".join(found)


async def test_an_export_holds_no_key_of_a_programme(base: Path, ada: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)
    await notice(kim, "notice one")
    await ada.sync()
    secrets = await ada.read(membership_secrets) + await kim.read(membership_secrets)

    for device in (ada, kim):
        out = base / f"{device.home.name}.jsonl"
        await device.journal.export_lines(out)
        written = out.read_bytes()
        assert b"notice one" in written
        for secret in secrets:
            for form in (secret.hex().encode(), base64.b64encode(secret)):
                assert form not in written
    await kim.close()


def membership_secrets(db: Db) -> list[bytes]:
    found = [row[0] for row in db.execute("SELECT secret FROM epoch").fetchall()]
    found += [row[0] for row in db.execute("SELECT secret FROM mailbox").fetchall()]
    found += [each.said.secret for each in memberships.memberships(db)]
    return found


async def test_who_left_can_be_enrolled_anew_as_somebody_else(base: Path, ada: Device) -> None:
    (kim,) = await people(base, "Kim")
    await found(kim)
    await enrol(kim, ada)
    await notice(kim, "notice one")
    await ada.sync()
    tablet = await ada.second("tablet")
    await ada.journal.programmes.leave(await of(ada))
    await settle(kim, ada, tablet, rounds=2)
    await notice(kim, "notice two")
    await settle(ada, tablet, rounds=1)
    away = [await notices(device) for device in (ada, tablet)]

    await enrol(kim, ada)
    await settle(kim, ada, tablet, rounds=2)

    assert away == [["notice one"]] * 2
    for device in (ada, tablet):
        assert await notices(device) == ["notice one", "notice two"]
        assert not (await of(device)).closed
    came = (await of(kim)).members
    assert [m.here for m in came] == [False, True]
    assert len({m.said.member for m in came}) == len({m.said.secret for m in came}) == 2
    await ada.journal.voices.idea(await of(ada), IdeaOffered("a club", "coordinators", ""), "x")
    await kim.sync()
    assert len(await kim.journal.boards.inbox(await of(kim))) == 1
    await kim.close()
