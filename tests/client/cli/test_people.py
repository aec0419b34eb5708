"""Devices and pairs on the command line: names, removals, leaving, what programs read of it."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client.cli.conftest import Answer, Inglenook
from harness.devices import ORIGIN, Net, network
from inglenook_client.calendar import short_day

As = Callable[..., Answer]


@pytest.fixture
def net() -> Iterator[Net]:
    """A relay in memory, for every command line of this process."""
    with network() as found:
        yield found


@pytest.fixture
def at(inglenook: Inglenook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> As:
    """Run a command line at somebody's device."""

    def command(device: str, *line: str) -> Answer:
        monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / device))
        return inglenook(*line)

    return command


def begin(at: As, device: str, name: str) -> None:
    line = ("init", "--name", name, "--relay", ORIGIN, "--kdf-mib", "64", "--device", device)
    assert at(device, *line).code == 0


def add(at: As, old: str, new: str, label: str) -> None:
    link = at(old, "device", "add", "--json").document["link"]
    line = ("device", "accept", link, "--kdf-mib", "64", "--device", label)
    assert at(new, *line).code == 0
    assert at(old, "device", "approve", "--yes").code == 0
    assert at(new, "sync").code == 0
    assert at(old, "sync").code == 0


def pair(at: As, one: str, other: str) -> None:
    link = at(one, "pair", "invite", "--json").document["link"]
    assert at(other, "pair", "join", link).code == 0
    assert at(one, "pair", "approve", "--yes").code == 0
    for device in (other, one):
        assert at(device, "sync").code == 0


@pytest.mark.usefixtures("net")
def test_a_device_that_asks_again_is_the_same_device_and_a_journal_is_never_turned_into_one(
    at: As,
) -> None:
    begin(at, "laptop", "Ana")
    link = at("laptop", "device", "add", "--json").document["link"]
    line = ("device", "accept", link, "--kdf-mib", "64", "--device", "phone", "--json")

    once, again = at("phone", *line), at("phone", *line)
    onto_a_journal = at("laptop", *line)
    approved = at("laptop", "device", "approve", "--yes", "--json")

    assert (again.code, again.document) == (0, once.document)
    assert onto_a_journal.code == 1
    assert "a journal here already" in onto_a_journal.err
    assert approved.document["name"] == "phone"
    assert at("phone", "sync").code == 0
    assert at("phone", *line).code == 1
    assert at("phone", "journalled at last").code == 0


@pytest.mark.usefixtures("net")
def test_a_device_is_renamed_and_removed_by_its_name_or_its_number(at: As) -> None:
    begin(at, "laptop", "Ana")
    add(at, "laptop", "phone", "phone")

    renamed = at("laptop", "device", "rename", "phone", "old phone", "--json")
    unsure = at("laptop", "device", "revoke", "old phone")
    unknown = at("laptop", "device", "revoke", "phone", "--yes")
    younger = at("phone", "device", "revoke", "laptop", "--yes")
    before = at("laptop", "device", "list", "--json").document
    number = before[1]["device"][:8]
    removed = at("laptop", "device", "revoke", number, "--yes", "--json")
    at("laptop", "written after")

    assert (renamed.code, renamed.document["name"]) == (0, "old phone")
    assert unsure.code == 1
    assert "--yes" in unsure.err
    assert (unknown.code, unknown.out) == (1, "")
    assert "old phone" in unknown.err
    assert younger.code == 1
    assert "was there before this device" in younger.err
    assert [each["name"] for each in before] == ["laptop", "old phone"]
    assert (removed.code, removed.document["removed"]) == (0, True)
    assert len(at("laptop", "device", "list", "--json").document) == 1
    told = at("phone", "sync")
    assert "This device was removed on" in told.out
    status = at("phone", "status", "--json").document
    assert any("removed on" in problem for problem in status["problems"])
    assert "written after" not in at("phone", "log").out
    refused = at("phone", "one more line")
    assert refused.code == 1
    assert "Traceback" not in refused.err


def test_without_the_relay_a_removal_is_saved_and_the_next_sync_tells_the_others(
    at: As, net: Net
) -> None:
    begin(at, "laptop", "Ana")
    add(at, "laptop", "phone", "phone")
    relays, net.relays = net.relays, {}

    offline = at("laptop", "device", "revoke", "phone", "--yes", "--json")
    net.relays = relays

    assert offline.code == 3
    assert json.loads(offline.out)["removed"]
    assert "saved here" in offline.err
    assert at("laptop", "sync").code == 0
    assert "This device was removed" in at("phone", "sync").out


