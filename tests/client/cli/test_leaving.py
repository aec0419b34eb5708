"""`export` takes one space and some days, whatever it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.cli.conftest import Inglenook
from inglenook_client.cli.leaving import _NAMES

JRNL = "[2026-03-01 09:15] Walked home.\n[2026-03-02 08:00] Stayed in.\n[2026-03-03 08:00] Slept.\n"


@pytest.fixture(autouse=True)
def three_days(inglenook: Inglenook, home: Path, tmp_path: Path) -> None:
    assert home
    (tmp_path / "journal.txt").write_text(JRNL)
    assert inglenook("import", str(tmp_path / "journal.txt")).code == 0


def test_some_days_of_one_space_leave_in_every_format(inglenook: Inglenook, tmp_path: Path) -> None:
    days = ("--from", "2026-03-02", "--until", "2026-03-02", "--space", "journal")
    for to in sorted(set(_NAMES) - {"ics"}):
        out = tmp_path / "out" / to
        out.parent.mkdir(exist_ok=True)

        answer = inglenook("export", "--to", to, "--output", str(out), *days, "--json")

        assert (answer.code, answer.document["spaces"]) == (0, ["journal"]), to
        files = [out] if out.is_file() else [file for file in out.rglob("*") if file.is_file()]
        written = "".join(file.read_text() for file in files)
        assert "Stayed in." in written, to
        assert "Walked" not in written, to
        assert "Slept" not in written, to


def test_nothing_is_replaced_unasked(inglenook: Inglenook, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    for to in _NAMES:
        answer = inglenook("export", "--to", to, "--output", str(out))

        assert answer.code == 1, to
        assert out.read_text() == "mine", to
        assert sorted(file.name for file in tmp_path.glob(".*.part")) == [], to
