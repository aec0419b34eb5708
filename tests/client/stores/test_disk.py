"""The database as a file: what lies in it, who can open it, what survives a sudden end."""

import asyncio
import base64
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlcipher3

from harness.logs import draw
from inglenook_client.journal import composing
from inglenook_client.journal.folder import DATABASE
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query
from inglenook_client.stores import tables
from inglenook_client.stores.connection import Store, translated
from inglenook_client.stores.errors import (
    BusyStoreError,
    CannotStoreError,
    DamagedStoreError,
    NewerStoreError,
    StoreError,
)
from inglenook_schema.errors import InglenookError
from inglenook_schema.events.writing import EntryWritten

KEY = draw("key")
CANARY = "the heron stood in the millrace"
SCRIPT = Path(__file__).with_name("appending.py")
SLOW = pytest.mark.timeout(120)


@pytest.fixture
async def journal(home: Path) -> AsyncIterator[Journal]:
    made = await Journal.create(
        home, KEY, name="Ada Heron", relay=None, voucher=None, device_label="heron laptop"
    )
    yield made
    await made.close()


async def write(journal: Journal, text: str = CANARY) -> bytes:
    at, zone, date = composing.moment()
    said = EntryWritten(at=at, zone=zone, date=date, text=text, tags=(f"tag {text}",))
    return (await journal.append(await journal.space(None), said)).event


def start(job: str, home: Path, *args: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), job, str(home), KEY.hex(), *map(str, args)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def said(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate("go\n", timeout=100)
    assert process.returncode == 0, err
    return out.splitlines()


# --- secrecy --------------------------------------------------------------------------


def guises(words: str) -> Iterator[bytes]:
    """How words might leak."""
    plain = words.encode()
    yield from (plain, plain[::-1], plain.hex().encode(), plain.lower(), plain.upper())
    yield from (words.encode("utf-16-le"), words.encode("utf-16-be"))
    yield from (base64.b64encode(bytes(n) + plain)[4:-4] for n in range(3))


def leaks(home: Path, *secrets: bytes) -> list[tuple[str, bytes]]:
    files = [file for file in home.rglob("*") if file.is_file()]
    return [(f.name, s) for f in files for data in [f.read_bytes()] for s in secrets if s in data]


async def test_no_file_of_a_data_folder_holds_a_word_in_clear(home: Path, journal: Journal) -> None:
    for number in range(70):  # so that the index is written as well
        await write(journal, f"{CANARY} {number}")
    assert await journal.search("millrace")
    secrets = [guise for words in (CANARY, "Ada Heron", "heron laptop") for guise in guises(words)]

    while_open = leaks(home, *secrets)
    names = {file.name for file in home.iterdir()}
    await journal.close()

    assert f"{DATABASE}-wal" in names
    assert while_open == leaks(home, *secrets) == []


async def test_the_search_for_words_in_clear_would_find_them(home: Path) -> None:
    """Shows that the test above can fail."""
    with sqlcipher3.connect(str(home / "plain.db")) as plain:
        plain.execute("CREATE TABLE words(word)")
        plain.execute("INSERT INTO words VALUES(?)", (CANARY,))
    plain.close()

    assert leaks(home, *guises(CANARY))


async def test_no_file_of_a_data_folder_holds_the_key(home: Path, journal: Journal) -> None:
    await write(journal)

    assert leaks(home, KEY, KEY.hex().encode(), KEY.hex().upper().encode()) == []


async def test_an_erased_body_leaves_no_copy_in_the_pages_of_the_database(
    journal: Journal,
) -> None:
    (setting,) = await journal.store.read(lambda db: db.execute("PRAGMA secure_delete").fetchone())
    (temporary,) = await journal.store.read(lambda db: db.execute("PRAGMA temp_store").fetchone())

    assert (setting, temporary) == (1, 2)


async def test_only_the_owner_may_read_the_incarnation_number(home: Path, journal: Journal) -> None:
    await write(journal)

    assert (home / "incarnation").stat().st_mode & 0o077 == 0


async def test_nothing_is_logged_even_where_everything_is(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    journal = await Journal.create(
        home, KEY, name="Ada Heron", relay=None, voucher=None, device_label="heron laptop"
    )
    await write(journal)
    await journal.search("heron")
    await journal.log(Query())
    await journal.close()

    names = {record.name for record in caplog.records}
    assert not {name for name in names if "sql" in name.lower() or "inglenook" in name}
    assert "heron" not in caplog.text.lower()
    assert KEY.hex() not in caplog.text


async def test_the_driver_would_log_if_it_were_let(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the test above can fail; even then no word of a person's is in it."""
    log = logging.getLogger("aiosqlite")
    for name, value in (("disabled", False), ("propagate", True)):
        monkeypatch.setattr(log, name, value)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "aiosqlite")

    journal = await Journal.create(
        home, KEY, name="Ada Heron", relay=None, voucher=None, device_label="heron laptop"
    )
    await write(journal)
    await journal.close()

    assert "aiosqlite" in {record.name for record in caplog.records}
    assert "heron" not in caplog.text.lower()
    assert KEY.hex() not in caplog.text


# --- keys and damage ------------------------------------------------------------------


async def test_a_wrong_key_is_told_and_changes_nothing(home: Path, journal: Journal) -> None:
    await write(journal)
    await journal.close()
    before = (home / DATABASE).read_bytes()

    with pytest.raises(DamagedStoreError):
        await Journal.open(home, draw("another key"))

    assert (home / DATABASE).read_bytes() == before
    async with await Journal.open(home, KEY) as again:
        assert [shown.text for shown in await again.log(Query())] == [CANARY]


@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.9])
async def test_a_damaged_file_is_told_as_that_and_never_in_the_drivers_words(
    home: Path, journal: Journal, place: float
) -> None:
    for number in range(5):
        await write(journal, f"{CANARY} {number}")
    await journal.close()
    file = home / DATABASE
    data = bytearray(file.read_bytes())
    at = int(len(data) * place)
    data[at : at + 4096] = bytes(4096)
    file.write_bytes(data)

    assert await _told(home) == "damaged"


