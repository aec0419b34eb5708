"""What was written elsewhere comes in as it was, once, and stays away once it was erased."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from harness.devices import Device
from harness.fuzz_formats import DAY_ONE, DAYLIO, HERE, MARKDOWN, zipped
from inglenook_client.journal.coming_in import day_one, daylio, jrnl_text, markdown, taking
from inglenook_client.journal.coming_in.errors import TooMuchError, UnreadableFileError
from inglenook_client.journal.coming_in.found import MAX_TEXT, Found, Skipped
from inglenook_client.journal.model import CameIn, Query, Shown
from inglenook_schema.errors import CallerError
from inglenook_schema.events.looking_back import MoodNoted
from inglenook_schema.events.writing import EntryWritten

JRNL = """[2026-03-01 09:15] Walked home. It was fine, with @ben and #exam-stress.
[not a date] a line

[2025-02-03 11:59:00 PM] A starred one *
body line

 - list

[2025-02-03 23:59] A starred one
[2025-02-03 23:59] A starred one
"""


@pytest.fixture
def file(base: Path) -> Path:
    made = base / "journal.txt"
    made.write_text(JRNL)
    return made


async def come_in(device: Device, file: Path, source: str | None = None) -> CameIn:
    return await device.journal.import_file(file, source, zone="Europe/Berlin")


async def entries(device: Device) -> list[Shown]:
    return await device.journal.log(Query(kinds=frozenset({"entry.written"})))


async def texts(device: Device) -> list[str]:
    return [shown.text for shown in await entries(device)]


async def test_entries_keep_their_words_their_day_and_their_zone(ada: Device, file: Path) -> None:
    done = await come_in(ada, file)

    found = await entries(ada)
    assert (done.source, done.entries, done.stars, done.skipped) == ("jrnl", 4, 1, ())
    assert (done.since, done.until) == ("2025-02-03", "2026-03-01")
    assert [shown.text for shown in found] == [
        "A starred one\nbody line\n\n - list",
        "A starred one",
        "A starred one",
        "Walked home. It was fine, with @ben and #exam-stress.\n[not a date] a line",
    ]
    last = found[-1]
    assert isinstance(last.content, EntryWritten)
    assert (last.content.tags, last.zone) == (("ben", "exam-stress"), "Europe/Berlin")
    assert (last.local_date, last.at) == ("2026-03-01", 1_772_352_900_000)  # 08:15 in UTC
    stars = await ada.journal.views.entries(starred=True)
    assert [each.entry.text for each in stars.items] == ["A starred one\nbody line\n\n - list"]


async def test_a_dry_run_says_the_same_and_changes_nothing(ada: Device, file: Path) -> None:
    before = await ada.states()

    dry = await ada.journal.import_file(file, zone="Europe/Berlin", dry_run=True)

    assert await ada.states() == before
    assert (dry.entries, dry.stars, dry.dry_run) == (4, 1, True)


async def test_the_same_file_twice_adds_nothing(ada: Device, file: Path) -> None:
    await come_in(ada, file)
    before = await ada.states()

    again = await come_in(ada, file)

    assert (again.entries, again.stars, again.known) == (0, 0, 4)
    assert await ada.states() == before


async def test_what_was_added_to_a_file_comes_in_alone(ada: Device, file: Path) -> None:
    await come_in(ada, file)
    file.write_text(JRNL + "[2026-03-02 10:00] New.\n")

    again = await come_in(ada, file)

    assert (again.entries, again.known) == (1, 4)


async def test_of_equal_entries_each_comes_in(ada: Device, file: Path) -> None:
    await come_in(ada, file)
    file.write_text(JRNL + "[2025-02-03 23:59] A starred one\n")

    again = await come_in(ada, file)

    assert (again.entries, again.known) == (1, 4)


async def test_a_star_that_was_given_later_comes_in_too(ada: Device, file: Path) -> None:
    await come_in(ada, file)
    file.write_text(JRNL.replace("exam-stress.", "exam-stress. *"))

    again = await come_in(ada, file)

    assert (again.entries, again.known) == (0, 4)
    assert len((await ada.journal.views.entries(starred=True)).items) == 2


async def test_what_was_erased_does_not_come_back(ada: Device, file: Path) -> None:
    await come_in(ada, file)
    await ada.journal.erase([(await entries(ada))[-1].event])

    again = await come_in(ada, file)

    assert (again.entries, again.known, again.erased) == (0, 3, 1)
    assert [text for text in await texts(ada) if text] == [
        "A starred one\nbody line\n\n - list",
        "A starred one",
        "A starred one",
    ]


async def test_a_long_text_comes_in_whole(ada: Device, file: Path) -> None:
    long = "\n".join(f"word {number}" for number in range(20_000))
    file.write_text(f"[2026-03-01 09:15] {long}\n")

    await come_in(ada, file)

    assert await texts(ada) == [long]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("[2026-03-01 09:15] entry\n", id="entries"),
        pytest.param("[2026-03-01 xx:15] no entry\n", id="what only looks like entries"),
        pytest.param("[2026-03-01 09:15] \n", id="nothing but times"),
    ],
)
async def test_more_than_an_import_takes_is_refused_before_it_is_read(
    ada: Device, file: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    for module in (jrnl_text, taking):
        monkeypatch.setattr(module, "MAX_PIECES", 100)
    file.write_text("[2026-03-01 09:15] first\n" + line * 1_000)

    with pytest.raises(TooMuchError):
        await come_in(ada, file)

    assert await texts(ada) == []


async def test_a_text_that_is_too_long_for_one_import_is_refused(
    ada: Device, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "MAX_TEXT", 100)
    file.write_text("[2026-03-01 09:15] " + "long " * 100)

    with pytest.raises(TooMuchError):
        await come_in(ada, file)


@pytest.mark.parametrize(
    ("written", "error"),
    [
        pytest.param(b"[2026-03-01 09:15] fine\n\xff\xfe", UnreadableFileError, id="no text"),
        pytest.param(b"no entry\n", CallerError, id="of no format"),
        pytest.param(b"", CallerError, id="empty"),
    ],
)
async def test_a_broken_file_changes_nothing(
    ada: Device, file: Path, written: bytes, error: type[CallerError]
) -> None:
    file.write_bytes(written)
    before = await ada.states()

    with pytest.raises(error):
        await come_in(ada, file)

    assert await ada.states() == before


def contents(found: list[Shown]) -> list[EntryWritten]:
    return [shown.content for shown in found if isinstance(shown.content, EntryWritten)]


async def test_daylios_moods_and_activities_are_moods_and_tags(ada: Device, base: Path) -> None:
    file = base / "daylio.csv"
    file.write_bytes(DAYLIO + b"2026-02-26,,,08:00,odd,,,\nnonsense,,,25:00,good,,,\n")

    done = await ada.journal.import_file(file, zone="Europe/London", moods={"calm": 4})

    assert (done.source, done.entries, done.moods) == ("daylio", 2, 1)
    assert [left.where for left in done.skipped] == ["line 6", "line 7"]
    assert "odd" in done.skipped[0].why
    titled, out = contents(await entries(ada))
    assert (out.text, out.mood, out.tags) == (*("Went **out**\n& danced", 4, ("friends", "music")),)
    assert (out.date, out.at) == ("2026-03-01", 1_772_399_700_000)
    assert (titled.title, titled.text, titled.mood) == ("Title", "Two\nlines", 4)
    assert titled.feelings == ("calm",)
    (mood,) = await ada.journal.log(Query(kinds=frozenset({"mood.noted"})))
    assert isinstance(mood.content, MoodNoted)
    assert (mood.content.mood, mood.local_date) == (1, "2026-02-27")


async def test_a_folder_of_markdown_comes_in_with_its_front_matter(ada: Device, base: Path) -> None:
    folder = base / "notes"
    (folder / "2024" / "05").mkdir(parents=True)
    (folder / ".obsidian").mkdir()
    (folder / ".obsidian" / "hidden.md").write_text("no entry")
    (folder / "first.md").write_bytes(MARKDOWN[0])
    (folder / "2024" / "05" / "2024-05-06 2130 a walk.md").write_text("Out.\n")
    (folder / "2024" / "05" / "07.md").write_text("By its folders.\n")
    (folder / "empty.md").write_text("---\ntitle:\n---\n")
    (folder / "broken.md").write_text("---\n- a list\n---\nwords\n")
    (folder / "bomb.md").write_text(f"---\n{BOMB}---\nwords\n")
    (folder / "elsewhere.md").symlink_to("/etc/hostname")

    done = await come_in(ada, folder)

    assert (done.source, done.entries, done.stars) == ("md", 3, 1)
    assert [left.where for left in done.skipped] == ["bomb.md", "broken.md", "empty.md"]
    walk, folders, home = contents(await entries(ada))
    assert (walk.text, walk.date, walk.at) == ("Out.", "2024-05-06", 1_715_023_800_000)
    assert (folders.text, folders.date) == ("By its folders.", "2024-05-07")
    assert (home.title, home.text, home.mood) == ("Home", "Walked, with @max.", 4)
    assert (home.tags, home.feelings) == (("ben", "exam", "max"), ("tired", "glad"))
    assert (home.at, home.zone) == (1_772_352_900_000, "Europe/Berlin")
    assert (await come_in(ada, folder)).known == 3


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine to the power of eight values, for whoever unfolds it."""


