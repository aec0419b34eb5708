"""Words on their way into the journal, in the one file that an editor needs.

Rule 1: the file lies in memory (tmpfs) where this system has such a place, in a folder of
        its own (0700) that nobody else can enter, and is 0600.
Rule 2: it is overwritten and removed when the words are saved, and when there are none.
Rule 3: it stays, and the person is told where, when they could not be saved.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from inglenook_client.cli.errors import KeptError
from inglenook_client.words import _

NAME: Final = "words.txt"
_PREFIX: Final = "inglenook-"
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of ours is made in it, 0700
_CHUNK: Final = 65_536


class Draft:
    """One file of words."""

    def __init__(self, text: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_place()))  # 0700 by contract
        self.file = self.folder / NAME
        self.write(text)

    def write(self, text: str) -> None:
        """Put ``text`` in place of what stands there."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.file, flags, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123
            file.write(text)

    def read(self) -> str:
        """What stands there; empty where an editor took the file away."""
        try:
            return self.file.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def wipe(self) -> None:
        """Overwrite and remove everything in the folder, whatever else an editor left there."""
        for found in self.folder.rglob("*"):
            _overwrite(found)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def where(self) -> str:
        """The sentence that says where the words are kept."""
        sentence = _(
            "What you wrote is kept in {file}, which only you can read, until this computer"
            " restarts. To save it: inglenook - < {file}"
        )
        return sentence.format(file=self.file)


@contextmanager
def holding(text: str) -> Iterator[str]:
    """Lend words that came from standard input; if they cannot be saved, keep them in a draft.

    Raises:
        KeptError: In place of whatever was raised inside.
    """
    try:
        yield text
    except BaseException as error:
        if not text.strip():
            raise
        raise KeptError(error, Draft(text).where) from error


@contextmanager
def lending(draft: Draft, text: str, form: str = "") -> Iterator[str]:
    """Lend the words of a draft, and wipe it once they are saved.

    Args:
        draft: Where they stand.
        text: The words.
        form: What stood there at first, and is no loss.

    Raises:
        KeptError: In place of whatever was raised inside; then the draft stays.
    """
    try:
        yield text
    except BaseException as error:
        if text.strip() in {"", form.strip()}:
            draft.wipe()
            raise
        raise KeptError(error, draft.where) from error
    draft.wipe()


def _place() -> Path | None:
    """A folder in memory that is ours to write to; None means the system's own choice."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for place in (Path(runtime) if runtime else None, _IN_MEMORY):
        if place and place.is_absolute() and place.is_dir() and os.access(place, os.W_OK | os.X_OK):
            return place
    return None


def _overwrite(file: Path) -> None:
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            return
        descriptor = os.open(file, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        for start in range(0, found.st_size, _CHUNK):
            os.pwrite(descriptor, bytes(min(_CHUNK, found.st_size - start)), start)
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
