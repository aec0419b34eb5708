"""What is written in an editor: an entry that changes, a summary, an agreement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from transcripts.in_process import Desk, desk_in

Edit = Callable[[str], None]
START = """
ana inglenook init --name Ana --relay <relay> --kdf-mib 64
maya inglenook init --name Maya --relay <relay> --kdf-mib 64
ana inglenook pair invite
maya inglenook pair join "<link>"
ana inglenook pair approve --yes
maya inglenook sync
ana inglenook sync
""".strip()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_in(tmp_path_factory.mktemp("desk")) as found:
        for line in START.splitlines():
            who, _, typed = line.partition(" ")
            assert not any(said.startswith("= ") for said in found.type(who, typed))
        yield found


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Let the editor change its file by a sed script."""

    def by(script: str) -> None:
        program = tmp_path / "my-editor"
        program.write_text(f"#!/bin/sh\nsed -i '{script}' \"$1\"\n")
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(program))

    return by


def answer(pair: Desk, line: str) -> str:
    return "\n".join(pair.type("ana", line))


def test_revise_opens_the_words_as_they_stand(pair: Desk, edit: Edit) -> None:
    answer(pair, 'inglenook "walked home, felt ok"')
    edit("s/ok/good/")

    saved = answer(pair, "inglenook revise e1")
    unchanged = answer(pair, "inglenook revise e1")

    assert saved == "Saved on this device. Only you can read it."
    assert "walked home, felt good" in answer(pair, "inglenook show e1")
    assert "Nothing has changed, so nothing was saved." in unchanged


def test_a_summary_has_a_section_for_each_part(pair: Desk, edit: Edit) -> None:
    answer(pair, 'inglenook checkin hold "the plan"')
    edit(
        "s/^## What you talked about.*/&\\nthe plan\\nsleep/;"
        "s/^## What went well.*/&\\na calm hour/;s/^## Next steps for me.*/&\\na pool/"
    )

    answer(pair, "inglenook checkin summary c1")

    shown = answer(pair, "inglenook checkin list")
    for line in ("the plan", "sleep", "What went well: a calm hour", "Next, you: a pool"):
        assert line in shown


def test_an_agreement_starts_from_the_usual_limits(pair: Desk, edit: Edit) -> None:
    edit(
        "s/^## What we hope for.*/&\\na calm year/;s/^## How often.*/&\\n2 weeks/;"
        "s/^## When we may.*/&\\nafter school/"
    )

    answer(pair, "inglenook pair agreement propose")

    shown = answer(pair, "inglenook pair agreement")
    for line in ("a calm year", "every 2 weeks", "after school", "stays between us"):
        assert line in shown


def test_a_form_that_says_too_little_is_refused_and_its_words_are_kept(
    pair: Desk, edit: Edit
) -> None:
    edit("s/^## When we may.*/&\\nafter school/")

    said = answer(pair, "inglenook pair agreement propose")

    assert "An agreement needs what you hope for." in said
    assert "= 1" in said
    assert "kept" in said
