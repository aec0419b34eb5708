"""The terminal: what others wrote cannot steer it; colours and questions only where wanted."""

from __future__ import annotations

import io
import sys

import pytest

from inglenook_client.cli.screen import Screen, one_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def sit_at_terminal(monkeypatch: pytest.MonkeyPatch, typed: str = "") -> Terminal:
    """A terminal that shows colours; not a fixture, since pytest captures anew after those."""
    shown = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, shown)
    return shown


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("\x1b]0;title\x07", id="window title"),
        pytest.param("\x1b[2J", id="clear the screen"),
        pytest.param("a\rb", id="carriage return"),
        pytest.param("\x9b31m", id="one-letter escape"),
        pytest.param("\u202egnp.exe", id="right to left"),
        pytest.param("\x08\x08", id="backspace"),
        pytest.param("\ud800", id="half a letter"),
    ],
)
def test_control_characters_never_reach_the_terminal(
    hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = sit_at_terminal(monkeypatch)
    screen = Screen()
    screen.say(f"before {hostile} after")
    screen.warn(hostile)

    shown = terminal.getvalue()
    assert "\ufffd" in shown
    assert not set(hostile) & {*"\x1b\x07\r\x9b\u202e\x08\ud800"} & set(shown)


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = sit_at_terminal(monkeypatch)
    screen = Screen()

    screen.say(screen.bold("e1"))

    assert terminal.getvalue() == "\x1b[1me1\x1b[0m\n"


@pytest.mark.parametrize("name", ["NO_COLOR", "--plain", "dumb"])
def test_colours_are_off_where_they_are_not_wanted(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = sit_at_terminal(monkeypatch)
    if name == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    if name == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    screen = Screen(plain=name == "--plain")

    screen.say(screen.bold("e1"), screen.dim("beside"))

    assert terminal.getvalue() == "e1\nbeside\n"


def test_without_a_terminal_there_are_no_colours_tips_or_progress(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen()
    screen.say(screen.bold("e1"))
    screen.tip("try this")

    assert capsys.readouterr().out == "e1\n"
    assert screen.progress() is None
    screen.working()(0.01)
    assert screen.width is None


def test_with_json_only_the_document_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(json=True)
    screen.say("a sentence")
    screen.tip("a tip")
    screen.document({"a": 1})

    assert capsys.readouterr().out == '{\n  "a": 1\n}\n'


@pytest.mark.parametrize(
    ("typed", "agreed"),
    [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False), ("yup\n", False)],
)
def test_only_yes_is_yes(typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = sit_at_terminal(monkeypatch, typed)

    assert Screen().agreed("Share it?", "--yes") is agreed
    assert "Share it? [y/n]" in terminal.getvalue()


def test_a_long_sync_shows_how_far_it_is_and_clears_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = sit_at_terminal(monkeypatch)
    screen = Screen()
    draw = screen.progress()
    assert draw is not None

    draw(1, 3)
    short = terminal.getvalue()
    draw(50, 200)
    screen.done_drawing()

    assert short == ""
    assert "[######..................] 50 of 200 records" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_name_stays_on_its_line() -> None:
    assert one_line("An\na\n  e9  entry") == "An a e9 entry"


def test_long_work_draws_a_bar_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = sit_at_terminal(monkeypatch)
    hear = Screen().working()

    for share in (0.01, 0.5, 1):
        hear(share)

    assert "[............" in terminal.getvalue()
    assert "[############............] Getting everything ready" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_short_work_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = sit_at_terminal(monkeypatch)
    hear = Screen().working()

    for share in (0.25, 0.6, 1):
        hear(share)

    assert terminal.getvalue() == ""
