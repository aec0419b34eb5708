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
