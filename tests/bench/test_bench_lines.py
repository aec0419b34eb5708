"""The benchmarks run, and say what they measured in the form that `make bench` reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
FIELDS = ["name", "n", "value", "unit", "limit", "ratio", "goal", "of"]


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("script", "words", "names"),
    [
        pytest.param("append.py", ("--events", "64"), {"append"}, id="append"),
        pytest.param(
            "idle_sync.py",
            ("--logs", "3"),
            {"idle_sync.trips", "idle_sync.up", "idle_sync.down", "idle_sync.time"},
            id="idle sync",
        ),
    ],
)
def test_a_benchmark_prints_one_well_formed_line_a_figure(
    script: str, words: tuple[str, ...], names: set[str]
) -> None:
    done = subprocess.run(
        [sys.executable, BENCH / script, *words], capture_output=True, text=True, check=False
    )

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode in (0, 1), done.stderr
    assert names <= {line["name"] for line in lines}
    for line in lines:
        assert list(line) == FIELDS
        assert line["of"] in ("ratio", "value")
        assert line["value"] >= 0
        assert line["limit"] > 0
        assert line["ratio"] == pytest.approx(line["value"] / line["limit"], rel=0.02, abs=0.002)
