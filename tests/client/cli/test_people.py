"""Devices and pairs on the command line: names, removals, leaving, what programs read of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client.cli.conftest import Answer, Inglenook
from harness.devices import ORIGIN, Net, network

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
    assert "left on 20" in at("pc", "who", "--space", closed["name"]).out
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
