import time
from datetime import date
from pathlib import Path

import pytest

from inglenook_client import ambient


@pytest.fixture(autouse=True)
def no_zone_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)


@pytest.mark.parametrize(
    ("tz", "expected"),
    [
        pytest.param("Asia/Tokyo", "Asia/Tokyo", id="a name"),
        pytest.param(":Asia/Tokyo", "Asia/Tokyo", id="a name after a colon"),
        pytest.param(":/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo", id="a file"),
        pytest.param("UTC", "UTC", id="UTC"),
        pytest.param("CET-1CEST", "Europe/Berlin", id="rules name no zone"),
        pytest.param("Mars/Olympus", "Europe/Berlin", id="an unknown zone"),
        pytest.param("../../etc/passwd", "Europe/Berlin", id="a path"),
        pytest.param("", "Europe/Berlin", id="nothing"),
    ],
)
def test_the_environment_names_the_zone_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tz: str, expected: str
) -> None:
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    monkeypatch.setenv("TZ", tz)

    assert ambient.local_zone(tmp_path) == expected


def test_the_link_of_localtime_names_the_zone_where_nothing_else_does(tmp_path: Path) -> None:
    zones = tmp_path / "zoneinfo"
    (zones / "Europe").mkdir(parents=True)
    (zones / "Europe" / "Berlin").touch()
    (tmp_path / "localtime").symlink_to(zones / "Europe" / "Berlin")

    assert ambient.local_zone(tmp_path) == "Europe/Berlin"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"Mars/Olympus\n", b"a" * 5000])
def test_a_machine_that_names_no_zone_is_in_utc(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "timezone").write_bytes(content)
    (tmp_path / "localtime").write_bytes(b"TZif2")

    assert ambient.local_zone(tmp_path) == "UTC"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        pytest.param("UTC", date(2026, 3, 1), id="here"),
        pytest.param("Asia/Tokyo", date(2026, 3, 2), id="already tomorrow"),
        pytest.param("Mars/Olympus", date(2026, 3, 1), id="unknown, so UTC"),
    ],
)
def test_the_day_is_the_day_of_the_zone(zone: str, expected: date) -> None:
    late_on_the_first = 1_772_402_400_000  # 2026-03-01T22:00:00Z

    assert ambient.local_date(late_on_the_first, zone) == expected


def test_the_clocks_agree_with_the_systems() -> None:
    assert abs(ambient.now_ms() - time.time() * 1000) < 5000
    assert ambient.monotonic() <= ambient.monotonic()
    assert ambient.today() == ambient.local_date(ambient.now_ms(), ambient.local_zone())


def test_random_bytes_never_repeat() -> None:
    drawn = {ambient.random_bytes(16) for _ in range(100)}

    assert len(drawn) == 100
    assert {len(one) for one in drawn} == {16}
