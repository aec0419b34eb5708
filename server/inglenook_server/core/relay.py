"""What a frame means to a relay: bytes in, an answer out (protocol 6).

The order inside one frame is make, put, erase, want, ids. All that changes is one
transaction and durable before anything is answered; hints go out after it.
"""

from __future__ import annotations

from collections.abc import Callable

from inglenook_schema import mailbox, wire
from inglenook_schema.errors import MalformedError
from inglenook_schema.limits import MAX_FRAME
from inglenook_schema.wire import Box, Fault, Ids, Item, Shape, Status, ToClient, ToRelay, Want
from inglenook_server.core.changes import Changes, Now, Outcome
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.core.fanout import Fanout
from inglenook_server.core.live import Subscriber
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import Rules
from inglenook_server.core.store import ENTRY_COST, RID_COST, Cursor, Entry, Look, Store

ROOM = MAX_FRAME - 131_072
"""Bytes of entries for all wants of one frame."""
RIDS_ROOM = MAX_FRAME // 2
"""Bytes of entries for all its ids, more than a full mailbox has: blobs leave them theirs.

Both, and what stands around them, fit into twice ``MAX_FRAME``.
"""
UNKNOWN = Box(Status.UNKNOWN, 0, b"", (), more=False)
_NO_CHANGE = Outcome((), (), (), {})
_NOTHING = ToRelay()


class Relay:
    """Answers frames from one store; any number of them at once."""

    def __init__(
        self,
        store: Store,
        fanout: Fanout,
        rules: Rules | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Serve what is in ``store``.

        Args:
            store: Where mailboxes are.
            fanout: Where hints go.
            rules: The operator's dials.
            report: Told the engine's own name of a failure, whenever it said no.
        """
        self._store = store
        self._fanout = fanout
        self._rules = rules or Rules()
        self._pace = Pace(self._rules.quota.puts_a_minute)
        self._report = report

    async def receive(self, data: bytes, now: Now, by: Subscriber | None = None) -> ToClient:
        """Answer the bytes of one frame, whatever they are.

        Args:
            data: Anything at all.
            now: Today, and the running minute.
            by: The live connection it came over, if it did.
        """
        if len(data) > MAX_FRAME:
            return ToClient(fault=Fault.OVERSIZED)
        try:
            frame = wire.decode_to_relay(data)
        except MalformedError:
            return ToClient(fault=Fault.MALFORMED)
        return await self.answer(frame, now, by)

    async def answer(self, frame: ToRelay, now: Now, by: Subscriber | None = None) -> ToClient:
        """Answer one frame; on a fault none of it was acknowledged."""
        try:
            if by is None or not frame.subscribe:
                return await self._answer(frame, now, by)
            return await self._subscribe(frame, now, by)
        except StoreUnavailableError as error:
            self._report(error.reason)
            return ToClient(fault=Fault.BUSY)

    async def _subscribe(self, frame: ToRelay, now: Now, by: Subscriber) -> ToClient:
        wanted = {want.address for want in frame.want}
        if not by.has_room(wanted):
            return ToClient(fault=Fault.OVERSIZED)
        new = by.hold(wanted)
        self._fanout.follow(new, by)
        granted = set[bytes]()
        try:
            reply = await self._answer(frame, now, by)
            for want, box in zip(frame.want, reply.boxes, strict=True):
                if box.status is not Status.UNKNOWN:
                    granted.add(want.address)
        finally:
            self._fanout.leave(by.settle(new, granted), by)
        return reply

    def leave(self, subscriber: Subscriber) -> None:
        """A live connection ended."""
        self._fanout.leave(subscriber.addresses, subscriber)

    async def _answer(self, frame: ToRelay, now: Now, by: Subscriber | None) -> ToClient:
        outcome = _NO_CHANGE
        rids: list[bytes] = []
        if frame.make or frame.put or frame.erase:
            changes = Changes(frame, now, self._rules, self._pace)
            outcome = await self._store.write(changes)
            rids = changes.rids
            if outcome.grown:
                self._fanout.publish(outcome.grown, by)
        made, acks, erased, _ = outcome
        if not (frame.want or frame.ids):
            return ToClient(made=made, acks=acks, erased=erased)
        boxes, ids = await self._read(frame, rids, now)
        return ToClient(made=made, boxes=boxes, acks=acks, ids=ids, erased=erased)

    async def _read(
        self, frame: ToRelay, rids: list[bytes], now: Now
    ) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
        own = {(put.address, rid) for put, rid in zip(frame.put, rids, strict=True)}
        asked: tuple[Want | Ids, ...] = (*frame.want, *frame.ids)
        cursors = tuple([Cursor(ask.address, mailbox.token_hash(ask.read), ask.n) for ask in asked])
        looks = await self._store.look(cursors)
        reading = _Reading(self._store, own)
        boxes = [await reading.box(ask, look) for ask, look in zip(asked, looks, strict=True)]
        await self._note_use(asked, looks, now)
        return tuple(boxes[: len(frame.want)]), tuple(boxes[len(frame.want) :])

    async def _note_use(
        self, asked: tuple[Want | Ids, ...], looks: list[Look | None], now: Now
    ) -> None:
        """Once a day for each mailbox; a disk that takes no writes spoils no reading."""
        touch = frozenset(
            ask.address
            for ask, look in zip(asked, looks, strict=True)
            if look is not None and look.used_day < now.day
        )
        if touch:
            try:
                await self._store.write(Changes(_NOTHING, now, self._rules, self._pace, touch))
            except StoreUnavailableError as error:
                self._report(error.reason)


class _Reading:
    """The boxes of one answer, which share the room for blobs and the room for rids."""

    def __init__(self, store: Store, own: set[tuple[bytes, bytes]]) -> None:
        self._store = store
        self._own = own
        self._room = {True: ROOM, False: RIDS_ROOM}

    async def box(self, ask: Want | Ids, look: Look | None) -> Box:
        if look is None:
            return UNKNOWN
        if _forked(ask, look):
            return Box(Status.FORK, look.n, look.head, (), more=False)
        if ask.n == look.n:
            return Box(Status.OK, look.n, b"", (), more=False)
        blobs = isinstance(ask, Want)
        room = self._room[blobs]
        page = None
        if room >= RID_COST:
            page = await self._store.page(ask.address, ask.n, room, blobs=blobs)
        if page is None:
            return Box(Status.OK, look.n, look.head, (), more=True)
        items = tuple([self._item(ask.address, entry, blobs=blobs) for entry in page.entries])
        self._room[blobs] -= sum([len(data) + ENTRY_COST for _, data in items])
        more = ask.n + len(items) < page.n
        return Box(Status.OK, page.n, page.head, items, more)

    def _item(self, address: bytes, entry: Entry, *, blobs: bool) -> Item:
        if entry.erased:
            return Shape.ERASED, entry.rid
        if not blobs:
            return Shape.RID, entry.rid
        if (address, entry.rid) in self._own:
            return Shape.OWN, entry.rid
        return Shape.BLOB, entry.blob


def _forked(ask: Want | Ids, look: Look) -> bool:
    if ask.n > look.n:
        return True
    if isinstance(ask, Ids):
        return False
    return ask.head != (look.head_there if ask.n else mailbox.EMPTY_HEAD)
