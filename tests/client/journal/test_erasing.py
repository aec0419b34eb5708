"""Erased words are hidden everywhere, whatever came first; and what nobody here knows is kept."""

import pytest

from harness.devices import Device, Net, agree, settle
from harness.logs import draw
from inglenook_client.journal import composing, founding
from inglenook_client.journal.model import Query
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.events import Draft
from inglenook_schema import canonical
from inglenook_schema.control import Erase, RemoveDevice
from inglenook_schema.events import UnknownContent
from inglenook_schema.header import Kind


async def act(device: Device, kind: Kind, payload: object) -> bytes:
    """Write a control event in the pair by hand; returns its id."""
    number = (await device.pair()).number

    def write(db: Db) -> bytes:
        log = logs.log_by_number(db, number)
        (event,) = events.append(db, log, [composing.act(kind, payload)])
        founding.refresh(db, log)
        return event.id

    return await device.change(write)


async def say_raw(device: Device, data: bytes, kind: int = Kind.CONTENT) -> bytes:
    """Write a payload that no code of ours would; returns the event's id."""
    number = (await device.pair()).number

    def write(db: Db) -> bytes:
        log = logs.log_by_number(db, number)
        draft = Draft(kind, data, draw(f"salt {len(data)}"))  # type: ignore[arg-type]
        (event,) = events.append(db, log, [draft])
        return event.id

    return await device.change(write)


async def batches_like(device: Device, rid: bytes) -> list[bytes]:
    """Rids of all records with the same events: this one, and what was put in its place."""
    rows = await device.read(
        lambda db: db.execute(
            "SELECT r.rid FROM record r JOIN record o ON o.chain = r.chain AND o.first = r.first"
            " WHERE o.rid = ?",
            (rid,),
        ).fetchall()
    )
    return [row[0] for row in rows]


async def bodies(device: Device) -> list[bytes | None]:
    rows = await device.read(
        lambda db: db.execute("SELECT body FROM event WHERE kind = 0").fetchall()
    )
    return [row[0] for row in rows]


# --- erasing --------------------------------------------------------------------------


