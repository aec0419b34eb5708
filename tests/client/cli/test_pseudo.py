"""Every screen in a language that is made up: nothing on it is left in English."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

import inglenook_client
import inglenook_schema
from client.cli.conftest import Inglenook
from harness import pseudo
from inglenook_client import ambient, calendar, guides, words
from inglenook_client.cli.index import GROUPS, MODULES, load
from inglenook_client.cli.parser import parser_of
from inglenook_schema.events import KINDS
from inglenook_schema.events.choices import PARTS
from transcripts.in_process import KIT_ROW, desk_in
from transcripts.session import WORDS, blocks

PAPERS = sorted((Path(__file__).parent / "papers").glob("*.session"))
NAMES = {"Ana", "Maya", "Inglenook", "JSON", "UTF", "MiB", "laptop", "phone", "relay", "example"}
STORED = {
    *("journal", "pair"),
    *(part for kind in KINDS for part in re.split(r"[._]", kind)),
    *(part for theme in guides.themes() for part in theme.split("_")),
    *(word for parts in PARTS.values() for part in parts for word in part.split("_")),
}
"""Names that are typed as they are stored, in every language."""
LATE = datetime(2026, 2, 3, 21, 5, tzinfo=UTC)
EXAMPLE = ("walked", "home", "felt")
FOLDERS = [Path(p.__file__ or "").parent for p in (inglenook_client, inglenook_schema)]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the made-up language."""
    folder = tmp_path_factory.mktemp("pseudo")
    pseudo.write(folder)
    return folder


@pytest.fixture
def made_up(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", pseudo.LOCALE)
    with pseudo.spoken(made):
        yield


def typed(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]+", text))


def commands_beside(line: str) -> set[str]:
    """The commands of the group that was typed: an error may list them, as they are typed."""
    group = line.split()[1:2]
    return {word for name in MODULES if name.split()[:1] == group for word in typed(name)}


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.stem for paper in PAPERS])
def test_no_screen_of_a_session_has_a_sentence_left_in_english(
    paper: Path, made: Path, tmp_path: Path
) -> None:
    lines = list(blocks(paper.read_text()))
    said_by_people = (NAMES | STORED).union(*(typed(line) for _, line, _ in lines))
    english = dict[str, list[str]]()

    with desk_in(tmp_path) as desk, patch.dict(os.environ, {"LANGUAGE": pseudo.LOCALE}):
        environment = desk.environment
        with (
            pseudo.spoken(made),
            patch.object(
                desk, "environment", lambda who: environment(who) | {"LANGUAGE": pseudo.LOCALE}
            ),
        ):
            for who, line, _ in lines:
                screen = [said for said in desk.type(who, line) if not _is_kit(said)]
                if "--json" in line or " schema " in line:
                    continue
                for said in screen:
                    named = commands_beside(line) if said.startswith("! ") else set[str]()
                    if left := pseudo.untranslated(said, said_by_people | named):
                        english[f"{line} → {said}"] = left

    assert english == {}


def _is_kit(said: str) -> bool:
    """Whether it is a row of words that are drawn, and the same in every language."""
    return bool(WORDS.fullmatch(said) or KIT_ROW.fullmatch(said))


@pytest.mark.usefixtures("made_up")
def test_no_page_of_help_has_a_word_left_in_english() -> None:
    english = dict[str, list[str]]()
    for name in MODULES:
        command = load(name)
        known = {*NAMES, *typed(name), *typed(" ".join(command.examples))}
        parser = parser_of(name, command)
        stored = {str(c) for a in parser._actions for c in a.choices or ()}
        for said in parser.format_help().splitlines():
            if left := pseudo.untranslated(said, known | set(typed(" ".join(stored)))):
                english[f"{name}: {said}"] = left

    assert english == {}