@pytest.mark.usefixtures("net")
def test_a_pair_is_closed_and_left_by_its_name_and_both_sides_say_so(at: As) -> None:
    begin(at, "laptop", "Ana")
    begin(at, "pc", "Max")
    pair(at, "laptop", "pc")
    at("laptop", "goal", "new", "Swim", "--space", "Max")

    unsure = at("laptop", "pair", "leave")
    left = at("laptop", "pair", "leave", "--yes", "--json")
    told = at("pc", "sync")

    assert unsure.code == 1
    assert "--yes" in unsure.err
    assert (left.code, left.document["left"]) == (0, True)
    assert "Ana left on 20" in told.out
    (closed,) = [s for s in at("pc", "status", "--json").document["spaces"] if s["ended"]]
    assert closed["name"].startswith("Ana (until 20")
    assert closed["ended"].startswith("Ana left on 20")
    assert "Ana left on 20" in at("pc", "status").out
    assert "Swim" in at("pc", "log", "--space", closed["name"]).out
    who = at("pc", "who", "--space", closed["name"])
    assert f"left on {short_day(closed['ended'].rstrip('.')[-10:])}" in who.out
    members = at("pc", "who", "--space", "Ana", "--json").document
    assert [bool(member["left"]) for member in members] == [False, True]
    refused = at("pc", "goal", "new", "Run", "--space", closed["name"])
    assert (refused.code, refused.out) == (1, "")
    assert "takes nothing new" in refused.err
    assert at("pc", "pair", "close", "--yes").code == 1

    pair(at, "pc", "laptop")
    again = at("laptop", "pair", "close", "--space", "Max", "--yes", "--json")
    assert (again.code, again.document) == (0, {"space": "Max", "closed": True})
    names = [s["name"] for s in at("laptop", "status", "--json").document["spaces"]]
    assert len(set(names)) == 3


@pytest.mark.usefixtures("net")
def test_a_pair_is_given_back_after_the_words_were_compared_and_both_met(at: As) -> None:
    begin(at, "laptop", "Ana")
    begin(at, "lost", "Max")
    begin(at, "anew", "Max")
    pair(at, "laptop", "lost")
    at("laptop", "goal", "new", "Swim", "--space", "Max")
    pair(at, "laptop", "anew")
    line = ("pair", "restore", "--space", "Max 2", "--from", "Max")

    early = at("laptop", *line, "--met")
    assert at("laptop", "pair", "words", "--space", "Max 2", "--confirm").code == 0
    unsure = at("laptop", *line)
    given = at("laptop", *line, "--met", "--json")

    assert (early.code, unsure.code) == (1, 1)
    assert "pair words --space" in early.err
    assert "--met" in unsure.err
    assert given.document == {"space": "Max 2", "from": "Max", "restored": True}
    told = at("anew", "sync")
    assert "Ana gave back what you wrote together before." in told.out
    assert "Swim" in at("anew", "log", "--space", "Ana (before)").out
    members = at("anew", "who", "--space", "Ana (before)", "--json").document
    assert [(m["name"], m["checked"], m["me"]) for m in members] == [
        ("Ana", False, False),
        ("Max", False, False),
    ]
    shown = at("anew", "log", "--space", "Ana", "--json")
    assert "gave back" in at("anew", "log", "--space", "Ana").out
    assert "secret" not in shown.out
    written = at("anew", "goal", "new", "Run", "--space", "Ana (before)")
    assert written.code == 1


class Typed(io.StringIO):
    """What a person types at a terminal, or what it shows."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("net")
def test_on_a_terminal_leaving_is_asked_for_and_erasing_offered_before(
    at: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(at, "laptop", "Ana")
    begin(at, "pc", "Max")
    pair(at, "laptop", "pc")
    at("laptop", "goal", "new", "Swim", "--space", "Max")
    screen = Typed()

    def answering(*answers: str) -> None:
        monkeypatch.setattr(sys, "stdin", Typed("".join(f"{each}\n" for each in answers)))
        monkeypatch.setattr(sys, "stderr", screen)

    answering("n", "n")
    refused = at("laptop", "pair", "leave")
    answering("n")
    not_closed = at("laptop", "pair", "close")
    answering("y", "y")
    left = at("laptop", "pair", "leave")

    assert "Nothing was changed." in refused.out
    assert "Nothing was changed." in not_closed.out
    assert "Someone who left cannot erase later." in screen.getvalue()
    assert (left.code, "are erased." in left.out) == (0, True)
    assert "Swim" not in at("laptop", "log", "--space", "Max").out