async def test_day_one_keeps_zones_tags_and_stars(ada: Device, base: Path) -> None:
    file = base / "dayone.zip"
    file.write_bytes(zipped(("Journal.json", DAY_ONE), ("photos/notes.txt", b"x")))

    done = await come_in(ada, file)

    assert (done.source, done.entries, done.stars) == ("dayone", 1, 1)
    (entry,) = contents(await entries(ada))
    assert (entry.text, entry.tags) == ("By boat. All @day.", ("island", "spring", "day"))
    assert (entry.at, entry.zone, entry.date) == (1_772_352_900_000, "Asia/Taipei", "2026-03-01")
    assert [left.where for left in done.skipped] == ["entry 1"]  # its photo is not there
    assert (await come_in(ada, file)).known == 1


def png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 10, 10)).save(made, "PNG")
    return made.getvalue()


async def test_photos_come_in_beside_their_entry_once(ada: Device, base: Path) -> None:
    file, entry = base / "dayone.zip", json.loads(DAY_ONE)["entries"][0]
    entry["photos"] = [
        {"md5": sum_, "type": "jpeg", "caption": "The boat"} for sum_ in ("a" * 32, "b" * 32)
    ]
    members = [("J.json", json.dumps({"entries": [entry]}).encode())]
    members += [(f"photos/{'a' * 32}.jpeg", png()), (f"photos/{'b' * 32}.jpeg", png()[:40])]
    file.write_bytes(zipped(*members))

    done = await come_in(ada, file)

    (shown,) = await entries(ada)
    (kept,) = await ada.journal.attachments(shown.event)
    assert (done.entries, done.attachments) == (1, 1)
    assert (kept.said.alt, kept.said.type, kept.here) == ("The boat", "image/png", True)
    assert ["damaged" in left.why for left in done.skipped] == [True]
    file.write_bytes(zipped(*members[:2], (members[2][0], png())))  # the photo is whole now
    again = await come_in(ada, file)
    assert (again.entries, again.known, again.attachments) == (0, 1, 1)
    assert (await come_in(ada, file)).attachments == 0
    assert len(await ada.journal.attachments(shown.event)) == 2
    await ada.journal.erase([shown.event])
    assert ((gone := await come_in(ada, file)).erased, gone.attachments) == (1, 0)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param(zipped(("J.json", b"{" * 100)), UnreadableFileError, id="no JSON"),
        pytest.param(zipped(("J.json", DAY_ONE))[:-30], UnreadableFileError, id="cut short"),
        pytest.param(zipped(("../J.json", DAY_ONE)), CallerError, id="outside its folder"),
        pytest.param(zipped(("J.json", bytes(MAX_TEXT + 1))), TooMuchError, id="inflates"),
        pytest.param(
            b"PK\x03\x04" + bytes(18) + b"PK\x05\x06" + b"\0" * 8 + b"\0\0\0\x7f" + bytes(6),
            TooMuchError,
            id="has a list of two gigabytes",
        ),
    ],
)
async def test_a_hostile_zip_changes_nothing_and_takes_little(
    ada: Device, base: Path, data: bytes, error: type[CallerError]
) -> None:
    file = base / "dayone.zip"
    file.write_bytes(data)
    before = await ada.states()
    tracemalloc.start()

    with pytest.raises(error):
        await come_in(ada, file)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20
    assert await ada.states() == before


