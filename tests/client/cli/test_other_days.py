"""Writing on another day, answering a prompt, looking back on a stretch of days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from client.cli.conftest import Inglenook
from inglenook_client import ambient, guides

pytestmark = pytest.mark.usefixtures("home", "a_wednesday")

NOW = datetime(2026, 2, 4, 10, 30, tzinfo=UTC)


@pytest.fixture
def a_wednesday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half past ten on Wednesday, 4 February 2026, in London."""
    monkeypatch.setattr(ambient, "now_ms", lambda: int(NOW.timestamp() * 1000))


def test_the_line_saved_says_which_date_it_took(inglenook: Inglenook) -> None:
    answer = inglenook("yesterday", "9pm:", "argued with my brother")
    event = inglenook("show", "e1", "--json").document

    assert answer.out == (
        "e1  Saved on this device. Only you can read it. Dated Tuesday, 3 February 2026, 21:00.\n"
    )
    assert (event["text"], event["local_date"], event["at"], event["fields"]["for_date"]) == (
        "argued with my brother",
        "2026-02-03",
        "2026-02-03T21:00:00.000Z",
        "2026-02-03",
    )
    assert inglenook("log", "--until", "yesterday", "--json").document[0]["id"] == "e1"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(["monday: maths, tuesday: art"], "monday: maths, tuesday: art", id="weekday"),
        pytest.param(["12: twelve"], "12: twelve", id="number"),
        pytest.param(["--", "yesterday 9pm: x"], "yesterday 9pm: x", id="said to be text"),
        pytest.param(
            ["--on", "2 feb", "last night: x"], "last night: x", id="the date was said already"
        ),
    ],
)
def test_words_that_are_no_date_stay_as_they_are(
    inglenook: Inglenook, line: list[str], text: str
) -> None:
    assert inglenook("--json", *line).document["text"] == text


@pytest.mark.parametrize(
    ("line", "day", "field"),
    [
        pytest.param(["--on", "monday", "a line of words"], "2026-02-02", "for_date", id="entry"),
        pytest.param(["a line", "of words", "--on=3"], "2026-02-03", "for_date", id="number"),
        pytest.param(["mood", "2", "--on", "yesterday"], "2026-02-03", "", id="mood"),
        pytest.param(["win", "asked", "--on", "2 days ago"], "2026-02-02", "on", id="win"),
    ],
)
def test_what_is_put_on_another_day_stands_there(
    inglenook: Inglenook, line: list[str], day: str, field: str
) -> None:
    said = inglenook(*line)
    (event,) = inglenook("log", "--until", day, "--from", day, "--json").document

    assert said.out.endswith("February 2026.\n")
    assert event["local_date"] == day
    assert event["at"] == f"{day}T12:00:00.000Z"
    assert not field or event["fields"][field] == day


@pytest.mark.parametrize(
    "line", [["--on", "tomorrow", "a line of words"], ["mood", "2", "--on", "tomorrow"]]
)
def test_a_day_to_come_is_refused(inglenook: Inglenook, line: list[str]) -> None:
    answer = inglenook(*line)

    assert answer.code == 1
    assert "hat day is still to come" in answer.err
    assert inglenook("log", "--json").document == []


@pytest.mark.parametrize(
    ("line", "lang", "days"),
    [
        pytest.param(["--on", "2026-01-31"], "en_GB", ("2026-01-26", "2026-02-01"), id="monday on"),
        pytest.param(["--on", "2026-01-31"], "en_US", ("2026-01-25", "2026-01-31"), id="sunday on"),
        pytest.param(["--month", "--on", "jan 5"], "C", ("2026-01-01", "2026-01-31"), id="month"),
        pytest.param(["--day", "--on", "monday"], "C", ("2026-02-02", "2026-02-02"), id="day"),
        pytest.param(
            ["--term", "--from", "2025-09-01", "--until", "2025-12-19"],
            "C",
            ("2025-09-01", "2025-12-19"),
            id="term",
        ),
        pytest.param([], "C", (None, None), id="now"),
    ],
)
def test_a_reflection_says_which_days_it_looks_back_on(
    inglenook: Inglenook,
    monkeypatch: pytest.MonkeyPatch,
    line: list[str],
    lang: str,
    days: tuple[str | None, str | None],
) -> None:
    monkeypatch.setenv("LANG", lang)

    fields = inglenook("reflect", "spoke up", *line, "--json").document["fields"]

    assert (fields.get("starts_on"), fields.get("ends_on")) == days


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--term", "--on", "monday"], "say --from and --until"),
        (["--on", "monday", "--from", "monday"], "Say either --on"),
        (["--from", "2026-01-02", "--until", "2026-01-01"], "The first day comes after the last."),
    ],
)
def test_days_that_do_not_go_together_are_refused(
    inglenook: Inglenook, line: list[str], said: str
) -> None:
    answer = inglenook("reflect", "spoke up", *line)

    assert answer.code == 1
    assert said in answer.err


def test_a_prompt_is_shown_without_anything_being_kept(inglenook: Inglenook) -> None:
    shown = inglenook("prompt", "--theme", "hard-days")
    other = inglenook("prompt", "--theme", "hard-days", "--another", "--json").document

    assert shown.out.strip() == guides.prompt_for(date(2026, 2, 4), "hard_days").text
    assert other["theme"] == "hard_days"
    assert other["text"] != shown.out.strip()
    assert inglenook("log", "--json").document == []


def test_an_answer_keeps_the_words_of_the_prompt(inglenook: Inglenook) -> None:
    event = inglenook("prompt", "I asked my teacher first", "--json").document

    assert event["kind"] == "entry.written"
    assert event["text"] == "I asked my teacher first"
    assert event["fields"]["prompt"] == guides.prompt_for(date(2026, 2, 4)).text


def test_themes_are_listed_by_the_names_that_one_types(inglenook: Inglenook) -> None:
    assert "hard-days    Hard days\n" in inglenook("prompt", "--themes").out
    assert "There are: day, learning" in inglenook("prompt", "--theme", "weather").err
