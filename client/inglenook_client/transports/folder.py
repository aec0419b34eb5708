"""A relay made of files: a stick, or a folder that a cloud keeps alike (protocol 6.6).

It answers the same frames as a relay, with the same checks and limits.
"""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Final

from inglenook_client import ambient
from inglenook_client.core import folder as naming
from inglenook_client.core.folder import Name, Shelf
from inglenook_client.transports import folder_files as files
from inglenook_client.transports.errors import FolderError
from inglenook_client.transports.folder_changes import Changes
from inglenook_client.transports.folder_files import closing
from inglenook_client.transports.folder_shelves import Shelves
from inglenook_schema import mailbox, record
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import Box, Ids, Item, Shape, Status, ToClient, ToRelay, Want

_ROOM: Final = MAX_FRAME - 131_072
_COST: Final = 8
_TRIES: Final = 16
_ORIGIN: Final = 16
_NO_BOX: Final = Box(Status.UNKNOWN, 0, b"", (), more=False)


class FolderRelay:
    """A conversation partner in a folder.

    Attributes:
        origin: Of this folder, once it was entered.
        fresh: Whether nobody had synced with it before.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self._path = path
        self._shelves = Shelves(-1)
        self._changes = Changes(self._shelves)
        self.origin = ""
        self.fresh = False

    @property
    def trouble(self) -> FolderError | None:
        """Why nothing more could be written, if so; reading went on."""
        return self._changes.trouble

    @property
    def strange(self) -> frozenset[str]:
        """Files that were passed over, each as ``mailbox/name``."""
        return frozenset(self._shelves.strange)

    async def __aenter__(self) -> FolderRelay:
        """Open the folder; begins one where nobody did.

        Raises:
            FolderError: It is not there, or cannot be used.
        """
        await asyncio.to_thread(self.enter)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the folder."""
        self.leave()

    async def exchange(self, frame: ToRelay) -> ToClient:
        """Answer one frame, once all that it changed is durable.

        Raises:
            FolderError: The folder is gone; nothing is known of what was written last.
        """
        return await asyncio.to_thread(self.answer, frame)

    def answer(self, frame: ToRelay) -> ToClient:
        """As :meth:`exchange`, on this thread."""
        try:
            made = tuple([self._changes.make(make) for make in frame.make])
            acks = self._changes.put_all(frame.put)
            erased = tuple([self._changes.erase(erase) for erase in frame.erase])
            own = {(put.address, record.rid(put.blob)) for put in frame.put}
            reading = _Reading(self._shelves, own)
            boxes = tuple([reading.box(want) for want in frame.want])
            ids = tuple([reading.box(ask) for ask in frame.ids])
        except OSError as error:
            raise files.failure(error) from None
        return ToClient(made=made, acks=acks, erased=erased, boxes=boxes, ids=ids)

    def enter(self) -> None:
        """As entering the context, on this thread."""
        try:
            with closing(files.open_top(self._path)) as top:
                self._shelves.place = files.make_inside(top, naming.PLACE)
            self.origin = mailbox.folder_origin(self._name())
        except OSError as error:
            self.leave()
            raise files.failure(error) from None
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Let go of the folder."""
        if self._shelves.place >= 0:
            os.close(self._shelves.place)
            self._shelves.place = -1

    def _name(self) -> bytes:
        place = self._shelves.place
        name = files.read(place, naming.ORIGIN, _ORIGIN)
        if name is not None and len(name) == _ORIGIN:
            return name
        self.fresh = True
        files.write(place, naming.ORIGIN, ambient.random_bytes(_ORIGIN))
        files.settle(place)
        name = files.read(place, naming.ORIGIN, _ORIGIN)  # another may have begun meanwhile
        if name is None or len(name) != _ORIGIN:
            raise FolderError
        return name


class _Reading:
    """The boxes of one answer, which share the room for blobs."""

    def __init__(self, shelves: Shelves, own: set[tuple[bytes, bytes]]) -> None:
        self._shelves = shelves
        self._own = own
        self._room = _ROOM

    def box(self, ask: Want | Ids) -> Box:
        """Answer a want, or an ids, from what lies there now."""
        for _try in range(_TRIES):
            shelf = self._shelves.shelf(ask.address)
            if shelf is None or not mailbox.token_fits(ask.read, shelf.hashes[0]):
                return _NO_BOX
            answer = self._page(ask, shelf)
            if answer is not None:  # else a file changed meanwhile, and counts no longer
                return answer
        raise OSError(errno.EIO, "it goes on changing")

    def _page(self, ask: Want | Ids, shelf: Shelf) -> Box | None:
        length = len(shelf.names)
        forked = isinstance(ask, Want) and ask.n <= length and shelf.heads[ask.n] != ask.head
        if ask.n > length or forked:
            return Box(Status.FORK, length, shelf.heads[length], (), more=False)
        if ask.n == length:
            return Box(Status.OK, length, b"", (), more=False)
        items = list[Item]()
        room = self._room if isinstance(ask, Want) else _ROOM
        for name in shelf.names[ask.n :]:
            item = self._item(ask, name)
            if item is None:
                return None
            room -= len(item[1]) + _COST
            if room < 0:
                break
            items.append(item)
        if isinstance(ask, Want):
            self._room = max(room, 0)
        more = ask.n + len(items) < length
        return Box(Status.OK, length, shelf.heads[length], tuple(items), more)

    def _item(self, ask: Want | Ids, name: Name) -> Item | None:
        if name.gone:
            return Shape.ERASED, name.rid
        if isinstance(ask, Ids):
            return Shape.RID, name.rid
        if (ask.address, name.rid) in self._own:
            return Shape.OWN, name.rid
        blob = self._shelves.blob(ask.address, name)
        return None if blob is None else (Shape.BLOB, blob)
