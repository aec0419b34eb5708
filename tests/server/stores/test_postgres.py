"""What only the PostgreSQL store promises: several processes, one transaction a mailbox."""

import asyncio
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from harness.postgres import PostgresServer
from harness.relay_boxes import TODAY, HeldBox, heads, sealed
from harness.relay_process import relay_process
from inglenook_schema import mailbox
from inglenook_schema.wire import Done, Status, ToRelay
from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError, StoreUnusableError
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import CreateMode, Rules
from inglenook_server.core.store import Cursor, Entry
from inglenook_server.stores import postgres_schema as sql
from inglenook_server.stores.postgres import PostgresStore

A, B = HeldBox("a", owned=True), HeldBox("b")
OK = Done(Status.OK, 0)


@pytest_asyncio.fixture
async def store(postgres_url: str) -> AsyncIterator[PostgresStore]:
    opened = await PostgresStore.open(postgres_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def other(postgres_url: str) -> AsyncIterator[PostgresStore]:
    """A second pool over the same database, as a second process has it."""
    opened = await PostgresStore.open(postgres_url)
    yield opened
    await opened.close()


async def write(
    store: PostgresStore, create: CreateMode = CreateMode.OPEN, **parts: Any
) -> Outcome:
    return await store.write(Changes(ToRelay(**parts), TODAY, Rules(create), Pace(10_000)))


async def entries(store: PostgresStore, box: HeldBox) -> tuple[Entry, ...]:
    page = await store.page(box.address, 0, 10**6, blobs=False)
    return page.entries if page else ()


async def length(store: PostgresStore, box: HeldBox) -> int:
    (seen,) = await store.look((Cursor(box.address, mailbox.token_hash(box.tokens.read), 0),))
    return seen.n if seen else -1


@asynccontextmanager
async def held(url: str, box: HeldBox) -> AsyncIterator[None]:
    """Somebody else's transaction that holds a mailbox's row until the block ends."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.fetchrow(sql.LOCK_MAILBOX, box.address)
            yield
    finally:
        await connection.close()


async def test_racing_writers_leave_no_gap_and_nothing_is_seen_out_of_order(
    store: PostgresStore, other: PostgresStore
) -> None:
    await write(store, make=(A.make(),))
    blobs = [sealed(number).blob for number in range(60)]
    seen: list[tuple[bytes, ...]] = []

    async def put_all(through: PostgresStore, order: list[bytes]) -> dict[bytes, int]:
        positions: dict[bytes, int] = {}

        async def put_some(some: list[bytes]) -> None:
            for blob in some:
                positions[blob] = (await write(through, put=(A.put(blob),))).acks[0].n

        await asyncio.gather(*(put_some(order[start::4]) for start in range(4)))
        return positions

    async def watch() -> None:
        while not seen or len(seen[-1]) < len(blobs):
            page = await other.page(A.address, 0, 10**6, blobs=False)
            if page is not None:
                rids = tuple(entry.rid for entry in page.entries)
                assert (page.n, page.head) == (len(rids), heads(*rids)[-1])
                seen.append(rids)

    first, second, _ = await asyncio.gather(
        put_all(store, blobs), put_all(other, blobs[::-1]), watch()
    )

    assert first == second
    assert sorted(first.values()) == list(range(1, 61))
    assert all(late[: len(early)] == early for early, late in pairwise(seen))
    assert len(seen) > 2


@pytest.mark.timeout(90)
def test_two_relays_on_one_database_are_one_relay(postgres_url: str) -> None:
    frames = [ToRelay(put=(A.put(sealed(number // 2).blob),)) for number in range(80)]
    with relay_process(postgres_url) as one, relay_process(postgres_url) as two:
        relays = (one, two)
        made = [relay.ask(ToRelay(make=(A.make(),))).made for relay in relays]

        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(relays[i % 2].ask, frame) for i, frame in enumerate(frames)]
            positions = [task.result().acks[0].n for task in asked]
        read = [relay.ask(ToRelay(want=(A.want(),))).boxes[0] for relay in relays]
        ended = [relay.end() for relay in relays]

    assert made == [(OK,), (OK,)]
    assert positions[::2] == positions[1::2]
    assert sorted(positions[::2]) == list(range(1, 41))
    assert read[0] == read[1]
    assert read[0].n == 40
    assert ended == [(0, "", "")] * 2


async def test_a_mailbox_made_twice_at_once_is_one(
    store: PostgresStore, other: PostgresStore
) -> None:
    boxes = [HeldBox(str(number)) for number in range(20)]

    outcomes = await asyncio.gather(
        *(
            write(through, make=(box.make(),), put=(box.put(sealed(name).blob),))
            for box in boxes
            for name, through in enumerate((store, other))
        )
    )

    assert {outcome.made for outcome in outcomes} == {(OK,)}
    for at, box in enumerate(boxes):
        pair = outcomes[2 * at : 2 * at + 2]
        assert sorted(outcome.acks[0].n for outcome in pair) == [1, 2]
        assert await length(store, box) == 2


async def test_a_vouchers_last_use_is_spent_once_by_two_processes(
    store: PostgresStore, other: PostgresStore
) -> None:
    await store.add_voucher(mailbox.token_hash(b"code"), 5)

    outcomes = await asyncio.gather(
        *(
            write(through, CreateMode.TOKEN, make=(HeldBox(f"{at} {number}").make(b"code"),))
            for at, through in enumerate((store, other))
            for number in range(6)
        )
    )

    statuses = [outcome.made[0].status for outcome in outcomes]
    assert statuses.count(Status.OK) == 5
    assert statuses.count(Status.REFUSED) == 7


async def test_no_put_waits_for_another_mailbox(store: PostgresStore, postgres_url: str) -> None:
    await write(store, make=(A.make(), B.make()))

    async with held(postgres_url, A):
        both = asyncio.create_task(write(store, put=(A.put(sealed(1).blob), B.put(sealed(1).blob))))
        while await length(store, B) < 1:
            pass
        alone = await write(store, put=(B.put(sealed(2).blob),))
        waited, there = not both.done(), await length(store, A)
    outcome = await both

    assert waited
    assert there == 0
    assert alone.acks == (Done(Status.OK, 2),)
    assert outcome.acks == (Done(Status.OK, 1), Done(Status.OK, 1))


async def test_a_busy_mailbox_takes_one_connection(store: PostgresStore, postgres_url: str) -> None:
    await write(store, make=(A.make(), B.make()))

    async with held(postgres_url, A):
        tasks = [
            asyncio.create_task(write(store, put=(A.put(sealed(number).blob),)))
            for number in range(50)
        ]
        outcome = await write(store, put=(B.put(sealed(0).blob),))
    acks = [(await task).acks[0].n for task in tasks]

    assert outcome.acks == (Done(Status.OK, 1),)
    assert sorted(acks) == list(range(1, 51))


async def test_who_hangs_up_stops_no_transaction(store: PostgresStore, postgres_url: str) -> None:
    await write(store, make=(A.make(),))

    async with held(postgres_url, A):
        task = asyncio.create_task(write(store, put=(A.put(sealed(0).blob),)))
        await store.check()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await store.close()
    again = await PostgresStore.open(postgres_url)

    assert await length(again, A) == 1
    await again.close()


@pytest.mark.timeout(90)
async def test_a_server_killed_under_load_loses_nothing_acknowledged(
    store: PostgresStore, postgres_server: PostgresServer
) -> None:
    boxes = [HeldBox(str(number)) for number in range(6)]
    await write(store, make=tuple(box.make() for box in boxes))
    acknowledged: dict[tuple[bytes, bytes], int] = {}
    enough = asyncio.Event()

    async def load(box: HeldBox) -> str:
        for number in range(10_000):
            record = sealed(box.name, number)
            try:
                outcome = await write(store, put=(box.put(record.blob),))
            except StoreUnavailableError as error:
                return error.reason
            acknowledged[box.address, record.rid] = outcome.acks[0].n
            if len(acknowledged) > 200:
                enough.set()
        raise AssertionError("it was never killed")

    tasks = [asyncio.create_task(load(box)) for box in boxes]
    await enough.wait()
    postgres_server.kill()
    reasons = [await task for task in tasks]
    with pytest.raises(StoreUnavailableError):
        await store.check()
    postgres_server.start()

    await store.check()
    for box in boxes:
        kept = {entry.rid: n for n, entry in enumerate(await entries(store, box), start=1)}
        mine = {rid: n for (address, rid), n in acknowledged.items() if address == box.address}
        assert mine.items() <= kept.items()
        more = await write(store, put=(box.put(sealed("more").blob),))
        assert more.acks == (Done(Status.OK, len(kept) + 1),)
    assert all(re.fullmatch(r"\w+", reason) for reason in reasons)


@pytest.mark.usefixtures("store")
async def test_every_key_of_mailboxes_and_records_begins_with_the_address(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    schema = postgres_url.rpartition("=")[2]

    rows = postgres_server.sql(
        f"""
        SELECT relname, attname FROM pg_index
        JOIN pg_class ON pg_class.oid = indrelid
        JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE relnamespace = '{schema}'::regnamespace AND indisunique ORDER BY 1
        """
    )

    assert rows.splitlines() == [
        *("mailbox|address", "record|address", "record|address"),
        *("relay_meta|version", "survey|survey", "survey_row|survey", "voucher|code_hash"),
    ]


def test_every_statement_on_mailboxes_and_records_names_one_address() -> None:
    statements = {
        name: text
        for name, text in vars(sql).items()
        if isinstance(text, str) and re.search(r"(FROM|UPDATE|INTO|JOIN) (mailbox|record)\b", text)
    }

    assert len(statements) >= 11
    for name, text in statements.items():
        reads = len(re.findall(r"(?:FROM|UPDATE) (?:mailbox|record)\b", text))
        joins = len(re.findall(r"JOIN record ON record\.address = mailbox\.address\b", text))
        inserts = len(
            re.findall(r"INTO (?:mailbox|record)\s*\(address,[^)]*\)\s*VALUES \(\$1,", text)
        )
        assert len(re.findall(r"\baddress = \$1", text)) == reads, name
        assert len(re.findall(r"\b(?:mailbox|record) ON|JOIN", text)) in (0, 2 * joins), name
        assert reads + inserts >= 1, name


async def test_two_processes_may_start_at_once_on_an_empty_database(postgres_url: str) -> None:
    stores = await asyncio.gather(*(PostgresStore.open(postgres_url) for _ in range(3)))

    await write(stores[0], make=(A.make(),))

    assert [await length(store, A) for store in stores] == [0, 0, 0]
    await asyncio.gather(*(store.close() for store in stores))


@pytest.mark.usefixtures("store")
async def test_a_newer_relays_database_is_left_alone(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    schema = postgres_url.rpartition("=")[2]
    postgres_server.sql(f"UPDATE {schema}.relay_meta SET version = version + 1")

    with pytest.raises(StoreUnusableError, match="newer relay"):
        await PostgresStore.open(postgres_url)


async def test_somebody_elses_database_is_left_alone(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    schema = postgres_url.rpartition("=")[2]
    postgres_server.sql(f"CREATE TABLE {schema}.mailbox (letters text)")

    with pytest.raises(StoreUnusableError, match="not a relay's"):
        await PostgresStore.open(postgres_url)

    assert postgres_server.sql(f"SELECT count(*) FROM {schema}.mailbox") == "0"
    assert postgres_server.sql(f"SELECT to_regclass('{schema}.relay_meta')") == ""


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://relay@/postgres?host=/nowhere", id="no server"),
        pytest.param("postgresql://relay@localhost:no/postgres", id="no port"),
        pytest.param("postgresql://relay@h/x?sslmode=odd", id="no such mode"),
    ],
)
async def test_a_database_that_is_not_there_is_a_sentence(url: str) -> None:
    with pytest.raises(StoreUnusableError, match=r"^That database cannot be opened \(\w+\)\.$"):
        await PostgresStore.open(url)


async def test_a_failure_is_named_without_what_was_asked(
    store: PostgresStore, postgres_url: str, postgres_server: PostgresServer
) -> None:
    await write(store, make=(A.make(),))
    schema = postgres_url.rpartition("=")[2]
    postgres_server.sql(f"ALTER TABLE {schema}.record ADD CHECK (n < 2)")

    with pytest.raises(StoreUnavailableError) as failed:
        await write(store, put=(A.put(sealed(0).blob), A.put(sealed(1).blob)))

    assert failed.value.reason == "CheckViolationError"
    assert await length(store, A) == 0


async def test_a_closed_store_says_so(postgres_url: str) -> None:
    store = await PostgresStore.open(postgres_url)
    await store.close()

    for asked in (write(store, make=(A.make(),)), store.check(), length(store, A)):
        with pytest.raises(StoreUnavailableError):
            await asked
