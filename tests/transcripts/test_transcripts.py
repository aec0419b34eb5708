"""A session of two people word for word, with real processes and a real relay.

What needs neither is in `client/cli/papers`, at a tenth of the cost.

After a change of words, read what changed and keep it:
    .venv/bin/python tests/transcripts/test_transcripts.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from transcripts.session import Relay, Stage, replay

PAPERS = sorted(Path(__file__).parent.glob("*.session"))


@contextmanager
def stage_in(folder: Path) -> Iterator[Stage]:
    relay = Relay(folder)
    try:
        yield Stage(folder, relay)
    finally:
        relay.stop()


@pytest.mark.timeout(600)  # dozens of processes, each with its Argon2
@pytest.mark.parametrize("paper", PAPERS, ids=[paper.stem for paper in PAPERS])
def test_every_word_is_as_on_paper(paper: Path, tmp_path: Path) -> None:
    written = paper.read_text()

    with stage_in(tmp_path) as stage:
        today = replay(written, stage)

    assert today.splitlines() == written.splitlines()


if __name__ == "__main__":
    for paper in PAPERS:
        with tempfile.TemporaryDirectory() as folder, stage_in(Path(folder)) as stage:
            paper.write_text(replay(paper.read_text(), stage))
