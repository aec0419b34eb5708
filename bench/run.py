"""Run every benchmark; their lines on standard output, what was missed on standard error.

Each is a process of its own, one after the other. The exit code is 1 where a goal was
missed, or a benchmark did not come to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lines import missed, say

SCRIPTS = (
    "append",
    "cli",
    "cold_start",
    "guessing",
    "idle_sync",
    "recovery",
    "relay",
    "search",
    "sums",
    "surveys",
    "views",
)
LONGEST_S = 290
"""For all of them; whoever runs longer hangs."""


def run(script: str, ends: float) -> list[str]:
    """Run one and pass its lines on; returns a sentence for each thing that is wrong."""
    words = [sys.executable, str(Path(__file__).with_name(f"{script}.py"))]
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory() as state,
        subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_STATE_HOME": state},
        ) as process,
    ):
        try:
            out, _ = process.communicate(timeout=max(1.0, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.terminate()
            return [f"{script}: it did not end in time"]
    for text in out.splitlines():
        print(text, flush=True)
        wrong += filter(None, [missed(json.loads(text))])
    if process.returncode and not wrong:
        wrong.append(f"{script}: it failed")
    return wrong


def main() -> int:
    begun = time.monotonic()
    wrong = [problem for script in SCRIPTS for problem in run(script, begun + LONGEST_S)]
    for problem in wrong:
        say(f"missed  {problem}")
    say(f"{time.monotonic() - begun:.0f} s, {len(wrong)} missed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
