"""Invites, knocks, approvals: who gets in, who does not, and what both see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.devices import ORIGIN, Device, Net, agree, settle
from harness.logs import draw, first_device
from harness.photographs import Camera, put_back
from inglenook_client import ambient
from inglenook_client.journal.beginning import accept_device
from inglenook_client.journal.errors import NotFoundError
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Invited, Member, Query, Reach
from inglenook_client.stores import boxes
from inglenook_client.transports.errors import OfflineError
from inglenook_schema import canonical, invite, mailbox, record
from inglenook_schema.errors import CallerError, InglenookError, NotAllowedError
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.invite import Knock, Link, Offer
from inglenook_schema.record import BoxType, RecordKind
from inglenook_schema.wire import Put, ToRelay, Want

WEEK_MS = 7 * 86_400_000


async def flood(device: Device, net: Net, type_: BoxType) -> int:
    """Put 40 kB of noise into a box; how many bytes its device keeps of what others put there."""
    sql = "SELECT number, address, write FROM mailbox WHERE type = ? AND closed = 0"
    number, address, write = await device.read(lambda db: db.execute(sql, (type_,)).fetchone())
    noise = [b"\1" + draw(f"noise {n}", 1_000) for n in range(40)]
    done = net.relay.ask(ToRelay(put=tuple(Put(address, write, blob, b"") for blob in noise)))
    assert all(ack.n for ack in done.acks)
    await device.sync()
    sql = "SELECT sum(length(blob)) FROM record WHERE mailbox = ? AND token IS NULL"
    (size,) = await device.read(lambda db: db.execute(sql, (number,)).fetchone())
    return int(size)


async def names(device: Device) -> set[str]:
    return {space.name for space in await device.journal.spaces()}


def later(monkeypatch: pytest.MonkeyPatch, ms: int) -> None:
    now = ambient.now_ms()
    monkeypatch.setattr(ambient, "now_ms", lambda: now + ms)


# --- a pair ---------------------------------------------------------------------------


async def test_two_people_share_a_space_after_one_invite(pair: tuple[Device, Device]) -> None:
    ada, max_ = pair
    await ada.share("plumbing exam")
    await max_.share("mock exam")

    await settle(ada, max_)

    assert await ada.texts() == await max_.texts() == ["mock exam", "plumbing exam"]
    assert await agree(ada, max_)


async def test_both_see_each_other_by_name_and_role(pair: tuple[Device, Device]) -> None:
    ada, max_ = pair
    await settle(ada, max_)

    seen = [await device.journal.who(await device.pair()) for device in pair]

    assert [[(m.name, m.role, m.me) for m in members] for members in seen] == [
        [("Ada", "mentee", True), ("Max", "mentor", False)],
        [("Max", "mentor", True), ("Ada", "mentee", False)],
    ]


async def test_both_sides_are_shown_the_same_eight_words(ada: Device, max_: Device) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    joined = await max_.journal.pair_join(invited.link)
    (waiting,) = await ada.journal.pair_waiting()
    await ada.journal.pair_approve(waiting.id)
    await settle(ada, max_)

    words = {await d.journal.pair_words(await d.pair()) for d in (ada, max_)}

    assert words == {joined.words} == {waiting.words}
    assert len(joined.words) == 8
    assert (waiting.name, joined.name) == ("Max", "Ada")
    assert not waiting.alarm


async def test_a_pair_is_unchecked_until_the_words_are_confirmed(
    pair: tuple[Device, Device],
) -> None:
    ada, _ = pair

    def checked(members: list[Member]) -> list[bool]:
        return [member.checked for member in members]

    before = checked(await ada.journal.who(await ada.pair()))
    await ada.journal.pair_confirm(await ada.pair())

    assert before == [True, False]
    assert checked(await ada.journal.who(await ada.pair())) == [True, True]


async def test_nothing_of_a_journal_reaches_the_partner_or_the_relay_in_clear(
    net: Net, pair: tuple[Device, Device]
) -> None:
    ada, max_ = pair
    await ada.write("only for myself")
    await settle(ada, max_)

    journal = (await ada.journal.space("journal")).log
    assert "only for myself" not in await max_.texts()
    assert await max_.read(lambda db: [r[0] for r in db.execute("SELECT id FROM log")]) != [journal]
    assert (journal,) not in await max_.read(lambda db: db.execute("SELECT id FROM log").fetchall())
    assert not any(b"only for myself" in blob for blob in net.relay.blobs())


async def test_a_knock_lets_nobody_in_before_it_is_approved(ada: Device, max_: Device) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    await max_.journal.pair_join(invited.link)
    await settle(ada, max_)

    assert await names(max_) == {"journal"}
    assert not await max_.read(lambda db: db.execute("SELECT 1 FROM log WHERE type = 2").fetchall())


async def test_only_who_waits_can_be_approved(ada: Device) -> None:
    with pytest.raises(NotFoundError):
        await ada.journal.pair_approve(1)


# --- links ----------------------------------------------------------------------------


async def test_ones_own_invite_is_refused(ada: Device) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)

    with pytest.raises(CallerError, match="your own"):
        await ada.journal.pair_join(invited.link)


async def test_an_expired_invite_cannot_be_knocked_on(
    ada: Device, max_: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    later(monkeypatch, WEEK_MS + 1000)

    with pytest.raises(CallerError, match="seven days"):
        await max_.journal.pair_join(invited.link)


async def test_a_knock_on_an_invite_that_expired_since_cannot_be_approved(
    ada: Device, max_: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    await max_.journal.pair_join(invited.link)
    number = await ada.knocked()
    later(monkeypatch, WEEK_MS + 1000)

    with pytest.raises(NotAllowedError):
        await ada.journal.pair_approve(number)
    await settle(ada, max_)

    assert await names(max_) == {"journal"}


async def test_a_device_link_is_no_pair_link_and_the_other_way_round(
    ada: Device, max_: Device, base: Path
) -> None:
    for_device = await ada.journal.device_add()
    for_pair = await ada.journal.pair_invite(role="mentor", via=False)
    (base / "new").mkdir()

    with pytest.raises(CallerError, match="device accept"):
        await max_.journal.pair_join(for_device.link)
    with pytest.raises(CallerError, match="pair join"):
        await accept_device(base / "new", bytes(32), for_pair.link, device_label="new")


async def test_a_revoked_invite_lets_nobody_in(ada: Device, max_: Device) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    await ada.journal.pair_revoke()

    with pytest.raises(InglenookError):
        await max_.journal.pair_join(invited.link)


async def test_an_invite_made_offline_is_not_handed_out(net: Net, ada: Device) -> None:
    net.relay.reachable = False

    with pytest.raises(OfflineError):
        await ada.journal.pair_invite(role="mentor", via=False)


async def test_a_link_with_a_letter_changed_leads_nowhere(ada: Device, max_: Device) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    for at in range(len("inglenook:join#"), len(invited.link), 7):
        other = "A" if invited.link[at] != "A" else "B"

        with pytest.raises(InglenookError):
            await max_.journal.pair_join(invited.link[:at] + other + invited.link[at + 1 :])


async def test_joining_twice_is_one_knock(ada: Device, max_: Device) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    first = await max_.journal.pair_join(invited.link)
    again = await max_.journal.pair_join(invited.link)

    waiting = await ada.journal.pair_waiting()

    assert again.words == first.words
    assert [w.alarm for w in waiting] == [False]


async def test_a_second_knock_on_one_invite_raises_the_alarm(
    ada: Device, max_: Device, base: Path
) -> None:
    eve = await Device.first(base, "Eve")
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    await max_.journal.pair_join(invited.link)
    await eve.journal.pair_join(invited.link)
    await eve.close()

    report = await ada.sync()

    assert any("more than one" in sentence for sentence in report.news)
    assert [w.alarm for w in await ada.journal.pair_waiting()] == [True, True]


async def test_of_two_who_knocked_only_the_approved_one_gets_in(
    ada: Device, max_: Device, base: Path
) -> None:
    eve = await Device.first(base, "Eve")
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    for device in (eve, max_):
        await device.journal.pair_join(invited.link)
    waiting = {w.name: w.id for w in await ada.journal.pair_waiting()}

    await ada.journal.pair_approve(waiting["Max"])
    await settle(ada, max_, eve)

    assert await names(max_) == {"journal", "Ada"}
    assert await names(eve) == {"journal"}
    assert await ada.journal.pair_waiting() == []
    await eve.close()


# --- knocks by hand -------------------------------------------------------------------


def in_box(net: Net, link: Link) -> tuple[Offer, list[bytes]]:
    """What lies in an invite's box: the offer, and every blob."""
    tokens = invite.tokens(link)
    want = Want(link.address, tokens.read, 0, mailbox.EMPTY_HEAD)
    (box,) = net.relay.ask(ToRelay(want=(want,))).boxes
    blobs = [data for _, data in box.records]
    opened = record.open_record(blobs[0], invite.place(link.secret))
    return canonical.decode(opened.inner, Offer), blobs


