"""A folder in a relay's place: the real transport, with the mishaps that folders have."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import memory
from inglenook_client.core import folder as naming
from inglenook_client.transports.errors import OfflineError
from inglenook_client.transports.folder import FolderRelay
from inglenook_schema.wire import ToClient, ToRelay


class FolderPartner:
    """One folder; it is entered anew for each frame, as if by another process."""

    def __init__(self, path: Path) -> None:
        """Use an empty folder."""
        self.path = path
        self.frames: list[ToRelay] = []
        self.answers_to_lose = 0
        self.strange = frozenset[str]()
        """What the last look passed over."""

    def ask(self, frame: ToRelay) -> ToClient:
        """Answer one frame; raises OfflineError where the answer gets lost."""
        self.frames.append(frame)
        relay = FolderRelay(self.path)
        relay.enter()
        try:
            answer = relay.answer(frame)
        finally:
            relay.leave()
        self.strange = relay.strange
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise OfflineError
        return answer

    @property
    def place(self) -> Path:
        """Where the mailboxes lie."""
        return self.path / naming.PLACE

    def box(self, address: bytes) -> Path:
        """The folder of one mailbox."""
        return self.place / address.hex()

    def rids(self, address: bytes) -> list[bytes]:
        """What one mailbox holds, in order."""
        names = (naming.read_name(file.name) for file in self.box(address).glob("*"))
        return [name.rid for name in naming.in_order(name for name in names if name)]

    def blobs(self) -> list[bytes]:
        """Every blob it holds."""
        found = self.place.glob("*/????????-*")
        return [file.read_bytes() for file in found if file.suffix != ".gone"]

    def forget(self, rid: bytes) -> None:
        """Lose one record."""
        for file in self.place.glob(f"*/????????-{rid.hex()}*"):
            file.unlink()

    def snapshot(self) -> Path:
        """A copy of all it holds."""
        copy = Path(tempfile.mkdtemp(dir=self.path.parent))
        return Path(shutil.copytree(self.path, copy / "copy"))

    def roll_back(self, snapshot: Path) -> None:
        """Put an older copy back."""
        shutil.rmtree(self.path)
        shutil.copytree(snapshot, self.path)

    def wipe(self) -> None:
        """Lose everything."""
        shutil.rmtree(self.path)
        self.path.mkdir()

    def merge(self, other: FolderPartner) -> None:
        """Bring the files of another copy over, as a cloud does; equal names stay."""
        for file in other.path.rglob("*"):
            mine = self.path / file.relative_to(other.path)
            if file.is_dir():
                mine.mkdir(exist_ok=True, parents=True)
            elif not mine.exists():
                shutil.copy2(file, mine)


@contextmanager
def folder_partner() -> Iterator[FolderPartner]:
    """An empty one, in memory where this machine can."""
    base = Path(tempfile.mkdtemp(prefix="ink-", dir=memory.folder()))
    try:
        (base / "stick").mkdir()
        yield FolderPartner(base / "stick")
    finally:
        shutil.rmtree(base)
