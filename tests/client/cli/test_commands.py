"""What one person alone does on the command line, and what they read."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook
from inglenook_client.calendar import short_day
from inglenook_schema.events.limits import TEXT

pytestmark = pytest.mark.usefixtures("home")


def test_a_line_is_saved_and_said_to_be_here_and_for_you_alone(inglenook: Inglenook) -> None:
    answer = inglenook("walked home, felt ok")

    assert answer.out == "e1  Saved on this device. Only you can read it.\n"


def test_standard_input_is_saved_as_it_came(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"zwei\n\nZeilen\n")))

    answer = inglenook("--json", "-")

    assert answer.document["text"] == "zwei\n\nZeilen"


def test_bytes_that_are_no_text_are_refused(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\x00")))

    answer = inglenook("-")

    assert answer.code == 1
    assert "not UTF-8 text; nothing was saved" in answer.err


def test_a_text_longer_than_one_event_goes_on_in_the_next(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "word " * 25_000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(long.encode())))

    answer = inglenook("--json", "-")
    shown = inglenook("show", "e1", "--json").document

    assert answer.code == 0
    assert len(long) > 2 * TEXT
    assert shown["text"] == long.rstrip("\r\n")
    assert [each["text"] for each in inglenook("log", "--json").document] == [shown["text"]]
    assert "word " * 20 in inglenook("show", "e1").out


def test_nothing_is_saved_of_a_word_that_may_be_a_command(inglenook: Inglenook) -> None:
    for line in (["homework"], ["stauts"], ["gaol", "new"], ["goal", "of", "mine"], [""]):
        assert inglenook(*line).code == 1

    assert inglenook("log", "--json").document == []


def test_a_mood_stays_in_the_journal(inglenook: Inglenook) -> None:
    inglenook("mood", "2", "tired", "hopeful", "--confidence", "4", "--note", "after the test")

    assert "feeling low, tired, hopeful, sure · only you" in inglenook("log").out


def test_log_filters(inglenook: Inglenook) -> None:
    inglenook("about @maths and fractions")
    inglenook("about football")

    def texts(*flags: str) -> list[str]:
        return [event["text"] for event in inglenook("log", "--json", *flags).document]

    assert texts("--tag", "maths") == ["about @maths and fractions"]
    assert texts("--contains", "FOOT") == ["about football"]
    assert len(texts("--from", "yesterday")) == 2
    assert texts("--until", "yesterday") == []
    assert texts("--on-this-day") == []
    assert len(texts("--space", "journal")) == 2


def test_an_empty_log_gives_an_example_and_a_reason(inglenook: Inglenook) -> None:
    assert inglenook("log").out == (
        "Nothing is written yet.\n"
        'A first line: inglenook "walked home, felt ok"  Only you can read it.\n'
    )
    assert inglenook("log", "--tag", "maths").out == "Nothing here fits that.\n"
    assert "There is no goal yet." in inglenook("goal", "list").out
    assert "One word alone finds more." in inglenook("search", "no", "where").out
    assert "Its first letters alone find more." in inglenook("search", "nowhere").out


def test_plain_is_one_line_an_event(inglenook: Inglenook) -> None:
    inglenook("first\nsecond")
    inglenook("mood", "3")

    lines = inglenook("log", "--plain").out.splitlines()

    assert len(lines) == 2
    assert lines[0].endswith("e1  journal  you: entry  first / second")
    assert lines[1].endswith("-  journal  you: feeling okay")


def test_a_goal_page_tells_why_the_plan_and_how_it_changed(inglenook: Inglenook) -> None:
    inglenook("goal", "new", "Pass maths", "--why", "biology", "--by", "2026-12-13")
    inglenook("step", "add", "g1", "Do exercise 4", "--by", "2026-11-27", "--if-then", "ask")
    inglenook("step", "add", "g1", "Ask for help", "--who", "both")
    inglenook("step", "done", "s1", "--note", "went well")
    inglenook("progress", "g1", "--level", "3", "--confidence", "4", "--obstacle", "time", "half")
    inglenook("goal", "revise", "g1", "--title", "Pass maths well")

    page = inglenook("goal", "show", "g1").out

    day = short_day(inglenook("log", "--json").document[0]["local_date"])
    goal = inglenook("goal", "list", "--json").document[0]["event"]
    assert page == (
        "g1  Pass maths well\n"
        "    working on · only you\n"
        "\n"
        "    Why: biology\n"
        f"    By: {short_day('2026-12-13')}\n"
        "\n"
        "    Steps\n"
        f"    s1  [x] Do exercise 4 (by {short_day('2026-11-27')})\n"
        "    s2  [ ] Ask for help\n"
        "\n"
        "    Progress\n"
        f"    {day}  you: half way, sure\n"
        "                half\n"
        "                In the way: time\n"
        "\n"
        "    Earlier\n"
        f"    {day}  you: Pass maths\n"
        "\n"
        f"To read out: {goal[:8]}\n"
    )
    assert inglenook("show", "g1").out == f"{page}saved here\n"


def test_what_belongs_to_a_goal_follows_it_and_another_space_is_refused(
    inglenook: Inglenook,
) -> None:
    inglenook("goal", "new", "Read")

    here = inglenook("step", "add", "g1", "one", "--space", "journal", "--json")
    there = inglenook("step", "add", "g1", "two", "--space", "Nobody")

    assert here.document["space"] == "journal"
    assert there.code == 1
    assert "There is no space called Nobody." in there.err


def test_ids_of_another_sort_are_refused(inglenook: Inglenook) -> None:
    inglenook("an entry here")

    answer = inglenook("step", "add", "e1", "one")

    assert answer.code == 1
    assert answer.err.startswith("e1 is something else.")


def test_a_reflection_is_shown_with_its_parts(inglenook: Inglenook) -> None:
    inglenook("reflect", "spoke up", "--attention", "homework", "--next", "sleep", "--week")

    out = inglenook("show", "e1").out

    assert "looking back on the week · only you\nsaved here\n" in out
    assert "Strides: spoke up\nNeeds attention: homework\nWhat comes next: sleep\n" in out


def test_words_after_two_dashes_are_text_also_in_a_command(inglenook: Inglenook) -> None:
    answer = inglenook("win", "--json", "--", "--5 kg")

    assert answer.document["text"] == "--5 kg"


def test_options_may_stand_between_the_words_of_a_command(inglenook: Inglenook) -> None:
    inglenook("goal", "new", "Read")

    answer = inglenook("progress", "g1", "--confidence", "4", "half way", "--json")

    assert answer.document["text"] == "half way"
    assert answer.document["fields"]["confidence"] == 4


def test_a_space_that_takes_no_entries_is_refused_by_name(inglenook: Inglenook) -> None:
    answer = inglenook("--space", "Maya", "hello there")

    assert answer.code == 1
    assert "There is no space called Maya. There is: journal" in answer.err


def test_the_whole_journal_verifies(inglenook: Inglenook) -> None:
    inglenook("walked home")

    answer = inglenook("doctor")

    assert answer.code == 0
    assert answer.out.endswith("Everything on this device verifies.\n")


def test_half_a_journal_is_not_written_over(home: Path, inglenook: Inglenook) -> None:
    (home / "key").unlink()
    before = (home / "journal.db").read_bytes()

    answer = inglenook("init", "--name", "Ben", "--kdf-mib", "64")

    assert answer.code == 1
    assert "nothing was changed" in answer.err
    assert (home / "journal.db").read_bytes() == before


def test_a_journal_that_could_not_be_started_leaves_the_folder_empty(
    inglenook: Inglenook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / "other"))

    away = inglenook("init", "--name", "Ben", "--relay", "http://example.org", "--kdf-mib", "64")
    cheap = inglenook("init", "--name", "Ben", "--kdf-mib", "8")
    nameless = inglenook("init")

    assert [away.code, cheap.code, nameless.code] == [1, 1, 1]
    assert "--name" in nameless.err
    assert not (tmp_path / "other").exists() or not list((tmp_path / "other").iterdir())
    assert inglenook("init", "--name", "Ben", "--kdf-mib", "64").code == 0