async def _told(home: Path) -> str:
    """The code of the error that reading everything ends with, or that the doctor finds."""
    try:
        async with await Journal.open(home, KEY) as again:
            await again.log(Query())
            return "whole" if (await again.doctor()).ok else "damaged"
    except InglenookError as error:
        return error.code


async def test_a_file_that_is_no_database_is_told_as_damaged(home: Path) -> None:
    (home / DATABASE).write_bytes(b"not a database at all" * 500)

    with pytest.raises(DamagedStoreError):
        await Journal.open(home, KEY)


async def test_an_opening_that_fails_leaves_no_thread_behind(home: Path) -> None:
    """Its thread would answer to a loop that may have ended, on standard error."""
    (home / DATABASE).write_bytes(b"not a database at all" * 500)
    store = Store(home / DATABASE, KEY)

    with pytest.raises(DamagedStoreError):
        await store.open()

    assert not store._thread.is_alive()


async def test_a_database_without_a_journal_in_it_is_told_as_damaged(home: Path) -> None:
    store = await Store(home / DATABASE, KEY).open()
    await store.close()

    with pytest.raises(DamagedStoreError):
        await Journal.open(home, KEY)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("database or disk is full", CannotStoreError),
        ("disk I/O error", CannotStoreError),
        ("attempt to write a readonly database", CannotStoreError),
        ("unable to open database file", CannotStoreError),
        ("database is locked", BusyStoreError),
        ("database table is locked", BusyStoreError),
        ("file is not a database", DamagedStoreError),
        ("database disk image is malformed", DamagedStoreError),
        (f"UNIQUE constraint failed: {CANARY}", StoreError),
        (f"no such column: {CANARY}", StoreError),
    ],
)
def test_what_the_driver_says_is_told_in_our_words_only(words: str, kind: type[StoreError]) -> None:
    error = translated(sqlcipher3.OperationalError(words))

    assert type(error) is kind
    assert CANARY not in str(error)
    assert words not in str(error)


async def test_an_error_inside_a_unit_of_work_takes_all_of_it_back(journal: Journal) -> None:
    def work(db: sqlcipher3.Connection) -> None:
        db.execute("INSERT INTO news(text) VALUES('half done')")
        db.execute(f"INSERT INTO nowhere VALUES('{CANARY}')")

    with pytest.raises(StoreError) as told:
        await journal.store.write(work)

    assert CANARY not in str(told.value)
    assert told.value.__cause__ is None
    (count,) = await journal.store.read(
        lambda db: db.execute("SELECT count(*) FROM news").fetchone()
    )
    assert count == 0


async def test_reading_changes_nothing_even_where_it_tries(journal: Journal) -> None:
    """A read is one snapshot: what another process writes meanwhile is not in it."""
    other = await Journal.open(journal.home, KEY)
    (before,) = await journal.store.read(
        lambda db: db.execute("SELECT count(*) FROM event").fetchone()
    )
    await write(other)
    (after,) = await journal.store.read(
        lambda db: db.execute("SELECT count(*) FROM event").fetchone()
    )
    await other.close()

    assert after == before + 1


# --- versions -------------------------------------------------------------------------


async def test_a_database_of_a_newer_version_is_not_opened(home: Path, journal: Journal) -> None:
    await journal.store.write(
        lambda db: db.execute(f"PRAGMA user_version = {tables.VERSION + 1}") and None
    )
    await journal.close()
    before = (home / DATABASE).read_bytes()

    with pytest.raises(NewerStoreError):
        await Journal.open(home, KEY)

    assert (home / DATABASE).read_bytes() == before


