"""Each benchmark, run small, prints lines of the one form; how fast is not looked at."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
FIELDS = {
    "name": str,
    "n": int,
    "value": (int, float),
    "unit": str,
    "limit": (int, float),
    "ratio": (int, float),
    "goal": (int, float, type(None)),
    "of": str,
}


VIEWS = [
    f"views.{name}"
    for name in (
        *("catch_up", "today", "log", "log_as_of", "log_tag", "entries", "entries_tag"),
        *("entries_mood", "entries_starred", "entries_days", "calendar", "moods", "on_this_day"),
        *("look_back", "strides", "reflections", "wins", "strengths", "horizons", "goals"),
        *("steps", "checkins", "agenda", "rhythm", "questions", "feedback", "shelf"),
        *("activities", "notes", "us", "timeline", "mentoring", "after_one"),
    )
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("words", "names"),
    [
        pytest.param(["append.py", "--events", "70"], ["append"], id="append"),
        pytest.param(
            ["cold_start.py", "--events", "70", "--rounds", "1"],
            ["cold_start", "cold_start.bytes", "cold_start.memory", "cold_start.batches"],
            id="cold_start",
        ),
        pytest.param(
            ["idle_sync.py", "--logs", "3", "--rounds", "1"],
            ["idle_sync.trips", "idle_sync.up", "idle_sync.down", "idle_sync.time"],
            id="idle_sync",
        ),
        pytest.param(
            ["recovery.py", "--logs", "2", "--events", "70", "--rounds", "1"],
            ["recovery"],
            id="recovery",
        ),
        pytest.param(
            ["search.py", "--events", "70"],
            [
                *("search.word", "search.words", "search.beginning", "search.phrase"),
                *("search.common", "search.tag", "search.mood", "search.days", "search.person"),
                *("search.kind", "search.all", "search.all_common", "search.no_words"),
            ],
            id="search",
        ),
        pytest.param(
            ["sums.py", "--people", "3", "--questions", "2"],
            [
                *("sums.shard", "sums.leader", "sums.helper", "sums.seal", "sums.bytes"),
                *("sums.person", "sums.close"),
            ],
            id="sums",
        ),
        pytest.param(
            ["surveys.py", "--people", "100", "--questions", "1"], ["surveys.close"], id="surveys"
        ),
        pytest.param(["views.py", "--events", "70"], VIEWS, id="views"),
    ],
)
def test_a_benchmark_prints_lines_of_the_one_form(words: list[str], names: list[str]) -> None:
    script, *options = words

    ended = subprocess.run(
        [sys.executable, str(BENCH / script), *options], capture_output=True, text=True, check=False
    )

    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["name"] for line in lines] == names, ended.stderr
    for line in lines:
        assert list(line) == list(FIELDS)
        for name, kind in FIELDS.items():
            assert isinstance(line[name], kind)
            assert not isinstance(line[name], bool)
        assert line["of"] in ("ratio", "value")
        assert line["value"] > 0
        assert line["ratio"] == pytest.approx(line["value"] / line["limit"], rel=0.01, abs=0.01)
    late = [line for line in lines if line["goal"] is not None and line[line["of"]] > line["goal"]]
    assert ended.returncode == (1 if late else 0), ended.stderr


def test_the_records_are_the_same_each_time_and_346_bytes_on_average() -> None:
    code = "import generator as g; print(b''.join(map(g.as_json, g.records(3000))).decode())"

    made = [
        subprocess.run([sys.executable, "-c", code], cwd=BENCH, capture_output=True, check=True)
        for _ in range(2)
    ]

    assert made[0].stdout == made[1].stdout
    records = re.findall(rb"\{[^}]*\}", made[0].stdout)
    assert len(records) == 3000
    assert sum(map(len, records)) / 3000 == pytest.approx(346, abs=3)
    for record in map(json.loads, records[:50]):
        assert re.fullmatch("[0-9a-f]{20}", record["id"])
        assert len(record["tags"]) == 2