def put_knock(net: Net, link: Link, knock: Knock) -> None:
    place = invite.place(link.secret)
    key = record.erase_key(place.secret)
    blob = record.seal(RecordKind.KNOCK, canonical.encode(knock), place, key)
    tokens = invite.tokens(link)
    (done,) = net.relay.ask(ToRelay(put=(Put(link.address, tokens.write, blob, b""),))).acks
    assert done.n


def knocks_at(net: Net, invited: Invited, log: bytes) -> tuple[Link, Knock]:
    """A right knock by Mallory, to be spoiled."""
    link = invite.read_link(invited.link)
    offer, _ = in_box(net, link)
    knock = first_device("Mallory").knock(log, offer.person.id, offer.nonce)
    return link, knock


async def newest_pair(device: Device) -> bytes:
    rows = await device.read(
        lambda db: db.execute("SELECT id FROM log WHERE type = 2 ORDER BY number DESC").fetchall()
    )
    return bytes(rows[0][0])


async def test_a_knock_made_by_hand_as_it_should_be_is_heard(net: Net, ada: Device) -> None:
    """Shows that the refusals below are refused for their reason."""
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    link, knock = knocks_at(net, invited, await newest_pair(ada))

    put_knock(net, link, knock)

    assert len(await ada.journal.pair_waiting()) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: {"consent": bytes(64)}, id="without consent"),
        pytest.param(
            lambda _: {"certificates": first_device("Eve").certificates},
            id="with another's certificates",
        ),
        pytest.param(lambda _: {"person": first_device("Eve").person}, id="as another person"),
        pytest.param(lambda _: {"name": "Max"}, id="renamed"),
        pytest.param(lambda _: {"person": None, "certificates": ()}, id="as a device of Ada's"),
    ],
)
async def test_a_forged_knock_lets_nobody_in_and_is_told(
    net: Net, ada: Device, spoil: Callable[[Knock], dict[str, Any]]
) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    link, knock = knocks_at(net, invited, await newest_pair(ada))
    spoiled = msgspec.structs.replace(knock, **spoil(knock))

    put_knock(net, link, spoiled)
    report = await ada.sync()

    (told,) = report.news
    assert told.startswith("What came to an invite was refused (")
    assert await ada.journal.pair_waiting() == []


