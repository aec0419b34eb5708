"""The page that says who can do what names tests and attacks that exist."""

import re
from pathlib import Path

from hostile.rows import everything
from hostile.scene import ROWS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/.]+)::(test_\w+)`", PAGE)

    assert len(named) > 30
    for path, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), name


def test_every_attack_that_is_named_exists() -> None:
    named = re.findall(r"`row: ([^`]+)`", PAGE)

    assert everything
    assert len(named) > 20
    assert set(named) <= set(ROWS)


def test_nothing_is_said_to_be_proven_without_a_name() -> None:
    """Each line of a table whose last column is called *shown by* has one."""
    proving = False
    for line in PAGE.splitlines():
        proving = line.startswith("|") and (proving or line.endswith("shown by |"))
        if proving and not line.endswith("shown by |") and not line.startswith("|---"):
            assert "`tests/" in line or "`row: " in line, line
