"""Years of two people with everything that goes wrong: nothing is lost, nothing leaks, all agree.

``make night`` runs fifty pairs for two years. A seed that fails prints what it takes; keep
those lines in ``past/`` under the seed's name, and it is run here from then on.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import world_acts, world_run
from harness.world_run import begun_at, run, run_whole
from harness.world_schedule import FILES, GATE, MISHAPS, VISIT_TROUBLES, parse, schedule
from harness.world_seams import RealWraps, RecordedWraps
from inglenook_client.journal import sending

TESTS = Path(__file__).parents[1]
PAST = sorted((TESTS / "simulation" / "past").glob("*.steps"))
PRODUCT = ("schema", "client", "server")


def fresh_seeds() -> list[str]:
    """Four times five seeds that nobody has seen before: each change of the product has its own.

    So the gate says the same of the same code, and what failed in one place fails in all.
    """
    files = sorted(file for part in PRODUCT for file in (TESTS.parent / part).rglob("*.py"))
    product = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    seeds = [hashlib.sha256(f"{product} {n}".encode()).hexdigest()[:8] for n in range(20)]
    return [" ".join(seeds[n : n + 5]) for n in range(0, 20, 5)]


def world(*words: str, hash_seed: str = "0") -> str:
    """Run worlds in a process of its own, whose every line counts and none is measured."""
    measured = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    env = {name: value for name, value in os.environ.items() if name not in measured}
    env |= {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(
        [sys.executable, "-m", "harness.world_run", *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    return done.stdout


# --- the gate -------------------------------------------------------------------------


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seeds", fresh_seeds())
def test_a_pair_year_keeps_every_promise(seeds: str) -> None:
    """A failure prints its seed: ``python -m harness.world_run gate SEED`` is the same run."""
    said = world("gate", *seeds.split(), "--shorten", "30")

    assert "5 runs" in said


@pytest.mark.timeout(300)
def test_what_failed_once_fails_no_more() -> None:
    said = world("gate", "--steps", *map(str, PAST))

    assert f"{len(PAST)} runs" in said


@pytest.mark.timeout(120)
def test_one_seed_is_one_run_byte_for_byte() -> None:
    once = world("files", "the same", "--tell", hash_seed="1")
    again = world("files", "the same", "--tell", hash_seed="2")

    def plain(said: str) -> list[str]:
        return [line for line in said.splitlines() if " s, trace " not in line]

    assert plain(once) == plain(again)
    assert once.split("trace ")[1] == again.split("trace ")[1]
    assert len(plain(once)) > 100


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", ["ash", "birch"])
def test_real_files_and_real_wraps_come_to_the_same_state(seed: str) -> None:
    steps, wraps = schedule(seed, FILES), RealWraps()

    real = run_whole(seed, steps, wraps, files=True)
    simulated = run_whole(seed, steps, RecordedWraps(wraps), files=False)

    assert not real.error, real.error
    assert not simulated.error, simulated.error
    assert real.states == simulated.states
    assert len(real.states) >= 3
    assert (real.trace, real.events) == (simulated.trace, simulated.events)


# --- the harness bites ----------------------------------------------------------------


def test_a_failing_run_tells_its_seed_and_a_shortened_trace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The product is broken on purpose: with a mailbox that heals nothing."""
    begun = begun_at(tmp_path)
    steps = parse(
        """
        1 | 1 | 0 | max | visit |  | 4
        2 | 2 | 0 | ada | visit |  | 4
        3 | 3 | 0 | max | read |  | 4
        4 | 4 | 0 | ada | visit | an answer is lost | 1
        5 | 5 | 0 | max | visit |  | 4
        6 | 6 | 0 | ada | read |  | 4
        """
    )
    assert not run("oak", steps, begun).error
    monkeypatch.setattr(sending, "prepare", lambda _db: None)

    found = run("oak", steps, begun)
    said = world_run.report(found, steps, begun, seconds=20)

    assert "seed oak fails" in said
    assert "in 1 of 6 steps" in said
    assert "1 | 1 | 0 | max | visit |  | 4" in said
    assert "2 | 2 | 0" not in said


def test_a_kept_step_is_the_same_step() -> None:
    steps = schedule("elm", GATE)

    assert parse("\n".join(step.line for step in steps)) == steps


def test_a_year_has_every_kind_of_trouble() -> None:
    seen = set[str]()
    for number in range(60):
        steps = schedule(str(number), GATE)
        seen |= {step.trouble for step in steps} | {step.act for step in steps}

    assert {*map(str, VISIT_TROUBLES), *MISHAPS} <= seen
    assert set(world_acts.ACTS) | {"a device is added"} >= {
        step.act for step in schedule("any", GATE)
    }
