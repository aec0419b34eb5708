"""The table of commands and the modules that have them agree."""

import contextlib
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
pair resume
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


def test_one_line_of_text_loads_nothing_that_it_does_not_need() -> None:
    # The journal's own imports are its business; these would be ours.
    program = (
        "import sys; from inglenook_client.cli.entrance import run; run(['two words']);"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"INGLENOOK_HOME": "/nonexistent", "PATH": "/usr/bin"},
    )

    loaded = set(done.stdout.split())
    assert not loaded & {"aiohttp", "rich", "segno", "keyring", "babel"}
    assert "inglenook_client.cli.parser" not in loaded
    assert "inglenook_client.cli.editor" not in loaded
