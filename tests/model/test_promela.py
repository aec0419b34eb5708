"""Invites and rotations in Promela: every interleaving, for two people of two devices each.

``spin`` makes a C program of a model, which walks all its states. A model that nothing can go
wrong in proves nothing: each is run with each of its rules broken too, and must fail then.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.require import require

HERE = Path(__file__).parent
require(
    "spin",
    shutil.which("spin") is not None and shutil.which("gcc") is not None,
    "no spin, or no gcc, on this machine. On Debian: apt-get install spin gcc libc6-dev",
)
MODELS = ("invite", "rotate")


def walk(model: str, folder: Path, broken: str | None = None) -> str:
    """What the walk through all states says."""
    define = [f"-D{broken}"] if broken else []
    for command in (
        ["spin", *define, "-a", str(HERE / f"{model}.pml")],
        ["gcc", "-O1", "-w", "-DSAFETY", "-o", "pan", "pan.c"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    walked = subprocess.run(["./pan", "-m100000"], cwd=folder, check=True, capture_output=True)
    return walked.stdout.decode()


def errors_in(said: str) -> int:
    found = re.search(r"errors: (\d+)", said)
    assert found is not None, said
    return int(found[1])


def breakable() -> list[tuple[str, str]]:
    found = [
        (m, set(re.findall(r"BROKEN_[A-Z]+\b", (HERE / f"{m}.pml").read_text()))) for m in MODELS
    ]
    return [(model, name) for model, names in found for name in sorted(names)]


@pytest.mark.parametrize("model", MODELS)
def test_the_claims_hold_in_every_state(model: str, tmp_path: Path) -> None:
    said = walk(model, tmp_path)

    assert errors_in(said) == 0, said
    assert "max search depth too small" not in said
    assert "Search not completed" not in said


@pytest.mark.parametrize("model", MODELS)
def test_what_it_is_all_for_can_be_reached(model: str, tmp_path: Path) -> None:
    assert errors_in(walk(model, tmp_path, "REACH")) == 1


@pytest.mark.parametrize(("model", "rule"), breakable())
def test_with_a_rule_broken_a_claim_fails(model: str, rule: str, tmp_path: Path) -> None:
    assert errors_in(walk(model, tmp_path, rule)) == 1
