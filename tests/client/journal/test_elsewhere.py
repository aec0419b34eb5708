"""What leaves is opened by other programs: jrnl, a Markdown parser, a calendar parser."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from dateutil.rrule import rrulestr
from icalendar import Calendar
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin
from PIL import Image

from harness.devices import Device
from harness.jrnl_program import Jrnl
from harness.saying import say
from inglenook_client.core.projections.checkins import Again
from inglenook_client.journal import attaching, texts
from inglenook_client.journal.errors import FolderExistsError
from inglenook_client.journal.model import Query, Shown
from inglenook_client.journal.views import meetings
from inglenook_schema.errors import CallerError
from inglenook_schema.events.action_plan import ProgressNoted, StepAdded, StepDone
from inglenook_schema.events.checkins import CheckinHeld, CheckinMissed, CheckinPlanned, Rhythm
from inglenook_schema.events.choices import Unit
from inglenook_schema.events.goals import GoalSet
from inglenook_schema.events.resources import ActivitySuggested
from inglenook_schema.events.writing import EntryRevised, EntryStarred, EntryWritten

Pair = tuple[Device, Device]
NINE = 1_772_352_900_000
"""1 March 2026, 09:15 in Berlin."""
DAY = 86_400_000
BERLIN = ZoneInfo("Europe/Berlin")
HOSTILE = (
    "---\nid: none\n---\n# not a title\n\n[2020-01-01 00:00] not an entry\n\x00\x1b[31m\u2028- end"
)


async def write(device: Device, text: str, at: int = NINE, **said: Any) -> bytes:
    """An entry of its own moment and zone, as a careful device would have written it."""
    day = datetime.fromtimestamp(at / 1000, BERLIN).date().isoformat()
    content = EntryWritten(text=text, at=at, zone=BERLIN.key, date=day, **said)
    space = await device.journal.space("journal")
    return (await device.journal.append(space, content)).event


async def entries(device: Device) -> list[Shown]:
    return await device.journal.log(Query(kinds=frozenset({"entry.written"})))


def told(shown: Shown) -> tuple[object, ...]:
    said: Any = shown.content
    return (
        *(said.title, said.text, said.mood, said.feelings, said.tags, said.for_date, said.prompt),
        *(shown.at, shown.zone, shown.local_date),
    )


async def several(device: Device) -> None:
    first = await write(
        device, "Walked home, with @ben.", title="Home: “a: b” # c", mood=4, tags=("ben",),
        feelings=("tired", "glad"), prompt="What was *good*?",
    )  # fmt: skip
    await say(device, EntryStarred, entry=first)
    later = await write(device, "draft", NINE + DAY + 1, for_date="2026-02-27")
    await say(device, EntryRevised, entry=later, text="As it\nstands now.\n\n    code")
    long = [*texts.pieces("\n".join(f"line {n}" for n in range(8_000)))]
    first = await write(device, long[0], NINE + 2 * DAY)
    for part in long[1:]:
        await write(device, part, NINE + 2 * DAY, continues=first)


# --- Markdown -------------------------------------------------------------------------


async def test_a_folder_of_markdown_comes_back_as_it_was(
    ada: Device, max_: Device, base: Path
) -> None:
    await several(ada)
    await ada.journal.export_folder(base / "out")

    here = await ada.journal.import_file(base / "out")
    there = await max_.journal.import_file(base / "out")

    assert (here.entries, here.known) == (0, 3)
    assert (there.entries, there.stars, there.skipped) == (3, 1, ())
    assert [*map(told, await entries(max_))] == [*map(told, await entries(ada))]
    assert (await max_.journal.import_file(base / "out")).known == 3


async def test_files_leave_beside_their_entries_and_come_back(
    ada: Device, max_: Device, base: Path
) -> None:
    entry = await write(ada, "By boat.")
    (shown,) = await entries(ada)
    photo = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 99, 200)).save(photo, "PNG")
    given = attaching.ready(photo.getvalue(), Path("..%2F the boat.png"), "The boat")
    await ada.journal.attach(await ada.journal.space("journal"), shown, given, "en")

    await ada.journal.export_folder(base / "out")
    came = await max_.journal.import_file(base / "out")

    (file,) = (base / "out" / "files").iterdir()
    assert (file.read_bytes(), file.name[17:]) == (given.data, "_2F_the_boat.png")
    assert (came.entries, came.attachments) == (1, 1)
    (kept,) = await max_.journal.attachments((await entries(max_))[0].event)
    assert (kept.said.alt, kept.said.name, kept.said.size) == (
        "The boat",
        given.name,
        len(given.data),
    )
    assert (await ada.journal.import_file(base / "out")).attachments == 0
    assert (await max_.journal.import_file(base / "out")).attachments == 0
    assert entry


@pytest.mark.parametrize("name", ["../../secret.txt", "/etc/hostname", "link.txt", "none", "."])
async def test_a_note_reaches_no_file_outside_its_folder(
    ada: Device, base: Path, name: str
) -> None:
    (base / "secret.txt").write_text("secret")
    folder = base / "notes" / "deep"
    folder.mkdir(parents=True)
    (folder / "link.txt").symlink_to(base / "secret.txt")
    (folder / "a.md").write_text(f"---\nattachments: [{{file: {name}}}]\n---\n\nWords\n")

    done = await ada.journal.import_file(base / "notes")

    assert (done.entries, done.attachments) == (1, 0)


async def test_a_markdown_parser_finds_front_matter_and_words(pair: Pair, base: Path) -> None:
    ada, _max = pair
    await several(ada)
    await write(ada, HOSTILE, NINE + 3 * DAY, title="---\n# x")
    goal = (await say(ada, GoalSet, space=await ada.pair(), title="Pass *maths*", why="So.")).event
    step = (await say(ada, StepAdded, space=await ada.pair(), goal=goal, title="One\npaper")).event
    await say(ada, StepDone, space=await ada.pair(), step=step)
    await say(ada, ProgressNoted, space=await ada.pair(), goal=goal, level=2, note="Slow")

    await ada.journal.export_folder(base / "out")

    parser = MarkdownIt("commonmark").use(front_matter_plugin)
    found = dict[str, tuple[dict[str, Any], str]]()
    for file in (base / "out").rglob("*.md"):
        front, *rest = parser.parse(file.read_text())
        said = yaml.safe_load(front.content)
        assert front.type == "front_matter"
        found[said["id"]] = (said, "\n".join(token.content for token in rest if token.content))
        assert file.stat().st_mode & 0o777 == 0o600
    assert set(found) == {shown.event.hex() for shown in await entries(ada)} | {goal.hex()}
    kinds = [said["kind"] for said, _text in found.values()]
    assert sorted(kinds) == ["entry.written"] * 4 + ["goal"]
    front, text = found[goal.hex()]
    assert (front["title"], front["state"], front["space"]) == ("Pass *maths*", "active", "Max")
    assert "[x] One paper" in text
    assert "level 2 of 5; Slow" in text
    done = await ada.journal.import_file(base / "out", dry_run=True)
    assert (done.known, [left.why for left in done.skipped]) == (
        *(4, ["It is a goal; goals come in from a jsonl export."]),
    )


async def test_a_folder_is_for_some_days_or_one_space_and_replaces_nothing(
    pair: Pair, base: Path
) -> None:
    ada, _max = pair
    await several(ada)
    await ada.journal.export_folder(base / "some", since="2026-03-02", until="2026-03-02")

    assert [file.name[:10] for file in (base / "some").rglob("*.md")] == ["2026-03-02"]
    with pytest.raises(FolderExistsError):
        await ada.journal.export_folder(base / "some")
    with pytest.raises(CallerError):
        await ada.journal.export_folder(base / "ours", await ada.pair())
    assert sorted(file.name for file in base.glob("*")) == sorted(
        {file.name for file in base.glob("*")} - {"ours"}
    )
    assert not [*base.glob(".*.part")]


# --- jrnl -----------------------------------------------------------------------------


async def test_jrnl_reads_our_export_and_we_read_what_it_writes(
    ada: Device, max_: Device, base: Path
) -> None:
    jrnl = Jrnl(base / "jrnl")
    first = await write(ada, "Walked home. All *fine*, with @ben.\nMore\n[2020-01-01 00:00] no")
    await say(ada, EntryStarred, entry=first)
    await write(ada, HOSTILE, NINE + DAY)
    await ada.journal.export_words(jrnl.file, "jrnl")

    read = jrnl.entries()

    assert [(each["date"], each["time"], each["starred"]) for each in read] == [
        ("2026-03-01", "09:15", True),
        ("2026-03-02", "09:15", False),
    ]
    assert read[0]["tags"] == ["@ben"]
    jrnl.run("2026-03-03 21:40: A day. *Its* own #tag")  # jrnl writes its file anew
    document = base / "jrnl.json"
    document.write_text(jrnl.run("--format", "json"))
    came = await max_.journal.import_file(jrnl.file, zone="Europe/Berlin")
    again = await max_.journal.import_file(document, zone="Europe/Berlin")
    assert (came.entries, came.stars, came.skipped) == (3, 1, ())
    assert (again.entries, again.known) == (0, 3)
    found = await entries(max_)
    assert [(shown.at, shown.local_date) for shown in found][:2] == [
        (NINE, "2026-03-01"),
        (NINE + DAY, "2026-03-02"),
    ]
    assert found[0].text == "Walked home. All *fine*, with @ben.\nMore\n [2020-01-01 00:00] no"
    assert found[2].text == "A day.\n*Its* own #tag"  # as jrnl writes a title


async def test_a_folder_of_jrnls_comes_in(ada: Device, base: Path) -> None:
    jrnl = Jrnl(base / "jrnl", journals={"default": {"journal": str(base / "days")}})
    (base / "days").mkdir()
    for day in ("2026-03-01", "2026-03-02"):
        jrnl.run(f"{day} 08:00: On {day}.")

    done = await ada.journal.import_file(base / "days")

    assert (done.source, done.entries, done.since, done.until) == (
        *("jrnl", 2, "2026-03-01", "2026-03-02"),
    )


# --- calendars ------------------------------------------------------------------------

PRIVATE = ("Secret goal", "secret step", "Secret club", "secret place", "Max")


async def planned(ada: Device) -> None:
    ours = await ada.pair()
    goal = (await say(ada, GoalSet, space=ours, title="Secret goal")).event
    step = (
        await say(ada, StepAdded, space=ours, goal=goal, title="secret step", due_on="2026-03-20")
    ).event
    await say(ada, StepAdded, space=ours, goal=goal, title="secret step 2")
    await say(ada, StepDone, space=ours, step=step)
    weekly = (
        await say(
            *(ada, CheckinPlanned),
            space=ours,
            starts_at=NINE,
            tz="Europe/Berlin",
            minutes=45,
            where="secret place",
            repeat=Rhythm(every=2, unit=Unit.WEEK),
        )
    ).event
    await say(
        ada, CheckinMissed, space=ours, plan=weekly, on="2026-03-15", new_time=NINE + 15 * DAY
    )
    await say(ada, CheckinHeld, space=ours, plan=weekly, on="2026-03-01")
    await say(ada, CheckinHeld, space=ours, on="2026-02-01")
    await say(ada, ActivitySuggested, space=ours, title="Secret club", on="2026-03-21")


async def test_a_calendar_parser_reads_what_is_on_and_no_words(pair: Pair, base: Path) -> None:
    ada, _max = pair
    await planned(ada)

    done = await ada.journal.export_calendar(base / "out.ics")

    data = (base / "out.ics").read_bytes()
    events = Calendar.from_ical(data).walk("VEVENT")
    assert (done.events, done.spaces) == (6, ["Max"])
    assert not [word for word in PRIVATE if word.encode() in data]
    assert {str(event["summary"]) for event in events} == {""}
    weekly = next(event for event in events if "rrule" in event)
    start = weekly.decoded("dtstart")
    assert (start.isoformat(), str(start.tzinfo)) == ("2026-03-01T09:15:00+01:00", "Europe/Berlin")
    assert weekly.decoded("duration") == timedelta(minutes=45)
    assert (weekly["rrule"]["freq"], weekly["rrule"]["interval"]) == (["WEEKLY"], [2])
    assert [each.dt.isoformat() for each in weekly["exdate"].dts] == ["2026-03-15T09:15:00+01:00"]
    others = [event.decoded("dtstart") for event in events if event is not weekly]
    assert {str(other) for other in others} == {
        "2026-03-16 08:15:00+00:00",  # where it was moved to
        "2026-02-01",
        "2026-03-21",
    }
    todos = Calendar.from_ical(data).walk("VTODO")
    assert {(str(t["status"]), t.decoded("due", None)) for t in todos} == {
        ("COMPLETED", date(2026, 3, 20)),
        ("NEEDS-ACTION", None),
    }
    assert [str(z["tzid"]) for z in Calendar.from_ical(data).walk("VTIMEZONE")] == ["Europe/Berlin"]


async def test_a_calendar_comes_round_as_we_do(pair: Pair, base: Path) -> None:
    ada, _max = pair
    for start, unit in product(("2026-01-31", "2028-01-29", "2026-03-30", "2026-03-01"), Unit):
        at = datetime.fromisoformat(f"{start}T18:30").replace(tzinfo=BERLIN).timestamp() * 1000
        said = {"starts_at": int(at), "tz": BERLIN.key, "minutes": 30}
        repeat = Rhythm(every=1, unit=unit)
        await say(ada, CheckinPlanned, space=await ada.pair(), repeat=repeat, **said)
    await ada.journal.export_calendar(base / "out.ics")

    events = Calendar.from_ical((base / "out.ics").read_bytes()).walk("VEVENT")

    assert len(events) == 4 * len(Unit)
    for event in events:
        begins = event.decoded("dtstart").replace(tzinfo=None)
        rule = rrulestr(event["rrule"].to_ical().decode(), dtstart=begins)
        unit = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month"}[event["rrule"]["freq"][0]]
        first = int(begins.replace(tzinfo=BERLIN).timestamp() * 1000)
        ours = meetings._rounds(first, Again(1, unit), BERLIN)
        assert [when.replace(tzinfo=BERLIN).timestamp() for when in islice(rule, 40)] == [
            at / 1000 for at in islice(ours, 40)
        ], event["rrule"]


async def test_a_check_in_that_is_off_is_off_and_one_that_moved_is_there(
    pair: Pair, base: Path
) -> None:
    ada, _max = pair
    said = {"space": await ada.pair(), "tz": BERLIN.key, "minutes": 30}
    for new_time in (None, NINE + DAY):
        plan = (await say(ada, CheckinPlanned, starts_at=NINE, **said)).event
        await say(ada, CheckinMissed, space=said["space"], plan=plan, new_time=new_time)
    await ada.journal.export_calendar(base / "out.ics")

    events = Calendar.from_ical((base / "out.ics").read_bytes()).walk("VEVENT")

    assert {(str(e.get("status")), e.decoded("dtstart").timestamp() * 1000) for e in events} == {
        ("CANCELLED", NINE),
        ("None", NINE + DAY),
    }


async def test_a_calendar_says_what_things_are_called_where_asked(pair: Pair, base: Path) -> None:
    ada, _max = pair
    await planned(ada)

    await ada.journal.export_calendar(base / "out.ics", summaries=True)

    parts = Calendar.from_ical((base / "out.ics").read_bytes()).subcomponents
    said = {str(part.get("summary")) for part in parts if part.name != "VTIMEZONE"}
    assert said == {"Check-in with Max", "secret step", "secret step 2", "Secret club"}


async def test_a_calendar_is_for_some_days_or_one_space(pair: Pair, base: Path) -> None:
    ada, _max = pair
    await planned(ada)

    some = await ada.journal.export_calendar(base / "a.ics", since="2026-03-21", until="2026-03-21")

    assert some.events == 2  # the activity, and what comes round
    with pytest.raises(CallerError):
        await ada.journal.export_calendar(base / "b.ics", await ada.journal.space("journal"))
    assert not (base / "b.ics").exists()
