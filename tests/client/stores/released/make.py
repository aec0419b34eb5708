"""Make the fixture of the version that is checked out: a journal as SQL, and what it shows.

    .venv/bin/python tests/client/stores/released/make.py    writes version_N.sql, version_N.json
                                                             and version_N.jsonl, its export

The export is made of the SQL file by the version that is checked out, also for versions that had
no ``export`` yet: what it must hold of them is what their SQL file holds.

Run it before a change that gives `stores.tables` another version; a fixture that is there
already is never made again. It uses only what every version has had.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import sqlcipher3

from inglenook_client.cli import jsonform
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Query
from inglenook_client.stores import tables
from inglenook_schema.events.action_plan import ProgressNoted, StepAdded, StepDone
from inglenook_schema.events.goals import GoalRevised, GoalSet
from inglenook_schema.events.looking_back import MoodNoted, ReflectionWritten, WinRecorded
from inglenook_schema.events.writing import EntryRevised, EntryStarred, EntryWritten

KEY = bytes(range(32))
NOON = 1_767_268_800_000
"""1 January 2026 in UTC."""
HOUR = 3_600_000


def when(n: int) -> dict[str, Any]:
    """The fields every event has, so many hours after noon."""
    return {"at": NOON + n * HOUR, "zone": "UTC", "date": "2026-01-01", "lang": "en"}


async def fill(journal: Journal) -> None:
    """One journal's first day."""
    space = await journal.space(None)
    entry = EntryWritten(**when(1), text="walked home, felt ok", tags=("home",), mood=4)
    first = await journal.append(space, entry)
    await journal.append(space, MoodNoted(**when(2), mood=2, feelings=("tired",), confidence=3))
    goal = await journal.append(space, GoalSet(**when(3), title="Pass maths", why="biology"))
    step = StepAdded(**when(4), goal=goal.event, title="Do exercise 4", due_on="2026-02-01")
    added = await journal.append(space, step)
    await journal.append(space, StepDone(**when(5), step=added.event, note="half of it"))
    await journal.append(space, ProgressNoted(**when(6), goal=goal.event, confidence=4))
    await journal.append(space, GoalRevised(**when(7), goal=goal.event, title="Pass maths well"))
    await journal.append(space, WinRecorded(**when(8), text="spoke up", goal=goal.event))
    looked = {"strides": ("spoke up",), "attention": ("sleep",)}
    await journal.append(space, ReflectionWritten(**when(9), period="week", **looked))
    await journal.append(space, EntryRevised(**when(10), entry=first.event, tags=("home", "ok")))
    await journal.append(space, EntryStarred(**when(11), entry=first.event))
    gone = await journal.append(space, EntryWritten(**when(12), text="to be erased"))
    if hasattr(journal, "erase"):
        await journal.erase([gone.event])


def dump(file: Path) -> str:
    """Every table but those of the index, which is made again."""
    db = sqlcipher3.connect(str(file))
    db.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    made = db.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND name NOT LIKE 'words!_%' ESCAPE '!' ORDER BY type DESC, name"
    ).fetchall()
    lines = [f"{sql};" for kind, _, sql in made if kind == "table"]
    for kind, name, _ in made:
        if kind != "table" or name == "words":
            continue
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
        quoted = ", ".join(f"quote({column})" for column in columns)
        rows = db.execute(f"SELECT {quoted} FROM {name}").fetchall()
        lines += [f"INSERT INTO {name} VALUES({', '.join(row)});" for row in rows]
    lines += [f"{sql};" for kind, _, sql in made if kind == "index"]
    lines += ["DELETE FROM meta WHERE key = 'indexed';", f"PRAGMA user_version = {tables.VERSION};"]
    db.close()
    return "\n".join(lines) + "\n"


async def make(folder: Path, to: Path) -> None:
    """Write both files."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    journal = await Journal.create(
        *(home, KEY), name="Ada", relay=None, voucher=None, device_label="laptop"
    )
    await fill(journal)
    shown = jsonform.events(await journal.log(Query(kinds=frozenset(KINDS))))
    await journal.store.write(incarnation_anywhere)
    await journal.close()
    name = f"version_{tables.VERSION}"
    (to / f"{name}.json").write_text(json.dumps(shown, indent=1, default=bytes.hex) + "\n")
    (to / f"{name}.sql").write_text(dump(home / "journal.db"))


def unpacked(home: Path, script: str) -> None:
    """A data folder as the version of an SQL file left it."""
    home.mkdir(mode=0o700)
    db = sqlcipher3.connect(str(home / "journal.db"))
    db.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    db.executescript(f"BEGIN;\n{script}\nCOMMIT;")  # one sync to the disk, not hundreds
    db.close()


async def exported(folder: Path, script: str) -> list[dict[str, Any]]:
    """The lines of the export of an SQL file, without when it was made and their checksum."""
    unpacked(folder / "home", script)
    file = folder / "all.jsonl"
    async with await Journal.open(folder / "home", KEY) as journal:
        await journal.export_lines(file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line | {"made_at": 0} if line["line"] == "export" else line for line in lines[:-1]]


def export_all(to: Path) -> None:
    """Write the export of each fixture that has none."""
    for sql in sorted(to.glob("*.sql")):
        if not sql.with_suffix(".jsonl").exists():
            with tempfile.TemporaryDirectory() as folder:
                lines = asyncio.run(exported(Path(folder), sql.read_text()))
            text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
            sql.with_suffix(".jsonl").write_text(text)


KINDS = (
    *("entry.written", "mood.noted", "goal.set", "step.added", "step.done", "progress.noted"),
    *("goal.revised", "win.recorded", "reflection.written", "entry.revised", "entry.starred"),
)


def incarnation_anywhere(db: Any) -> None:
    """Let the file lie anywhere, so that it is not taken for a clone; version 1 did not look."""
    import msgspec

    try:
        from inglenook_client.stores import incarnation
    except ImportError:
        return
    kept = incarnation.load(db)
    if kept is not None:
        incarnation.keep(db, msgspec.structs.replace(kept, inode=0))


if __name__ == "__main__":
    os.environ.setdefault("XDG_STATE_HOME", tempfile.mkdtemp())
    target = Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    target = target if target.is_dir() else target.parent
    if (target / f"version_{tables.VERSION}.sql").exists():
        sys.stderr.write(f"The fixture of version {tables.VERSION} is there already.\n")
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(make(Path(folder), target))
    if hasattr(Journal, "export_lines"):
        export_all(target)
