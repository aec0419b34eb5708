"""The JSON that programs read: names and types as issue 2 fixes them, one document each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from client.cli.conftest import Inglenook
from inglenook_client.cli import jsonform

pytestmark = pytest.mark.usefixtures("home")

EVENT = {
    "id": str,
    "event": str,
    "kind": str,
    "at": str,
    "local_date": str,
    "by": str,
    "space": str,
    "text": str,
    "reach": str,
}


def check_shape(document: dict[str, Any], shape: dict[str, type]) -> None:
    assert {name: type(document[name]) for name in shape} == shape


def check_event(document: dict[str, Any]) -> None:
    check_shape(document, EVENT)
    assert re.fullmatch("[0-9a-f]{64}", document["event"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", document["local_date"])
    assert document["reach"] in {"here", "waiting", "relay", "partner"}


WRITING = [
    pytest.param(["walked home"], "entry.written", "e1", "walked home", id="bare text"),
    pytest.param(["--", "log"], "entry.written", "e1", "log", id="after --"),
    pytest.param(["mood", "3", "tired"], "mood.noted", "", "", id="mood"),
    pytest.param(["win", "asked twice"], "win.recorded", "w1", "asked twice", id="win"),
    pytest.param(
        ["reflect", "spoke up", "--month"], "reflection.written", "e1", "spoke up", id="reflect"
    ),
    pytest.param(["goal", "new", "Read"], "goal.set", "g1", "Read", id="goal"),
]


@pytest.mark.parametrize(("line", "kind", "short", "text"), WRITING)
def test_writing_commands_answer_with_the_event(
    line: list[str], kind: str, short: str, text: str, inglenook: Inglenook
) -> None:
    line = ["--json", *line] if line[0] == "--" else [*line, "--json"]

    answer = inglenook(*line)

    check_event(answer.document)
    found = {name: answer.document[name] for name in ("kind", "id", "text", "by", "space", "reach")}
    assert found == {
        "kind": kind,
        "id": short,
        "text": text,
        "by": "Ana",
        "space": "journal",
        "reach": "here",
    }
    assert (answer.code, answer.err) == (0, "")


def test_log_and_search_are_lists_of_events_oldest_first(inglenook: Inglenook) -> None:
    for text in ("first line", "second line", "third one"):
        inglenook(text)

    log = inglenook("log", "--json").document
    newest = inglenook("log", "-n", "2", "--json").document
    found = inglenook("search", "line", "--json").document
    nothing = inglenook("search", "elsewhere", "--json")

    for event in [*log, *found]:
        check_event(event)
    assert [event["text"] for event in log] == ["first line", "second line", "third one"]
    assert [event["text"] for event in newest] == ["second line", "third one"]
    assert sorted(event["text"] for event in found) == ["first line", "second line"]
    assert nothing.document == []


def test_show_is_the_event_also_by_the_start_of_its_id(inglenook: Inglenook) -> None:
    written = inglenook("walked home", "--json").document

    by_short = inglenook("show", "e1", "--json").document
    by_hex = inglenook("show", written["event"][:8].upper(), "--json").document

    check_event(by_short)
    assert by_short == by_hex
    assert {name: by_short[name] for name in EVENT} == {name: written[name] for name in EVENT}
    assert f"To read out: {written['event'][:8]}\n" in inglenook("show", "e1").out


def test_goal_list_is_a_list_of_goals_with_their_steps(inglenook: Inglenook) -> None:
    goal = inglenook("goal", "new", "Pass maths", "--json").document
    inglenook("step", "add", "g1", "Do exercise 4")
    inglenook("step", "add", goal["event"][:8], "Ask for help")
    done = inglenook("step", "done", "s1", "--json").document
    inglenook("progress", "g1", "--confidence", "4", "half way")

    (found,) = inglenook("goal", "list", "--json").document
    shown = inglenook("goal", "show", "g1", "--json").document

    assert done["kind"] == "step.done"
    check_shape(
        found,
        {"id": str, "event": str, "title": str, "state": str, "space": str, "steps": list},
    )
    assert found["event"] == goal["event"]
    assert (found["id"], found["title"], found["state"], found["space"]) == (
        *("g1", "Pass maths"),
        *("active", "journal"),
    )
    for step in found["steps"]:
        check_shape(step, {"id": str, "text": str, "done": bool})
    assert [(step["id"], step["text"], step["done"]) for step in found["steps"]] == [
        ("s1", "Do exercise 4", True),
        ("s2", "Ask for help", False),
    ]
    assert {name: shown[name] for name in found} == found


def test_status_doctor_and_who_have_their_fields(inglenook: Inglenook) -> None:
    status = inglenook("status", "--json").document
    doctor = inglenook("doctor", "--json").document
    who = inglenook("who", "--json").document
    devices = inglenook("device", "list", "--json").document

    check_shape(status, {"waiting": int, "on_relay": int, "problems": list, "spaces": list})
    assert status["relay"] is None
    (space,) = status["spaces"]
    check_shape(
        space,
        {
            "name": str,
            "waiting": int,
            "on_relay": int,
            "on_partner": int,
            "undelivered": int,
            "state": str,
        },
    )
    assert re.fullmatch("[0-9a-f]{64}", space["state"])
    check_shape(doctor, {"ok": bool, "problems": list})
    (ana,) = who
    check_shape(ana, {"name": str, "role": str, "devices": list, "checked": bool})
    check_shape(ana["devices"][0], {"name": str, "since": str, "this": bool})
    assert ana["devices"] == devices
    assert devices[0]["name"] == "laptop"


def test_schema_is_json_of_one_kind_or_of_all(inglenook: Inglenook) -> None:
    one = inglenook("schema", "goal.set").document
    every = inglenook("schema", "--json").document

    assert one["title"] == "goal.set"
    assert one["$schema"] == every["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_an_error_leaves_standard_output_empty(inglenook: Inglenook) -> None:
    answer = inglenook("show", "e99", "--json")

    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "There is nothing called e99 here.\n"


def test_init_and_unlock_answer_too(
    inglenook: Inglenook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / "other"))

    init = inglenook("init", "--name", "Ben", "--kdf-mib", "64", "--json")
    unlock = inglenook("unlock", "--json")
    lock = inglenook("lock", "--json")

    assert init.document == {"name": "Ben", "relay": None}
    assert unlock.document == {"unlocked": False, "seconds": 0}
    assert lock.document == {"locked": True}


def test_control_characters_and_what_a_terminal_lacks_are_escaped() -> None:
    said = {"text": "a\u009b\u2028 é 𝄞"}

    assert jsonform.dumps(said) == '{\n  "text": "a\\u009b\\u2028 é 𝄞"\n}'
    assert jsonform.dumps(said, ascii_only=True) == (
        '{\n  "text": "a\\u009b\\u2028 \\u00e9 \\ud834\\udd1e"\n}'
    )


@pytest.mark.parametrize(
    ("ms", "at"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_770_230_527_931, "2026-02-04T18:42:07.931Z"),
        (253_402_214_399_999, "9999-12-30T23:59:59.999Z"),
    ],
)
def test_instants_are_in_utc_with_a_z(ms: int, at: str) -> None:
    assert jsonform.instant(ms) == at
