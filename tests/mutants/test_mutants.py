"""The table of mutants fits the code, and each is to be noticed by a scenario."""

from pathlib import Path

import pytest

from hostile.rows import everything
from hostile.scene import ROWS
from mutants.mutants import MUTANTS, SCENARIOS, Mutant

ROOT = Path(__file__).parents[2]

assert everything


@pytest.mark.parametrize("mutant", [pytest.param(m, id=m.name) for m in MUTANTS])
def test_each_breaks_what_is_there_and_names_tests_that_exist(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text()

    assert [text.count(old) for old, _ in mutant.edits] == [1] * len(mutant.edits)
    for test in mutant.tests:
        file, _, name = test.partition("::")
        assert file.startswith(SCENARIOS)
        if "[" in name:
            assert name.partition("[")[2].removesuffix("]") in ROWS
        else:
            assert f"def {name}(" in (ROOT / file).read_text()


def test_one_of_them_changes_nothing_and_must_survive() -> None:
    assert [m.name for m in MUTANTS if m.survives] == ["nothing at all"]
