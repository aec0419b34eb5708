"""Surveys on the command line, from a coordinator's file to sums that anybody checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client.cli.conftest import Answer, Inglenook
from client.journal.forgetting import Clock
from harness.devices import ORIGIN, network
from harness.survey_net import SurveyNet, survey_network
from inglenook_client import ambient
from inglenook_client.cli.surveys import read_said
from inglenook_client.core.sums.asking import read_draft
from inglenook_schema.errors import CallerError
from inglenook_schema.sums import floors
from inglenook_schema.sums.terms import Kind

As = Callable[..., Answer]
MEMBERS = ("ana", "max")
FILE = """
title: This month
[de] Dieser Monat
closes: 7 days
tick: We met this month
[de] Wir haben uns getroffen
one: Which fits best?
[de] Was passt?
- More time
[de] Mehr Zeit
- Less talk
[de] Weniger Reden
k: 2
mean 1-5: How useful?
[de] Wie hilfreich?
"""


@pytest.fixture
def sums() -> Iterator[SurveyNet]:
    with network(), survey_network() as net:
        asyncio.run(net.operators.introduce())
        yield net


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(ambient, "now_ms", made.now_ms)
    return made


@pytest.fixture
def at(
    inglenook: Inglenook, tmp_path: Path, sums: SurveyNet, monkeypatch: pytest.MonkeyPatch
) -> As:
    """Run a command line at somebody's device; two members and a coordinator are there."""
    del sums
    # Two members make no ten answers: the floors are tested where they stand.
    monkeypatch.setattr(floors, "_FLOORS", dict.fromkeys(floors._FLOORS, 1))
    monkeypatch.setattr(floors, "_FEW_OPTIONS_FLOOR", 1)

    def command(device: str, *line: str) -> Answer:
        monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / device))
        return inglenook(*line)

    for who in ("kim", *MEMBERS):
        line = ("init", "--name", who.title(), "--relay", ORIGIN, "--kdf-mib", "64")
        assert command(who, *line).code == 0
    said = ("--contact", "Kim: room 4", "--contact", "Lee: 01 23", "--limits", "It stays here.")
    assert command("kim", "programme", "init", "Bridges", *said, "--retention", "a year").code == 0
    codes = command("kim", "programme", "invite", "--count", "2", "--json").document
    for who, code in zip(MEMBERS, codes, strict=True):
        assert command(who, "programme", "join", code["link"]).code == 0
    assert command("kim", "programme", "approve", "--all", "--yes").code == 0
    for who in MEMBERS:
        assert command(who, "sync").code == 0
    return command


@pytest.fixture
def asked(at: As, sums: SurveyNet, tmp_path: Path) -> As:
    """The same once a survey is published and everybody has a token."""
    file = tmp_path / "month.txt"
    file.write_text(FILE)
    waits = at("kim", "survey", "publish", str(file), "--yes")
    assert "waits for the Witness" in waits.out
    asyncio.run(sums.visit())
    assert "is published" in at("kim", "survey", "publish").out
    for _ in range(2):
        for who in MEMBERS:
            assert at(who, "sync").code == 0
        asyncio.run(sums.visit())
    return at


def test_a_survey_goes_from_a_file_to_sums_that_anybody_checks(
    asked: As, sums: SurveyNet, clock: Clock, tmp_path: Path
) -> None:
    for who, ticked in (("ana", "yes"), ("max", "no")):
        said = ("--say", f"1={ticked}", "--say", "2=1", "--say", "3=4", "--yes")
        assert "answered; the relay has it" in asked(who, "survey", "answer", *said).out.casefold()
    clock.days(9)
    assert "being checked" in asked("kim", "survey", "close").out
    asyncio.run(sums.visit())
    assert "Counted and published" in asked("kim", "survey", "close").out
    for who in MEMBERS:
        assert asked(who, "sync").code == 0
    saved = tmp_path / "result"

    shown = asked("ana", "survey", "results", "--save", str(saved))
    checked = asked("max", "survey", "verify", "--file", str(saved))
    listed = asked("ana", "survey", "list", "--json").document

    assert "We met this month  (2 answers)" in shown.out
    assert "More time: " in shown.out
    assert "I'd rather not say: " in shown.out
    assert "on average" in shown.out
    assert "Your answer is in these sums." in shown.out
    assert "signed one list of 2 answers" in checked.out
    assert listed[0]["results"][0]["n"] == 2
    assert listed[0]["answered"] == ["acknowledged", "included", "sealed"]
    assert asked("ana", "survey", "results", "--save", str(tmp_path / "no" / "result")).code == 5
    saved.write_bytes(saved.read_bytes()[:-1] + b"?")
    assert asked("max", "survey", "verify", "--file", str(saved)).code == 4


