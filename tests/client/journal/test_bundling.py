"""Every device keeps a fresh bundle in the recovery box, and no other device can take it away."""

import pytest
from mnemonic import Mnemonic

from harness.devices import ORIGIN, Device, Net, settle
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from inglenook_client import ambient
from inglenook_client.journal import composing, identity, kit, rotating
from inglenook_client.journal.errors import NotFoundError, WrongWordsError
from inglenook_client.journal.identity import Me
from inglenook_client.journal.model import Query
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_schema import bundle, mailbox, record
from inglenook_schema.bundle import Box, Bundle
from inglenook_schema.control import Reason
from inglenook_schema.errors import PeerError
from inglenook_schema.events.spaces import RecoveryPrepared
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.wire import Put, ToRelay

ELSEWHERE = kit.words_of(draw("somebody else"))
OTHER = "https://other.example"


async def box_of(device: Device) -> Box:
    """By the words, as long as the device holds them."""
    recovery_key = await device.read(lambda db: logs.meta(db, kit.KEY))
    assert recovery_key is not None
    return bundle.box_of(recovery_key)


def address(box: Box, origin: str = ORIGIN) -> bytes:
    return mailbox.tokens(box.secret, ZERO_ID, origin, box.owner).address


def bundles_at(relay: MemoryRelay, box: Box, origin: str = ORIGIN) -> list[Bundle]:
    """What lies in a recovery box and opens with the words, oldest first."""
    rows = relay.store._records.get(address(box, origin), [])
    found = list[Bundle]()
    for row in rows:
        if row.blob:
            found.append(bundle.open_bundle(row.blob, box))
    return found


