"""What becomes of words when the program, or the editor, is killed while they are written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook

pytestmark = [pytest.mark.usefixtures("home"), pytest.mark.timeout(180)]

BIN = Path(sys.executable).parent
WORDS = "what I would tell nobody"
KILLED = -9

Write = Callable[[str, str], int]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Run `inglenook` as a process, with a shell script as its editor; returns how it ended.

    The editor may live longer than the process: its end is waited for, too.
    """

    def run(script: str, command: str = "") -> int:
        program = tmp_path / "my-editor"
        # an editor is not told where the passphrase is
        unlocks = f"export INGLENOOK_PASSPHRASE_FILE={tmp_path}/passphrase"
        program.write_text(f'#!/bin/sh\n{unlocks}; file="$1"; words="{WORDS}"\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(program))
        monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
        line = [str(BIN / "inglenook"), *command.split()]
        # both hold the pipe, so that what is read from it ends with the later of the two
        ended = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        return ended.returncode

    return run


def plain(folder: Path) -> list[str]:
    """Files in which the words can be read."""
    files = [found for found in folder.rglob("*") if found.is_file()]
    return [f.name for f in files if WORDS.encode() in f.read_bytes() and f.name != "my-editor"]


UNTIL_KEPT = (
    'echo "$words" > "$file"\n'
    'for n in $(seq 60); do inglenook draft list --json | grep -q "$words" && break; done\n'
)
"""Write, and go on once the words are in the store: another process can read them there."""


def test_words_are_kept_while_they_are_written(
    inglenook: Inglenook, write: Write, tmp_path: Path
) -> None:
    code = write(
        UNTIL_KEPT + f'rm -r "$(dirname "$file")"; kill -9 $PPID; touch {tmp_path}/over', ""
    )

    (draft,) = inglenook("draft", "list", "--json").document
    assert code == KILLED
    assert (tmp_path / "over").exists()
    assert (draft["text"], draft["command"]) == (WORDS, "inglenook")
    assert plain(tmp_path) == []


def test_the_next_command_takes_in_what_was_in_no_store_yet(
    inglenook: Inglenook, write: Write, tmp_path: Path
) -> None:
    code = write('echo "$words" > "$file"; kill -9 $PPID', "")
    before = plain(tmp_path / "run")

    answer = inglenook("status")

    assert (code, before) == (KILLED, ["words.txt"])
    assert answer.err == "Words that were not saved are kept: inglenook draft list\n"
    assert plain(tmp_path) == []
    assert inglenook("draft", "show", "1").out == WORDS + "\n"


def test_words_that_an_editor_put_beside_the_file_as_it_was_ended_are_taken_in(
    inglenook: Inglenook, write: Write, tmp_path: Path
) -> None:
    # nano does so when its terminal goes away
    write('echo older > "$file"; echo "$words" > "$file.save"; kill -9 $PPID')

    assert inglenook("draft", "show", "1").out == WORDS + "\n"
    assert plain(tmp_path) == []


def test_an_editor_that_outlives_us_keeps_its_file_until_it_ends(
    inglenook: Inglenook, write: Write, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"

    code = write(f'kill -9 $PPID; inglenook draft list --json > {seen}; echo "$words" > "$file"')
    (draft,) = inglenook("draft", "list", "--json").document

    assert code == KILLED
    assert '"open": true' in seen.read_text()
    assert draft["text"] == WORDS
    assert plain(tmp_path) == []


def test_who_writes_again_finds_the_words_and_saves_them_once(
    inglenook: Inglenook, write: Write, tmp_path: Path
) -> None:
    write('echo "$words" > "$file"; kill -9 $PPID')

    code = write('echo "and more" >> "$file"')

    (event,) = inglenook("log", "--json").document
    assert code == 0
    assert event["text"] == f"{WORDS}\nand more"
    assert inglenook("draft", "list", "--json").document == []
    assert plain(tmp_path) == []


def test_words_for_another_command_stay_where_they_are(inglenook: Inglenook, write: Write) -> None:
    write('echo "$words" > "$file"; kill -9 $PPID', "reflect --month")
    write('echo "something else" > "$file"')

    (draft,) = inglenook("draft", "list", "--json").document
    (event,) = inglenook("log", "--json").document
    dropped = inglenook("draft", "drop", str(draft["draft"]), "--yes")

    assert event["text"] == "something else"
    assert draft["command"] == "inglenook reflect --month"
    assert dropped.out == "Gone.\n"
    assert "There is no draft." in inglenook("draft", "list").out


def test_an_editor_that_was_closed_without_a_word_leaves_no_draft(
    inglenook: Inglenook, write: Write
) -> None:
    assert write("true", "reflect") == 1
    assert write("kill -9 $PPID", "reflect") == KILLED

    assert inglenook("draft", "list", "--json").document == []


def test_a_folder_that_is_not_ours_is_left_alone(
    inglenook: Inglenook, write: Write, tmp_path: Path
) -> None:
    # Whoever else may write where temporary files lie puts something in its place.
    write('echo "$words" > "$file"; kill -9 $PPID')
    (folder,) = [found for found in (tmp_path / "run").iterdir() if found.is_dir()]
    aside = tmp_path / "precious"
    folder.rename(aside)
    folder.symlink_to(aside)

    inglenook("status")

    assert (aside / "words.txt").read_text() == WORDS + "\n"
