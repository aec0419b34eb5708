"""What only the SQLite store promises: durability, full disks, erased bytes."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from harness.relay_boxes import TODAY, HeldBox, sealed, token
from inglenook_schema import mailbox
from inglenook_schema.wire import Done, Status, ToRelay
from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.errors import StoreUnavailableError, StoreUnusableError
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import CreateMode, Rules
from inglenook_server.core.store import Cursor
from inglenook_server.stores.sqlite import SqliteStore

A = HeldBox("a", owned=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


@pytest_asyncio.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(path)
    yield opened
    await opened.close()


async def write(store: SqliteStore, **parts: Any) -> Outcome:
    return await store.write(Changes(ToRelay(**parts), TODAY, Rules(), Pace(10_000)))


def on_disk(path: Path) -> bytes:
    """All bytes of the database, its write-ahead log included."""
    return b"".join(part.read_bytes() for part in sorted(path.parent.iterdir()))


async def test_what_was_acknowledged_is_there_after_opening_again(path: Path) -> None:
    store = await SqliteStore.open(path)
    await write(store, make=(A.make(),), put=(A.put(sealed(0).blob),))
    await store.close()

    again = await SqliteStore.open(path)
    outcome = await write(again, put=(A.put(sealed(0).blob), A.put(sealed(1).blob)))
    await again.close()

    assert outcome.acks == (Done(Status.OK, 1), Done(Status.OK, 2))


async def test_an_answered_write_lies_in_the_file_even_if_nothing_is_closed(
    store: SqliteStore, path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await write(store, make=(A.make(),), put=(A.put(sealed(0).blob),))
    copy = tmp_path_factory.mktemp("copy")
    for part in path.parent.iterdir():
        (copy / part.name).write_bytes(part.read_bytes())

    after_a_crash = await SqliteStore.open(copy / path.name)
    outcome = await write(after_a_crash, put=(A.put(sealed(0).blob),))
    await after_a_crash.close()

    assert outcome.acks == (Done(Status.OK, 1),)


@pytest.mark.parametrize(
    "how", [pytest.param("author", id="by its author"), pytest.param("close", id="by closing")]
)
@pytest.mark.parametrize("size", [100, 20_000])
async def test_the_bytes_of_an_erased_blob_are_gone_when_it_is_acknowledged(
    store: SqliteStore, path: Path, how: str, size: int
) -> None:
    record = sealed("secret", size=size)
    needle = record.blob[100:132]
    await write(store, make=(A.make(),), put=(A.put(record.blob), A.put(sealed(1).blob)))
    assert needle in on_disk(path)

    erase = A.erase(1, record.erase_token) if how == "author" else A.erase(0, A.tokens.owner)
    outcome = await write(store, erase=(erase,))

    assert outcome.erased == (Done(Status.OK, 0),)
    assert needle not in on_disk(path)


async def test_bytes_that_a_reader_kept_in_the_log_go_with_the_next_write(
    store: SqliteStore, path: Path
) -> None:
    record = sealed("secret")
    needle = record.blob[100:132]
    await write(store, make=(A.make(),), put=(A.put(record.blob),))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM mailbox").fetchall()

    outcome = await write(store, erase=(A.erase(1, record.erase_token),))
    kept = needle in on_disk(path)
    other.close()
    await write(store, put=(A.put(sealed(1).blob),))

    assert outcome.erased == (Done(Status.OK, 0),)
    assert kept
    assert needle not in on_disk(path)


async def test_opening_empties_the_log_that_a_crash_left(
    store: SqliteStore, path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await write(store, make=(A.make(),), put=(A.put(sealed(0).blob),))
    copy = tmp_path_factory.mktemp("copy") / path.name
    for part in path.parent.iterdir():
        (copy.parent / part.name).write_bytes(part.read_bytes())
    log = copy.with_name(copy.name + "-wal")
    assert log.stat().st_size > 0

    again = await SqliteStore.open(copy)

    assert log.stat().st_size == 0
    await again.close()


async def test_a_full_disk_acknowledges_nothing_and_heals(store: SqliteStore) -> None:
    await write(store, make=(A.make(),), put=(A.put(sealed(0).blob),))
    large = tuple(A.put(sealed(number, size=20_000).blob) for number in range(20))
    await store._writer.execute("PRAGMA max_page_count = 20")

    with pytest.raises(StoreUnavailableError) as caught:
        await write(store, put=large)
    seen = await store.page(A.address, 0, 10**7, blobs=False)
    await store._writer.execute("PRAGMA max_page_count = 100000")
    after = await write(store, put=large)

    assert caught.value.reason == "SQLITE_FULL"
    assert seen is not None
    assert seen.n == 1
    assert [ack.n for ack in after.acks] == list(range(2, 22))


async def test_what_another_process_did_to_a_busy_mailbox_is_seen(
    store: SqliteStore, path: Path
) -> None:
    await write(store, make=(A.make(),), put=(A.put(sealed(0).blob),))
    other = await SqliteStore.open(path)
    await write(other, put=(A.put(sealed(1).blob), A.put(sealed(2).blob)))
    await other.close()

    outcome = await write(store, put=(A.put(sealed(3).blob), A.put(sealed(1).blob)))

    assert outcome.acks == (Done(Status.OK, 4), Done(Status.OK, 2))


async def test_a_disk_that_takes_no_writes_is_still_read(store: SqliteStore) -> None:
    await write(store, make=(A.make(),), put=(A.put(sealed(0).blob),))
    await store._writer.execute("PRAGMA query_only = ON")

    with pytest.raises(StoreUnavailableError) as caught:
        await write(store, put=(A.put(sealed(1).blob),))
    page = await store.page(A.address, 0, 10**6, blobs=True)
    await store.check()
    await store._writer.execute("PRAGMA query_only = OFF")

    assert caught.value.reason == "SQLITE_READONLY"
    assert page is not None
    assert (await write(store, put=(A.put(sealed(1).blob),))).acks == (Done(Status.OK, 2),)


async def test_a_file_held_by_another_program_makes_the_store_unavailable(
    store: SqliteStore, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError) as caught:
        await write(store, make=(A.make(),))
    other.execute("ROLLBACK")
    other.close()

    assert caught.value.reason == "SQLITE_BUSY"
    assert (await write(store, make=(A.make(),))).made == (Done(Status.OK, 0),)


async def test_a_closed_store_says_that_it_is_closed(path: Path) -> None:
    store = await SqliteStore.open(path)
    await store.close()

    for ask in (
        store.check(),
        store.look((Cursor(A.address, token(), 0),)),
        store.page(A.address, 0, 1_000, blobs=True),
        store.write(Changes(ToRelay(), TODAY, Rules(), Pace(1))),
    ):
        with pytest.raises(StoreUnavailableError):
            await ask


async def test_closing_loses_nothing_that_waits(path: Path) -> None:
    store = await SqliteStore.open(path)
    await write(store, make=(A.make(),))
    waiting = [
        asyncio.create_task(write(store, put=(A.put(sealed(number).blob),))) for number in range(9)
    ]
    await asyncio.sleep(0)

    await store.close()

    acked = [(await each).acks[0].n for each in waiting]
    with sqlite3.connect(path) as file:
        (stored,) = file.execute("SELECT count(*) FROM record").fetchone()
    assert stored == len(acked) == 9


async def test_no_log_line_holds_a_statement_or_its_parameters(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="aiosqlite")

    store = await SqliteStore.open(path)
    await write(store, make=(A.make(),), put=(A.put(sealed(0).blob),))
    await store.look((Cursor(A.address, token(), 0),))
    await store.close()

    assert [record for record in caplog.records if record.name.startswith("aiosqlite")] == []


async def test_a_voucher_made_by_another_process_counts_at_once(
    store: SqliteStore, path: Path
) -> None:
    operator = await SqliteStore.open(path)
    await operator.add_voucher(mailbox.token_hash(b"code"), 1)
    await operator.close()

    frame = ToRelay(make=(A.make(b"code"),))
    outcome = await store.write(Changes(frame, TODAY, Rules(CreateMode.TOKEN), Pace(9)))

    assert outcome.made == (Done(Status.OK, 0),)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(
            lambda file: file.execute("CREATE TABLE diary (day)"),
            "That file is not a relay's database.",
            id="another program's",
        ),
        pytest.param(
            lambda file: file.execute("PRAGMA application_id = 7"),
            "That file is not a relay's database.",
            id="another program's, empty",
        ),
        pytest.param(
            lambda file: file.executescript(
                "PRAGMA application_id = 1768843116; PRAGMA user_version = 99"
            ),
            "That database was written by a newer relay; update this one.",
            id="a newer relay's",
        ),
    ],
)
async def test_a_file_that_is_not_ours_is_refused_with_a_sentence(
    path: Path, make: Any, sentence: str
) -> None:
    with sqlite3.connect(path) as file:
        make(file)

    with pytest.raises(StoreUnusableError) as caught:
        await SqliteStore.open(path)

    assert str(caught.value) == sentence


@pytest.mark.parametrize("kind", ["no database", "no folder", "a folder"])
async def test_what_cannot_be_opened_is_refused_without_its_path(path: Path, kind: str) -> None:
    if kind == "no database":
        path.write_bytes(b"Dear diary, " * 500)
    elif kind == "a folder":
        path.mkdir()
    else:
        path = path.parent / "nowhere" / "relay.db"

    with pytest.raises(StoreUnusableError) as caught:
        await SqliteStore.open(path)

    assert str(caught.value).startswith("That database cannot be opened (SQLITE_")
    assert "relay.db" not in str(caught.value)


async def test_two_processes_may_open_a_new_file_at_once(path: Path) -> None:
    stores = await asyncio.gather(*(SqliteStore.open(path) for _ in range(3)))

    for store in stores:
        await write(store, make=(A.make(),))
        await store.close()


@pytest.mark.parametrize("text", ["LOOK", "PAGE", "RIDS", "PLACES", "STUBS", "MAILBOXES"])
async def test_every_read_goes_by_a_key_that_address_leads(store: SqliteStore, text: str) -> None:
    from inglenook_server.stores import sqlite_schema as sql

    widths = {"LOOK": 4, "PLACES": 2, "STUBS": 2, "MAILBOXES": 1}
    statement = getattr(sql, text)
    if text in widths:
        statement = statement.format(sql.values(4, widths[text]))
        asked: Any = [None] * (4 * widths[text])
    else:
        asked = {"address": b"", "after": 0, "room": 1, "entry_cost": 8, "most": 1}
        asked = {key: value for key, value in asked.items() if f":{key}" in statement}

    plan = await store._reader.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", asked)

    details = [row[3] for row in plan]
    assert not [line for line in details if line.startswith(("SCAN record", "SCAN mailbox"))]
    searches = [line for line in details if line.startswith(("SEARCH record", "SEARCH mailbox"))]
    assert searches
    assert all("(address=?" in line for line in searches)
