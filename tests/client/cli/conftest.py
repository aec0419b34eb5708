"""A journal in a folder, and one command line after another, in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import derived
from inglenook_client import words
from inglenook_client.cli.entrance import run
from inglenook_schema import suite

PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class Answer:
    """What one command line came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Inglenook = Callable[..., Answer]


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """English, no editor, no keyring, nothing of the person who runs the tests.

    A key is derived once for each passphrase and salt; processes pay each time.
    """
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "VISUAL", "EDITOR", "INGLENOOK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "Europe/London")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime(tmp_path)))
    monkeypatch.setenv("INGLENOOK_HOME", str(tmp_path / "journal"))
    monkeypatch.setenv("INGLENOOK_PASSPHRASE_FILE", str(passphrase_file(tmp_path)))
    monkeypatch.setattr(suite, "argon2id", derived.argon2id)
    words.forget()


def runtime(folder: Path) -> Path:
    made = folder / "run"
    made.mkdir(mode=0o700, exist_ok=True)
    return made


def passphrase_file(folder: Path, passphrase: str = PASSPHRASE) -> Path:
    file = folder / "passphrase"
    file.touch(mode=0o600)
    file.write_text(passphrase + "\n")
    return file


@pytest.fixture
def inglenook(capsys: pytest.CaptureFixture[str]) -> Inglenook:
    """Run one command line as `inglenook` does."""

    def command(*line: str) -> Answer:
        capsys.readouterr()
        code = run(line)
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return command


@pytest.fixture(scope="session")
def anas_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh journal of Ana's, to be copied."""
    folder = tmp_path_factory.mktemp("ana")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INGLENOOK_HOME", str(folder / "journal"))
        environment.setenv("INGLENOOK_PASSPHRASE_FILE", str(passphrase_file(folder)))
        assert run(["init", "--name", "Ana", "--kdf-mib", "64", "--device", "laptop"]) == 0
    return folder / "journal"


@pytest.fixture
def home(anas_journal: Path, tmp_path: Path) -> Path:
    """A folder with Ana's journal, in which nothing is written yet."""
    return Path(shutil.copytree(anas_journal, tmp_path / "journal"))
