"""The recovery kit at the command line: made, typed back, used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.cli.conftest import Inglenook
from client.cli.test_terminal import Terminal
from harness.devices import ORIGIN, Net, network
from harness.relay_process import RelayProcess, relay_process
from inglenook_client.journal import kit

pytestmark = pytest.mark.usefixtures("home")
OTHER = " ".join(kit.words_of(bytes(range(32))))


@pytest.fixture
def net() -> Iterator[Net]:
    with network() as found:
        yield found


def made(inglenook: Inglenook) -> str:
    words = inglenook("recovery", "make", "--json").document["words"]
    assert isinstance(words, str)
    return words


def written(folder: Path, words: str) -> str:
    file = folder / "words"
    file.touch(mode=0o600)
    file.write_text(words + "\n")
    return str(file)


@pytest.fixture
def synced(net: Net, inglenook: Inglenook) -> Net:
    """Ana wrote something, and it is on the relay."""
    inglenook("walked home, felt ok")
    inglenook("relay", "add", ORIGIN)
    assert inglenook("sync").code == 0
    return net


@pytest.fixture
def lost(synced: Net, inglenook: Inglenook, tmp_path: Path) -> tuple[Net, str]:
    """The device is gone; the words are in a file."""
    file = written(tmp_path, made(inglenook))
    shutil.rmtree(tmp_path / "journal")
    return synced, file


RESTORE = ("recovery", "restore", "--kdf-mib", "64", "--device", "new", "--relay", ORIGIN)


# --- make and test --------------------------------------------------------------------


def test_the_sheet_can_be_copied_and_read_back(inglenook: Inglenook, tmp_path: Path) -> None:
    sheet = inglenook("recovery", "make").out
    words = made(inglenook)

    (rows,) = [sheet.split("\n\n")[1]]
    assert rows.split()[1::2] == words.split()
    assert inglenook("recovery", "test", "--words-file", written(tmp_path, rows)).code == 0


def test_the_words_are_one_string_with_the_relays_beside_it(net: Net, inglenook: Inglenook) -> None:
    assert net
    inglenook("relay", "add", ORIGIN)

    document = inglenook("recovery", "make", "--json").document

    assert len(document["words"].split()) == 24
    assert (document["relays"], document["typed_back"]) == ([ORIGIN], False)


def test_status_tells_what_is_missing_until_the_words_were_typed_back(
    synced: Net, inglenook: Inglenook, tmp_path: Path
) -> None:
    assert synced

    def problems() -> list[str]:
        return [p for p in inglenook("status", "--json").document["problems"] if "kit" in p]

    assert problems() == ["The recovery kit is not made yet."]
    words = made(inglenook)
    assert "type its words back" in problems()[0]
    inglenook("recovery", "test", "--words-file", written(tmp_path, words))
    assert problems() == []


def test_once_typed_back_a_sheet_needs_the_words(inglenook: Inglenook, tmp_path: Path) -> None:
    words = made(inglenook)
    file = written(tmp_path, words)
    inglenook("recovery", "test", "--words-file", file)

    without = inglenook("recovery", "make")
    again = inglenook("recovery", "make", "--json", "--words-file", file)

    assert without.code == 1
    assert "--words-file" in without.err
    assert again.document["words"] == words
    assert again.document["typed_back"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(OTHER, "another kit", id="somebody else's"),
        pytest.param(OTHER.rsplit(" ", 1)[0], "24 words", id="one short"),
        pytest.param(OTHER.replace("abandon", "xyzzy", 1), "word 1", id="no such word"),
        pytest.param(
            " ".join(reversed(OTHER.split())), "do not fit together", id="in another order"
        ),
    ],
)
def test_wrong_words_are_told_kindly(
    words: str, said: str, inglenook: Inglenook, tmp_path: Path
) -> None:
    answer = inglenook("recovery", "test", "--words-file", written(tmp_path, words))

    assert answer.code == 1
    assert said in answer.err
    assert "try again; nothing was changed" in answer.err
    assert "xyzzy" not in answer.err


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_holds_no_words_is_said_to_be_none(
    content: bytes | None, inglenook: Inglenook, tmp_path: Path
) -> None:
    file = tmp_path / "words"
    if content is not None:
        file.write_bytes(content)

    answer = inglenook("recovery", "test", "--words-file", str(file))

    assert answer.code == 1
    assert "cannot be read" in answer.err


def test_without_a_terminal_nothing_is_asked(inglenook: Inglenook) -> None:
    answer = inglenook("recovery", "test")

    assert answer.code == 1
    assert "--words-file FILE" in answer.err


def test_words_that_others_may_read_are_pointed_out(inglenook: Inglenook, tmp_path: Path) -> None:
    file = written(tmp_path, made(inglenook))
    Path(file).chmod(0o644)

    answer = inglenook("recovery", "test", "--words-file", file)

    assert answer.code == 0
    assert "Others on this computer may read that file." in answer.err


# --- restore --------------------------------------------------------------------------


def test_from_the_words_everything_is_back(lost: tuple[Net, str], inglenook: Inglenook) -> None:
    _, file = lost

    answer = inglenook(*RESTORE, "--words-file", file)

    assert answer.code == 0
    assert "Welcome back, Ana. Everything is here again." in answer.out
    assert "walked home, felt ok" in inglenook("log").out
    assert inglenook("status", "--json").document["problems"] == []
    devices = inglenook("device", "list", "--json").document
    assert [device["name"] for device in devices] == ["new"]


def test_a_program_reads_how_it_went(lost: tuple[Net, str], inglenook: Inglenook) -> None:
    _, file = lost

    document = inglenook(*RESTORE, "--json", "--words-file", file).document

    assert document["done"] is True
    assert (document["name"], document["spaces"], document["waiting"]) == ("Ana", 1, [])
    assert document["events"] > 0


def test_mistyped_words_fail_before_any_contact_and_leave_no_folder(
    lost: tuple[Net, str], inglenook: Inglenook, tmp_path: Path
) -> None:
    net, file = lost
    words = Path(file).read_text().split()
    Path(file).write_text(" ".join([*words[1:], words[0]]))
    net.relay.frames.clear()

    answer = inglenook(*RESTORE, "--words-file", file)

    assert answer.code == 1
    assert net.relay.frames == []
    assert not (tmp_path / "journal").exists()


@pytest.mark.parametrize("why", ["other words", "offline"])
def test_where_nothing_is_found_nothing_is_left(
    why: str, lost: tuple[Net, str], inglenook: Inglenook, tmp_path: Path
) -> None:
    net, file = lost
    if why == "other words":
        Path(file).write_text(OTHER)
    else:
        net.relay.reachable = False

    answer = inglenook(*RESTORE, "--words-file", file)

    assert answer.code == (1 if why == "other words" else 3)
    assert ("Nothing lies at this relay" in answer.err) == (why == "other words")
    assert not (tmp_path / "journal").exists()


def test_a_folder_that_has_a_journal_is_left_as_it_is(
    synced: Net, inglenook: Inglenook, tmp_path: Path
) -> None:
    assert synced
    file = written(tmp_path, made(inglenook))

    answer = inglenook(*RESTORE, "--words-file", file)

    assert answer.code == 1
    assert "nothing was changed" in answer.err
    assert "walked home, felt ok" in inglenook("log").out


@pytest.mark.parametrize("again", [RESTORE, ("sync",)])
def test_a_restore_that_broke_off_goes_on_with_the_next_command(
    again: tuple[str, ...], lost: tuple[Net, str], inglenook: Inglenook
) -> None:
    net, file = lost

    def lose_puts(frame: object) -> None:
        if getattr(frame, "put", ()):
            net.relay.reachable = False

    net.on_the_way = lose_puts
    broken = inglenook(*RESTORE, "--words-file", file)
    status = inglenook("status").out
    net.on_the_way = lambda _: None
    net.relay.reachable = True
    went_on = inglenook(*again)

    assert broken.code == 3
    assert "inglenook sync" in broken.err
    assert "The restore is not finished." in status
    assert went_on.code == 0
    assert inglenook("status", "--json").document["problems"] == []
    assert "walked home, felt ok" in inglenook("log").out


def test_a_device_that_is_kept_is_named(lost: tuple[Net, str], inglenook: Inglenook) -> None:
    _, file = lost

    wrong = inglenook(*RESTORE, "--words-file", file, "--keep", "tablet")
    right = inglenook(*RESTORE, "--keep", "laptop")

    assert wrong.code == 1
    assert "laptop" in wrong.err
    assert right.code == 0
    names = {device["name"] for device in inglenook("device", "list", "--json").document}
    assert names == {"laptop", "new"}


def test_a_half_made_folder_is_begun_anew_with_the_words(
    lost: tuple[Net, str], inglenook: Inglenook, tmp_path: Path
) -> None:
    """The process ended between the key file and the database."""
    _, file = lost
    inglenook("init", "--name", "x", "--kdf-mib", "64")
    for name in os.listdir(tmp_path / "journal"):  # noqa: PTH208 - a few names
        if name != "key":
            (tmp_path / "journal" / name).unlink()

    without = inglenook("recovery", "restore")
    answer = inglenook(*RESTORE, "--words-file", file)

    assert without.code == 1
    assert "--words-file" in without.err
    assert answer.code == 0
    assert "walked home, felt ok" in inglenook("log").out


# --- at a terminal --------------------------------------------------------------------


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    with relay_process(tmp_path / "relay.db") as found:
        yield found


@pytest.mark.timeout(120)
def test_at_a_terminal_the_kit_comes_first_and_later_is_an_answer(
    relay: RelayProcess, inglenook: Inglenook, tmp_path: Path
) -> None:
    terminal = Terminal({**os.environ, "TERM": "dumb"})
    asked = "Type the 24 words, on one line or several:"

    inglenook("walked home, felt ok")
    inglenook("relay", "add", relay.url)
    first = terminal.type("sync", answers=((asked, "later"),))
    second = terminal.type("sync")
    words = made(inglenook)
    half = words.split()[:12]
    test = terminal.type(
        *("recovery", "test"),
        answers=((asked, " ".join(half)), ("12 of 24, go on:", " ".join(words.split()[12:]))),
    )
    shutil.rmtree(tmp_path / "journal")
    restored = terminal.type(
        *("recovery", "restore", "--kdf-mib", "64", "--device", "new"),
        answers=(
            (asked, words),
            ("The relay on your kit:", relay.url),
            ("Do you still have “laptop”", "n"),
        ),
    )

    assert first[0] == second[0] == test[0] == restored[0] == 0
    assert "Sent" in first[1]
    assert asked not in second[1]
    assert "this device has forgotten the words" in test[1].casefold()
    assert "Welcome back, Ana." in restored[1]