@pytest.mark.parametrize(
    "front",
    [
        pytest.param("title: 0x" + "f" * 5_000, id="title"),
        pytest.param("zone: 1" + ":1" * 5_000, id="zone"),
        pytest.param("tags: [0x" + "f" * 5_000 + "]", id="tag"),
    ],
)
def test_a_number_of_thousands_of_digits_in_front_of_a_note_is_none(front: str) -> None:
    found = markdown.read(f"---\n{front}\n---\n\nwords\n".encode(), HERE, "a.md")

    assert isinstance(found, Found)
    assert (found.title, found.zone, found.tags, found.text) == (None, HERE.zone, (), "words")


def test_such_a_number_in_a_note_of_daylio_stays_as_it_is() -> None:
    sign = "&#" + "9" * 5_000 + ";"

    (found,) = daylio.read(
        DAYLIO.splitlines(keepends=True)[0]
        + (b"2026-03-01,March 1,Sun,9:15 pm,good,,," + sign.encode() + b"\n"),
        HERE,
    )

    assert isinstance(found, Found)
    assert found.text == sign


@pytest.mark.parametrize("changed", [2**60, -(2**60)])
def test_a_change_in_no_year_dates_no_note(changed: int) -> None:
    assert isinstance(markdown.read(b"words", HERE, "a.md", changed), Skipped)
    dated = markdown.read(b"words", HERE, "2026-03-01.md", changed)
    assert isinstance(dated, Found)


def test_what_a_photo_is_called_leads_nowhere() -> None:
    asked = list[str]()
    entry = json.loads(DAY_ONE)["entries"][0]
    entry["photos"] = [
        {"md5": "../../../etc/passwd", "type": "jpeg"},
        {"md5": "0" * 32, "type": "/../../x"},
        {"md5": "1" * 32, "type": "png", "filename": "../../etc/..\\x/holiday.png"},
    ]

    def photos(name: str) -> tuple[int, Callable[[], bytes]]:
        asked.append(name)
        return 1, lambda: b"x"

    found = [*day_one.read(json.dumps({"entries": [entry]}).encode(), HERE, photos)]

    assert asked == [f"photos/{'1' * 32}.png"]
    assert [each.name for f in found if isinstance(f, Found) for each in f.attached] == [
        "holiday.png"
    ]
