"""Breaks the defences in scratch copies, one at a time, and sees whether anybody notices.

    make mutants                 all of them, two at once
    make mutants ARGS=head       those with this word in their name

Exit code 0 where each was noticed, and the one that changes nothing was not.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("schema", "client", "server", "tests", "pyproject.toml")
FAILED = 1
"""What pytest ends with where tests ran and one of them failed; anything else proves nothing."""


def scratch(base: Path, number: int) -> Path:
    """A copy of all that tests need."""
    copy = base / str(number)
    copy.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns(".hypothesis"))
        else:
            shutil.copy(source, copy / part)
    return copy


@contextmanager
def broken(copy: Path, mutant: Mutant) -> Iterator[None]:
    """The copy with this defence broken; as it was afterwards."""
    path = copy / mutant.file
    whole = text = path.read_text()
    for old, new in mutant.edits:
        if text.count(old) != 1:
            raise SystemExit(f"{mutant.name}: {mutant.file} does not say this once: {old!r}")
        text = text.replace(old, new)
    compiled = Path(importlib.util.cache_from_source(str(path)))
    try:
        path.write_text(text)
        compiled.unlink(missing_ok=True)
        yield
    finally:
        path.write_text(whole)
        compiled.unlink(missing_ok=True)


def tried(copy: Path, mutant: Mutant) -> tuple[int, str]:
    """How pytest ends with this mutant, and its last words."""
    packages = os.pathsep.join(str(copy / part) for part in PARTS[:3])
    words = ["-q", "-x", "-n0", "-p", "no:randomly", "-p", "no:cacheprovider", "--no-header"]
    with broken(copy, mutant):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words, *mutant.tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": packages, "COLUMNS": "500"},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout[-3_000:] + done.stderr[-500:]


def said(mutant: Mutant, code: int, output: str) -> str:
    """What the table says of it: who noticed, and by what."""
    if mutant.survives:
        return "survived, as it must" if code == 0 else "NOTICED, though nothing was changed"
    summary = next((line for line in output.splitlines() if line.startswith("FAILED ")), "")
    if code != FAILED or not summary:  # a scene that cannot even be set up shows nothing
        return "SURVIVED" if code == 0 else f"NOT TRIED (pytest ended with {code})"
    test, _, why = summary.removeprefix("FAILED ").partition(" - ")
    name = test.rpartition("[")[2].rstrip("]") if "[" in test else test.rpartition("::test_")[2]
    return f"noticed by “{name[:60]}”: {why[:60]}"


def main(words: list[str]) -> int:
    """Try all, or those that a word names; prints the table."""
    chosen = [m for m in MUTANTS if all(word in m.name for word in words)]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="ink-mutants-") as base:
        copies = SimpleQueue[Path]()
        workers = min(2, len(chosen), os.cpu_count() or 1) or 1
        for number in range(workers):
            copies.put(scratch(Path(base), number))

        def work(mutant: Mutant) -> tuple[int, str, float]:
            copy, begun = copies.get(), time.monotonic()
            try:
                return *tried(copy, mutant), time.monotonic() - begun
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(workers) as pool:
            for mutant, (code, tail, took) in zip(chosen, pool.map(work, chosen), strict=True):
                verdict = said(mutant, code, tail)
                print(f"{mutant.name:<52} {took:5.1f} s  {verdict}", flush=True)
                if verdict.startswith(("SURVIVED", "NOT", "NOTICED")):
                    bad += 1
                    print(tail, flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} as they must be")
    return 1 if bad or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
