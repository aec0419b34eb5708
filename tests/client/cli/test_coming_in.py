"""`import` at the command line: what it says, what it asks, how it ends."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook

pytestmark = pytest.mark.usefixtures("home")
JRNL = "[2026-03-01 09:15] Walked home. *\n\n[2026-03-01 10:00] *\n[2026-03-02 08:00] Stayed in.\n"


class Terminal(StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "journal.txt"
    made.write_text(JRNL)
    return made


def test_one_document_says_what_came_in_and_what_not_and_why(
    inglenook: Inglenook, file: Path
) -> None:
    answer = inglenook("import", str(file), "--zone", "Asia/Tokyo", "--space", "journal", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert answer.document == {
        "file": str(file),
        "format": "jrnl",
        "dry_run": False,
        "entries": 2,
        "moods": 0,
        "stars": 1,
        "attachments": 0,
        "known": 0,
        "erased": 0,
        "from": "2026-03-01",
        "until": "2026-03-02",
        "skipped": [{"where": "line 3", "why": "There are no words in it."}],
    }
    listed = inglenook("log", "--json").document
    assert [(each["at"], each["local_date"]) for each in listed] == [
        ("2026-03-01T00:15:00.000Z", "2026-03-01"),
        ("2026-03-01T23:00:00.000Z", "2026-03-02"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("nothing-there.txt",), id="no file"),
        pytest.param(("FILE", "--from", "dayone"), id="another format"),
        pytest.param(("FILE", "--from", "word"), id="no format"),
        pytest.param(("FILE", "--zone", "Nowhere/Land"), id="no zone"),
        pytest.param(("FILE", "--mood", "calm"), id="no number"),
        pytest.param(("FILE", "--space", "Nobody"), id="a space of nobody's"),
        pytest.param((), id="nothing"),
    ],
)
def test_a_mistake_is_exit_1_and_changes_nothing(
    inglenook: Inglenook, file: Path, line: tuple[str, ...]
) -> None:
    answer = inglenook("import", *(str(file) if word == "FILE" else word for word in line))

    assert (answer.code, answer.out) == (1, "")
    assert answer.err
    assert inglenook("log", "--json").document == []


@pytest.mark.parametrize(("typed", "came"), [("y\n", 2), ("n\n", 0), ("", 0)])
def test_at_a_terminal_it_says_what_would_come_in_and_asks(
    inglenook: Inglenook, file: Path, monkeypatch: pytest.MonkeyPatch, typed: str, came: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    answer = inglenook("import", str(file))

    assert answer.code == 0
    assert "This would come in: 2 entries, 1 star." in answer.out
    assert "Take this in?" in answer.err
    assert ("Came in, and only you can read it: 2 entries, 1 star." in answer.out) == bool(came)
    assert len(inglenook("log", "--json").document) == came


def test_what_was_skipped_is_told_in_a_few_lines(inglenook: Inglenook, file: Path) -> None:
    file.write_text("".join(f"[2026-03-01 10:{n:02d}] *\n" for n in range(30)) + JRNL)

    answer = inglenook("import", str(file), "--dry-run")

    assert "31 do not come in:" in answer.out
    assert "  line 1: There are no words in it." in answer.out
    assert "  … and 11 more; --json lists all." in answer.out
    assert len(answer.out.splitlines()) < 30
