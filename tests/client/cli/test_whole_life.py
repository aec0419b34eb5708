"""The log's whole life at the command line: killed processes, a relay that is a process itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from client.cli.conftest import Answer, Inglenook
from harness.relay_process import RelayProcess

pytestmark = pytest.mark.timeout(240)  # seconds, on a machine that does much else
PROGRAM = Path(sys.executable).with_name("inglenook")

As = Callable[..., Answer]


@pytest.fixture
def at(inglenook: Inglenook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> As:
    """Run a command line at somebody's device; it must do what it says."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def command(device: str, *line: str, code: int = 0) -> Answer:
        monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / device))
        answer = inglenook(*line)
        assert answer.code == code, (line, answer.err)
        return answer

    return command


class Town:
    """A relay that can be stopped, and started again at the same address, from any file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.relay = RelayProcess(folder / "relay.db")
        self.url, self.port = self.relay.url, self.relay.port

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob("relay.db*"))

    def stop(self) -> None:
        self.relay.end(kill=True)

    def start(self) -> None:
        listen = ("--listen", f"127.0.0.1:{self.port}")
        self.relay = RelayProcess(self.folder / "relay.db", *listen)

    def keep_copy(self) -> dict[Path, bytes]:
        self.stop()
        copy = {file: file.read_bytes() for file in self.files}
        self.start()
        return copy

    def put_back(self, copy: dict[Path, bytes]) -> None:
        """An older copy, or with none of it an empty one."""
        self.stop()
        for file in self.files:
            file.unlink()
        for file, data in copy.items():
            file.write_bytes(data)
        self.start()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    (tmp_path / "relay").mkdir()
    found = Town(tmp_path / "relay")
    yield found
    if found.relay.process.returncode is None:
        found.stop()


def begin(at: As, town: Town, device: str, name: str) -> None:
    at(device, "init", "--name", name, "--relay", town.url, "--kdf-mib", "64", "--device", device)


def pair(at: As, one: str, other: str) -> None:
    link = at(one, "pair", "invite", "--json").document["link"]
    at(other, "pair", "join", link)
    at(one, "pair", "approve", "--yes")
    at(other, "sync")
    at(one, "sync")


def texts(at: As, device: str) -> set[str]:
    return {event["text"] for event in at(device, "log", "--json").document}


def problems(at: As, device: str) -> list[str]:
    found: list[str] = at(device, "status", "--json").document["problems"]
    return found


# --- the words ------------------------------------------------------------------------


def _key_is_there(home: Path) -> bool:
    return (home / "key").exists()


def _database_is_begun(home: Path) -> bool:
    return any(home.glob("journal.db*"))


def _database_is_there(home: Path) -> bool:
    return (home / "journal.db").exists()


def _much_was_written(home: Path) -> bool:
    wal = home / "journal.db-wal"
    return wal.exists() and wal.stat().st_size > 200_000


def kill(home: Path, line: tuple[str, ...], moment: Callable[[Path], bool]) -> None:
    """Run a command line in a process of its own, and end it at this moment."""
    process = subprocess.Popen(
        [PROGRAM, *line],
        env=os.environ | {"INGLENOOK_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not moment(home):
        time.sleep(0.001)
    process.kill()
    process.wait()


@pytest.mark.parametrize("moment", [_key_is_there, _database_is_begun, _database_is_there])
def test_a_first_start_that_is_killed_leaves_a_whole_journal_or_none(
    at: As, tmp_path: Path, moment: Callable[[Path], bool]
) -> None:
    line = ("init", "--name", "Ana", "--kdf-mib", "64")

    kill(tmp_path / "new", line, moment)

    if not (tmp_path / "new" / "journal.db").exists():
        at("new", "log", code=1)
        at("new", *line)
    at("new", "the first line")
    assert texts(at, "new") == {"the first line"}
    assert at("new", "doctor", "--json").document["ok"]


def test_a_restore_that_is_killed_again_and_again_goes_on_and_ends(
    at: As, town: Town, tmp_path: Path
) -> None:
    begin(at, town, "laptop", "Ana")
    begin(at, town, "pc", "Max")
    pair(at, "laptop", "pc")
    at("laptop", "written before the fire")
    at("laptop", "goal", "new", "Swim", "--space", "Max")
    words = at("laptop", "recovery", "make", "--json").document["words"]
    at("laptop", "sync")  # and that is all that was done for the day of the fire
    shutil.rmtree(tmp_path / "laptop")
    file = tmp_path / "words"
    file.touch(mode=0o600)
    file.write_text(words)
    line = ("recovery", "restore", "--words-file", str(file), "--relay", town.url)
    line += ("--device", "new", "--kdf-mib", "64", "--json")

    for moment in (_key_is_there, _database_is_there, _much_was_written):
        kill(tmp_path / "new", line, moment)
    if not (tmp_path / "new" / "journal.db").exists() or problems(at, "new"):
        restored = at("new", *line).document
    else:  # the last one came too late to matter
        restored = {"done": True}

    assert restored["done"] is True
    assert {"written before the fire", "Swim"} <= texts(at, "new")
    assert [d["name"] for d in at("new", "device", "list", "--json").document] == ["new"]
    assert problems(at, "new") == []
    at("new", "goal", "new", "Swim again", "--space", "Max")
    at("new", "sync")
    at("pc", "sync")
    assert {"Swim", "Swim again"} <= texts(at, "pc")
    for device in ("new", "pc"):
        assert at(device, "doctor", "--json").document["ok"]


# --- everything else that happens in ten years ----------------------------------------


@dataclass
class Pair:
    """Ana's laptop and Max's PC, which share a space."""

    at: As

    def set(self, title: str) -> str:
        """A goal, by Ana; its short id."""
        line = ("goal", "new", title, "--space", "Max", "--json")
        name: str = self.at("laptop", *line).document["id"]
        return name

    def sync(self) -> list[str]:
        """Both, until nothing is new; what was said of losses."""
        said = [self.at(device, "sync").out for device in ("laptop", "pc", "laptop", "pc")]
        return [news for news in "".join(said).splitlines() if "lost" in news]

    def agree(self) -> None:
        """Whether both have the same, all of which verifies."""
        states = list[set[str]]()
        for device in ("laptop", "pc"):
            assert self.at(device, "doctor", "--json").document["ok"]
            spaces = self.at(device, "status", "--json").document["spaces"]
            states.append({s["state"] for s in spaces if s["name"] != "journal"})
        assert states[0] == states[1]


@pytest.fixture
def both(at: As, town: Town) -> Pair:
    begin(at, town, "laptop", "Ana")
    begin(at, town, "pc", "Max")
    pair(at, "laptop", "pc")
    return Pair(at)


def test_a_relay_that_is_put_back_or_replaced_is_filled_and_an_older_copy_of_a_device_goes_on(
    at: As, both: Pair, town: Town, tmp_path: Path
) -> None:
    both.set("before any copy")
    both.sync()
    older = town.keep_copy()
    shutil.copytree(tmp_path / "laptop", tmp_path / "yesterday")
    both.set("after the copies")
    told = [both.sync()]

    town.put_back(older)
    told += [both.sync(), both.sync()]
    town.put_back({})
    told += [both.sync(), both.sync()]
    shutil.rmtree(tmp_path / "laptop")
    shutil.copytree(tmp_path / "yesterday", tmp_path / "laptop")
    both.set("on yesterday's copy")
    told.append(both.sync())

    # once each; and each had a journal of their own at the one that was replaced
    assert [len(news) for news in told] == [0, 1, 0, 2, 0, 0]
    for device in ("laptop", "pc"):
        assert texts(at, device) == {"before any copy", "after the copies", "on yesterday's copy"}
    both.agree()


def test_without_a_relay_sticks_and_files_do_and_everything_moves_to_another(
    at: As, both: Pair, town: Town, tmp_path: Path
) -> None:
    both.sync()
    town.stop()
    both.set("carried on a stick")
    at("laptop", "sync", code=3)
    (tmp_path / "stick").mkdir()
    for device in ("laptop", "pc"):
        at(device, "sync", "--folder", str(tmp_path / "stick"))
    carried = texts(at, "pc")
    both.set("sent in a file")
    at("laptop", "pack", "export", str(tmp_path / "file"), "--space", "Max")
    at("pc", "pack", "import", str(tmp_path / "file"))
    sent = texts(at, "pc")
    town.start()

    (tmp_path / "elsewhere").mkdir()
    other = Town(tmp_path / "elsewhere")
    try:
        at("laptop", "relay", "move", town.url, other.url)
        both.sync()
        town.stop()
        name = both.set("to be erased")
        both.sync()
        moved = texts(at, "pc")
        (gone,) = at("laptop", "erase", name, "--yes", "--json").document["erased"]
        both.sync()
    finally:
        other.stop()

    assert (carried, sent) == ({"carried on a stick"}, {"carried on a stick", "sent in a file"})
    assert moved == {"carried on a stick", "sent in a file", "to be erased"}
    assert (gone["here"], gone["relay"]) == (True, "confirmed")
    for device in ("laptop", "pc"):
        assert texts(at, device) - {""} == sent
    both.agree()
