"""Erasing on the command line: what is asked, what is said, and what programs read."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook

pytestmark = pytest.mark.usefixtures("home")


def test_an_erased_entry_is_said_to_be_gone_here(inglenook: Inglenook) -> None:
    inglenook("better forgotten")

    answer = inglenook("erase", "e1", "--yes")

    assert answer.code == 0
    assert answer.out == "e1 is erased: its words are gone from this device.\n"
    assert "forgotten" not in inglenook("log").out
    assert inglenook("search", "forgotten", "--json").document == []
    shown = inglenook("show", "e1")
    assert shown.out.startswith("e1 is erased: its words are gone from this device.\n")


def test_without_a_terminal_nothing_is_erased_unasked(inglenook: Inglenook) -> None:
    inglenook("worth keeping")

    answer = inglenook("erase", "e1")

    assert answer.code == 1
    assert "--yes" in answer.err
    assert "worth keeping" in inglenook("log").out


def test_programs_read_how_far_it_is(inglenook: Inglenook) -> None:
    inglenook("better forgotten")
    inglenook("worth keeping")

    answer = inglenook("erase", "e1", "--yes", "--json").document
    shown = inglenook("show", "e1", "--json").document

    (entry,) = answer["erased"]
    assert answer["offline"] is False
    assert (entry["id"], entry["here"], entry["until"], entry["relay"]) == (
        "e1",
        True,
        None,
        "none",
    )
    assert shown["erased"] == {"here": True, "until": None, "relay": "none", "copies": []}
    assert (shown["text"], shown["fields"]) == ("", None)
    assert inglenook("show", "e2", "--json").document["erased"] is None


def test_a_relay_that_cannot_be_reached_is_not_a_confirmation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inglenook: Inglenook
) -> None:
    monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / "other"))
    inglenook("init", "--name", "Ben", "--kdf-mib", "64", "--relay", "http://127.0.0.1:9")
    inglenook("better forgotten")
    inglenook("sync")

    answer = inglenook("erase", "e1", "--yes")

    assert answer.code == 3
    assert "gone from this device" in answer.out
    assert "not confirmed" in answer.out
    assert "saved here" in answer.err


def test_a_text_of_several_events_is_erased_whole(
    inglenook: Inglenook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"forgotten " * 12_000)))
    inglenook("-")

    answer = inglenook("erase", "e1", "--yes", "--json").document

    assert len(answer["erased"]) == 2
    assert "forgotten" not in inglenook("log").out


def test_an_id_of_nothing_is_a_mistake_and_erases_nothing(inglenook: Inglenook) -> None:
    inglenook("worth keeping")

    assert inglenook("erase", "e1", "e7", "--yes").code == 1
    assert "worth keeping" in inglenook("log").out


def test_erasing_again_is_harmless(inglenook: Inglenook) -> None:
    inglenook("better forgotten")
    inglenook("erase", "e1", "--yes")

    assert inglenook("erase", "e1", "--yes", "--deep").code == 0
