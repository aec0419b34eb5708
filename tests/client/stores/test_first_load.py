"""What comes into a file that is small beside it is written once, and all of it or nothing."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from harness.logs import draw
from inglenook_client.stores.connection import Db, Store

KEY = draw("key")
COMING = 2_000_000
MODE, SYNCHRONOUS = "PRAGMA journal_mode", "PRAGMA synchronous"


@pytest.fixture
async def store(home: Path) -> AsyncIterator[Store]:
    opened = await Store(home / "journal.db", KEY).open()
    yield opened
    await opened.close()


def fill(db: Db) -> None:
    db.execute("PRAGMA cache_size = 10")  # so that pages reach the file before the end
    db.execute("UPDATE news SET text = 'changed'")
    db.execute("INSERT INTO news(text) VALUES(hex(zeroblob(?)))", (COMING // 2,))


def lines(db: Db) -> list[tuple[int]]:
    return cast("list[tuple[int]]", db.execute("SELECT length(text) FROM news").fetchall())


def setting(db: Any, pragma: str) -> str:
    (found,) = db.execute(pragma).fetchone()
    return str(found)


async def kept(path: Path) -> list[tuple[int]]:
    store = await Store(path, KEY).open()
    try:
        return await store.read(lines)
    finally:
        await store.close()


async def write_first(store: Store) -> None:
    await store.write(lambda db: db.execute("INSERT INTO news(text) VALUES('first')"))


async def test_a_first_load_goes_to_the_file_and_not_through_the_log(
    home: Path, store: Store
) -> None:
    await write_first(store)

    await store.write(fill, coming=COMING)

    assert not (home / "journal.db-wal").exists() or not (home / "journal.db-wal").stat().st_size
    assert (home / "journal.db").stat().st_size > COMING
    assert await store.read(lines) == [(7,), (COMING,)]


async def test_after_a_first_load_the_log_is_used_again(store: Store) -> None:
    inside = list[str]()

    def work(db: Db) -> None:
        fill(db)
        inside.extend(setting(db, pragma) for pragma in (MODE, SYNCHRONOUS))

    await store.write(work, coming=COMING)

    assert inside == ["delete", "3"]
    assert await store.read(lambda db: setting(db, MODE)) == "wal"
    assert await store.read(lambda db: setting(db, SYNCHRONOUS)) == "2"


async def test_what_a_kill_leaves_of_a_first_load_opens_as_it_was_before(
    base: Path, home: Path, store: Store
) -> None:
    await write_first(store)
    left = base / "left"

    def work(db: Db) -> None:
        fill(db)
        shutil.copytree(home, left)

    await store.write(work, coming=COMING)

    assert (left / "journal.db").stat().st_size > COMING, "nothing had reached the file"
    assert await kept(left / "journal.db") == [(5,)]


async def test_a_first_load_that_fails_changes_nothing(store: Store) -> None:
    await write_first(store)

    def work(db: Db) -> None:
        fill(db)
        raise KeyError

    with pytest.raises(KeyError):
        await store.write(work, coming=COMING)

    assert await store.read(lines) == [(5,)]
    assert await store.read(lambda db: setting(db, MODE)) == "wal"


async def test_where_another_has_the_file_open_a_first_load_lets_it_read(
    home: Path, store: Store
) -> None:
    await write_first(store)
    other = await Store(home / "journal.db", KEY).open()
    await other.read(lines)

    def work(db: Db) -> str:
        fill(db)
        return setting(db, MODE)

    assert await store.write(work, coming=COMING) == "wal"
    assert await other.read(lines) == [(7,), (COMING,)]
    await other.close()


async def test_what_comes_into_a_file_with_more_goes_through_the_log(store: Store) -> None:
    await store.write(fill, coming=COMING)

    def work(db: Db) -> str:
        fill(db)
        return setting(db, MODE)

    assert await store.write(work, coming=COMING) == "wal"
