"""At a real terminal: questions, the editor, colours, an unlocked journal."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.cli.conftest import PASSPHRASE

PROGRAM = Path(sys.executable).with_name("inglenook")
PATIENCE_S = 50.0


class Terminal:
    """A terminal with one person at it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def type(self, *line: str, answers: tuple[tuple[str, str], ...] = ()) -> tuple[int, str]:
        """Run one command line and answer what it asks; its exit code and all it showed."""
        child, screen = pty.fork()
        if child == 0:
            os.execve(PROGRAM, [str(PROGRAM), *line], self.environment)
        shown = ""
        try:
            for question, answer in answers:
                while question not in shown:
                    shown += self._read(screen)
                shown = shown.partition(question)[2]
                os.write(screen, f"{answer}\n".encode())
            while more := self._read(screen):
                shown += more
        finally:
            os.close(screen)
            _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), shown.replace("\r\n", "\n")

    def _read(self, screen: int) -> str:
        ready, _, _ = select.select([screen], [], [], PATIENCE_S)
        assert ready, "nothing came for a long time"
        try:
            return os.read(screen, 65_536).decode(errors="replace")
        except OSError:  # the program has ended
            return ""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"INGLENOOK_PASSPHRASE_FILE", "NO_COLOR", "VISUAL"}
    } | {"TERM": "xterm", "EDITOR": str(_editor(tmp_path))}
    found = Terminal(environment)
    yield found
    found.type("lock")


def _editor(folder: Path) -> Path:
    program = folder / "my-editor"
    program.write_text('#!/bin/sh\necho "written in my editor" > "$1"\n')
    program.chmod(0o755)
    return program


UNLOCK = (("Passphrase: ", PASSPHRASE),)


@pytest.mark.timeout(240)
def test_the_first_minutes_at_a_terminal(terminal: Terminal) -> None:
    begun = time.monotonic()
    init = terminal.type(
        *("init", "--kdf-mib", "64"),
        answers=(
            ("What do you want to be called?", "Ana"),
            ("several words are best: ", PASSPHRASE),
            ("Once more: ", PASSPHRASE),
            ("A first line, for yourself:", "walked home, felt ok @school"),
            ("A goal, if you have one in mind:", "Read one book"),
            ("One small first step towards it:", ""),
            ("Type the 24 words", "later"),
        ),
    )
    unlock = terminal.type("unlock", "--for", "1h", answers=UNLOCK)
    editor = terminal.type()
    word = terminal.type("homework")
    log = terminal.type("log")
    plain = terminal.type("log", "--plain")

    assert init[0] == unlock[0] == editor[0] == log[0] == 0
    assert "When you have them: inglenook recovery test" in init[1]
    assert PASSPHRASE not in init[1] + unlock[1]
    assert "Unlocked for 1 hour." in unlock[1]
    assert "\x1b[1me2\x1b[0m  Saved on this device. Only you can read it." in editor[1]
    assert "walked home, felt ok @school" in log[1]
    assert "Read one book" in log[1]
    assert "step for" not in log[1]
    assert word[0] == 1
    assert "\x1b[1me1 \x1b[0m" in log[1]
    assert "written in my editor" in log[1]
    assert "\x1b" not in plain[1]
    assert time.monotonic() - begun < 3_600  # the hour for which it is unlocked


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("home")
def test_passphrases_are_asked_for_before_the_editor_opens_and_two_must_agree(
    terminal: Terminal, tmp_path: Path
) -> None:
    wrong = terminal.type(answers=(("Passphrase: ", "not this one"),))
    other = Terminal(terminal.environment | {"INGLENOOK_HOME": str(tmp_path / "other")})
    differing = other.type(
        *("init", "--name", "Ben", "--kdf-mib", "64"),
        answers=(("several words are best: ", "one"), ("Once more: ", "two")),
    )
    log = terminal.type("log", "--json", answers=UNLOCK)

    assert wrong[0] == 2
    assert differing[0] == 1
    assert "The two passphrases differ" in differing[1]
    assert not (tmp_path / "other" / "key").exists()
    assert log[1].strip() == "[]"


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("home")
def test_a_long_timeline_is_cut_for_the_eye_and_says_how_to_see_more(terminal: Terminal) -> None:
    terminal.type("unlock", answers=UNLOCK)
    for number in range(3):
        terminal.type(f"line {number}\n" * (20 if number == 1 else 1))

    code, shown = terminal.type("log")

    assert code == 0
    assert "… 8 more lines: inglenook show e2" in shown
    assert shown.count("line 1") == 12
