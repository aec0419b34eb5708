"""``inglenook "one line"`` as a whole process, beside jrnl in the same run.

Each pair of lines is one size of journal: empty, and ``--events`` entries. The journal is
unlocked, as it is for whoever writes several lines in a row; jrnl's file is not encrypted. Both
are started by the same interpreter, in turn, so that what else the machine does falls on both;
the value is the median of the runs. The text of the entries is the same in both.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import generator
import stage
from lines import report, say

from inglenook_client.journal.home import Journal
from inglenook_client.keys import unlocking

MANY = 10_000
GOAL_MANY = 0.15
GOAL_EMPTY = 1.2
RUNS = 15
RUNS_MANY = 5
"""jrnl reads all of its file each time, which takes seconds."""
LINE = "walked home, felt ok, and wrote it down"
_OURS = "import sys; from inglenook_client.cli import main; sys.exit(main())"
_THEIRS = "import sys; from jrnl.main import run; sys.exit(run())"
_CONFIG = "journals:\n  default:\n    journal: {file}\nversion: v4.6\n"


class Ours:
    """A journal of ours in a folder, unlocked."""

    def __init__(self, folder: Path, records: list[generator.Record]) -> None:
        self.home = folder / "journal"
        self.environment = {
            **os.environ,
            "INGLENOOK_HOME": str(self.home),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(folder),
        }
        self.environment.pop("INGLENOOK_PASSPHRASE_FILE", None)
        os.environ |= self.environment
        key = unlocking.create(self.home, lambda: "a passphrase of a benchmark", kdf_mib=64)
        asyncio.run(self._fill(key, records))
        unlocking.unlock_for(self.home, 3_600, ask=lambda: "a passphrase of a benchmark")

    async def _fill(self, key: bytes, records: list[generator.Record]) -> None:
        journal = await Journal.create(
            *(self.home, key), name="Ada", relay=None, voucher=None, device_label="laptop"
        )
        await stage.fill(journal, records)
        if records:
            await journal.views.fresh()
            await journal.search("the")
        await journal.close()

    def line(self) -> list[str]:
        return [sys.executable, "-c", _OURS, LINE]

    def lock(self) -> None:
        unlocking.lock(self.home)


class Theirs:
    """A journal of jrnl's in a folder, as plain text."""

    def __init__(self, folder: Path, records: list[generator.Record]) -> None:
        file, self._config = folder / "journal.txt", folder / "jrnl.yaml"
        self._config.write_text(_CONFIG.format(file=file))
        self.environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        file.write_text("\n".join(map(_entry, records)))

    def line(self) -> list[str]:
        return [sys.executable, "-c", _THEIRS, "--config-file", str(self._config), LINE]


def _entry(record: generator.Record) -> str:
    when = record["time"][:16].replace("T", " ")
    tags = " ".join(f"@{tag}" for tag in record["tags"])
    return f"[{when}] {record['text']} {tags}\n"


def _took(program: Ours | Theirs) -> float:
    """Milliseconds of one process, from its start to its end."""
    begun = time.perf_counter()
    subprocess.run(
        program.line(),
        env=program.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return (time.perf_counter() - begun) * 1e3


def measure(folder: Path, n: int, goal: float) -> bool:
    """One size of journal; whether its goal is met."""
    say(f"cli: {n} entries")
    records = list(generator.records(n))
    ours, theirs = Ours(folder, records), Theirs(folder, records)
    try:
        _took(ours), _took(theirs)  # the first writes byte code
        pairs = [(_took(ours), _took(theirs)) for _ in range(RUNS_MANY if n else RUNS)]
    finally:
        ours.lock()
    value, limit = (statistics.median(each) for each in zip(*pairs, strict=True))
    name = "cli.one_line" if n else "cli.one_line_empty"
    return report(name, n, value, "ms", limit, goal)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=MANY)
    n = parser.parse_args().events
    met = True
    for size, goal in ((0, GOAL_EMPTY), (n, GOAL_MANY)):
        with tempfile.TemporaryDirectory(prefix="ink-") as folder:
            met &= measure(Path(folder), size, goal)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
