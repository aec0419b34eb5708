"""What one frame may change in a folder: make, put and erase, with the checks of a relay.

Rule 1: nothing is answered with ok before its file and the file's name are durable.
Rule 2: a folder that is full or read-only stops the writing, not the reading.
"""

from __future__ import annotations

from typing import Final

from inglenook_client.core import folder as naming
from inglenook_client.core.folder import Name, Shelf
from inglenook_client.transports import folder_files as files
from inglenook_client.transports.errors import FolderError, FolderFullError, FolderReadOnlyError
from inglenook_client.transports.folder_files import closing
from inglenook_client.transports.folder_shelves import MIN_RECORD, Shelves
from inglenook_schema import mailbox, record
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.limits import MAX_OWNED_RECORD, MAX_RECORD, SUITE
from inglenook_schema.wire import Done, Erase, Make, Put, Status

MAX_BYTES: Final = 64 * 1024 * 1024
"""What one mailbox holds at most, as at a relay."""
MAX_RECORDS: Final = 50_000
_OK: Final = Done(Status.OK, 0)
_UNKNOWN: Final = Done(Status.UNKNOWN, 0)


class Changes:
    """Writes to the mailboxes of one folder.

    Attributes:
        trouble: Why nothing more can be written, if so.
    """

    def __init__(self, shelves: Shelves) -> None:
        """Change what lies on these."""
        self._shelves = shelves
        self.trouble: FolderError | None = None

    def make(self, make: Make) -> Done:
        """Create a mailbox, or find it."""
        owner = b"" if make.owner == ZERO_ID else make.owner
        # protocol 5.2: the address certifies its tokens, so nobody can claim it with others.
        if mailbox.address(make.read, make.write, owner) != make.address:
            return _UNKNOWN
        shelf = self._shelves.shelf(make.address)
        if shelf is not None:
            return Done(Status.CLOSED, 0) if shelf.closed else _OK
        if self.trouble is not None:
            return self.could_not()
        try:
            with closing(files.make_inside(self._shelves.place, make.address.hex())) as box:
                files.tidy(box)
                files.write(box, naming.BOX, naming.write_box(make.read, make.write, owner))
                files.settle(box)
        except OSError as error:
            return self.stop_writing(error)
        return _OK

    def put_all(self, puts: tuple[Put, ...]) -> tuple[Done, ...]:
        """Write records; one flush of each mailbox's names for all of them."""
        by_address = dict[bytes, list[Put]]()
        for put in puts:
            by_address.setdefault(put.address, []).append(put)
        done = {address: iter(self._put(address, some)) for address, some in by_address.items()}
        return tuple([next(done[put.address]) for put in puts])

    def _put(self, address: bytes, puts: list[Put]) -> list[Done]:
        shelf = self._shelves.shelf(address)
        opened = None if shelf is None else self._shelves.open(address)
        if shelf is None or opened is None:
            return [_UNKNOWN for _ in puts]
        with closing(opened) as box:
            writer = _Writer(self, box, shelf)
            answers = [writer.put(put) for put in puts]
            if writer.wrote:
                try:
                    files.settle(box)
                except OSError as error:
                    return [self.stop_writing(error) for _ in puts]
        found = self._shelves.shelf(address) if writer.wrote else shelf
        places = {} if found is None else found.positions
        return [
            Done(Status.OK, places.get(record.rid(put.blob), 0)) if answer is _OK else answer
            for put, answer in zip(puts, answers, strict=True)
        ]

    def erase(self, erase: Erase) -> Done:
        """Null one record, or with the owner's token and 0 all of them, for good."""
        shelf = self._shelves.shelf(erase.address)
        opened = None if shelf is None else self._shelves.open(erase.address)
        if shelf is None or opened is None:
            return _UNKNOWN
        with closing(opened) as box:
            owner = bool(shelf.hashes[2]) and mailbox.token_fits(erase.token, shelf.hashes[2])
            try:
                if owner and erase.n == 0:
                    return self._close(box, shelf)
                return self._erase_one(erase, box, shelf, owner=owner)
            except OSError as error:
                return self.stop_writing(error)

    def _close(self, box: int, shelf: Shelf) -> Done:
        files.write(box, naming.CLOSED, b"")
        for name in shelf.names:
            _null(box, name)
        files.settle(box)
        return _OK

    def _erase_one(self, erase: Erase, box: int, shelf: Shelf, *, owner: bool) -> Done:
        if not 0 < erase.n <= len(shelf.names):
            return _UNKNOWN
        name = shelf.names[erase.n - 1]
        if name.gone:
            return _OK  # its salt went with it, and there is nothing left to guard
        blob = files.read(box, name.text, MAX_RECORD) or b""
        if not (owner or record.may_erase(blob, erase.token)):
            return _UNKNOWN
        _null(box, name)
        files.settle(box)
        return _OK

    def stop_writing(self, error: OSError) -> Done:
        """Write no more in this conversation, and remember why; reading may go on.

        Raises:
            OSError: The folder itself is gone.
        """
        self.trouble = files.failure(error)
        if not isinstance(self.trouble, FolderFullError | FolderReadOnlyError):
            raise error
        return self.could_not()

    def could_not(self) -> Done:
        """The answer to whatever would have to be written now."""
        full = isinstance(self.trouble, FolderFullError)
        return Done(Status.FULL if full else Status.REFUSED, 0)


def _null(box: int, name: Name) -> None:
    """Leave an empty file in a record's place; the mark is durable before the record goes."""
    if name.gone:
        return
    files.write(box, name._replace(gone=True).text, b"")
    files.settle(box)
    files.remove(box, name.text)


class _Writer:
    """Puts the records of one frame into one mailbox, with the checks of a relay."""

    def __init__(self, changes: Changes, box: int, shelf: Shelf) -> None:
        self._changes, self._box, self._shelf = changes, box, shelf
        self._known = set(shelf.positions)
        self._size = shelf.size
        self._place = shelf.next_place
        self.wrote = False

    def put(self, put: Put) -> Done:
        """Ok once the record is in its file; its name is not durable before :func:`settle`."""
        blob, hashes = put.blob, self._shelf.hashes
        if not mailbox.token_fits(put.write, hashes[1]):
            return _UNKNOWN
        if self._shelf.closed:
            return Done(Status.CLOSED, 0)
        if len(blob) < MIN_RECORD or blob[0] != SUITE:
            return Done(Status.REFUSED, 0)
        if hashes[2] and len(blob) > MAX_OWNED_RECORD:
            return Done(Status.TOO_LARGE, 0)
        rid = record.rid(blob)
        if rid in self._known:
            return _OK
        if self._size + len(blob) > MAX_BYTES or len(self._known) >= MAX_RECORDS:
            return Done(Status.FULL, 0)
        return self._write(rid, blob)

    def _write(self, rid: bytes, blob: bytes) -> Done:
        if self._changes.trouble is not None:
            return self._changes.could_not()
        new = Name(self._place, rid, gone=False)
        name = self._shelf.damaged.get(rid, new)
        try:
            files.write(self._box, name.text, blob)
        except OSError as error:
            return self._changes.stop_writing(error)
        self._place = min(self._place + int(name is new), naming.LAST_PLACE)
        self._known.add(rid)
        self._size += len(blob)
        self.wrote = True
        return _OK
