"""Which first words of a text are a date, and which day people mean."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from inglenook_client.journal import dating
from inglenook_client.journal.dating import Moment


def here(language: str = "en-GB", zone: str = "Europe/London") -> Moment:
    """Friday, 27 November 2026, half past ten in London."""
    now = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
    return Moment(int(now.timestamp() * 1000), zone, language)


def said(text: str, moment: Moment) -> str | None:
    """The date taken as ``2026-11-26 21:00``, without a clock where none was said."""
    found = dating.taken(text, moment)
    if found is None:
        return None
    assert found.text == "the words"
    at = datetime.fromtimestamp(found.at / 1000, UTC)
    clock = f" {at:%H:%M}" if found.timed else ""
    return found.day + clock


@pytest.mark.parametrize(
    ("prefix", "date"),
    [
        ("yesterday 9pm", "2026-11-26 21:00"),
        ("Yesterday", "2026-11-26"),
        ("yesterday evening", "2026-11-26 18:00"),
        ("last night", "2026-11-26 20:00"),
        ("this morning", "2026-11-27 09:00"),
        ("today 9am", "2026-11-27 09:00"),
        ("9am", "2026-11-27 09:00"),
        ("9pm", "2026-11-26 21:00"),
        ("7:30", "2026-11-27 07:30"),
        ("at 5pm", "2026-11-26 17:00"),
        ("monday 9am", "2026-11-23 09:00"),
        ("last monday", "2026-11-23"),
        ("on monday", "2026-11-23"),
        ("3 days ago", "2026-11-24"),
        ("an hour ago", "2026-11-27 09:30"),
        ("may 5", "2026-05-05"),
        ("the 1st", "2026-11-01"),
        ("5 May 2024 8 pm", "2024-05-05 19:00"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31 21:15", "2026-01-31 21:15"),
        ("31.01.2026", "2026-01-31"),
    ],
)
def test_a_date_before_the_first_colon_is_taken_and_the_past_preferred(
    prefix: str, date: str
) -> None:
    assert said(f"{prefix}: the words", here()) == date


@pytest.mark.parametrize(
    "text",
    [
        *("12: the words", "9: the words", "2026: the words", "3/4: the words", "1. : the words"),
        *("1 2: the words", "monday: the words", "Mon: the words", "may: the words"),
        *("March: the words", "in may: the words", "march on: the words", "year 9: the words"),
        *("today: the words", "now: the words", "tomorrow: the words", "next week: the words"),
        *("today 9pm: the words", "5 min: the words", "2h: the words", "a day: the words"),
        *("last year: the words", "a: the words", "one: the words"),
        *("note: the words", "Dear diary: the words", "sunday lunch: the words"),
        *("plan for today: the words", "so may I: the words", "10 times: the words"),
        *("yesterday:the words", "yesterday - the words"),
        *("yesterday 9pm: ", "yesterday 9pm:\n", ": the words", "", "no colon at all"),
        "I saw him yesterday at noon: the words",
        "a title\nyesterday 9pm: the words",
        "yesterday\n9pm: the words",
        "x" * 100 + ": the words",
        "\x00: \ud800",
    ],
)
def test_everything_else_is_text(text: str) -> None:
    assert dating.taken(text, here()) is None


@pytest.mark.parametrize(
    ("language", "prefix", "date"),
    [
        ("es", "ayer", "2026-11-26"),
        ("de-DE", "gestern 21:00", "2026-11-26 21:00"),
        ("pl", "wczoraj", "2026-11-26"),
        ("es", "yesterday 9pm", "2026-11-26 21:00"),
        ("en-US", "3/4/2026", "2026-03-04"),
        ("en-GB", "3/4/2026", "2026-04-03"),
        ("tlh", "yesterday", "2026-11-26"),
        ("de", "lunes 9:00", None),
    ],
)
def test_dates_are_understood_in_the_persons_language_and_in_english(
    language: str, prefix: str, date: str | None
) -> None:
    assert said(f"{prefix}: the words", here(language)) == date


def test_the_day_is_the_one_that_the_writer_saw() -> None:
    # In Auckland it is 23:30 already.
    late = here(zone="Pacific/Auckland")

    found = dating.taken("9pm: the words", late)

    assert found is not None
    assert found.day == "2026-11-27"
    assert datetime.fromtimestamp(found.at / 1000, UTC) == datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert dating.at_noon("2026-11-26", late) == int(
        datetime(2026, 11, 25, 23, tzinfo=UTC).timestamp() * 1000
    )
    assert dating.at_noon("2026-11-27", late) == late.now


@pytest.mark.parametrize(
    ("asked", "past", "future"),
    [
        ("monday", "2026-11-23", "2026-11-30"),
        ("12", "2026-11-12", "2026-12-12"),
        ("27", "2026-11-27", "2026-11-27"),
        ("31", "2026-10-31", "2026-12-31"),
        ("may", "2026-05-01", "2027-05-01"),
        ("2024", "2024-01-01", "2024-01-01"),
        ("may 5", "2026-05-05", "2027-05-05"),
        ("two weeks ago", "2026-11-13", "2026-11-13"),
    ],
)
def test_where_a_date_is_asked_for_a_number_or_a_name_alone_is_one(
    asked: str, past: str, future: str
) -> None:
    found = [dating.day_of(asked, here(), prefer) for prefer in ("past", "future")]

    assert [day and day.isoformat() for day in found] == [past, future]


@pytest.mark.parametrize("asked", ["", "0", "99", "32", "someday", "x" * 99])
def test_what_is_no_day_is_none(asked: str) -> None:
    assert dating.day_of(asked, here(), "past") is None


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("walked home", False),
        ("I saw my friends today in town: nice", False),
        ("12: nothing", False),
        ("yesterday 9pm: argued", True),
    ],
)
def test_the_slow_library_is_imported_only_for_what_may_be_a_date(
    text: str, imported: bool
) -> None:
    code = (
        "import sys; from inglenook_client.journal import dating;"
        f"dating.taken({text!r}, dating.Moment(0, 'UTC', 'en')); print('dateparser' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == str(imported)