async def test_a_knock_for_another_space_is_ignored(net: Net, ada: Device) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    link, knock = knocks_at(net, invited, ZERO_ID)

    put_knock(net, link, knock)

    assert await ada.journal.pair_waiting() == []


async def test_rubbish_in_an_invite_box_changes_nothing(
    net: Net, ada: Device, max_: Device
) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    link = invite.read_link(invited.link)
    tokens, place = invite.tokens(link), invite.place(link.secret)
    key = record.erase_key(place.secret)
    rubbish = [
        bytes([1]) + bytes(600),
        record.seal(RecordKind.KNOCK, b"not a knock", place, key),
        record.seal(RecordKind.WELCOME, b"not a welcome", place, key),
        record.seal(RecordKind.OFFER, b"not an offer", place, key),
    ]
    net.relay.ask(ToRelay(put=tuple(Put(link.address, tokens.write, b, b"") for b in rubbish)))

    await max_.journal.pair_join(invited.link)
    await ada.journal.pair_approve(await ada.knocked())
    await settle(ada, max_)

    assert await names(max_) == {"journal", "Ada"}


async def test_a_welcome_by_anybody_but_the_inviter_is_ignored(
    net: Net, ada: Device, max_: Device
) -> None:
    invited = await ada.journal.pair_invite(role="mentor", via=False)
    link = invite.read_link(invited.link)
    await max_.journal.pair_join(invited.link)
    offer, blobs = in_box(net, link)
    place = invite.place(link.secret)
    knock = canonical.decode(record.open_record(blobs[-1], place).inner, Knock)
    space = invite.Space(await newest_pair(ada), 2, "mentor", (bytes(32),), (ORIGIN,), "")
    forged = invite.seal_welcome(
        first_device("Mallory").sign, invite.Welcome((), (space,), ""), knock
    )
    blob = record.seal(
        RecordKind.WELCOME, canonical.encode(forged), place, record.erase_key(place.secret)
    )
    net.relay.ask(ToRelay(put=(Put(link.address, invite.tokens(link).write, blob, b""),)))

    await max_.sync()

    assert await names(max_) == {"journal"}
    assert offer.name == "Ada"


# --- forwarded invites ----------------------------------------------------------------


