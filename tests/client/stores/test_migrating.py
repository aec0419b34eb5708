"""A file of an older version becomes what a new one would be, with all that was in it."""

from pathlib import Path

import sqlcipher3

from harness.logs import draw
from inglenook_client.stores import parts, tables
from inglenook_client.stores.connection import Db, Store

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
