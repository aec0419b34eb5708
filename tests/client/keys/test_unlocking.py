from collections.abc import Callable
from pathlib import Path

import pytest

from inglenook_client.keys import agent, folder, keyfile, unlocking
from inglenook_client.keys.errors import (
    KdfCostError,
    KeyFileError,
    KeyFileExistsError,
    LockedError,
    NoKeyFileError,
    PassphraseError,
    PassphraseFileError,
    UnlockTimeError,
    WrongPassphraseError,
)

TYPED = "one heron, two bricks"
FILE_VARIABLE = "INGLENOOK_PASSPHRASE_FILE"


def never() -> str:
    raise AssertionError("nobody should have been asked")


def no_terminal() -> str:
    raise LockedError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A key file and its key; made once for all, as that takes a quarter second."""
    place = tmp_path_factory.mktemp("made")
    key = unlocking.create(place, lambda: TYPED, kdf_mib=64)
    return (place / "key").read_bytes(), key


@pytest.fixture
def journal(home: Path, made: tuple[bytes, bytes]) -> Path:
    """A data folder with a key file."""
    (home / "key").write_bytes(made[0])
    return home


@pytest.fixture
def key(made: tuple[bytes, bytes]) -> bytes:
    """The key of ``journal``."""
    return made[1]


def test_a_journal_opens_under_the_passphrase_it_was_made_with(journal: Path, key: bytes) -> None:
    assert len(key) == 32
    assert unlocking.unlock(journal, ask=lambda: TYPED) == key


def test_two_journals_have_nothing_in_common(tmp_path: Path) -> None:
    keys = {unlocking.create(tmp_path / name, lambda: TYPED, kdf_mib=64) for name in "ab"}
    first, second = (folder.read(tmp_path / name) for name in "ab")

    assert len(keys) == 2
    assert isinstance(first.hold, keyfile.ByPassphrase)
    assert isinstance(second.hold, keyfile.ByPassphrase)
    assert first.id != second.id
    assert first.hold.salt != second.hold.salt


def test_the_cost_chosen_at_the_start_stands_in_the_key_file(journal: Path) -> None:
    hold = folder.read(journal).hold

    assert isinstance(hold, keyfile.ByPassphrase)
    assert (hold.mib, hold.passes, hold.lanes) == (64, 3, 4)
    assert keyfile.DEFAULT_MIB == 256


def test_a_wrong_passphrase_is_told(journal: Path) -> None:
    with pytest.raises(WrongPassphraseError) as refusal:
        unlocking.unlock(journal, ask=lambda: TYPED + "!")

    assert refusal.value.exit_code == 2


def test_without_a_terminal_the_journal_stays_locked(journal: Path) -> None:
    with pytest.raises(LockedError, match=FILE_VARIABLE) as refusal:
        unlocking.unlock(journal, ask=no_terminal)

    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param(lambda file: file.unlink(), NoKeyFileError, id="gone"),
        pytest.param(lambda file: file.write_bytes(b"\x93"), KeyFileError, id="damaged"),
    ],
)
def test_without_a_sound_key_file_nobody_is_asked(
    journal: Path, spoil: Callable[[Path], object], error: type[Exception]
) -> None:
    spoil(journal / "key")

    with pytest.raises(error):
        unlocking.unlock(journal, ask=never)


def test_a_second_start_asks_nothing_and_changes_nothing(journal: Path) -> None:
    before = (journal / "key").read_bytes()

    for source in (never, unlocking.KEYRING):
        with pytest.raises(KeyFileExistsError):
            unlocking.create(journal, source, kdf_mib=64)

    assert (journal / "key").read_bytes() == before


def test_a_cost_below_the_floor_is_refused_before_anybody_is_asked(home: Path) -> None:
    with pytest.raises(KdfCostError) as refusal:
        unlocking.create(home, never, kdf_mib=63)

    assert refusal.value.exit_code == 1
    assert not list(home.iterdir())


def test_an_unusable_new_passphrase_makes_no_journal(home: Path) -> None:
    with pytest.raises(PassphraseError):
        unlocking.create(home, lambda: "", kdf_mib=64)

    assert not list(home.iterdir())


def test_the_file_named_in_the_environment_comes_before_everything(
    journal: Path, key: bytes, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.start(journal, bytes(32), 60)
    monkeypatch.setenv(FILE_VARIABLE, str(passphrase_file))

    assert unlocking.unlock(journal, ask=never) == key


def test_a_journal_is_made_under_the_passphrase_of_that_file(
    home: Path, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(passphrase_file))
    created = unlocking.create(home, never, kdf_mib=64)
    monkeypatch.delenv(FILE_VARIABLE)

    assert unlocking.unlock(home, ask=lambda: TYPED) == created


def test_an_unusable_passphrase_file_is_no_reason_to_ask(
    journal: Path, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(passphrase_file))
    passphrase_file.chmod(0o644)

    for refused in (
        lambda: unlocking.unlock(journal, ask=never),
        lambda: unlocking.create(journal / "new", never, kdf_mib=64),
    ):
        with pytest.raises(PassphraseFileError):
            refused()


def test_an_empty_variable_names_no_file(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE_VARIABLE, "")

    with pytest.raises(LockedError):
        unlocking.unlock(journal, ask=no_terminal)


def test_a_journal_unlocked_for_a_while_asks_nobody_until_it_is_locked(
    journal: Path, key: bytes
) -> None:
    assert unlocking.unlock_for(journal, 60, ask=lambda: TYPED)

    assert unlocking.unlock(journal, ask=never) == key
    assert unlocking.unlock_for(journal, 60, ask=never)
    assert unlocking.lock(journal)
    with pytest.raises(LockedError):
        unlocking.unlock(journal, ask=no_terminal)
    assert not unlocking.lock(journal)


def test_with_a_passphrase_file_no_agent_is_started(
    journal: Path, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(passphrase_file))

    assert not unlocking.unlock_for(journal, 60, ask=never)

    assert agent.fetch(journal) is None


def test_with_a_wrong_passphrase_file_unlocking_for_a_while_says_so(
    journal: Path, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passphrase_file.write_bytes(b"guess\n")
    monkeypatch.setenv(FILE_VARIABLE, str(passphrase_file))

    with pytest.raises(WrongPassphraseError):
        unlocking.unlock_for(journal, 60, ask=never)


def test_a_time_that_no_agent_keeps_is_refused_before_anybody_is_asked(journal: Path) -> None:
    with pytest.raises(UnlockTimeError):
        unlocking.unlock_for(journal, 0, ask=never)


def test_an_agent_with_the_key_of_another_journal_is_ended_and_not_believed(
    journal: Path, key: bytes
) -> None:
    agent.start(journal, bytes(32), 60)

    assert unlocking.unlock(journal, ask=lambda: TYPED) == key

    assert agent.fetch(journal) is None


def test_neither_key_nor_passphrase_is_written_anywhere(
    journal: Path, key: bytes, runtime: Path
) -> None:
    unlocking.unlock_for(journal, 60, ask=lambda: TYPED)

    for file in (file for top in (journal, runtime) for file in top.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            assert key not in content
            assert TYPED.encode() not in content
    assert [file.name for file in journal.iterdir()] == ["key"]
