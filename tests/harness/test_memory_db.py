from pathlib import Path

import pytest

from harness.memory_db import memory_db


def test_a_database_in_memory_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with memory_db() as db:
        db.execute("SELECT count(*) FROM event").fetchone()

    assert list(tmp_path.iterdir()) == []
