"""What every error comes to: its exit code, its sentence, and what was kept."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook, passphrase_file
from inglenook_client.cli import entrance, errors
from inglenook_client.cli.call import Call
from inglenook_client.cli.errors import KeptError, MissingAnswerError
from inglenook_client.cli.screen import Screen
from inglenook_client.keys.errors import KeyFileError, LockedError, WrongPassphraseError
from inglenook_client.stores.errors import BusyStoreError, CannotStoreError, DamagedStoreError
from inglenook_client.transports.errors import OfflineError
from inglenook_schema.errors import (
    BadSignatureError,
    CallerError,
    InvalidEventError,
    MalformedLinkError,
    WorldError,
)

PRIVATE = "nobody should read this"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(CallerError(), 1, id="caller"),
        pytest.param(InvalidEventError(), 1, id="event"),
        pytest.param(MissingAnswerError("Sure?", "--yes"), 1, id="question"),
        pytest.param(MalformedLinkError(), 1, id="pasted link"),
        pytest.param(LockedError(), 2, id="locked"),
        pytest.param(WrongPassphraseError(), 2, id="passphrase"),
        pytest.param(OfflineError(), 3, id="offline"),
        pytest.param(BadSignatureError(), 4, id="signature"),
        pytest.param(DamagedStoreError(), 4, id="damaged"),
        pytest.param(KeyFileError(), 4, id="key file"),
        pytest.param(CannotStoreError(), 5, id="full"),
        pytest.param(BusyStoreError(), 5, id="held"),
        pytest.param(WorldError(), 5, id="world"),
        pytest.param(OSError(errno.ENOSPC, PRIVATE), 5, id="raw full"),
        pytest.param(OSError(errno.EROFS, PRIVATE), 5, id="raw read-only"),
        pytest.param(OSError(errno.EPIPE, PRIVATE), 70, id="another raw one"),
        pytest.param(KeyboardInterrupt(), 130, id="Ctrl-C"),
        pytest.param(ValueError(PRIVATE), 70, id="bug"),
        pytest.param(KeptError(ValueError(PRIVATE), "Kept."), 70, id="bug with words in hand"),
        pytest.param(KeptError(KeyboardInterrupt(), "Kept."), 130, id="Ctrl-C with words in hand"),
    ],
)
def test_every_error_has_its_exit_code_and_a_sentence_without_private_words(
    error: BaseException, code: int
) -> None:
    sentence = errors.sentence(error)

    assert errors.exit_code(error) == code
    assert sentence.rstrip()[-1] in ".!"
    assert PRIVATE not in sentence


@pytest.mark.usefixtures("home")
def test_a_bug_says_what_was_kept_and_shows_neither_a_trace_nor_what_was_written(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(call: Call, text: str | None) -> None:
        raise ValueError(f"{text} {call}")

    monkeypatch.setattr("inglenook_client.cli.entries.entry", broken)

    answer = inglenook(PRIVATE)

    assert answer.code == 70
    assert answer.out == ""
    assert answer.err == (
        "Something inside Inglenook went wrong (ValueError); the mistake is ours.\n"
        "Nothing was saved; what you wrote earlier is untouched.\n"
    )


@pytest.mark.usefixtures("home")
def test_a_trace_is_shown_where_it_is_asked_for_and_holds_no_values(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(call: Call, text: str | None) -> None:
        raise ValueError(f"{text} {call}")

    monkeypatch.setattr("inglenook_client.cli.entries.entry", broken)
    monkeypatch.setenv("INGLENOOK_DEBUG", "1")

    answer = inglenook(PRIVATE)

    assert 'raise ValueError(f"{text} {call}")' in answer.err
    assert answer.err.endswith("ValueError\n")
    assert PRIVATE not in answer.err


@pytest.mark.usefixtures("home")
def test_a_bug_after_saving_says_that_it_is_saved(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Call, *found: object) -> None:
        raise RuntimeError(f"{self} {found}")

    monkeypatch.setattr(Call, "wrote", broken)

    answer = inglenook(PRIVATE)

    assert answer.code == 70
    assert "e1 was saved before that." in answer.err
    assert PRIVATE not in answer.err


@pytest.mark.usefixtures("home")
def test_ctrl_c_ends_with_130_and_a_sentence(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_call: Call, _text: str | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inglenook_client.cli.entries.entry", interrupted)

    answer = inglenook("two words")

    assert answer.code == 130
    assert answer.err == "Stopped.\nNothing was saved; what you wrote earlier is untouched.\n"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(["log", "--form", "x"], id="unknown option"),
        pytest.param(["log", "-n", "many"], id="no number"),
        pytest.param(["mood", "9"], id="out of scale"),
        pytest.param(["goal", "new"], id="argument left out"),
        pytest.param(["win", "two", "words"], id="no quotes"),
        pytest.param(["ask", "x", "--want", "money"], id="no such choice"),
        pytest.param(["show", "the"], id="no id"),
        pytest.param(["show", "e99"], id="nothing there"),
        pytest.param(["reply", "e1", "x"], id="no question"),
        pytest.param(["unlock", "--for", "soon"], id="no time"),
        pytest.param(["checkin", "hold", "--on", "someday"], id="no day"),
        pytest.param(["log", "--space", "Nobody"], id="no such space"),
        pytest.param(["who", "--space", "pair"], id="no pair"),
        pytest.param(["schema", "goal.sat"], id="no such kind"),
        pytest.param(["feedback", "give", "--parts", "start=x", "impact=y"], id="mixed parts"),
        pytest.param(["pair", "join", "inglenook:join#abc"], id="broken link"),
        pytest.param(["pair", "invite"], id="no relay"),
        pytest.param(["goal", "revise", "g1"], id="nothing changes"),
        pytest.param(["init", "--name", "Ana"], id="there is a journal"),
        pytest.param(["word"], id="one word"),
        pytest.param(["  "], id="blank words"),
    ],
)
def test_a_mistake_in_the_command_is_one_sentence_and_exit_1(
    line: list[str], inglenook: Inglenook
) -> None:
    answer = inglenook(*line)

    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.count("\n") <= 3
    assert "Traceback" not in answer.err


def test_without_a_journal_every_command_says_how_to_start_one(inglenook: Inglenook) -> None:
    for line in (["log"], ["two words"], ["sync"], ["status", "--json"], ["device", "list"]):
        answer = inglenook(*line)

        assert (answer.code, answer.out) == (1, "")
        assert "inglenook init" in answer.err


@pytest.mark.usefixtures("home")
def test_a_wrong_passphrase_is_2_and_none_without_a_terminal_as_well(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    passphrase_file(tmp_path, "wrong")
    wrong = inglenook("log")
    monkeypatch.delenv("INGLENOOK_PASSPHRASE_FILE")
    none = inglenook("log")

    assert (wrong.code, wrong.err) == (2, "That is not the passphrase of this journal.\n")
    assert none.code == 2
    assert "INGLENOOK_PASSPHRASE_FILE" in none.err


@pytest.mark.usefixtures("home")
def test_sync_without_a_relay_in_reach_is_3_and_says_that_it_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inglenook: Inglenook
) -> None:
    monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / "other"))
    inglenook("init", "--name", "Ben", "--kdf-mib", "64", "--relay", "http://127.0.0.1:9")
    written = inglenook("written offline")

    answer = inglenook("sync")
    document = inglenook("sync", "--json")

    assert written.code == 0
    assert written.err == ""
    assert answer.code == document.code == 3
    assert "saved here" in answer.err
    assert document.document["offline"] is True


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Root may write into any folder, but not below a mount that is read-only."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_folder_that_cannot_be_written_is_5(home: Path, inglenook: Inglenook) -> None:
    inglenook("kept before")

    with read_only(home):
        answer = inglenook("two words")

    assert answer.code == 5
    assert "Traceback" not in answer.err
    assert inglenook("log").code == 0


def test_a_damaged_database_is_4(home: Path, inglenook: Inglenook) -> None:
    (home / "journal.db").write_bytes(os.urandom(8_192))
    for beside in ("journal.db-wal", "journal.db-shm"):
        (home / beside).unlink(missing_ok=True)

    answer = inglenook("log")

    assert answer.code == 4
    assert "damaged" in answer.err


def test_closed_streams_are_no_bug() -> None:
    command = f"{sys.executable} -c 'from inglenook_client.cli import main; exit(main())' word"

    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} <&- >&-"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "One word alone is not saved" in done.stderr


def test_whoever_stops_reading_stops_us_quietly() -> None:
    script = f"{sys.executable} -c 'from inglenook_client.cli import main; main()' --help | true"

    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_prompts_without_a_terminal() -> None:
    screen = Screen()

    with pytest.raises(MissingAnswerError, match="--yes"):
        screen.agreed("Share it?", "--yes")


def test_exit_codes_are_told_by_run_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "_dispatch", lambda _meaning, _call: 3)

    assert entrance.run(["sync"]) == 3
    assert Call(Namespace(), Screen()).saved == []
