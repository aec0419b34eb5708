"""A long answer on a terminal goes to the pager, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from transcripts.in_process import Desk, desk_in


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Ana at a terminal of 24 rows, with thirty wins."""
    with desk_in(tmp_path) as found:
        list(found.type("ana", "inglenook init --name Ana --kdf-mib 64"))
        for number in range(30):
            list(found.type("ana", f'inglenook win "number {number} and last"'))
        list(found.type("terminal", "on"))
        yield found


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a pager writes what it was given, and how it was told to behave."""
    program, found = tmp_path / "pager", tmp_path / "pages"
    program.write_text(
        f'#!/bin/sh\n{{ echo "$LESSSECURE $LESSSECURE_ALLOW $LESSHISTFILE"; cat; }} > {found}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PAGER", str(program))
    monkeypatch.setenv("LESSSECURE_ALLOW", "history,logfile,lessopen")
    return found


def test_what_is_longer_than_the_screen_goes_through_the_pager(desk: Desk, pages: Path) -> None:
    said = list(desk.type("ana", "inglenook wins"))

    assert said == []
    assert pages.read_text().startswith("1  -\n")
    assert "number 29 and last" in pages.read_text()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("inglenook wins -n 2", id="what fits"),
        pytest.param("inglenook wins --plain", id="plainly"),
        pytest.param("inglenook wins --json", id="for programs"),
    ],
)
def test_everything_else_is_printed(line: str, desk: Desk, pages: Path) -> None:
    said = list(desk.type("ana", line))

    assert "number 29 and last" in "\n".join(said)
    assert not pages.exists()


def test_without_a_pager_it_is_printed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "/nowhere/at-all")

    said = list(desk.type("ana", "inglenook wins"))

    assert "number 29 and last" in "\n".join(said)


def test_a_mistake_is_told_and_no_pager_begins(desk: Desk, pages: Path) -> None:
    said = list(desk.type("ana", "inglenook show e99"))

    assert said[-1] == "= 1"
    assert not pages.exists()
