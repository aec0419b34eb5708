"""`watch` reminds: a calendar file for other programs, a notification that tells nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from icalendar import Calendar

from transcripts.in_process import Desk, desk_in

BEGINNING = """
ana inglenook init --name Ana --relay <relay> --kdf-mib 64
maya inglenook init --name Maya --relay <relay> --kdf-mib 64
ana inglenook pair invite
maya inglenook pair join "<link>"
ana inglenook pair approve --yes
ana inglenook checkin plan "2026-03-03 09:00" --where "the library"
ana inglenook goal new "A secret goal"
ana inglenook step add g1 "A secret step" --by 2026-03-04
ana inglenook step add g1 "Some day"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Ana has a check-in tomorrow morning, and a step that is due the day after."""
    with desk_in(tmp_path) as found:
        for line in BEGINNING.strip().splitlines():
            who, _, typed = line.partition(" ")
            said = list(found.type(who, typed))
            assert not said or not said[-1].startswith("= "), (line, said)
        yield found


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was shown on the desktop; a program of that name stands where the real one does."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program, found = programs / "notify-send", tmp_path / "shown"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {found}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    found.touch()
    return found


def watch(desk: Desk, options: str, at: str) -> list[str]:
    list(desk.type("clock", at))
    return list(desk.type("ana", f"inglenook watch {options}"))


def test_the_feed_has_the_next_check_in_and_steps_with_a_day_and_no_word(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "coming.ics"

    watch(desk, f"--feed {file}", "2026-03-02 18:00")

    found = Calendar.from_ical(file.read_bytes())
    (event,), (todo,) = found.walk("VEVENT"), found.walk("VTODO")
    assert event.decoded("dtstart").isoformat() == "2026-03-03T09:00:00+00:00"
    assert len(event.walk("VALARM")) == 1
    assert todo.decoded("due").isoformat() == "2026-03-04"
    for word in (b"secret", b"library", b"Maya"):
        assert word not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0

    list(desk.type("ana", "inglenook step done s1"))
    watch(desk, f"--feed {file} --details", "2026-03-02 19:00")

    found = Calendar.from_ical(file.read_bytes())
    assert (len(found.walk("VEVENT")), len(found.walk("VTODO"))) == (1, 0)
    assert b"Check-in" in file.read_bytes()


def test_a_notification_comes_once_a_day_not_at_night_and_tells_nothing(
    desk: Desk, shown: Path
) -> None:
    watch(desk, "--notify", "2026-03-02 22:00")
    at_night = shown.read_text()
    watch(desk, "--notify --quiet 22:30-07:00", "2026-03-02 22:10")
    once = shown.read_text()
    watch(desk, "--notify --quiet 23:30-07:00", "2026-03-02 22:40")
    again = shown.read_text()
    watch(desk, "--notify --details", "2026-03-04 10:00")

    assert at_night == ""
    assert once == again == "--app-name=Inglenook\n--\nInglenook\nSomething is coming up.\n"
    assert shown.read_text() == again + "--app-name=Inglenook\n--\nInglenook\nA secret step\n"


def test_a_notification_shows_a_title_as_text(desk: Desk, shown: Path) -> None:
    list(desk.type("ana", 'inglenook step add g1 "<img src=x> & more" --by 2026-03-01'))

    watch(desk, "--notify --details", "2026-03-02 10:00")

    assert "&lt;img src=x&gt; &amp; more" in shown.read_text()
    assert "<" not in shown.read_text()


def test_where_nothing_is_coming_up_there_is_no_notification(desk: Desk, shown: Path) -> None:
    watch(desk, "--notify", "2026-03-01 08:30")

    assert shown.read_text() == ""


def test_without_a_program_for_it_nothing_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)

    said = watch(desk, "--notify", "2026-03-02 18:00")

    assert said[0].startswith("! There is no notify-send here")
    assert said[-1] == "= 1"
