"""One device's side of a conversation with one relay, with no I/O (protocol 6).

Rule 1: every state of a conversation lives in this file; the shell carries frames and
        makes each step durable before it asks for the next; only pages of records that come
        quickly it takes in together.
Rule 2: nothing a relay says deletes anything here; it can only be behind, or wrong.
Rule 3: a cursor moves only over records whose rids lead to the head it then names.

    ASKING --boxes, no more, outbox empty--> CURRENT
    ASKING --fork | unknown--> LISTING --ids--> (shell compares) --resume()--> ASKING
    ASKING --unknown box that was never made here--> making it again --> ASKING
    ASKING | CURRENT --its list is to be read--> what of it is erased there, page by page
    any --head that no records lead to | full | refused--> STOPPED
    ASKING, deaf --all of its outbox was taken--> CURRENT
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

from inglenook_schema import record
from inglenook_schema.limits import MAX_FRAME, MAX_WANTS
from inglenook_schema.mailbox import EMPTY_HEAD, next_head
from inglenook_schema.wire import (
    MAX_ACTS,
    Box,
    Done,
    Erase,
    Ids,
    Item,
    Make,
    Put,
    Shape,
    Status,
    ToClient,
    ToRelay,
    Want,
)

_PUT_OVERHEAD = 96
_FRAME_ROOM = MAX_FRAME - 131_072
"""Leaves room for makes, wants, ids and erases beside the blobs."""
_MAX_ERASES = 512
_MAX_LISTED = 2**20
"""Records that a relay may claim of one mailbox: twenty times what one may hold. Else one that
invents them would never come to an end, nor would this device's disk."""
_MAX_LOOKS = 8
"""Lists a frame that are read for what is erased: together they fit into the answer."""
_MAX_LOSSES = 3
"""So often one mailbox is healed in one conversation; then its relay is left alone."""


class Phase(Enum):
    """Where one mailbox stands in this conversation."""

    ASKING = auto()
    LISTING = auto()
    COMPARING = auto()
    CURRENT = auto()
    STOPPED = auto()


@dataclass(slots=True)
class Outgoing:
    """One record that waits to be put."""

    number: int
    """The store's own number for it."""
    rid: bytes
    blob: bytes


@dataclass(slots=True)
class Mailbox:
    """One mailbox at this relay, as stored."""

    number: int
    make: Make
    """How it is created; its address names it."""
    read: bytes
    write: bytes
    n: int = 0
    head: bytes = EMPTY_HEAD
    made: bool = False
    may_make: bool = True
    """Whether an unknown mailbox may be created (again) without asking the person."""
    deaf: bool = False
    """Whether this device only puts there, and reads nothing: what others leave is not its."""
    outbox: list[Outgoing] = field(default_factory=list)
    erase: list[tuple[int, bytes]] = field(default_factory=list)
    """[position, token] of records to null."""
    phase: Phase = Phase.ASKING
    look: int | None = None
    """The list after this position is to be read, for what is erased there; None for none."""
    listed: list[bytes] = field(default_factory=list)
    nulled: set[bytes] = field(default_factory=set)
    """Of those listed, the erased ones."""
    losses: int = 0
    """How often the relay had lost something in this conversation."""

    @property
    def address(self) -> bytes:
        """16 bytes."""
        return self.make.address


@dataclass(frozen=True, slots=True)
class Arrived:
    """Records after the cursor, in order; afterwards the cursor is (n, head)."""

    box: int
    items: list[tuple[int, Shape, bytes, bytes]]
    """[position, shape, rid, blob or empty]."""
    n: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """The relay says that a record is durable there, at this position."""

    box: int
    number: int
    n: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The relay did not take something."""

    box: int
    status: Status


@dataclass(frozen=True, slots=True)
class Made:
    """The mailbox exists now."""

    box: int


@dataclass(frozen=True, slots=True)
class Nulled:
    """A record was erased at the relay, or was not there to erase."""

    box: int
    n: int
    status: Status


@dataclass(frozen=True, slots=True)
class Lost:
    """The relay does not hold what it once had; ``rids`` is what it holds now.

    The shell compares with its own records and calls :meth:`Conversation.resume`.
    """

    box: int
    rids: list[bytes]
    unknown: bool
    erased: frozenset[bytes] = frozenset()
    """Those of them that are listed as erased."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of a mailbox's list, each [rid, whether it is erased there]."""

    box: int
    items: list[tuple[bytes, bool]]
    done: bool
    """Nothing more of it comes in this conversation."""


