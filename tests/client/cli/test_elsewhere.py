"""Sticks, packs in files and relays, as they are typed: sentences, JSON and exit codes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


# --- sync --folder --------------------------------------------------------------------


def test_a_sync_with_a_stick_says_what_it_did_and_then_that_nothing_is_new(
    inglenook: Inglenook, stick: Path
) -> None:
    assert inglenook("kept on a stick too").code == 0

    first = inglenook("sync", "--folder", str(stick))
    again = inglenook("sync", "--folder", str(stick))

    assert (first.code, again.code) == (0, 0)
    assert first.out.splitlines()[0] == "Nobody had synced with this folder before."
    assert first.out.splitlines()[1].startswith("Sent ")
    assert again.out == "Nothing new, and nothing waits to be sent.\n"
    assert first.err == again.err == ""


def test_a_sync_with_a_stick_answers_programs_as_any_sync_does(
    inglenook: Inglenook, stick: Path
) -> None:
    document = inglenook("sync", "--folder", str(stick), "--json").document

    assert set(document) == {"sent", "received", "offline", "problem", "news"}
    assert document["sent"] > 0


def test_a_folder_that_is_not_there_is_offline_and_nothing_is_made(
    inglenook: Inglenook, stick: Path
) -> None:
    answer = inglenook("sync", "--folder", str(stick / "nowhere"))

    assert answer.code == 3
    assert "Is the stick plugged in?" in answer.err
    assert "saved here" in answer.err
    assert not list(stick.iterdir())


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "There is no more room in that folder."),
        (errno.EROFS, "Nothing can be written to that folder."),
        (errno.EIO, "The folder could not be read or written any more."),
    ],
)
def test_a_stick_that_fails_is_offline_with_its_reason(
    inglenook: Inglenook,
    stick: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    sentence: str,
) -> None:
    assert inglenook("sync", "--folder", str(stick)).code == 0
    assert inglenook("written afterwards").code == 0

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, "from the system")

    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", fail)
        answer = inglenook("sync", "--folder", str(stick))
    after = inglenook("sync", "--folder", str(stick))

    assert answer.code == 3
    assert answer.err.startswith(f"{sentence} What you wrote is saved here.")
    assert after.code == 0
    assert after.out.startswith("Sent ")


# --- sync --recreate ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "sentence"),
    [("journal", "“journal” is where it was."), ("nobody", "There is no space called nobody.")],
)
def test_what_did_not_move_is_not_made_again(
    inglenook: Inglenook, space: str, sentence: str
) -> None:
    answer = inglenook("sync", "--recreate", space)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(sentence)


# --- relay list, remove, move ---------------------------------------------------------

RELAY, OTHER = "https://relay.example", "https://other.example"


def test_relays_are_listed_with_what_lies_there(inglenook: Inglenook) -> None:
    assert inglenook("relay", "add", RELAY).code == 0

    document = inglenook("relay", "list", "--json").document
    text = inglenook("relay", "list")

    assert document == [{"relay": RELAY, "spaces": ["journal"], "reached": None, "left": False}]
    assert text.out == f"{RELAY}  journal  not reached yet\n"


def test_a_relay_is_exchanged_for_another(inglenook: Inglenook) -> None:
    assert inglenook("relay", "add", RELAY).code == 0

    answer = inglenook("relay", "move", f"{RELAY}/", OTHER, "--json")
    document = inglenook("relay", "list", "--json").document

    assert (answer.code, answer.document["relay"]) == (0, OTHER)
    assert answer.document["spaces"] == ["journal"]
    assert [(each["relay"], each["left"]) for each in document] == [(OTHER, False), (RELAY, True)]


def test_the_journals_last_relay_goes_only_with_a_yes(inglenook: Inglenook) -> None:
    assert inglenook("relay", "add", RELAY).code == 0

    asked = inglenook("relay", "remove", RELAY)
    done = inglenook("relay", "remove", RELAY, "--yes")

    assert asked.code == 1
    assert "--yes" in asked.err
    assert (done.code, done.out.splitlines()[0]) == (0, f"{RELAY} is no longer used.")
    assert inglenook("status", "--json").document["relay"] is None


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("remove", OTHER, "--yes"), id="remove another"),
        pytest.param(("move", OTHER, RELAY), id="move another"),
        pytest.param(("move", RELAY, RELAY), id="move to itself"),
        pytest.param(("move", RELAY, "http://plain.example"), id="move to a plain one"),
        pytest.param(("move", RELAY, "folder:" + "5a" * 16), id="move to a folder"),
        pytest.param(("add", RELAY, "--space", "nobody"), id="add to no space"),
    ],
)
def test_what_cannot_be_done_with_relays_is_a_mistake_and_changes_nothing(
    inglenook: Inglenook, line: tuple[str, ...]
) -> None:
    assert inglenook("relay", "add", RELAY).code == 0
    before = inglenook("relay", "list").out

    answer = inglenook("relay", *line)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err
    assert inglenook("relay", "list").out == before


# --- pack export, pack import ---------------------------------------------------------


def test_a_pack_is_written_once_and_taken_in(inglenook: Inglenook, tmp_path: Path) -> None:
    file = tmp_path / "journal.pack"
    assert inglenook("carried in a file").code == 0

    written = inglenook("pack", "export", str(file), "--json")
    kept = inglenook("pack", "export", str(file))
    replaced = inglenook("pack", "export", str(file), "--force", "--space", "journal")
    taken = inglenook("pack", "import", str(file), "--json")

    assert written.code == 0
    assert written.document["spaces"] == ["journal"]
    assert set(written.document) == {"file", "bytes", "spaces", "left_out"}
    assert (kept.code, "--force" in kept.err) == (1, True)
    assert replaced.out.startswith("Written and sealed: journal.\n")
    assert taken.document == {
        "events": 0,
        "spaces": [{"name": "journal", "events": 0}],
        "unknown": 0,
        "news": [],
    }
    assert inglenook("pack", "import", str(file)).out == "Nothing new for “journal”.\n"


@pytest.mark.parametrize("content", [None, b"", b"something else"])
def test_a_file_that_is_no_pack_is_a_mistake(
    inglenook: Inglenook, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "journal.pack"
    if content is not None:
        file.write_bytes(content)

    answer = inglenook("pack", "import", str(file))

    assert (answer.code, answer.out) == (1, "")
    assert answer.err
    assert "Traceback" not in answer.err


# --- export ---------------------------------------------------------------------------


def test_everything_leaves_once_and_says_who_can_read_it(
    inglenook: Inglenook, tmp_path: Path
) -> None:
    file = tmp_path / "all.jsonl"
    line = ("export", "--to", "jsonl", "--output", str(file))
    assert inglenook("carried away").code == 0

    written = inglenook(*line)
    kept = inglenook(*line)
    replaced = inglenook(*line, "--force", "--space", "journal", "--json")

    assert written.code == 0
    assert "plain text: anyone who has it can read all of it" in written.out
    assert f"python3 {tmp_path}/read_inglenook.py {file}" in written.out
    assert b"carried away" in file.read_bytes()
    assert (kept.code, "--force" in kept.err) == (1, True)
    assert set(replaced.document) >= {"file", "reader", "spaces", "events", "erased"}
    assert replaced.document["spaces"] == ["journal"]


@pytest.mark.parametrize(
    ("to", "name"),
    [("html", "inglenook.html"), ("csv", "inglenook.csv"), ("jrnl", "inglenook.txt")],
)
def test_words_leave_for_other_programs(
    to: str, name: str, inglenook: Inglenook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert inglenook("carried away").code == 0

    written = inglenook("export", "--to", to, "--json")
    kept = inglenook("export", "--to", to)
    replaced = inglenook("export", "--to", to, "--force", "--from", "2026-01-01")

    assert (written.code, kept.code, replaced.code) == (0, 1, 0)
    told = {"file": name, "reader": None, "spaces": ["journal"], "events": 1, "erased": 0}
    assert told.items() <= written.document.items()
    assert "plain text: anyone who has it can read all of it" in replaced.out
    assert "python3" not in replaced.out
    assert "carried away" in (tmp_path / name).read_text()


def test_an_export_needs_a_format_that_there_is(inglenook: Inglenook) -> None:
    assert inglenook("export").code == 1
    assert inglenook("export", "--to", "pdf").code == 1
