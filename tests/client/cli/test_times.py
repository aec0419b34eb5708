"""Times to come, as people say them."""

from argparse import ArgumentTypeError
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from inglenook_client import ambient
from inglenook_client.cli import times
from inglenook_schema.events.checkins import Rhythm
from inglenook_schema.events.choices import Unit

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=ZONE)  # a Monday


@pytest.fixture(autouse=True)
def monday_afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ambient, "now_ms", lambda: int(NOW.timestamp() * 1000))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param("friday 16:00", "2026-03-06 16:00", id="a weekday"),
        pytest.param("Friday at 4pm", "2026-03-06 16:00", id="at"),
        pytest.param("monday 9:30", "2026-03-09 09:30", id="the same weekday is the next one"),
        pytest.param("tomorrow 12pm", "2026-03-03 12:00", id="noon"),
        pytest.param("tomorrow 12:15 am", "2026-03-03 00:15", id="after midnight"),
        pytest.param("2026-04-01 08:05", "2026-04-01 08:05", id="a date, in summer time"),
        pytest.param("in 2 weeks 18:00", "2026-03-16 18:00", id="in two weeks"),
        pytest.param("17:00", "2026-03-02 17:00", id="later today"),
        pytest.param("15:00", "2026-03-03 15:00", id="gone by today"),
    ],
)
def test_a_time_to_come_is_in_the_zone_it_was_said_in(said: str, meant: str) -> None:
    found = times.coming(said)

    at = datetime.fromtimestamp(found.at / 1000, ZoneInfo(found.zone))
    assert f"{at:%Y-%m-%d %H:%M}" == meant
    assert found.zone == "Europe/London"


@pytest.mark.parametrize(
    "said", ["whenever", "friday", "friday 25:00", "friday 13pm", "9:00 10:00", "16:60", ""]
)
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(ArgumentTypeError):
        times.coming(said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param("week", Rhythm(), id="week"),
        pytest.param("every 2 weeks", Rhythm(every=2), id="every 2 weeks"),
        pytest.param("month", Rhythm(unit=Unit.MONTH), id="month"),
        pytest.param("10 days", Rhythm(every=10, unit=Unit.DAY), id="10 days"),
    ],
)
def test_how_often_is_said_in_days_weeks_or_months(said: str, meant: Rhythm) -> None:
    assert times.rhythm(said) == meant


@pytest.mark.parametrize("said", ["often", "0 weeks", "32 days", "2 fortnights"])
def test_what_is_no_rhythm_is_refused(said: str) -> None:
    with pytest.raises(ArgumentTypeError):
        times.rhythm(said)
