"""The mailboxes of one folder as they lie there now, whoever else writes to them."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from inglenook_client.core import folder as naming
from inglenook_client.core.folder import Name, Shelf
from inglenook_client.transports import folder_files as files
from inglenook_client.transports.folder_files import Found, closing
from inglenook_schema import record
from inglenook_schema.limits import FRAMING, MAX_RECORD, MIN_PLAIN, SUITE

MIN_RECORD: Final = FRAMING + MIN_PLAIN


class Shelves:
    """What lies in a folder; a file counts only where its content has the rid in its name.

    Attributes:
        place: The opened folder ``inglenook``.
        strange: Files that were passed over, each as ``mailbox/name``.
    """

    def __init__(self, place: int) -> None:
        """Look into an opened folder."""
        self.place = place
        self.strange = set[str]()
        self._sound = dict[tuple[bytes, str], tuple[int, int, int]]()
        """Files whose content was seen to have their rid, as they were then."""

    def open(self, address: bytes) -> int | None:
        """The folder of one mailbox, to be closed again; None where there is none."""
        return files.open_inside(self.place, address.hex())

    def shelf(self, address: bytes) -> Shelf | None:
        """What one mailbox holds now; None where it is not there."""
        opened = self.open(address)
        if opened is None:
            return None
        with closing(opened) as box:
            hashes = naming.read_box(address, files.read(box, naming.BOX, 96) or b"")
            return None if hashes is None else self._look(address, box, hashes)

    def _look(self, address: bytes, box: int, hashes: tuple[bytes, bytes, bytes]) -> Shelf:
        found, others = files.files(box)
        sound, damaged, size = list[Name](), dict[bytes, Name](), 0
        strange = list(others)
        for text, file in found.items():
            name = naming.read_name(text)
            if name is None:
                if not naming.is_ours(text):
                    strange.append(text)
            elif name.gone or self._is_sound(address, box, name, file):
                sound.append(name)
                size += file.size
            else:
                damaged[name.rid] = name
                strange.append(text)
        self.strange.update(f"{address.hex()}/{text}" for text in strange)
        names = naming.in_order(sound)
        _take_back(box, names, sound)
        return Shelf(names, hashes, naming.CLOSED in found, damaged, size)

    def _is_sound(self, address: bytes, box: int, name: Name, file: Found) -> bool:
        """Whether a file holds the record it is named after; read once while it stays alike."""
        if self._sound.get((address, name.text)) == file.stamp:
            return True
        if not MIN_RECORD <= file.size <= MAX_RECORD:
            return False
        blob = files.read(box, name.text, MAX_RECORD)
        if blob is None or blob[0] != SUITE or record.rid(blob) != name.rid:
            return False
        self._sound[address, name.text] = file.stamp
        return True

    def blob(self, address: bytes, name: Name) -> bytes | None:
        """One record; None where it changed since it was looked at."""
        opened = self.open(address)
        if opened is None:
            return None
        with closing(opened) as box:
            blob = files.read(box, name.text, MAX_RECORD)
        if blob is not None and record.rid(blob) == name.rid:
            return blob
        self._sound.pop((address, name.text), None)
        return None


def _take_back(box: int, names: tuple[Name, ...], found: list[Name]) -> None:
    """Remove what was erased and came back: a cloud may bring a file it had kept."""
    gone = {name.rid for name in names if name.gone}
    for name in found:
        if name.rid in gone and not name.gone:
            with suppress(OSError):
                files.remove(box, name.text)