async def rotate(device: Device) -> None:
    number = (await device.journal.space(None)).number

    def work(db: Db) -> None:
        me = identity.load(db)
        rotating.rotate(db, me, logs.log_by_number(db, number), Reason.AGE)

    await device.change(work)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Days by which the clock is ahead."""
    days = [0]
    real = ambient.now_ms
    monkeypatch.setattr(ambient, "now_ms", lambda: real() + days[0] * 86_400_000)
    return days


async def test_the_first_sync_leaves_a_bundle_that_opens_with_the_words(
    net: Net, ada: Device
) -> None:
    box = await box_of(ada)

    await ada.sync()

    (found,) = bundles_at(net.relay, box)
    journal = await ada.journal.space(None)
    assert (found.counter, found.name, found.journal) == (1, "Ada", journal.log)
    assert [space.log for space in found.spaces] == [journal.log]
    (made,) = [m for f in net.relay.frames for m in f.make if m.address == address(box)]
    assert made.days == 800


async def test_the_recovery_box_is_never_named_beside_another_mailbox(
    net: Net, ada: Device
) -> None:
    at = address(await box_of(ada))

    await ada.sync()
    await rotate(ada)
    await ada.sync()

    talks = [
        {each.address for each in (*frame.want, *frame.put, *frame.make, *frame.erase)}
        for frame in net.relay.frames
    ]
    assert {at} in talks
    assert all(talk == {at} for talk in talks if at in talk)


async def test_when_nothing_changed_the_recovery_box_is_left_alone(net: Net, ada: Device) -> None:
    await ada.sync()
    net.relay.frames.clear()

    await ada.sync()

    assert len(net.relay.frames) == 1


@pytest.mark.parametrize("why", ["a rotation", "a log joined", "a month"])
async def test_a_new_bundle_takes_the_place_of_the_old_one_after(
    why: str, net: Net, ada: Device, max_: Device, later: list[int]
) -> None:
    box = await box_of(ada)
    await settle(ada, max_)
    (old,) = bundles_at(net.relay, box)

    if why == "a rotation":
        await rotate(ada)
    elif why == "a log joined":
        invited = await max_.journal.pair_invite(role="mentor", via=False)
        await ada.journal.pair_join(invited.link)
        await max_.journal.pair_approve(await max_.knocked())
    else:
        later[0] = 30
    await ada.sync()

    (new,) = bundles_at(net.relay, box)
    assert new.counter > old.counter
    assert len(new.spaces) == 1 + (why == "a log joined")
    assert (new.spaces == old.spaces) == (why == "a month")


async def test_the_old_bundle_stays_until_the_new_one_is_kept(net: Net, ada: Device) -> None:
    box = await box_of(ada)
    await ada.sync()
    await rotate(ada)

    def refuse(frame: ToRelay) -> None:
        if any(put.address == address(box) for put in frame.put):
            net.relay.answers_to_lose = 0
            raise InterruptedError

    net.on_the_way = refuse
    with pytest.raises(InterruptedError):
        await ada.sync()

    assert [found.counter for found in bundles_at(net.relay, box)] == [1]


async def test_each_device_has_its_own_bundle_and_learns_from_the_journal_where(
    net: Net, ada: Device
) -> None:
    box = await box_of(ada)
    tablet = await ada.second("tablet")
    await settle(ada, tablet)

    found = bundles_at(net.relay, box)

    devices = {each.certificates[-1].device for each in found}
    assert devices == {ada.journal.me.device, tablet.journal.me.device}
    assert len(found) == 2
    assert await tablet.read(lambda db: logs.meta(db, kit.KEY)) is None


async def test_every_relay_that_is_set_gets_one(net: Net, ada: Device) -> None:
    box = await box_of(ada)
    net.relays[OTHER] = MemoryRelay()
    await ada.sync()

    await ada.journal.add_relay(OTHER)
    await ada.sync()

    assert [b.counter for b in bundles_at(net.relay, box)] == [
        b.counter for b in bundles_at(net.relays[OTHER], box, OTHER)
    ]


async def test_a_relay_that_lost_everything_gets_the_bundle_again(net: Net, ada: Device) -> None:
    box = await box_of(ada)
    await ada.sync()
    net.relay.wipe()

    report = await ada.sync()

    assert len(bundles_at(net.relay, box)) == 1
    assert len(report.news) == 1


async def test_a_device_can_neither_null_anothers_bundle_nor_close_the_box(
    net: Net, ada: Device
) -> None:
    box = await box_of(ada)
    tablet = await ada.second("tablet")
    await settle(ada, tablet)
    meta = await tablet.read(lambda db: dict(db.execute("SELECT key, value FROM meta").fetchall()))
    secrets = [value[i : i + 32] for value in meta.values() for i in range(max(1, len(value) - 31))]

    blobs = [row.blob for row in net.relay.store._records[address(box)] if row.blob]
    others = [
        blob
        for blob in blobs
        if bundle.open_bundle(blob, box).certificates[-1].device == ada.journal.me.device
    ]

    assert others
    for secret in secrets:
        assert secret != box.owner
        token = record.erase_key(secret) if len(secret) == 32 else b""
        assert not any(record.may_erase(blob, token) for blob in others)
    owned = await tablet.read(
        lambda db: db.execute("SELECT owner FROM mailbox WHERE type = 3").fetchall()
    )
    assert owned == [(b"",)]


async def test_where_the_recovery_box_is_counts_only_under_the_roots_signature(
    ada: Device,
) -> None:
    """A device that was stolen would else lead the others' bundles away."""
    tablet = await ada.second("tablet")
    evil = bundle.box_of(draw("evil"))

    def forget(db: Db) -> None:
        db.execute("DELETE FROM meta WHERE key = 'recovery-box'")

    def lie(db: Db) -> None:
        journal = next(iter(logs.all_logs(db)))
        at, zone, date = composing.moment()
        proof = bundle.prove(evil, journal.id)
        said = RecoveryPrepared(
            at=at,
            zone=zone,
            date=date,
            secret=evil.secret,
            owner_hash=evil.owner_hash,
            proof=proof,
        )
        events.append(db, journal, [composing.draft(said)])
        db.execute("UPDATE event SET row = -row WHERE type = 'recovery.prepared' AND at = ?", (at,))

    await tablet.change(lie)
    await tablet.change(forget)

    found = await tablet.change(lambda db: kit.prepare(db, identity.load(db)))

    assert found is not None
    assert found.secret == (await box_of(ada)).secret


async def test_nobody_reads_of_it_in_the_timeline(ada: Device) -> None:
    assert await ada.journal.log(Query()) == []


async def test_a_journal_from_before_tells_at_the_next_sync(net: Net, ada: Device) -> None:
    def undo(db: Db) -> None:
        db.execute("DELETE FROM event WHERE type = 'recovery.prepared'")
        db.execute("DELETE FROM meta WHERE key = 'recovery-box'")

    await ada.change(undo)
    box = await box_of(ada)
    await ada.sync()

    assert len(bundles_at(net.relay, box)) == 1
    rows = await ada.read(
        lambda db: db.execute("SELECT 1 FROM event WHERE type = 'recovery.prepared'").fetchall()
    )
    assert len(rows) == 1


