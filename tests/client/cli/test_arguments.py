"""Days, ids, numbers and times as people write them."""

from argparse import ArgumentTypeError
from datetime import date

import pytest

from inglenook_client import ambient
from inglenook_client.cli import arguments, days, feedback, sections
from inglenook_client.journal import texts
from inglenook_schema.events.choices import Framework
from inglenook_schema.events.limits import TEXT


@pytest.fixture(autouse=True)
def a_wednesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ambient, "today", lambda: date(2026, 2, 4))


@pytest.mark.parametrize(
    ("said", "past", "coming"),
    [
        ("2026-01-31", "2026-01-31", "2026-01-31"),
        ("today", "2026-02-04", "2026-02-04"),
        ("Yesterday", "2026-02-03", "2026-02-03"),
        ("tomorrow", "2026-02-05", "2026-02-05"),
        ("monday", "2026-02-02", "2026-02-09"),
        ("wed", "2026-02-04", "2026-02-11"),
        ("friday", "2026-01-30", "2026-02-06"),
        ("3 days ago", "2026-02-01", "2026-02-01"),
        ("1 week ago", "2026-01-28", "2026-01-28"),
        ("in  2 weeks", "2026-02-18", "2026-02-18"),
        ("last week", "2026-01-28", "2026-01-28"),
        ("next week", "2026-02-11", "2026-02-11"),
        ("31.1.2026", "2026-01-31", "2026-01-31"),
        ("may", "2025-05-01", "2026-05-01"),
        ("12", "2026-01-12", "2026-02-12"),
    ],
)
def test_days_are_understood_as_they_are_said(said: str, past: str, coming: str) -> None:
    assert (days.past_day(said), days.coming_day(said)) == (past, coming)


@pytest.mark.parametrize("said", ["", "someday", "2026-02-30", "9999 weeks ago x", "m"])
def test_what_is_no_day_is_refused(said: str) -> None:
    with pytest.raises(ArgumentTypeError, match="2026-01-31"):
        days.past_day(said)


@pytest.mark.parametrize("said", ["e7", "G12", "deadbeef", "0" * 64, " q2 "])
def test_ids_are_short_or_eight_or_more_hex_digits(said: str) -> None:
    assert arguments.reference(said) == said.strip().casefold()


@pytest.mark.parametrize("said", ["", "the", "7", "e", "dead", "0" * 65, "e7;", "e٣"])
def test_what_is_no_id_is_refused(said: str) -> None:
    with pytest.raises(ArgumentTypeError):
        arguments.reference(said)


@pytest.mark.parametrize(("said", "seconds"), [("15m", 900), ("2h", 7200), ("90s", 90)])
def test_times_are_numbers_with_a_unit(said: str, seconds: int) -> None:
    assert arguments.duration(said) == seconds


@pytest.mark.parametrize("said", ["15", "m", "1.5h", "-1m", "15 minutes"])
def test_other_times_are_refused(said: str) -> None:
    with pytest.raises(ArgumentTypeError):
        arguments.duration(said)


@pytest.mark.parametrize("said", ["0", "6", "x", "3.5", ""])
def test_a_scale_goes_from_1_to_5(said: str) -> None:
    with pytest.raises(ArgumentTypeError, match="from 1 to 5"):
        arguments.scale(said)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("about @maths and @maths", ("maths",)),
        ("@exam-week @école", ("exam-week", "école")),
        ("mail ana@example.org or .@x", ()),
        ("no tags", ()),
    ],
)
def test_tags_stand_in_the_text(text: str, tags: tuple[str, ...]) -> None:
    assert texts.tags(text) == tags


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 30_000, id="words"),
        pytest.param("a line\n" * 20_000, id="lines"),
        pytest.param("x" * 130_000, id="no blanks at all"),
        pytest.param("短" * TEXT, id="exactly one"),
    ],
)
def test_a_long_text_is_cut_where_it_hurts_least_and_nothing_is_lost(text: str) -> None:
    parts = texts.pieces(text)

    assert "".join(parts) == text
    assert all(len(part) <= TEXT for part in parts)
    if " " in text:
        assert all(part[-1] in " \n" for part in parts[:-1])


def test_a_form_is_read_by_its_headings() -> None:
    headings = {"a": "First: one a line", "b": "Second"}
    form = sections.template(headings)
    written = form.replace("## Second\n", "## Second\n\nlast words\n## no heading of ours\n")

    found = sections.read("above all\n" + written, headings, "a")

    assert found == {"a": "above all", "b": "last words\n## no heading of ours"}
    assert sections.read(form, headings, "a") == {}
    assert sections.lines("- one\n\n* two\n three ") == ("one", "two", "three")


@pytest.mark.parametrize("said", ["hard-week", "Hard week", "hard_week"])
def test_an_agenda_is_named_as_people_write_it(said: str) -> None:
    assert arguments.template(said) == "hard_week"


def test_an_agenda_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(ArgumentTypeError, match="There are: first-meeting, grow"):
        arguments.template("long talk")


@pytest.mark.parametrize("framework", list(Framework))
def test_a_form_for_feedback_asks_for_each_part_and_reads_the_answers_alone(
    framework: Framework,
) -> None:
    headings, asks = feedback._form(framework)
    form = sections.template(headings, asks)
    answers = {name: f"my words about {name}" for name in headings}
    for name, heading in headings.items():
        form = form.replace(asks[name] + "\n", f"{asks[name]}\n{answers[name]}\n")
        assert heading in form

    assert sections.read(form, headings, "text", asks.values()) == answers
    empty = sections.template(headings, asks)
    assert sections.read(empty, headings, "text", asks.values()) == {}
