import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import keyring
import keyring.core
import pytest
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as FailKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.backends.SecretService import Keyring as SecretService
from keyring.errors import InitError, KeyringLocked, PasswordSetError

from harness.require import require
from inglenook_client.keys import ring, unlocking
from inglenook_client.keys.errors import KeyringRefusedError, LockedError

SESSION = Path(__file__).with_name("keyring_session.py")


class PlainText(NullKeyring):
    """Looks like keyrings.alt's: it works, and keeps everything in the open."""

    __module__ = "keyrings.alt.file"


class Pretender(SecretService):
    """Inherits from a real one, and may do anything."""


class Unreliable(NullKeyring):
    """Passes for a real one, and misbehaves as a test has it."""

    __module__ = "keyring.backends.SecretService"
    __qualname__ = "Keyring"

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error

    def get_password(self, *_: str) -> None:
        if self.error:
            raise self.error

    set_password = delete_password = get_password


class Chain(ChainerBackend):
    """A chain of what a test puts into it, not of what this machine has."""

    priority = -1
    backends: ClassVar[list[object]] = []


@pytest.fixture(autouse=True)
def forgotten_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyring chooses its back end once a process: have it choose in each test."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)


@pytest.mark.parametrize(
    "backend", [NullKeyring, FailKeyring, PlainText, Pretender], ids=lambda kind: kind.__qualname__
)
def test_a_keyring_that_keeps_nothing_or_in_the_open_is_refused(backend: type, home: Path) -> None:
    keyring.set_keyring(backend())

    with pytest.raises(KeyringRefusedError) as refusal:
        unlocking.create(home, unlocking.KEYRING)

    assert refusal.value.exit_code == 1
    assert "passphrase" in str(refusal.value)
    assert not list(home.iterdir())


@pytest.mark.parametrize("links", [[], [PlainText(), NullKeyring()]], ids=["empty", "unreal"])
def test_a_chain_without_a_real_keyring_is_refused(
    links: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Chain, "backends", links)
    keyring.set_keyring(Chain())

    with pytest.raises(KeyringRefusedError):
        ring.real_keeper()


def test_of_a_chain_the_real_keyring_alone_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real = SecretService()
    monkeypatch.setattr(SecretService, "viable", True)
    monkeypatch.setattr(Chain, "backends", [PlainText(), real])
    keyring.set_keyring(Chain())

    assert ring.real_keeper() is real


def test_a_real_keyring_that_does_not_run_here_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SecretService, "viable", False)
    keyring.set_keyring(SecretService())

    with pytest.raises(KeyringRefusedError):
        ring.real_keeper()


@pytest.mark.parametrize("name", ["no.such.module.Keyring", "keyring.backends.null.Gone", "x"])
def test_a_keyring_that_cannot_be_loaded_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)

    with pytest.raises(KeyringRefusedError):
        ring.real_keeper()


def test_a_keyring_that_forgets_at_once_is_refused() -> None:
    keyring.set_keyring(Unreliable(None))

    with pytest.raises(KeyringRefusedError):
        ring.store(bytes(16), bytes(32))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(KeyringLocked("sesame"), LockedError, id="locked"),
        pytest.param(InitError("sesame"), LockedError, id="dismissed"),
        pytest.param(PasswordSetError("sesame"), KeyringRefusedError, id="full"),
        pytest.param(ConnectionResetError("sesame"), KeyringRefusedError, id="no bus any more"),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda: ring.store(bytes(16), bytes(32)), id="store"),
        pytest.param(lambda: ring.fetch(bytes(16)), id="fetch"),
        pytest.param(lambda: ring.delete(bytes(16)), id="delete"),
    ],
)
def test_what_goes_wrong_in_a_keyring_is_told_in_our_words(
    use: Callable[[], object], error: Exception, told: type[Exception]
) -> None:
    keyring.set_keyring(Unreliable(error))

    with pytest.raises(told) as refusal:
        use()

    assert type(refusal.value) is told
    assert "sesame" not in str(refusal.value)


def test_keyring_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, inglenook_client.keys.unlocking; print('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout == b"False\n"


def in_a_session(tmp_path: Path, daemon: str, *steps: str) -> dict[str, object]:
    """Run the steps of ``keyring_session.py`` on a bus with a real gnome-keyring."""
    have = shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")
    require("keyring", bool(have), "no gnome-keyring: apt-get install dbus gnome-keyring")
    person = tmp_path / "person"
    person.mkdir(exist_ok=True)
    # A person of its own; no screen, so that nothing asks whoever runs the tests.
    private = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in private}
    environment["HOME"] = str(person)
    bus = ["dbus-run-session", "--", "bash", "-c", f'{daemon} >/dev/null; exec "$@"', "-"]
    done = subprocess.run(
        [*bus, sys.executable, str(SESSION), str(tmp_path / "data"), *steps],
        env=environment,
        capture_output=True,
        check=True,
        timeout=50,
    )
    answers: dict[str, object] = json.loads(done.stdout)
    return answers


UNLOCKED = "echo -n pw | gnome-keyring-daemon --unlock --components=secrets"
LOCKED = "gnome-keyring-daemon --start --components=secrets"


def test_gnome_keyring_keeps_a_key_from_one_session_to_the_next(tmp_path: Path) -> None:
    first = in_a_session(tmp_path, UNLOCKED, "create", "unlock")
    second = in_a_session(tmp_path, UNLOCKED, "unlock")

    key = bytes.fromhex(str(first["create"]))
    assert len(key) == 32
    assert first["unlock"] == second["unlock"] == first["create"]
    for file in (file for file in tmp_path.rglob("*") if file.is_file()):
        content = file.read_bytes()
        assert key not in content
        assert base64.b64encode(key) not in content


def test_a_locked_gnome_keyring_leaves_the_journal_locked(tmp_path: Path) -> None:
    in_a_session(tmp_path, UNLOCKED, "create")

    answers = in_a_session(tmp_path, LOCKED, "unlock", "create-another")

    assert answers["unlock"] == "LockedError 2"
    assert answers["create-another"] == "LockedError 2"
    assert not (tmp_path / "data-another").exists()


def test_a_key_that_is_gone_or_altered_in_gnome_keyring_is_told(tmp_path: Path) -> None:
    answers = in_a_session(
        tmp_path,
        UNLOCKED,
        *("create", "alter", "unlock", "garble", "unlock-again"),
        *("delete", "unlock-last", "delete-again"),
    )

    assert answers["unlock"] == "KeyFileError 4"
    assert answers["unlock-again"] == "KeyFileError 4"
    assert answers["unlock-last"] == "LockedError 2"
    assert answers["delete-again"] is None


def test_a_key_file_that_cannot_be_written_leaves_no_key_in_gnome_keyring(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    answers = in_a_session(tmp_path, UNLOCKED, "create", "names")

    assert answers == {"create": "KeyFileAccessError 5", "names": []}