def test_a_preview_shows_all_that_leaves_and_sends_nothing(asked: As, sums: SurveyNet) -> None:
    before = len(sums.asked)
    for mistyped in ("yes", "01=yes", "4=1", "9" * 5_000 + "=yes"):
        assert asked("ana", "survey", "answer", "--say", mistyped, "--preview").code == 1
    said = ("--say", "1=yes", "--say", "2=-", "--say", "3=-")

    shown = asked("ana", "survey", "answer", *said, "--preview")

    assert "1. We met this month: yes" in shown.out
    assert "2. Which fits best?: I'd rather not say" in shown.out
    assert "question 1: a sealed half to Relay House, a sealed half to Witness Trust" in shown.out
    assert "question 3: nothing; both operators see that you left it out" in shown.out
    assert "a half alone says nothing" in shown.out.replace("\n", " ")
    assert "of 100 cases" in shown.out.replace("\n", " ")
    assert len(sums.asked) == before
    assert asked("ana", "survey", "list", "--json").document[0]["answered"] is None


def test_an_answer_is_changed_and_taken_back(asked: As, sums: SurveyNet) -> None:
    said = ("--say", "1=yes", "--say", "2=1", "--say", "3=4", "--yes")
    early = asked("ana", "survey", "change", *said)
    asked("ana", "survey", "answer", *said)
    twice = asked("ana", "survey", "answer", *said)
    changed = asked(
        "ana", "survey", "change", "--say", "1=no", "--say", "2=2", "--say", "3=-", "--yes"
    )
    one = asked("ana", "survey", "withdraw", "--yes")
    asyncio.run(sums.visit())
    both = asked("ana", "survey", "list")

    assert (early.code, twice.code) == (1, 1)
    assert "the relay has it" in changed.out
    assert "one operator confirmed it" in one.out.replace("\n", " ")
    assert "both operators confirmed it" in both.out.replace("\n", " ")
    first, second = asked("ana", "consent", "list", "--json").document
    assert (first["withdrawn"], second["withdrawn"]) == (False, True)
    refused = asked("ana", "consent", "withdraw", first["id"])
    assert "inglenook survey withdraw" in refused.err


def test_new_shows_what_members_will_read_and_sends_nothing(
    at: As, sums: SurveyNet, tmp_path: Path
) -> None:
    file = tmp_path / "month.txt"
    file.write_text(FILE)

    shown = at("kim", "survey", "new", str(file))
    member = at("ana", "survey", "new", str(file))

    assert "A member will read:" in shown.out
    assert "2  Less talk" in shown.out
    assert member.code == 1
    assert {type(each).__name__ for each in sums.asked} == {"WhoAreYou"}


def test_the_counted_pulse_is_a_survey_of_two_boxes_to_tick(at: As) -> None:
    asked = at("kim", "survey", "new", "--pulse", "--json").document
    nothing = at("kim", "survey", "new")

    assert [each["kind"] for each in asked["questions"]] == ["tick", "tick"]
    assert [each["k"] for each in asked["questions"]] == [1, 1]  # the floor, which is 10 in truth
    assert "--pulse" in nothing.err


def test_where_nothing_is_asked_the_lists_say_so(at: As) -> None:
    assert "No survey is here" in at("ana", "survey", "list").out
    assert at("ana", "survey", "results").code == 1
    assert "Nothing is proposed" in at("kim", "survey", "publish").out


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tick: no title", id="no title"),
        pytest.param("title: nothing asked", id="no question"),
        pytest.param("title: a\ntick: b\nwhat is this", id="an unknown line"),
        pytest.param("title: a\nk: 10\ntick: b", id="k before a question"),
        pytest.param("title: a\n[de] b\ntick: c", id="a language that is missing"),
        pytest.param("title: a\ncloses: soon\ntick: c", id="no number of days"),
        pytest.param("title: a\ntick: c\nepsilon: 1/0", id="no ε"),
    ],
)
def test_a_file_that_is_no_survey_is_refused(text: str) -> None:
    with pytest.raises(CallerError):
        read_draft(text)


def test_a_file_says_kinds_ranges_options_k_and_epsilon() -> None:
    draft = read_draft("title: a\nseveral 2: b\n- c\n- d\nk: 120\nepsilon: 0.5\nmean 1-5: e\n")
    several, mean = draft.questions

    assert (several.kind, several.most, several.k, several.spend) == (Kind.CHOICES, 2, 120, (1, 2))
    assert (mean.kind, mean.low, mean.high, mean.k) == (Kind.MEAN, 1, 5, 30)
    assert read_said(several, "1,2") == (0, 1)
    assert read_said(several, "-") is None
    assert read_said(mean, "5") == 5
    for question, typed in ((several, "3"), (several, "x"), (mean, "6"), (mean, "")):
        with pytest.raises(CallerError):
            read_said(question, typed)
