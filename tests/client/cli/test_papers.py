"""Every command, and each flow, word for word (`transcripts.in_process`).

After a change of words, read what changed and keep it:
    .venv/bin/python tests/client/cli/test_papers.py [NAME …]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from inglenook_client.cli import errors
from inglenook_client.cli.index import MODULES
from transcripts.in_process import desk_in
from transcripts.session import blocks, replay

PROCESSES = sorted((Path(__file__).parents[2] / "transcripts").glob("*.session"))
PAPERS = sorted((Path(__file__).parent / "papers").glob("*.session"))


ELSEWHERE = {
    *("completion", "manual"),
    *(name for name in MODULES if name.startswith("survey ")),
}
"""Those that say all commands and options, whichever there are: `test_completing` plays them; and
surveys, whose sums have noise in them: `test_surveys` does."""
MISTAKES = {f"= {code}" for code in (errors.MISTAKE, errors.INTEGRITY)}


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.stem for paper in PAPERS])
def test_every_word_is_as_on_paper(paper: Path, tmp_path: Path) -> None:
    written = paper.read_text()

    with desk_in(tmp_path) as desk:
        today = replay(written, desk)

    assert today.splitlines() == written.splitlines()


def test_every_command_stands_on_some_paper() -> None:
    typed = "\n".join(
        line
        for paper in (*PAPERS, *PROCESSES)
        for _who, line, answer in blocks(paper.read_text())
        if not any(said in MISTAKES for said in answer)
    )

    forgotten = [name for name in {*MODULES} - ELSEWHERE if f"inglenook {name}" not in typed]
    assert not forgotten


if __name__ == "__main__":
    wanted = set(sys.argv[1:])
    for paper in PAPERS:
        if wanted and paper.stem not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder, desk_in(Path(folder)) as desk:
            paper.write_text(replay(paper.read_text(), desk))
