import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inglenook_client.keys import folder, keyfile
from inglenook_client.keys.errors import (
    KeyFileAccessError,
    KeyFileError,
    KeyFileExistsError,
    NoKeyFileError,
)

FILE = keyfile.for_keyring(bytes(32), ident=bytes(16))
OTHER = keyfile.for_keyring(bytes(32), ident=bytes(range(16)))


def names(home: Path) -> list[str]:
    return [file.name for file in home.iterdir()]


def test_a_new_key_file_is_for_its_owner_only_and_alone_in_its_folder(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"

    folder.write_new(home, FILE)

    assert folder.read(home) == FILE
    assert names(home) == ["key"]
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("links", [True, False])
def test_a_key_file_that_is_there_is_never_written_over(
    home: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_new(home, FILE)
    if not links:
        monkeypatch.setattr(os, "link", without_links)

    with pytest.raises(KeyFileExistsError):
        folder.write_new(home, OTHER)

    assert folder.read(home) == FILE
    assert names(home) == ["key"]


def test_a_link_to_nowhere_counts_as_a_key_file_that_is_there(home: Path) -> None:
    (home / "key").symlink_to(home / "elsewhere")

    assert folder.exists(home)
    with pytest.raises(KeyFileExistsError):
        folder.write_new(home, FILE)


def test_of_several_that_start_at_once_one_writes_the_key_file(home: Path) -> None:
    files = [keyfile.for_keyring(bytes(32), ident=bytes([n] * 16)) for n in range(8)]
    gate = threading.Barrier(len(files))
    written = []

    def write(file: keyfile.KeyFile) -> None:
        gate.wait()
        try:
            folder.write_new(home, file)
        except KeyFileExistsError:
            return
        written.append(file)

    threads = [threading.Thread(target=write, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [folder.read(home)] == written


def without_links(_source: object, _target: object) -> None:
    raise OSError(errno.EPERM, "no links here")


def test_a_stick_without_hard_links_takes_a_key_file_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", without_links)

    folder.write_new(home, FILE)

    assert folder.read(home) == FILE
    assert names(home) == ["key"]
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600


def full_disk(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "full")


def test_a_full_disk_leaves_nothing_behind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full_disk)

    with pytest.raises(KeyFileAccessError) as refusal:
        folder.write_new(home, FILE)

    assert refusal.value.exit_code == 5
    assert names(home) == []


def test_replacing_takes_the_old_files_place_in_one_step(home: Path) -> None:
    folder.write_new(home, FILE)

    folder.replace(home, OTHER)

    assert folder.read(home) == OTHER
    assert names(home) == ["key"]
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600


def test_replacing_on_a_full_disk_keeps_the_old_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_new(home, FILE)
    monkeypatch.setattr(os, "fsync", full_disk)

    with pytest.raises(KeyFileAccessError):
        folder.replace(home, OTHER)

    assert folder.read(home) == FILE
    assert names(home) == ["key"]


def test_both_the_file_and_its_folder_reach_the_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
    )

    folder.write_new(home, FILE)

    assert synced == [False, True]


def test_a_folder_without_a_key_file_has_no_journal(home: Path) -> None:
    assert not folder.exists(home)
    for place in (home, home / "nowhere"):
        with pytest.raises(NoKeyFileError) as refusal:
            folder.read(place)
        assert refusal.value.exit_code == 1


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()

    with pytest.raises(KeyFileAccessError):
        folder.write_new(home, FILE)


@pytest.fixture
def pipe_with_a_writer(home: Path) -> Iterator[None]:
    """In the place of the key file; nothing ever comes out of it."""
    os.mkfifo(home / "key")
    writer = os.open(home / "key", os.O_RDWR)
    yield
    os.close(writer)


@pytest.mark.timeout(10)
@pytest.mark.usefixtures("pipe_with_a_writer")
def test_a_pipe_in_its_place_is_not_waited_for(home: Path) -> None:
    with pytest.raises(KeyFileError):
        folder.read(home)


def test_a_key_file_the_disk_does_not_give_is_not_called_damaged(home: Path) -> None:
    (home / "key").symlink_to(home / "key")  # in a ring: it can never be opened

    with pytest.raises(KeyFileAccessError) as refusal:
        folder.read(home)

    assert refusal.value.exit_code == 5


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "put",
    [
        pytest.param(os.mkfifo, id="a pipe"),
        pytest.param(lambda path: path.mkdir(), id="a folder"),
        pytest.param(lambda path: path.write_bytes(b""), id="an empty file"),
        pytest.param(
            lambda path: path.write_bytes(keyfile.encode(FILE) + bytes(5000)), id="a long file"
        ),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), id="a device"),
    ],
)
def test_whatever_lies_in_its_place_is_called_damaged_at_once(
    home: Path, put: Callable[[Path], object]
) -> None:
    put(home / "key")

    with pytest.raises(KeyFileError) as refusal:
        folder.read(home)

    assert refusal.value.exit_code == 4
