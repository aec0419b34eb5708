"""Runs every benchmark, passes its lines through, and says at the end which goals were missed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lines import missed, say

HERE = Path(__file__).parent
SCRIPTS = ("append.py", "cold_start.py", "idle_sync.py", "relay.py")


def main() -> int:
    failures: list[str] = []
    for script in SCRIPTS:
        done = subprocess.run(
            [sys.executable, str(HERE / script)], stdout=subprocess.PIPE, text=True, check=False
        )
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        found = [sentence for line in lines if (sentence := missed(line)) is not None]
        if done.returncode != 0 and not found:
            found = [f"{script} ended with {done.returncode}"]
        failures += found
    for sentence in failures:
        say(f"missed: {sentence}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
