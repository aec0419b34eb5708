"""Words on their way into the journal, in the one file that an editor needs.

Rule 1: the file lies in memory (tmpfs) where this system has such a place, in a folder of
        its own (0700) that nobody else can enter, and is 0600.
Rule 2: it is overwritten and removed as soon as the words are in the encrypted store, and
        when there are none. After a crash the next command sees to it.
Rule 3: only where they cannot be stored at all does it stay, and the person is told where.
Rule 4: whoever has it open holds a lock in the folder, the editor too: the system lets go of
        it when they have all ended, however that was.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from inglenook_client.words import _

NAME: Final = "words.txt"
_LOCK: Final = "open"
_RESCUED: Final = (NAME, NAME + ".save")
"""Where words may lie: nano writes the second one when it is told to end."""
_PREFIX: Final = "inglenook-"
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of ours is made in it, 0700
_CHUNK: Final = 65_536


class Draft:
    """One file of words."""

    def __init__(self, text: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_place()))  # 0700 by contract
        self.file = self.folder / NAME
        self.lock = _locked(self.folder, os.O_CREAT)
        self.write(text)

    def write(self, text: str) -> None:
        """Put ``text`` in place of what stands there."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.file, flags, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123
            file.write(text)

    def read(self) -> str:
        """What stands there; empty where an editor took the file away."""
        return words_in(self.folder)

    def wipe(self) -> None:
        """Overwrite and remove everything in the folder, whatever else an editor left there."""
        wipe(self.folder)
        os.close(self.lock)

    @property
    def where(self) -> str:
        """The sentence that says where the words are kept."""
        sentence = _(
            "What you wrote is kept in {file}, which only you can read, until this computer"
            " restarts. To save it: inglenook - < {file}"
        )
        return sentence.format(file=self.file)


def words_in(folder: Path) -> str:
    """The words in such a folder, as they were last written; empty where there are none."""
    found = [folder / name for name in _RESCUED if (folder / name).is_file()]
    try:
        newest = max(found, key=lambda file: (file.stat().st_mtime_ns, file.name))
        return newest.read_text("utf-8", errors="replace")
    except (OSError, ValueError):
        return ""


def wipe(folder: Path) -> None:
    """Overwrite and remove everything in a folder of ours, and the folder."""
    for found in folder.rglob("*"):
        _overwrite(found)
    shutil.rmtree(folder, ignore_errors=True)


def is_ours(folder: Path) -> bool:
    """Whether it looks like a folder that :class:`Draft` made, and is this person's."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    mine = found.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
    return mine and folder.name.startswith(_PREFIX) and stat.S_IMODE(found.st_mode) == 0o700


def is_open(folder: Path) -> bool:
    """Whether somebody has it open: whoever began it, or the editor they left behind."""
    try:
        os.close(_locked(folder, 0))
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _locked(folder: Path, create: int) -> int:
    """Hold the lock of a folder, until the last process that has this descriptor ends."""
    flags = os.O_RDWR | create | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder / _LOCK, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


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
