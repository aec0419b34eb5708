"""The table of commands and the modules that have them agree."""

import contextlib
import os
import subprocess
import sys

import pytest

from client.cli.conftest import Inglenook
from inglenook_client.cli.index import GROUPS, MODULES, NOUNS, PLANNED, load
from inglenook_client.cli.parser import parser_of

WANTED = """
init, log, show, search, mood, win, goal new, goal list, goal show, step add, step done,
progress, checkin hold, reflect, feedback give, ask, reply, share, pair invite, pair join,
pair approve, pair words, who, device add, device accept, device approve, device list, schema,
sync, watch, status, doctor, lock, unlock, star, unstar, strength add,
goal revise, goal accept, goal achieve, goal pause, goal resume, goal let-go, step reopen,
step drop,
cheer, settle, note, feedback ask, feedback answer, checkin plan, checkin missed, checkin summary,
checkin confirm, shelf add, shelf tried, activity add, activity answer, activity went, pair pause,
pair resume, survey list, survey answer, survey change, survey withdraw, survey results,
survey verify, survey new, survey publish, survey close
"""


def test_every_command_that_was_asked_for_is_there() -> None:
    assert {name.strip() for name in WANTED.split(",")} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_every_command_has_a_summary_and_a_parser(name: str) -> None:
    command = load(name)

    usage = parser_of(name, command).format_usage()

    assert usage.startswith(f"usage: inglenook {name}")
    assert "--json" in usage
    assert "--plain" in usage
    assert ("--space" in usage) == command.in_spaces
    assert command.summary[0].islower() or command.summary.startswith("JSON")
    assert not command.summary.endswith(".")


@pytest.mark.parametrize("name", MODULES)
def test_help_of_every_command_says_what_it_does(name: str, inglenook: Inglenook) -> None:
    with contextlib.suppress(SystemExit):
        answer = inglenook(*name.split(), "--help")

    assert answer.code == 0
    assert load(name).summary.casefold() in " ".join(answer.out.casefold().split())
    for example in load(name).examples:
        assert example in answer.out


@pytest.mark.parametrize("name", MODULES)
def test_every_command_has_an_example_of_itself(name: str) -> None:
    examples = load(name).examples

    assert any(f"inglenook {name}" in example for example in examples)


def test_no_first_word_is_a_command_and_has_second_words() -> None:
    assert all(bool(NOUNS[first]) == (first not in MODULES) for first in NOUNS)


def test_commands_of_later_versions_are_not_there_yet() -> None:
    for first, seconds in PLANNED.items():
        assert first not in MODULES
        assert not {f"{first} {second}" for second in seconds} & set(MODULES)


def test_the_page_of_help_names_every_command(inglenook: Inglenook) -> None:
    answer = inglenook("--help")

    assert answer.code == 0
    assert all(name in answer.out for name in MODULES)
    assert all(title in answer.out for title, _ in GROUPS)


SLOW = {"aiohttp", "argparse", "babel", "dateparser", "jinja2", "keyring", "markdown_it", "rich"}
"""What takes long to load, and one line of text needs none of."""


@pytest.mark.usefixtures("home")
def test_one_line_of_text_is_saved_with_nothing_loaded_that_it_does_not_need() -> None:
    program = (
        "import sys; from inglenook_client.cli.entrance import run;"
        "code = run(['walked home: felt ok']);"
        "print(*sorted(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LANG": "pl_PL.UTF-8"},
    )

    loaded = set(done.stderr.split())
    assert done.stdout.startswith("e1  Saved on this device.")
    assert not loaded & {*SLOW - {"dateparser"}, "segno", "inglenook_client.guides"}
    assert not loaded & {f"inglenook_client.cli.{n}" for n in ("parser", "editor", "keeping")}
    assert "inglenook_client.journal.dating" in loaded  # two words before a colon


@pytest.mark.usefixtures("home")
def test_only_what_may_be_a_date_loads_the_library_that_understands_dates() -> None:
    program = (
        "import sys; from inglenook_client.cli.entrance import run; run(['walked home, felt ok']);"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    loaded = set(done.stdout.split())
    assert not loaded & SLOW
    assert "inglenook_client.journal.dating" not in loaded