async def test_erased_words_are_gone_from_every_device_and_everybody_agrees(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, *_ = trio
    goal = await ada.share("better forgotten")
    await ada.share("kept")
    await settle(*trio)
    for device in trio:
        assert await device.journal.search("forgotten")

    await act(ada, Kind.ERASE, Erase((goal.event,)))
    await settle(*trio)

    for device in trio:
        assert "better forgotten" not in await device.texts()
        assert await device.journal.search("forgotten") == []
        assert not any(b"forgotten" in (body or b"") for body in await bodies(device))
        assert (await device.journal.doctor()).ok
    assert await agree(*trio)


async def test_another_device_of_the_author_may_erase_and_the_partner_may_not(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    first, second = await ada.share("first"), await ada.share("second")
    await settle(*trio)
    await act(max_, Kind.ERASE, Erase((first.event,)))
    await act(tablet, Kind.ERASE, Erase((second.event,)))

    await settle(*trio)

    for device in trio:
        assert [s.text for s in await device.journal.log(Query(kinds=frozenset({"goal.set"})))] == [
            "first",
            "",
        ]
    assert await agree(*trio)


async def test_an_erased_goal_ends_the_same_for_who_had_read_it_and_for_who_had_not(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    goal = await ada.share("better forgotten")
    await ada.revise(goal.event, "still better forgotten")
    await settle(ada, tablet)
    await act(ada, Kind.ERASE, Erase((goal.event,)))

    await settle(ada, tablet, max_)

    assert await agree(ada, tablet, max_)


async def test_an_erase_that_comes_before_what_it_erases_hides_it_when_it_comes(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    ada, tablet, max_ = trio
    await settle(*trio)
    before = net.relay.newest()
    goal = await ada.share("better forgotten")
    await ada.sync()
    (lost,) = set(net.relay.newest().values()) - set(before.values())
    await settle(tablet, rounds=1)
    await act(tablet, Kind.ERASE, Erase((goal.event,)))
    await tablet.sync()
    for rid in await batches_like(tablet, lost):
        net.relay.forget(rid)
    early = await max_.sync()

    await settle(*trio)

    assert early.received == 1

    assert "better forgotten" not in await max_.texts()
    assert not any(b"forgotten" in (body or b"") for body in await bodies(max_))
    assert await agree(*trio)


async def test_a_removal_that_came_before_words_it_had_seen_counts_them_once_they_come(
    net: Net, trio: tuple[Device, Device, Device]
) -> None:
    """The laptop's removal of the tablet saw the tablet's words only by way of Max's answer."""
    ada, tablet, max_ = trio
    await settle(*trio)
    await tablet.share("said before the removal")
    await settle(tablet, max_, rounds=1)
    before = net.relay.newest()
    await max_.share("answer")
    await max_.sync()
    (answer,) = set(net.relay.newest().values()) - set(before.values())
    await ada.sync()
    await act(ada, Kind.MEMBER, RemoveDevice(tablet.journal.me.device, b""))
    await ada.sync()
    newcomer = await ada.second("newcomer")
    assert answer
    net.relay.forget(answer)

    await settle(newcomer, ada, max_)

    for device in (newcomer, ada, max_):
        assert await device.texts() == ["answer", "said before the removal"]
    assert await agree(newcomer, ada, max_)


async def test_erasing_twice_or_what_does_not_exist_is_harmless(
    pair: tuple[Device, Device],
) -> None:
    ada, max_ = pair
    goal = await ada.share("better forgotten")
    for _ in range(2):
        await act(ada, Kind.ERASE, Erase((goal.event, draw("no event"))))

    await settle(*pair)

    assert await max_.texts() == [""]
    assert await agree(*pair)


# --- what a newer version writes ------------------------------------------------------

NEWER = canonical.encode(
    {
        "kind": "tea.shared",
        "at": 1_750_000_000_000,
        "zone": "UTC",
        "date": "2025-06-15",
        "leaves": [1, 2, 3],
    }
)


async def test_content_of_an_unknown_kind_is_kept_byte_for_byte_and_passed_on(
    trio: tuple[Device, Device, Device],
) -> None:
    ada, tablet, max_ = trio
    name = await say_raw(ada, NEWER)
    await settle(ada, tablet, max_)

    for device in (tablet, max_):
        (shown,) = [s for s in await device.journal.log(Query()) if s.kind == "tea.shared"]
        assert isinstance(shown.content, UnknownContent)
        (body,) = await device.read(
            lambda db: db.execute("SELECT body FROM event WHERE id = ?", (name,)).fetchone()
        )
        assert NEWER in body
    assert await agree(*trio)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param(Kind.CONTENT, b"\xc1 not msgpack", id="content that cannot be read"),
        pytest.param(Kind.MEMBER, canonical.encode((99, "newer")), id="an unknown act"),
        pytest.param(77, b"newer", id="an unknown kind"),
    ],
)
async def test_what_nothing_can_be_made_of_is_kept_and_stops_nobody(
    trio: tuple[Device, Device, Device], kind: int, data: bytes
) -> None:
    ada, _, max_ = trio
    name = await say_raw(ada, data, kind)
    await settle(*trio)
    await max_.share("goes on")

    await settle(*trio)

    for device in trio:
        assert "goes on" in await device.texts()
        row = await device.read(
            lambda db: db.execute("SELECT 1 FROM event WHERE id = ?", (name,)).fetchone()
        )
        assert row is not None
        assert (await device.journal.doctor()).ok
    assert await agree(*trio)


@pytest.mark.parametrize("kind", [Kind.ROTATE, Kind.ERASE, Kind.MEMBER])
async def test_a_control_event_that_is_malformed_stops_nobody_else(
    trio: tuple[Device, Device, Device], kind: Kind
) -> None:
    """Protocol 2.6: it is void, and keeps its place in the chain."""
    ada, tablet, max_ = trio
    await say_raw(tablet, b"\xc1 malformed", kind)
    await tablet.share("after it")
    await settle(*trio)
    await ada.share("from the laptop")

    await settle(*trio)

    for device in (ada, max_):
        assert await device.texts() == ["after it", "from the laptop"]
    assert await agree(*trio)