async def test_an_older_database_is_brought_up_to_date_and_keeps_everything(
    home: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(journal)
    await journal.close()
    step = {
        tables.VERSION: "ALTER TABLE news ADD COLUMN told INTEGER;\nCREATE TABLE more(a);\n",
        tables.VERSION + 1: "INSERT INTO more VALUES('moved');\n",
    }
    monkeypatch.setattr(tables, "MIGRATIONS", step)
    monkeypatch.setattr(tables, "VERSION", tables.VERSION + 2)

    async with await Journal.open(home, KEY) as newer:
        more = await newer.store.read(lambda db: db.execute("SELECT a FROM more").fetchall())
        texts = [shown.text for shown in await newer.log(Query())]

    assert more == [("moved",)]
    assert texts == [CANARY]


async def test_a_step_that_fails_leaves_the_older_version_whole(
    home: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(journal)
    await journal.close()
    with monkeypatch.context() as patch:
        steps = {tables.VERSION: "CREATE TABLE half(a);\nINSERT INTO nowhere VALUES(1);\n"}
        patch.setattr(tables, "MIGRATIONS", steps)
        patch.setattr(tables, "VERSION", tables.VERSION + 1)
        with pytest.raises(StoreError):
            await Journal.open(home, KEY)

    async with await Journal.open(home, KEY) as older:
        assert [shown.text for shown in await older.log(Query())] == [CANARY]
        half = await older.store.read(
            lambda db: db.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()
        )
    assert half == []


# --- several processes ----------------------------------------------------------------


async def chain_of(home: Path) -> list[tuple[int, bytes]]:
    """[seq, id] of the chain this device writes to; verified."""
    async with await Journal.open(home, KEY) as journal:
        check = await journal.doctor()
        assert check.ok, check.problems
        return await journal.store.read(
            lambda db: db.execute(
                "SELECT e.seq, e.id FROM event e JOIN chain c ON c.number = e.chain"
                " WHERE c.mine = 2 ORDER BY e.seq"
            ).fetchall()
        )


@SLOW
async def test_two_processes_that_append_at_once_make_one_chain_without_a_gap(
    home: Path, journal: Journal
) -> None:
    await journal.close()

    writers = [start("append", home, 200) for _ in range(2)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    ids = [set(said(writer)) for writer in writers]

    chain = await chain_of(home)
    assert [seq for seq, _ in chain] == list(range(len(chain)))
    assert ids[0] | ids[1] <= {name.hex() for _, name in chain}
    assert [len(found) for found in ids] == [200, 200]


@SLOW
async def test_whatever_was_acknowledged_before_a_kill_is_there_afterwards(
    home: Path, journal: Journal
) -> None:
    first = await write(journal)
    await journal.close()

    saved = said(start("slaughter", home, 16))

    chain = await chain_of(home)
    assert {first.hex(), *saved} <= {name.hex() for _, name in chain}
    assert [seq for seq, _ in chain] == list(range(len(chain)))
    assert len(saved) >= 16


@SLOW
async def test_a_full_disk_is_told_and_nothing_that_was_saved_is_lost(
    home: Path, journal: Journal
) -> None:
    await journal.close()

    *saved, full, listed, again = said(start("squeeze", home, 65_536))

    assert full == f"full: {CannotStoreError()}"
    assert listed == f"listed: {len(saved)}"
    chain = {name.hex() for _, name in await chain_of(home)}
    assert {*saved, again} <= chain
    assert saved


@SLOW
async def test_a_folder_that_may_not_be_written_is_told_and_stays_as_it_was(
    home: Path, journal: Journal
) -> None:
    name = await write(journal)
    await journal.close()
    for place in (home, *home.iterdir()):
        place.chmod(0o555)

    told = said(start("stranger", home))

    home.chmod(0o755)
    for file in home.iterdir():
        file.chmod(0o644)
    assert told == [f"refused: {CannotStoreError()}"]
    assert name.hex() in {found.hex() for _, found in await chain_of(home)}


# --- short ids ------------------------------------------------------------------------


async def test_short_ids_are_given_once_in_order_and_never_again(
    home: Path, journal: Journal
) -> None:
    for number in range(3):
        await write(journal, f"entry {number}")
    await journal.close()

    async with await Journal.open(home, KEY) as again:
        await write(again, "entry 3")
        shorts = [shown.short for shown in await again.log(Query())]

    assert shorts == ["e1", "e2", "e3", "e4"]


async def test_the_short_id_of_an_erased_entry_is_not_given_to_another(
    journal: Journal,
) -> None:
    from inglenook_client.journal import founding
    from inglenook_client.stores import events, logs
    from inglenook_schema.control import Erase
    from inglenook_schema.header import Kind

    name = await write(journal)

    def erase(db: sqlcipher3.Connection) -> None:
        log = logs.all_logs(db)[0]
        events.append(db, log, [composing.act(Kind.ERASE, Erase((name,)))])
        founding.refresh(db, log)

    await journal.store.write(erase)
    await write(journal, "another")

    assert [(shown.short, shown.text) for shown in await journal.log(Query())] == [
        ("e1", ""),
        ("e2", "another"),
    ]


async def test_many_writes_at_once_in_one_process_keep_their_order(journal: Journal) -> None:
    names = await asyncio.gather(*(write(journal, f"entry {n}") for n in range(20)))

    chain = await journal.store.read(
        lambda db: [r[0] for r in db.execute("SELECT id FROM event WHERE kind = 0 ORDER BY seq")]
    )
    assert [name for name in chain if name in set(names)] == names
