"""What every relay store promises; a new engine is one line in ``STORES``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import pytest_asyncio

from harness.relay_boxes import TODAY, HeldBox, heads, sealed
from inglenook_schema import mailbox
from inglenook_schema.wire import Done, Status, ToRelay
from inglenook_server.core.changes import Changes, Now, Outcome
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import CreateMode, Rules
from inglenook_server.core.store import ENTRY_COST, RID_COST, Cursor, Entry, Look, Page, Store
from inglenook_server.stores.memory import MemoryStore
from inglenook_server.stores.postgres import PostgresStore
from inglenook_server.stores.sqlite import SqliteStore

Opening: TypeAlias = Callable[[], Awaitable[Store]]


def memory(_: pytest.FixtureRequest) -> Opening:
    async def opening() -> Store:
        return MemoryStore()

    return opening


def sqlite(request: pytest.FixtureRequest) -> Opening:
    folder: Path = request.getfixturevalue("tmp_path")
    return partial(SqliteStore.open, folder / "relay.db")


def postgres(request: pytest.FixtureRequest) -> Opening:
    url: str = request.getfixturevalue("postgres_url")
    return partial(PostgresStore.open, url)


STORES = [memory, sqlite, postgres]

A, B = HeldBox("a"), HeldBox("b", owned=True)
OK = Done(Status.OK, 0)


@pytest.fixture(params=STORES, ids=lambda engine: engine.__name__)
def opening(request: pytest.FixtureRequest) -> Opening:
    engine: Callable[[pytest.FixtureRequest], Opening] = request.param
    return engine(request)


@pytest_asyncio.fixture
async def store(opening: Opening) -> AsyncIterator[Store]:
    opened = await opening()
    yield opened
    await opened.close()


async def write(
    store: Store,
    *,
    now: Now = TODAY,
    create: CreateMode = CreateMode.OPEN,
    touch: frozenset[bytes] = frozenset(),
    **parts: Any,
) -> Outcome:
    rules = Rules(create)
    return await store.write(Changes(ToRelay(**parts), now, rules, Pace(10_000), touch))


async def fill(store: Store, box: HeldBox, count: int, size: int = 100) -> list[bytes]:
    blobs = [sealed(number, size=size).blob for number in range(count)]
    await write(store, make=(box.make(),), put=tuple(box.put(blob) for blob in blobs))
    return blobs


async def look(store: Store, box: HeldBox, n: int = 0) -> Look | None:
    return (await store.look((Cursor(box.address, mailbox.token_hash(box.tokens.read), n),)))[0]


async def rids(store: Store, box: HeldBox) -> list[tuple[bytes, bool]]:
    page = await store.page(box.address, 0, 10**6, blobs=False)
    return [(entry.rid, entry.erased) for entry in page.entries] if page else []


async def test_what_was_written_is_read(store: Store) -> None:
    blobs = await fill(store, A, 3)
    running = heads(*(sealed(number).rid for number in range(3)))

    page = await store.page(A.address, 1, 10**6, blobs=True)

    assert await look(store, A, 2) == Look(3, running[3], running[2], TODAY.day)
    entries = tuple(Entry(sealed(n).rid, blobs[n], erased=False) for n in (1, 2))
    assert page == Page(3, running[3], entries)


async def test_a_look_answers_for_every_cursor_in_its_order(store: Store) -> None:
    await fill(store, A, 2)
    await fill(store, B, 1)
    right_a, right_b = (mailbox.token_hash(box.tokens.read) for box in (A, B))
    absent = HeldBox("absent").address

    looks = await store.look(
        (
            Cursor(B.address, right_b, 0),
            Cursor(A.address, right_b, 0),
            Cursor(absent, right_a, 0),
            Cursor(A.address, right_a, 9),
            Cursor(A.address, right_a, 0),
        )
    )

    assert [seen and seen.n for seen in looks] == [1, None, None, 2, 2]
    assert [seen and seen.head_there for seen in looks] == [b"", None, None, b"", b""]


async def test_lengths_are_told_of_the_mailboxes_that_are_there(store: Store) -> None:
    await fill(store, A, 3)
    await write(store, make=(B.make(),))
    many = [HeldBox(str(number)).address for number in range(300)]

    assert await store.lengths([*many, B.address, A.address]) == {A.address: 3, B.address: 0}
    assert await store.lengths([]) == {}


async def test_two_hundred_and_fifty_six_mailboxes_are_one_look(store: Store) -> None:
    boxes = [HeldBox(str(number)) for number in range(256)]
    await write(
        store,
        make=tuple(box.make() for box in boxes),
        put=tuple(box.put(sealed(box.name).blob) for box in boxes),
    )

    looks = await store.look(
        tuple(Cursor(box.address, mailbox.token_hash(box.tokens.read), 1) for box in boxes)
    )

    assert [seen and seen.head_there for seen in looks] == [
        heads(sealed(box.name).rid)[1] for box in boxes
    ]


async def test_many_puts_in_one_frame_keep_their_order(store: Store) -> None:
    blobs = await fill(store, A, 700, size=1)

    page = await store.page(A.address, 0, 10**7, blobs=True)

    assert page is not None
    assert [entry.blob for entry in page.entries] == blobs


async def test_a_page_costs_no_more_than_its_room(store: Store) -> None:
    blobs = await fill(store, A, 5)
    cost = len(blobs[0]) + ENTRY_COST

    pages = [
        await store.page(A.address, 0, room, blobs=True)
        for room in (cost - 1, cost, 2 * cost, 3 * cost - 1)
    ]

    assert [page and len(page.entries) for page in pages] == [None, 1, 2, 2]


async def test_a_page_of_rids_costs_no_more_than_its_room(store: Store) -> None:
    await fill(store, A, 5)

    pages = [
        await store.page(A.address, 0, room, blobs=False)
        for room in (RID_COST - 1, RID_COST, 3 * RID_COST - 1)
    ]

    assert [page and len(page.entries) for page in pages] == [None, 1, 2]


@pytest.mark.parametrize("blobs", [True, False])
async def test_there_is_no_page_past_the_end_or_without_a_mailbox(
    store: Store, blobs: bool
) -> None:
    await fill(store, A, 2)

    assert await store.page(A.address, 2, 10**6, blobs=blobs) is None
    assert await store.page(A.address, 2**63 - 1, 10**6, blobs=blobs) is None
    assert await store.page(B.address, 0, 10**6, blobs=blobs) is None


async def test_a_record_is_known_by_its_rid_in_later_writes(store: Store) -> None:
    blobs = await fill(store, A, 3)

    outcome = await write(store, put=(A.put(blobs[2]), A.put(sealed("new").blob)))

    assert outcome.acks == (Done(Status.OK, 3), Done(Status.OK, 4))
    assert dict(outcome.grown) == {A.address: 4}


async def test_writes_at_once_get_positions_without_gaps_or_repeats(store: Store) -> None:
    await write(store, make=(A.make(), B.make()))
    blobs = [sealed(number).blob for number in range(40)]

    outcomes = await asyncio.gather(
        *(write(store, put=(A.put(blob), B.put(blob), A.put(blob))) for blob in blobs)
    )

    for column in (0, 1):
        positions = [outcome.acks[column].n for outcome in outcomes]
        assert sorted(positions) == list(range(1, 41))
    assert all(outcome.acks[2] == outcome.acks[0] for outcome in outcomes)
    order = {outcome.acks[0].n: blob for outcome, blob in zip(outcomes, blobs, strict=True)}
    page = await store.page(A.address, 0, 10**6, blobs=True)
    assert page is not None
    assert [entry.blob for entry in page.entries] == [order[n] for n in range(1, 41)]


async def test_racing_puts_of_one_record_end_at_one_place(store: Store) -> None:
    await write(store, make=(A.make(),))
    put = A.put(sealed(0).blob)

    outcomes = await asyncio.gather(*(write(store, put=(put,)) for _ in range(10)))

    assert {outcome.acks for outcome in outcomes} == {(Done(Status.OK, 1),)}


async def test_an_erased_record_keeps_its_rid_and_can_be_erased_again(store: Store) -> None:
    await fill(store, A, 3)
    erase = A.erase(2, sealed(1).erase_token)

    first = await write(store, erase=(erase,))
    again = await write(store, erase=(erase,))
    page = await store.page(A.address, 0, 10**6, blobs=True)

    assert first.erased == again.erased == (OK,)
    assert page is not None
    assert page.entries[1] == Entry(sealed(1).rid, b"", erased=True)
    assert [erased for _, erased in await rids(store, A)] == [False, True, False]


async def test_an_erased_record_is_not_put_again(store: Store) -> None:
    await fill(store, A, 2)
    await write(store, erase=(A.erase(1, sealed(0).erase_token),))

    outcome = await write(store, put=(A.put(sealed(0).blob),))

    assert outcome.acks == (Done(Status.OK, 1),)
    assert [erased for _, erased in await rids(store, A)] == [True, False]


async def test_a_closed_mailbox_holds_nothing_and_stays_closed(store: Store) -> None:
    await fill(store, B, 3)
    await fill(store, A, 1)

    closed = await write(store, erase=(B.erase(0, B.tokens.owner),))
    after = await write(store, put=(B.put(sealed("new").blob),), make=(B.make(),))

    assert closed.erased == (OK,)
    assert (after.acks, after.made) == ((Done(Status.CLOSED, 0),), (Done(Status.CLOSED, 0),))
    assert [erased for _, erased in await rids(store, B)] == [True, True, True]
    assert [erased for _, erased in await rids(store, A)] == [False]


async def test_make_put_and_erase_of_one_frame_are_one_write(store: Store) -> None:
    outcome = await write(
        store,
        make=(B.make(),),
        put=(B.put(sealed(0).blob), B.put(sealed(1).blob)),
        erase=(B.erase(1, B.tokens.owner),),
    )

    assert outcome == Outcome(
        (OK,), (Done(Status.OK, 1), Done(Status.OK, 2)), (OK,), {B.address: 2}
    )
    assert [erased for _, erased in await rids(store, B)] == [True, False]


async def test_a_voucher_is_spent_once_a_use(store: Store) -> None:
    code_hash = mailbox.token_hash(b"code")
    await store.add_voucher(code_hash, 1)
    boxes = [HeldBox(name) for name in "abcd"]

    async def make(box: HeldBox) -> Status:
        outcome = await write(store, create=CreateMode.TOKEN, make=(box.make(b"code"),))
        return outcome.made[0].status

    first = await asyncio.gather(*(make(box) for box in boxes[:3]))
    await store.add_voucher(code_hash, 1)
    second = await make(boxes[3])

    assert sorted(first) == [Status.OK, Status.REFUSED, Status.REFUSED]
    assert second is Status.OK


async def test_the_day_of_use_is_kept_by_puts_and_by_touching(store: Store) -> None:
    await fill(store, A, 1)
    await fill(store, B, 1)
    later = TODAY._replace(day=TODAY.day + 2)

    await write(store, now=later, put=(A.put(sealed("new").blob),))
    await write(store, now=later, touch=frozenset({B.address, HeldBox("absent").address}))

    for box in (A, B):
        seen = await look(store, box)
        assert seen is not None
        assert seen.used_day == TODAY.day + 2


async def test_a_write_that_changes_nothing_is_answered(store: Store) -> None:
    outcome = await write(store, put=(A.put(sealed(0).blob),), erase=(A.erase(1, bytes(32)),))

    assert outcome == Outcome((), (Done(Status.UNKNOWN, 0),), (Done(Status.UNKNOWN, 0),), {})


async def test_a_store_in_health_says_so(store: Store) -> None:
    await store.check()
