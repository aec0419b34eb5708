"""The attacks that were listed, and the rows that exist: none is missing, none is nobody's."""

import re
import tomllib
from pathlib import Path

import pytest

from hostile.rows import everything
from hostile.scene import ROWS, Evidence

LISTED = tomllib.loads(Path(__file__).with_name("listed.toml").read_text())


def names(text: str) -> list[str]:
    """The names in a list with commas between them, but not inside brackets."""
    return [" ".join(each.split()) for each in re.split(r",(?![^(]*\))", text)]


@pytest.mark.parametrize("part", LISTED)
def test_every_attack_that_was_listed_has_its_rows(part: str) -> None:
    rows = LISTED[part]["rows"]

    assert list(rows) == names(LISTED[part]["listed"])
    assert all(rows.values())


def test_every_row_that_is_named_exists_and_every_row_that_exists_is_named() -> None:
    named = [row for part in LISTED.values() for rows in part["rows"].values() for row in rows]

    assert everything
    assert sorted(named) == sorted(ROWS)


def test_every_row_says_what_is_told_or_what_bounds_it() -> None:
    for row in ROWS.values():
        assert row.told or "Bounded: " in row.unseen, row.id
        assert row.evidence in Evidence
        assert row.attack.__doc__, row.id
