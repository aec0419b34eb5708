"""A file of an older version becomes what a new one would be, with all that was in it."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
import sqlcipher3

from client.stores.released.make import KEY as RELEASED_KEY
from client.stores.released.make import exported, unpacked
from harness.logs import draw
from inglenook_client.cli import jsonform
from inglenook_client.journal import composing, read_inglenook
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query
from inglenook_client.stores import parts, tables
from inglenook_client.stores.connection import Db, Store
from inglenook_schema.events.writing import EntryWritten

KEY = draw("key")
OLDEST = Path(__file__).with_name("version_1.sql").read_text()


def shape(db: Db) -> set[tuple[object, ...]]:
    """Every table with its columns, and every index."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {
        (name, *column[1:]) for name in names for column in db.execute(f"PRAGMA table_info({name})")
    }
    sql = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index'"
    return columns | set(db.execute(sql).fetchall())


def make(file: Path, version: int, script: str) -> None:
    db = sqlcipher3.connect(str(file))
    db.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    db.executescript(script)
    db.execute(f"PRAGMA user_version = {version}")
    db.execute("INSERT INTO meta VALUES('name', 'Ada')")
    db.execute("INSERT INTO record VALUES(7, 1, 2, x'aa', 1, x'bbbb', 3, 4, 5, 0)")
    db.execute(
        "INSERT INTO mailbox VALUES(1, 1, 9, 5, '', x'', x'', x'', x'', x'', x'', x'',"
        " 0, 0, x'', 1, 1, 0, 0, 0)"
    )
    db.execute("INSERT INTO part VALUES(9, x'cc', 7, NULL)")
    db.commit()
    db.close()


async def test_the_oldest_file_ends_with_the_same_tables_as_a_new_one(tmp_path: Path) -> None:
    make(tmp_path / "old.db", 1, OLDEST)
    old = await Store(tmp_path / "old.db", KEY).open()
    new = await Store(tmp_path / "new.db", KEY).open()

    assert await old.read(shape) == await new.read(shape)
    rows = await old.read(lambda db: db.execute("SELECT blob, size FROM record").fetchall())
    assert rows == [(b"\xbb\xbb", 2)]
    waiting = await old.read(lambda db: parts.waiting(db, 9))
    assert waiting == {5: {b"\xcc": parts.Waiting(7, None)}}
    (version,) = await old.read(lambda db: db.execute("PRAGMA user_version").fetchone())
    assert version == tables.VERSION
    await old.close()
    await new.close()


RELEASED = Path(__file__).with_name("released")
KEPT = {"event", "kind", "at", "local_date", "by", "space", "fields"}


VERSIONS = sorted(file.stem for file in RELEASED.glob("*.sql"))


@pytest.mark.parametrize("name", VERSIONS)
async def test_the_journal_of_an_earlier_version_opens_and_shows_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    home = tmp_path / "home"
    unpacked(home, (RELEASED / f"{name}.sql").read_text())
    expected = json.loads((RELEASED / f"{name}.json").read_text())
    kinds = frozenset(each["kind"] for each in expected) - {"erased"}

    async with await Journal.open(home, RELEASED_KEY) as journal:
        listed = jsonform.events(await journal.log(Query(kinds=kinds)))
        check = await journal.doctor()
        (goal,) = (await journal.views.goals()).items
        (entry,) = (await journal.views.entries(tag="ok")).items
        found = await journal.search("exercise")
        at, zone, day = composing.moment()
        written = EntryWritten(at=at, zone=zone, date=day, text="and it goes on")
        await journal.append(await journal.space(None), written)

        assert check.ok, check.problems
        assert [as_kept(each) for each in listed] == [as_kept(each) for each in expected]
        assert (goal.title, goal.steps[0].state, goal.progress[0].confidence) == (
            "Pass maths well",
            "done",
            4,
        )
        assert (entry.entry.text, entry.entry.tags, entry.starred) == (
            "walked home, felt ok",
            ("home", "ok"),
            True,
        )
        assert [hit.kind for hit in found] == ["step.added"]
        assert "and it goes on" in {shown.text for shown in await journal.log(Query())}


def as_kept(shown: dict[str, object]) -> dict[str, object]:
    """What every version says of an event; an entry's fields are told as they now stand."""
    kept = {name: shown[name] for name in KEPT}
    return kept if shown["kind"] != "entry.written" else kept | {"fields": None}


@pytest.mark.parametrize("name", VERSIONS)
async def test_the_journal_of_an_earlier_version_is_exported_equal(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    script = (RELEASED / f"{name}.sql").read_text()
    kept = [json.loads(line) for line in (RELEASED / f"{name}.jsonl").read_text().splitlines()]

    lines = await exported(tmp_path, script)

    assert [of_kept(line, before) for line, before in zip(lines, kept, strict=True)] == kept
    assert read_inglenook.main(["--quiet", str(tmp_path / "all.jsonl")]) == 0
    events = {line["event"]: line for line in lines if line["line"] == "event"}
    stored = stored_events(script)
    assert set(events) == {event.hex() for event, *_ in stored}
    for event, header, body in stored:
        line = events[event.hex()]
        assert b64decode(line["header"]) == header
        match line["what"]:
            case "here":
                assert b64decode(line["body"]) == body
            case "erased":
                assert line["says"] is None
            case what:
                assert what == "key"
                assert line["says"] is None or line["says"]["kind"] == "recovery.prepared"


def of_kept(line: dict[str, object], before: dict[str, object]) -> dict[str, object]:
    """A line without the keys that a later version may add."""
    return {name: value for name, value in line.items() if name in before}


def stored_events(script: str) -> list[tuple[bytes, bytes, bytes | None]]:
    """Ids, headers and bodies in an older version's file, read by nothing of ours."""
    db = sqlcipher3.connect(":memory:")
    db.executescript(script)
    return list(db.execute("SELECT id, header, body FROM event"))


def test_the_newest_version_has_its_fixture() -> None:
    for suffix in (".sql", ".json", ".jsonl"):
        assert (RELEASED / f"version_{tables.VERSION}{suffix}").exists()
