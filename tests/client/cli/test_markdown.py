"""A little Markdown on a terminal: drawn, wrapped, and never steered by what others wrote."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.cli.test_screen import sit_at_terminal
from inglenook_client.cli import markdown
from inglenook_client.cli.screen import Screen, one_line

OURS = re.compile("\x1b\\[[0123]m")


class Paper(Screen):
    """A terminal of a given width, or none."""

    def __init__(self, columns: int | None = 80, *, coloured: bool = True) -> None:
        super().__init__()
        self.columns = columns
        self._coloured = coloured

    @property
    def width(self) -> int | None:
        return self.columns


def drawn(text: str, columns: int = 80) -> str:
    return "\n".join(markdown.lines(Paper(columns), text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain words", "plain words", id="plain"),
        pytest.param("a **bold** one", "a \x1b[1mbold\x1b[0m one", id="bold"),
        pytest.param("a *slanted* one", "a \x1b[3mslanted\x1b[0m one", id="slanted"),
        pytest.param("2 * 3 * 4", "2 * 3 * 4", id="no emphasis"),
        pytest.param("snake_case_name", "snake_case_name", id="underscores"),
        pytest.param("# A day", "\x1b[1mA day\x1b[0m", id="heading"),
        pytest.param("#exam is soon", "#exam is soon", id="no heading"),
        pytest.param("- milk\n* bread", "• milk\n• bread", id="list"),
        pytest.param("1. first", "1. first", id="numbers"),
        pytest.param(
            "> so *he* said", "│ \x1b[2mso \x1b[0m\x1b[3mhe\x1b[0m\x1b[2m said\x1b[0m", id="quoted"
        ),
        pytest.param("`x = 1` *", "\x1b[2mx = 1\x1b[0m *", id="code"),
        pytest.param(r"\*not\* slanted", "*not* slanted", id="escaped"),
        pytest.param("[here](https://example.org)", "here\x1b[2m (https://example.org)\x1b[0m",
                     id="a link says where it leads"),
        pytest.param("[x](javascript:alert(1))", "[x](javascript:alert(1))", id="no such link"),
        pytest.param("![x](https://a.example/p)", None, id="no picture"),
        pytest.param("<b>bold</b> *", "<b>bold</b> *", id="no HTML"),
        pytest.param("```\n*as it is*\n```\nso", "\x1b[2m*as it is*\x1b[0m\nso", id="fence"),
        pytest.param("one\n\n\ntwo *", "one\n\n\ntwo *", id="empty lines stay"),
    ],
)  # fmt: skip
def test_marks_are_drawn_as_they_are_meant(text: str, shown: str | None) -> None:
    if shown is None:
        assert OURS.sub("", drawn(text)) == "!x (https://a.example/p)"
    else:
        assert drawn(text).replace("\x1b[2m \x1b[0m", " ") == shown.replace("\x1b[2m \x1b[0m", " ")


def test_lines_are_broken_by_what_is_seen_and_lists_hang() -> None:
    text = "- **one** two three four five six seven eight"

    seen = OURS.sub("", drawn(text, 22)).splitlines()

    assert seen == ["• one two three four", "  five six seven eight"]


@pytest.mark.parametrize("screen", [Paper(None, coloured=False), Paper(80, coloured=False)])
def test_without_colours_the_marks_themselves_are_shown(screen: Screen) -> None:
    assert list(markdown.lines(screen, "a **bold** one\n- item")) == ["a **bold** one", "- item"]


HOSTILE = st.text(
    st.one_of(st.sampled_from("*_`[]()#>-\\!<\x1b\x9b\r\x07\u202em;31\n "), st.characters()),
    max_size=60,
)


@given(text=HOSTILE, columns=st.integers(20, 60))
def test_whatever_was_written_the_terminal_gets_our_four_codes_and_letters(
    text: str, columns: int
) -> None:
    for line in markdown.lines(Paper(columns), text):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", OURS.sub("", line))
        assert line.count("\x1b[0m") == len(OURS.findall(line)) / 2


def test_colours_that_others_wrote_do_not_count_as_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = sit_at_terminal(monkeypatch)
    screen = Screen()

    screen.say(*markdown.lines(screen, "\x1b[1mloud"), one_line("\x1b[31mred"))

    assert terminal.getvalue() == "\ufffd[1mloud\n\ufffd[31mred\n"