@pytest.mark.usefixtures("made_up")
def test_the_page_of_all_commands_has_none_either(inglenook: Inglenook) -> None:
    known = {*NAMES, *(word for name in MODULES for word in typed(name)), *EXAMPLE}
    answer = inglenook("--help")
    lines = answer.out.splitlines()

    assert len(lines) > len(MODULES) + len(GROUPS)
    assert [said for said in lines if pseudo.untranslated(said, known)] == []


def test_the_made_up_language_keeps_places_options_and_commands() -> None:
    assert pseudo.pseudo("Sent {n} of %(all)s.") == "⟦Šéñţ {n} öƒ %(all)s.······⟧"
    assert pseudo.pseudo("Say it: inglenook sync") == "⟦Šåý íţ: «inglenook sync»·······⟧"
    assert pseudo.untranslated("⟦Šåý íţ⟧ to Ana", ["ana"]) == []
    assert pseudo.untranslated("Say it to Ana", ["ana"]) == ["Say"]


def test_a_language_without_a_catalogue_is_english_dates_and_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    words.forget()

    assert calendar.day_name("2026-02-03") == "Tuesday, 3 February 2026"
    assert calendar.number(12345) == "12,345"
    assert calendar.week_start() == calendar.MONDAY


@pytest.mark.parametrize(
    ("lang", "day", "hour", "number", "week"),
    [
        pytest.param("C", "Tuesday, 3 February 2026", "21:05", "12,345", 0, id="none"),
        pytest.param("en_GB", "Tuesday, 3 February 2026", "21:05", "12,345", 0, id="Britain"),
        pytest.param("en_US", "Tuesday, February 3, 2026", "9:05 PM", "12,345", 6, id="the States"),
        pytest.param("pl_PL", "wtorek, 3 lutego 2026", "21:05", "12\xa0345", 0, id="Poland"),
        pytest.param("ar_EG", "الثلاثاء، 3 فبراير 2026", "9:05 م", "12,345", 5, id="Egypt"),
        pytest.param("xx_YY", "Tuesday, 3 February 2026", "21:05", "12,345", 0, id="nowhere"),
    ],
)
def test_dates_numbers_and_weeks_are_as_the_country_of_the_language_has_them(
    lang: str,
    day: str,
    hour: str,
    number: str,
    week: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pseudo.write(tmp_path)
    for language in ("pl", "ar"):  # as if they had catalogues
        (tmp_path / language).symlink_to(tmp_path / pseudo.LOCALE)
    monkeypatch.setenv("LANG", f"{lang}.UTF-8")

    with pseudo.spoken(tmp_path):
        found = (calendar.day_name("2026-02-03"), calendar.clock(LATE))
        counted = (calendar.number(12345), calendar.week_start())

    assert [said.replace("\u202f", " ") for said in found] == [day, hour]
    assert counted == (number, week)


@pytest.mark.parametrize(
    ("lang", "this_year", "another"),
    [
        pytest.param("en_GB", "Fri 6 February", "Sat 6 February 2027", id="Britain"),
        pytest.param("en_US", "Fri, Feb 6", "Sat, Feb 6, 2027", id="the States"),
    ],
)
def test_a_day_in_a_list_has_its_year_where_that_is_not_this_one(
    lang: str, this_year: str, another: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", f"{lang}.UTF-8")
    monkeypatch.setattr(ambient, "now_ms", lambda: int(LATE.timestamp() * 1000))
    words.forget()

    assert calendar.short_day("2026-02-06") == this_year
    assert calendar.short_day("2027-02-06") == another
    assert calendar.short_day("2026-02-06", whole=True).endswith("2026")


def test_no_error_is_raised_with_words_put_together_where_no_catalogue_finds_them() -> None:
    found = [
        f"{file.name}:{node.lineno}"
        for folder in FOLDERS
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and str(getattr(node.func, "id", "")).endswith("Error")
        and any(_has_words(argument) for argument in node.args)
    ]

    assert found == []


def _has_words(argument: ast.expr) -> bool:
    return isinstance(argument, ast.JoinedStr) and any(
        isinstance(part, ast.Constant) and re.search(r"[A-Za-z]{2}", str(part.value))
        for part in argument.values
    )