# --- the words ------------------------------------------------------------------------


async def test_the_same_words_until_they_were_typed_back(ada: Device) -> None:
    first = await ada.journal.recovery_make()
    second = await ada.journal.recovery_make()

    assert first == second
    assert len(first.words) == 24
    assert first.relays == (ORIGIN,)
    assert not first.typed_back
    assert any("type its words back" in line for line in (await ada.journal.status()).problems)


async def test_once_typed_back_the_words_are_gone_from_the_device_and_still_prove_themselves(
    net: Net, ada: Device
) -> None:
    made = await ada.journal.recovery_make()
    box = await box_of(ada)

    await ada.journal.recovery_test(" ".join(made.words).upper())

    assert await ada.read(lambda db: logs.meta(db, kit.KEY)) is None
    assert not any("recovery" in line for line in (await ada.journal.status()).problems)
    with pytest.raises(NotFoundError):
        await ada.journal.recovery_make()
    again = await ada.journal.recovery_make(" ".join(made.words))
    assert (again.words, again.typed_back) == (made.words, True)
    await ada.sync()
    assert len(bundles_at(net.relay, box)) == 1


def _numbered(words: tuple[str, ...]) -> str:
    return "\n".join(f"{n}. {word}" for n, word in enumerate(words, start=1))


async def test_a_sheet_with_numbers_is_read_too(ada: Device) -> None:
    made = await ada.journal.recovery_make()

    await ada.journal.recovery_test(_numbered(made.words))

    assert await ada.read(lambda db: logs.meta(db, kit.KEY)) is None


ENGLISH = Mnemonic("english")


def _swapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """Two neighbours exchanged, where the checksum tells: of 256 times once it cannot."""
    for at in range(len(words) - 1):
        wrong = (*words[:at], words[at + 1], words[at], *words[at + 2 :])
        if not ENGLISH.check(" ".join(wrong)):
            return wrong
    raise AssertionError("no two of them can be told apart")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        pytest.param(_swapped, "do not fit together", id="two swapped"),
        pytest.param(lambda w: w[:23], "24 words, and these are 23", id="one short"),
        pytest.param(lambda w: (*w, w[0]), "24 words, and these are 25", id="one more"),
        pytest.param(lambda w: (*w[:4], "xylofone", *w[5:]), "word 5", id="no such word"),
        pytest.param(lambda _: ELSEWHERE, "another kit", id="somebody else's"),
    ],
)
async def test_wrong_words_are_told_kindly_and_change_nothing(
    mistake: object, said: str, ada: Device
) -> None:
    made = await ada.journal.recovery_make()
    wrong = mistake(made.words)  # type: ignore[operator]

    with pytest.raises(WrongWordsError, match=said) as refusal:
        await ada.journal.recovery_test(" ".join(wrong))

    assert not any(word in str(refusal.value).split() for word in ("xylofone",))
    assert await ada.journal.recovery_make() == made


def test_a_me_without_a_person_has_no_words(ada: Device) -> None:
    me = Me(*(ada.journal.me.sign, b"", b"", b"", "", None, (), ""))
    with pytest.raises(WrongWordsError):
        kit.check_words(me, draw("R"))


async def test_no_flood_of_nonsense_keeps_a_bundle_from_being_read(net: Net, ada: Device) -> None:
    """The box takes what any device of the person puts; only what verifies is a bundle."""
    box = await box_of(ada)
    await ada.sync()
    tokens = mailbox.tokens(box.secret, ZERO_ID, ORIGIN, box.owner)
    junk = tuple(
        Put(tokens.address, tokens.write, b"\1" + bytes([n]) * 2000, b"") for n in range(9)
    )

    net.relay.ask(ToRelay((), (), junk, (), (), subscribe=False))

    rows = [row.blob for row in net.relay.store._records[tokens.address] if row.blob]
    opened = 0
    for blob in rows:
        try:
            bundle.open_bundle(blob, box)
            opened += 1
        except PeerError:
            pass
    assert (len(rows), opened) == (10, 1)