@dataclass(frozen=True, slots=True)
class Untrue:
    """The head that the relay named does not follow from its records; nothing was kept."""

    box: int


Effect: TypeAlias = Arrived | Kept | Refused | Made | Nulled | Lost | Listed | Untrue


class Conversation:
    """Asks one relay until every mailbox is current or stopped."""

    def __init__(self, boxes: Iterable[Mailbox], *, subscribe: bool = False) -> None:
        """Begin; ``subscribe`` asks for hints on a live connection."""
        self.boxes = {box.number: box for box in boxes}
        self._subscribe = subscribe
        self._asked: list[Mailbox] = []
        self._deaf: list[Mailbox] = []
        self._listing: list[Mailbox] = []
        self._looking: list[Mailbox] = []
        self._making: list[Mailbox] = []
        self._putting: list[tuple[Mailbox, Outgoing]] = []
        self._erasing: list[tuple[Mailbox, int, bytes]] = []

    def ask(self) -> ToRelay | None:
        """The next frame, or None when there is nothing left to ask."""
        asking = [b for b in self.boxes.values() if b.phase is Phase.ASKING][:MAX_WANTS]
        self._asked = [b for b in asking if not b.deaf]
        self._deaf = [b for b in asking if b.deaf]
        self._listing = [b for b in self.boxes.values() if b.phase is Phase.LISTING][:MAX_WANTS]
        self._erasing = [(b, n, t) for b in asking for n, t in b.erase][:_MAX_ERASES]
        self._looking = self._next_looks()
        if not asking and not self._listing and not self._looking:
            return None
        self._making = [b for b in asking if not b.made and b.may_make]
        self._putting = self._next_puts(asking)
        return ToRelay(
            make=tuple(b.make for b in self._making),
            want=tuple(Want(b.address, b.read, b.n, b.head) for b in self._asked),
            put=tuple(Put(b.address, b.write, o.blob, b"") for b, o in self._putting),
            ids=(
                *(Ids(b.address, b.read, len(b.listed)) for b in self._listing),
                *(Ids(b.address, b.read, b.look or 0) for b in self._looking),
            ),
            erase=tuple(Erase(b.address, n, t) for b, n, t in self._erasing),
            subscribe=self._subscribe,
        )

    def _next_puts(self, asking: Sequence[Mailbox]) -> list[tuple[Mailbox, Outgoing]]:
        room = _FRAME_ROOM
        chosen = list[tuple[Mailbox, Outgoing]]()
        for box in asking:
            for outgoing in box.outbox:
                room -= len(outgoing.blob) + _PUT_OVERHEAD
                if chosen and (room < 0 or len(chosen) == MAX_ACTS):
                    return chosen
                chosen.append((box, outgoing))
        return chosen

    def _next_looks(self) -> list[Mailbox]:
        """Lists to read: a relay erases before it lists, so the same frame may ask for both."""
        erasing = {(box.number, n) for box, n, _ in self._erasing}
        room = min(_MAX_LOOKS, MAX_WANTS - len(self._listing))
        return [
            box
            for box in self.boxes.values()
            if box.look is not None
            and box.phase in (Phase.ASKING, Phase.CURRENT)
            and all((box.number, n) in erasing for n, _ in box.erase)
        ][:room]

    def receive(self, answer: ToClient) -> list[Effect]:
        """Take the answer to the last :meth:`ask`.

        A relay that answers fewer things than were asked, or faults the frame, stops the
        conversation; what it did answer stands.
        """
        effects = list[Effect]()
        for box, made in zip(self._making, answer.made, strict=False):
            effects.append(self._on_made(box, made))
        for (box, outgoing), done in zip(self._putting, answer.acks, strict=False):
            effects.extend(self._on_put(box, outgoing, done))
        for (box, n, _), done in zip(self._erasing, answer.erased, strict=False):
            box.erase = [(at, token) for at, token in box.erase if at != n]
            effects.append(Nulled(box.number, n, done.status))
        for box in self._deaf:
            self._on_deaf(box, effects)
        answered = list(zip(self._asked, answer.boxes, strict=False))
        moved = bool(effects) or any(found.records for _, found in answered)
        for box, found in answered:
            effects.extend(self._on_box(box, found, moved=moved))
        listed, looked = answer.ids[: len(self._listing)], answer.ids[len(self._listing) :]
        for box, found in zip(self._listing, listed, strict=False):
            effects.extend(self._on_ids(box, found))
        for box, found in zip(self._looking, looked, strict=False):
            effects.append(self._on_look(box, found))
        for box in (*self._asked[len(answer.boxes) :], *self._listing[len(answer.ids) :]):
            box.phase = Phase.STOPPED
        for box in self._looking[len(looked) :]:
            box.look = None
        return effects

    def drop(self, records: Collection[int]) -> None:
        """Put these records no more: what they hold was erased meanwhile."""
        for box in self.boxes.values():
            box.outbox = [o for o in box.outbox if o.number not in records]

    def resume(
        self, box: int, n: int, head: bytes, again: Sequence[Outgoing], *, make: bool
    ) -> None:
        """After :class:`Lost`: put ``again`` in this order, and read on from (n, head)."""
        state = self.boxes[box]
        waiting = {outgoing.rid for outgoing in again}
        state.outbox = [*again, *(o for o in state.outbox if o.rid not in waiting)]
        state.n, state.head, state.listed, state.nulled = n, head, [], set()
        state.made = not make
        state.phase = Phase.ASKING

    def again(self, box: int, outbox: Sequence[Outgoing] = ()) -> None:
        """Ask for a mailbox once more: it grew, or there is something new to put."""
        state = self.boxes[box]
        held = {o.rid for o in state.outbox}
        state.outbox += [o for o in outbox if o.rid not in held]
        if state.phase is Phase.CURRENT:
            state.phase = Phase.ASKING

    def _on_made(self, box: Mailbox, done: Done) -> Effect:
        if done.status is Status.OK:
            box.made = True
            return Made(box.number)
        box.phase = Phase.STOPPED
        return Refused(box.number, done.status)

    def _on_put(self, box: Mailbox, outgoing: Outgoing, done: Done) -> list[Effect]:
        if done.status is Status.OK and done.n > 0:
            box.outbox = [o for o in box.outbox if o.rid != outgoing.rid]
            return [Kept(box.number, outgoing.number, done.n)]
        if done.status is Status.UNKNOWN:
            return []  # the want of the same frame says so too, and starts the healing
        box.outbox = [o for o in box.outbox if o.rid != outgoing.rid]
        return [Refused(box.number, done.status)]

    def _on_deaf(self, box: Mailbox, effects: Sequence[Effect]) -> None:
        """A relay that takes nothing of what waits for such a box is left alone."""
        took = any(isinstance(e, Kept | Refused) and e.box == box.number for e in effects)
        if box.phase is Phase.ASKING and not (box.outbox and took):
            box.phase = Phase.STOPPED if box.outbox else Phase.CURRENT

    def _on_box(self, box: Mailbox, found: Box, *, moved: bool) -> list[Effect]:
        if box.phase is not Phase.ASKING:
            return []
        if found.status is Status.UNKNOWN:
            return self._on_unknown(box)
        if found.status is Status.FORK:
            return self._on_fork(box)
        if found.status is not Status.OK:
            box.phase = Phase.STOPPED
            return [Refused(box.number, found.status)]
        return self._advance(box, found, moved=moved)

    def _on_fork(self, box: Mailbox) -> list[Effect]:
        if self._loses_again(box):
            return [Untrue(box.number)]
        box.phase, box.listed, box.nulled, box.look = Phase.LISTING, [], set(), None
        return []

    def _loses_again(self, box: Mailbox) -> bool:
        """Count a loss; a relay that goes on losing would keep this going for ever."""
        box.losses += 1
        if box.losses > _MAX_LOSSES:
            box.phase = Phase.STOPPED
        return box.losses > _MAX_LOSSES

    def _on_unknown(self, box: Mailbox) -> list[Effect]:
        if not box.may_make:
            box.phase, box.made = Phase.STOPPED, False
            return [Refused(box.number, Status.UNKNOWN)]
        if box.n == 0 and not box.made:
            box.phase = Phase.STOPPED
            return [Refused(box.number, Status.UNKNOWN)]
        if self._loses_again(box):
            return [Untrue(box.number)]
        box.phase = Phase.COMPARING
        return [Lost(box.number, [], unknown=True)]

    def _advance(self, box: Mailbox, found: Box, *, moved: bool) -> list[Effect]:
        items = list[tuple[int, Shape, bytes, bytes]]()
        n, head = box.n, box.head
        for item in found.records:
            n += 1
            rid = _rid(item)
            head = next_head(head, rid)
            items.append((n, item[0], rid, item[1] if item[0] is Shape.BLOB else b""))
        honest = n < found.n if found.more else (n == found.n and found.head in (head, b""))
        honest = honest and found.n <= _MAX_LISTED
        left = found.more or bool(box.outbox or box.erase)
        stuck = left and not moved  # else other mailboxes may have filled the frame
        if not honest or stuck:
            box.phase = Phase.STOPPED
            return [Untrue(box.number)]
        box.made = True
        box.n, box.head = n, head
        if not left:
            box.phase = Phase.CURRENT
        return [Arrived(box.number, items, n, head)] if items else []

    def _on_ids(self, box: Mailbox, found: Box) -> list[Effect]:
        if found.status is Status.UNKNOWN:
            return self._on_unknown(box)
        box.listed += [_rid(item) for item in found.records]
        box.nulled |= {rid for shape, rid in found.records if shape is Shape.ERASED}
        endless = found.more and not len(box.listed) < found.n <= _MAX_LISTED
        if found.status is not Status.OK or endless or (found.more and not found.records):
            box.phase = Phase.STOPPED
            return [Untrue(box.number)]
        if found.more:
            return []
        if len(box.listed) != found.n:
            box.phase = Phase.STOPPED
            return [Untrue(box.number)]
        box.phase = Phase.COMPARING
        return [Lost(box.number, box.listed, unknown=False, erased=frozenset(box.nulled))]

    def _on_look(self, box: Mailbox, found: Box) -> Listed:
        """A page of a list; a relay that lists without end is asked no further."""
        items = [(_rid(item), item[0] is Shape.ERASED) for item in found.records]
        more = found.more and bool(items) and (box.look or 0) + len(items) < found.n <= _MAX_LISTED
        whole = found.status is Status.OK
        box.look = (box.look or 0) + len(items) if whole and more else None
        return Listed(box.number, items if whole else [], done=whole and not more)


def _rid(item: Item) -> bytes:
    shape, data = item
    return record.rid(data) if shape is Shape.BLOB else data


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to do about a mailbox that lost records."""

    n: int
    head: bytes
    """Where to read on from: before the first record that this device does not hold."""
    positions: dict[bytes, int]
    """Where the records that are still there stand now."""
    again: list[bytes]
    """Rids to put again, in their old order."""


def compare(rids: Sequence[bytes], held: Sequence[bytes]) -> Comparison:
    """Compare what a relay lists with what this device holds.

    Args:
        rids: What the relay holds, in its order.
        held: What this device knows was there, or still wants to put, in old order.
    """
    known = set(held)
    n, head = 0, EMPTY_HEAD
    for rid in rids:
        if rid not in known:
            break
        n, head = n + 1, next_head(head, rid)
    there = {rid: at for at, rid in enumerate(rids, start=1)}
    return Comparison(n, head, there, [rid for rid in held if rid not in there])
