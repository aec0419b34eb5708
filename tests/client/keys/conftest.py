"""What the tests of keys share: places of their own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inglenook_client.keys import agent

PASSPHRASE = b"one heron, two bricks"


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime directory of this test's own; a short path, as sockets need one."""
    folder = Path(tempfile.mkdtemp(prefix="ink-", dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.delenv("INGLENOOK_PASSPHRASE_FILE", raising=False)
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        # Coverage follows processes by a .pth file, which -S leaves out.
        monkeypatch.setattr(agent, "_FLAGS", ("-I",))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty data folder; whatever agent a test leaves for it is ended."""
    folder = tmp_path / "data"
    folder.mkdir()
    yield folder
    agent.stop(folder)


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    """A file fit for INGLENOOK_PASSPHRASE_FILE."""
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_bytes(PASSPHRASE + b"\n")
    return file