async def test_a_forwarded_invite_shares_nothing_until_the_words_are_confirmed(
    net: Net, ada: Device, max_: Device
) -> None:
    await ada.pair_with(max_, via=True)
    await ada.share("for Max's eyes")
    await settle(ada, max_)

    pair = (await ada.pair()).log
    nobody = await max_.read(lambda db: db.execute("SELECT count(*) FROM event").fetchone())
    shown = await ada.journal.log(Query(kinds=frozenset({"goal.set"})))
    assert "for Max's eyes" not in await max_.texts()
    assert [s.reach for s in shown] == [Reach.WAITING]
    assert any("safety words" in sentence for sentence in (await ada.journal.status()).problems)
    epochs = await ada.read(
        lambda db: db.execute(
            "SELECT m.address FROM mailbox m JOIN log l ON l.number = m.log WHERE l.id = ?", (pair,)
        ).fetchall()
    )
    assert [rid for (address,) in epochs for rid in net.relay.rids(address)] == []
    assert nobody == (
        await max_.read(lambda db: db.execute("SELECT count(*) FROM event").fetchone())
    )


async def test_a_forwarded_pair_shares_everything_once_both_confirmed_the_words(
    ada: Device, max_: Device
) -> None:
    await ada.pair_with(max_, via=True)
    await ada.share("from Ada")

    await ada.journal.pair_confirm(await ada.pair())
    await settle(ada, max_)
    await max_.journal.pair_confirm(await max_.pair())
    await max_.share("from Max")
    await settle(max_, ada)

    assert await ada.texts() == await max_.texts() == ["from Ada", "from Max"]


async def test_words_confirmed_on_one_device_are_checked_on_all_of_that_person(
    ada: Device, max_: Device
) -> None:
    tablet = await ada.second("tablet")
    await ada.pair_with(max_, via=True)
    await settle(ada, tablet, max_)
    await ada.journal.pair_confirm(await ada.pair())
    await settle(ada, tablet, max_)
    await max_.journal.pair_confirm(await max_.pair())
    await tablet.share("from the tablet")
    await settle(tablet, max_)
    phone = await ada.second("phone")
    await settle(ada, phone)

    for device in (tablet, phone):
        assert all(m.checked for m in await device.journal.who(await device.pair()))
        assert "compared safety words" not in await device.texts()
    assert await max_.texts() == ["from the tablet"]


async def test_who_was_removed_confirms_no_words_for_the_others(ada: Device, max_: Device) -> None:
    tablet = await ada.second("tablet")
    await ada.pair_with(max_)
    await settle(ada, tablet, max_)
    (stolen,) = [d for d in await ada.journal.devices() if not d.this]
    await ada.journal.device_revoke(stolen)

    await tablet.journal.pair_confirm(await tablet.pair())
    await settle(tablet, ada)

    assert [m.checked for m in await ada.journal.who(await ada.pair())] == [True, False]


async def test_one_who_did_not_confirm_shares_nothing_of_their_own(
    ada: Device, max_: Device
) -> None:
    await ada.pair_with(max_, via=True)
    await ada.journal.pair_confirm(await ada.pair())
    await settle(ada, max_)
    await max_.share("not yet")

    await settle(max_, ada)

    assert await ada.texts() == []


# --- devices --------------------------------------------------------------------------


async def test_a_new_device_gets_everything_that_was_written_before(ada: Device) -> None:
    await ada.write("before")
    tablet = await ada.second("tablet")
    await ada.write("after")

    await settle(ada, tablet)

    assert await tablet.texts() == ["after", "before"]
    assert await agree(ada, tablet)


@pytest.mark.parametrize("device_first", [True, False])
async def test_a_second_device_gets_the_pair_whether_it_came_before_or_after_it(
    ada: Device, max_: Device, device_first: bool
) -> None:
    await ada.write("journal words")
    if device_first:
        tablet = await ada.second("tablet")
        await ada.pair_with(max_)
    else:
        await ada.pair_with(max_)
        await ada.share("before the tablet")
        tablet = await ada.second("tablet")
    await settle(ada, tablet, max_)
    await tablet.share("from the tablet")

    await settle(tablet, ada, max_)

    assert "from the tablet" in await max_.texts()
    assert await tablet.texts() == await ada.texts()
    assert await agree(ada, tablet, max_)
    members = await max_.journal.who(await max_.pair())
    assert {d.name for m in members for d in m.devices if m.name == "Ada"} == {
        "Ada's first",
        "tablet",
    }


