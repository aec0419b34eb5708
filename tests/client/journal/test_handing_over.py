"""What leaves for other programs is read there as it was written, whatever somebody wrote."""

from __future__ import annotations

import csv
import io
import re
import stat
from pathlib import Path

import pytest

from client.journal.test_every_kind import write_all
from harness.devices import Device
from harness.saying import say
from inglenook_client.journal import handing_over
from inglenook_client.journal.errors import FileExistsAlreadyError
from inglenook_client.journal.model import Query
from inglenook_schema.errors import CallerError
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.events.looking_back import MoodNoted
from inglenook_schema.events.writing import EntryStarred, EntryWritten

Pair = tuple[Device, Device]
HOSTILE = (
    'x","y"\r\n"=2+2"\r[2020-01-01 00:00] not an entry\u2028[2020-01-01 00:00] nor this\x00\x1b'
)


@pytest.fixture
def file(base: Path) -> Path:
    return base / "out"


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))


def entries(file: Path) -> list[tuple[str, str]]:
    """As jrnl finds entries in a file: at each line that begins with a date in brackets."""
    text = file.read_text()
    begun = list(re.finditer(r"(?:^|\n)\[([^\]]+)\] ", text))
    ends = [*(each.start() for each in begun[1:]), len(text)]
    return [
        (each[1], text[each.end() : end].strip()) for each, end in zip(begun, ends, strict=True)
    ]


async def test_every_kind_is_a_row(pair: Pair, file: Path) -> None:
    ada, _ = pair
    about = (await say(ada, GoalSet, space=await ada.pair(), title="root")).event
    await write_all(ada, about, "own", "journal")
    await write_all(ada, about, "ours", "pair")

    done = await ada.journal.export_words(file, "csv")

    listed = await ada.journal.log(Query())
    found = rows(file)
    assert [row["event"] for row in found] == [shown.event.hex() for shown in listed]
    assert [row["kind"] for row in found] == [shown.kind for shown in listed]
    assert done.events == len(listed)
    assert all(None not in row and None not in row.values() for row in found)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\n=1", "\uff1d1"])
async def test_no_cell_is_a_formula(text: str, ada: Device, file: Path) -> None:
    await ada.write(text)

    await ada.journal.export_words(file, "csv")

    assert rows(file)[0]["text"].startswith("'")


async def test_a_cell_keeps_quotes_commas_and_lines(ada: Device, file: Path) -> None:
    await ada.write(HOSTILE)
    await say(ada, MoodNoted, mood=2, feelings=("calm", "tired"))

    await ada.journal.export_words(file, "csv")

    first, second = rows(file)
    lines = ['x","y"', '"=2+2"', "[2020-01-01 00:00] not an entry", "[2020-01-01 00:00] nor this"]
    assert first["text"].splitlines() == lines
    assert (second["mood"], second["feelings"]) == ("2", "calm, tired")


async def test_jrnl_finds_each_entry_once_at_its_local_time(ada: Device, file: Path) -> None:
    await say(
        ada, EntryWritten, day="2026-02-01", text="A title\n\nand more @school", tags=("home",)
    )
    starred = await say(ada, EntryWritten, day="2026-02-02", text=HOSTILE)
    await say(ada, EntryStarred, entry=starred.event)
    await say(ada, GoalSet, title="no entry")

    done = await ada.journal.export_words(file, "jrnl")

    (first, second) = entries(file)
    assert first == ("2026-02-01 12:00", "A title\n\nand more @school\n@home")
    assert second[0] == "2026-02-02 12:00"
    assert second[1].startswith('x","y" *\n')
    assert second[1].endswith("nor this")
    assert done.events == 2


@pytest.mark.parametrize("to", handing_over.FORMATS)
async def test_what_was_erased_and_what_was_not_asked_for_is_left_out(
    to: str, pair: Pair, file: Path
) -> None:
    ada, _ = pair
    gone = await say(ada, EntryWritten, day="2026-02-03", text="to be forgotten")
    for day in ("2026-01-31", "2026-02-01", "2026-03-01"):
        await say(ada, EntryWritten, day=day, text=f"words of {day}")
    await ada.journal.erase([gone.event])

    done = await ada.journal.export_words(
        file, to, await ada.journal.space(None), since="2026-02-01", until="2026-02-28"
    )

    assert re.findall("words of ([0-9-]+)", file.read_text()) == ["2026-02-01"]
    assert "forgotten" not in file.read_text()
    assert (done.events, done.spaces) == (1, ["journal"])


@pytest.mark.parametrize("to", handing_over.FORMATS)
async def test_the_file_is_for_this_person_alone_and_replaces_none(
    to: str, ada: Device, file: Path
) -> None:
    with pytest.raises(CallerError):
        await ada.journal.export_words(file, to)
    await ada.write("words")
    await ada.journal.export_words(file, to)
    written = file.read_bytes()

    with pytest.raises(FileExistsAlreadyError):
        await ada.journal.export_words(file, to)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == written
    assert {each.name for each in file.parent.iterdir()} == {file.name, ada.home.name}
