"""What the stores' tests share: data folders that are gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import memory
from harness.blocking import watching


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[None]:
    """As everywhere, but for calls that take microseconds."""
    with watching():
        yield


@pytest.fixture
def base() -> Iterator[Path]:
    """In memory, if this machine has such a place; others may look into it."""
    folder = Path(tempfile.mkdtemp(prefix="ink-", dir=memory.folder()))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(base: Path) -> Path:
    """An empty data folder."""
    folder = base / "data"
    folder.mkdir(mode=0o700)
    return folder