async def test_a_partners_second_device_gets_the_pair_too(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    phone = await max_.second("phone")
    await ada.share("for both of Max's devices")

    await settle(phone, ada, max_)

    assert await phone.texts() == ["for both of Max's devices"]


async def test_the_words_of_a_new_device_are_the_same_on_both_screens(ada: Device) -> None:
    _, joined = await ada.begin_second("tablet")

    (waiting,) = await ada.journal.device_waiting()

    assert waiting.words == joined.words
    assert waiting.name == "tablet"


async def test_a_device_that_waits_has_no_space_and_says_so(ada: Device) -> None:
    tablet, _ = await ada.begin_second("tablet")

    await tablet.sync()

    assert await tablet.journal.spaces() == []
    assert any("waits to be let in" in s for s in (await tablet.journal.status()).problems)


async def test_a_younger_device_can_add_one_more(own: tuple[Device, Device]) -> None:
    ada, tablet = own
    phone = await tablet.second("phone")
    await phone.write("from the third")

    await settle(phone, tablet, ada)

    assert await ada.texts() == ["from the third"]
    assert len(await ada.journal.devices()) == 3


async def test_a_folder_with_a_journal_is_never_turned_into_a_new_device(
    ada: Device, max_: Device
) -> None:
    """Its own keys would be lost."""
    invited = await max_.journal.device_add()
    await ada.write("mine")

    with pytest.raises(CallerError):
        await accept_device(ada.home, ada.key, invited.link, device_label="stolen")
    await ada.reopen()

    assert await ada.texts() == ["mine"]
    assert (await ada.journal.doctor()).ok
    await ada.write("goes on")


async def test_a_new_device_killed_at_any_step_asks_again_by_the_same_command(
    ada: Device, net: Net, base: Path
) -> None:
    new = Device(base / "new")
    new.home.mkdir(mode=0o700)
    link = (await ada.journal.device_add()).link
    camera = Camera(net, (base,))
    with camera.on():
        first = await accept_device(new.home, new.key, link, device_label="new")
    assert len(camera.taken) >= 6

    for number, photograph in enumerate(camera.taken):
        await ada.close()
        put_back(photograph.files, base)
        net.relay.roll_back(photograph.relays[ORIGIN])
        ada.journal = await Journal.open(ada.home, ada.key)

        again = await accept_device(new.home, new.key, link, device_label="new")

        assert again == first or not photograph.on_the_way, photograph.step
        knock = await ada.knocked()  # there is one alone, so no alarm
        if number % 4:
            continue
        await ada.journal.device_approve(knock)
        new.journal = await Journal.open(new.home, new.key)
        await new.sync()
        assert len(await new.journal.devices()) == 2, photograph.step
        await new.journal.close()


async def test_a_device_let_in_by_two_links_is_let_in_once(ada: Device) -> None:
    """The first link led to nothing for days, and so the second was taken too."""
    new, _ = await ada.begin_second("new")
    later_link = (await ada.journal.device_add()).link
    await new.journal.close()
    await accept_device(new.home, new.key, later_link, device_label="new")
    await new.reopen()
    told = list[str]()

    for waiting in await ada.journal.device_waiting():
        await ada.journal.device_approve(waiting.id)
        told += (await new.sync()).news

    assert told == ["This device was let in. Everything is on its way."]
    await settle(ada, new)
    assert len(await ada.journal.devices()) == 2
    await new.write("by the new one")
    await settle(new, ada)
    assert await ada.texts() == ["by the new one"]


async def test_a_second_journal_is_never_started_in_a_folder_that_has_one(ada: Device) -> None:
    await ada.write("mine")

    with pytest.raises(CallerError):
        await Journal.create(
            ada.home, ada.key, name="Eve", relay=None, voucher=None, device_label="x"
        )
    await ada.reopen()

    assert ada.journal.name == "Ada"
    assert [space.name for space in await ada.journal.spaces()] == ["journal"]


# --- the disk -------------------------------------------------------------------------


async def test_noise_in_an_invite_fills_no_disk(
    ada: Device, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "EVIDENCE", 10_000)
    await ada.journal.pair_invite(role="mentor", via=False)

    assert 9_000 < await flood(ada, net, BoxType.INVITE) <= 10_000


async def test_noise_in_the_recovery_box_fills_no_disk(
    ada: Device, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "EVIDENCE", 10_000)
    await ada.words()
    await ada.sync()
    later(monkeypatch, 5 * WEEK_MS)  # a new bundle is put

    assert 9_000 < await flood(ada, net, BoxType.RECOVERY) <= 10_000
