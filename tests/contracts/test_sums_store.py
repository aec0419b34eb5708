"""What every store of surveys promises; a new engine is one line in ``STORES``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from inglenook_server.core.errors import StoreUnusableError
from inglenook_server.core.sums.store import SELF, Change, Kind, SumsStore, Survey, Wanted
from inglenook_server.stores.memory import MemoryStore
from inglenook_server.stores.postgres import PostgresStore
from inglenook_server.stores.sqlite import SqliteStore
from inglenook_server.stores.sqlite_sums import WitnessFile

ONE, OTHER = bytes([1]) * 32, bytes([2]) * 32
STORES = ["memory", "sqlite", "witness", "postgres"]
ALL = (Wanted(Kind.ANSWER, None), Wanted(Kind.STATE))


@pytest_asyncio.fixture(params=STORES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SumsStore]:
    folder: Path = request.getfixturevalue("tmp_path")
    if request.param == "witness":
        own = await WitnessFile.open(folder / "witness.db")
        yield own
        await own.close()
        return
    opened = {
        "memory": _memory,
        "sqlite": lambda: SqliteStore.open(folder / "relay.db"),
        "postgres": lambda: PostgresStore.open(request.getfixturevalue("postgres_url")),
    }
    engine = await opened[request.param]()
    yield engine.sums
    await engine.close()


async def _memory() -> MemoryStore:
    return MemoryStore()


def change(version: int, *answers: bytes, due: bool | None = None) -> Change:
    made = Change(version, due=due)
    for answer in answers:
        made.set(Kind.ANSWER, b"value of " + answer, answer)
    return made


async def test_what_is_not_there_has_no_version_and_no_rows(store: SumsStore) -> None:
    rows = await store.load(ONE, ALL)

    assert (rows.version, rows.found, await store.surveys()) == (0, {}, [])


async def test_a_change_is_there_whole_and_only_in_its_survey(store: SumsStore) -> None:
    assert await store.save(ONE, change(0, b"b", b"a"))

    rows = await store.load(ONE, ALL)
    assert rows.version == 1
    assert rows.all(Kind.ANSWER) == [(b"a", b"value of a"), (b"b", b"value of b")]
    assert (await store.load(OTHER, ALL)).found == {}


async def test_a_change_that_was_decided_on_older_rows_is_thrown_away(store: SumsStore) -> None:
    await store.save(ONE, change(0, b"a"))

    assert not await store.save(ONE, change(0, b"late"))
    assert not await store.save(ONE, change(2, b"early"))
    assert await store.save(ONE, change(1, b"next"))
    names = [name for name, _ in (await store.load(ONE, ALL)).all(Kind.ANSWER)]
    assert names == [b"a", b"next"]


async def test_of_two_changes_at_once_one_is_thrown_away(store: SumsStore) -> None:
    await store.save(ONE, change(0))

    for version in range(1, 6):
        both = await asyncio.gather(
            store.save(ONE, change(version, b"one")), store.save(ONE, change(version, b"two"))
        )
        assert sorted(both) == [False, True]


async def test_of_two_that_make_a_survey_one_is_thrown_away(store: SumsStore) -> None:
    both = await asyncio.gather(
        store.save(ONE, change(0, b"one")), store.save(ONE, change(0, b"two"))
    )

    assert sorted(both) == [False, True]
    assert len((await store.load(ONE, ALL)).found) == 1


async def test_clears_come_first_then_drops_then_puts(store: SumsStore) -> None:
    await store.save(ONE, change(0, b"a", b"b", b"c"))
    mixed = Change(1, clear={Kind.ANSWER})
    mixed.remove(Kind.ANSWER, [b"z"])
    mixed.remove(Kind.STATE, [b""])
    mixed.set(Kind.ANSWER, b"new", b"a")
    mixed.set(Kind.STATE, b"state")

    assert await store.save(ONE, mixed)

    assert (await store.load(ONE, ALL)).found == {
        (Kind.ANSWER, b"a"): b"new",
        (Kind.STATE, b""): b"state",
    }


async def test_the_first_rows_of_a_kind_come_in_the_order_of_their_ids(store: SumsStore) -> None:
    await store.save(ONE, change(0, b"\x02", b"\x00\xff", b"\xff", b"\x01"))

    rows = await store.load(ONE, (Wanted(Kind.ANSWER, None, 3),))

    assert [name for name, _ in rows.all(Kind.ANSWER)] == [b"\x00\xff", b"\x01", b"\x02"]


async def test_whether_errands_wait_stays_until_it_is_said_again(store: SumsStore) -> None:
    await store.save(ONE, change(0, due=True))
    await store.save(OTHER, change(0))
    await store.save(SELF, change(0))
    await store.save(ONE, change(1, b"a"))

    assert await store.surveys() == [Survey(ONE, due=True), Survey(OTHER, due=False)]
    await store.save(ONE, change(2, due=False))
    assert (await store.surveys())[0] == Survey(ONE, due=False)


@pytest.mark.parametrize("whose", ["relay", "witness"])
async def test_what_was_deleted_is_gone_from_the_file_and_its_log(
    tmp_path: Path, whose: str
) -> None:
    store: WitnessFile | SqliteStore
    if whose == "witness":
        sums = store = await WitnessFile.open(tmp_path / "it.db")
    else:
        store = await SqliteStore.open(tmp_path / "it.db")
        sums = store.sums
    secret = b"a sealed half of an answer" * 400
    put = Change(0)
    put.set(Kind.ANSWER, secret, b"a")
    await sums.save(ONE, put)
    there = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    await sums.save(ONE, Change(1, clear={Kind.ANSWER}))
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    await store.close()

    assert secret[:100] in there
    assert secret[:26] not in left


async def test_a_relay_does_not_take_a_witness_s_file(tmp_path: Path) -> None:
    await (await WitnessFile.open(tmp_path / "it.db")).close()

    with pytest.raises(StoreUnusableError, match="not a relay's"):
        await SqliteStore.open(tmp_path / "it.db")
