"""One device's side of a talk about files' boxes with one relay, with no I/O (protocol 4.9).

Rule 1: a list is read before anything is put or fetched, and after anything was put or closed:
        no cursor is kept, so whatever broke off goes on with what is lacking.
Rule 2: a record is the one that the event names, by its rid, or none.
Rule 3: a relay that answers something else, or without end, is left alone with that file.

    PUT     listed --all there--> THERE     --some lack--> put, listed again --> THERE
    CLOSE   closed, listed        --nothing left, or no such box--> GONE
    FETCH   listed --> records from the first that lacks here --> HERE
    any     --lacking | taken | full | refused | untrue--> over for now
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from inglenook_schema import record
from inglenook_schema.limits import MAX_FRAME, MAX_WANTS
from inglenook_schema.mailbox import EMPTY_HEAD, next_head
from inglenook_schema.wire import (
    Box,
    Done,
    Erase,
    Ids,
    Make,
    Put,
    Shape,
    Status,
    ToClient,
    ToRelay,
    Want,
)

_FRAME_ROOM = MAX_FRAME - 131_072
_PUT_OVERHEAD = 96
_MAX_LISTED = 4_096
"""Records that are looked through in one file's box: a hundred times what a file has."""
_MAX_TURNS = 64
"""Questions about one file; the largest, put whole, takes six."""


class Task(Enum):
    """What is to become of a file at a relay."""

    PUT = auto()
    """Its records are to lie there; those that lack are put, where this device has them."""
    CLOSE = auto()
    """Nothing of it is to lie there."""
    FETCH = auto()
    """Its records are wanted here."""


class State(Enum):
    """Where a file stands in this talk."""

    LISTING = auto()
    PUTTING = auto()
    FETCHING = auto()
    THERE = auto()
    """The relay lists every record of it."""
    GONE = auto()
    """The relay lists nothing of it but what is erased, or knows no such box."""
    HERE = auto()
    """Every record that lacked here has come."""
    LACKING = auto()
    """Something of it is not there, and not here either."""
    TAKEN = auto()
    """The relay lists some of it as erased, which nobody signed for; a rid never comes back."""
    REFUSED = auto()
    """The relay takes it not, or not now."""
    UNTRUE = auto()
    """What the relay answered does not add up."""


_OPEN = frozenset({State.LISTING, State.PUTTING, State.FETCHING})


@dataclass(slots=True)
class FileBox:
    """One file's box at this relay."""

    event: bytes
    task: Task
    make: Make
    """How it is created; its address names it."""
    read: bytes
    write: bytes
    owner: bytes = b""
    """The owner token, where it is to be closed."""
    wanted: tuple[bytes, ...] = ()
    """Names of its records, in order; to fetch, of those that lack here."""
    has_blobs: bool = False
    """Whether this device holds them."""
    state: State = State.LISTING
    status: Status = Status.OK
    """Why it was refused."""
    made: bool = False
    listed: list[tuple[bytes, bool]] = field(default_factory=list)
    """[rid, whether it is erased]."""
    blobs: dict[bytes, bytes] = field(default_factory=dict)
    """To put: as the shell fed them, while it is this one's turn."""
    at: tuple[int, bytes] = (0, EMPTY_HEAD)
    """To fetch: where to read on from."""
    turns: int = 0

    @property
    def address(self) -> bytes:
        """16 bytes."""
        return self.make.address

    def lacking(self) -> list[bytes]:
        """The wanted records that the relay does not list."""
        there = {rid for rid, _ in self.listed}
        return [rid for rid in self.wanted if rid not in there]


@dataclass(frozen=True, slots=True)
class Came:
    """Records of a file that came: by rid, each what it is called."""

    event: bytes
    blobs: Mapping[bytes, bytes]


class FileTalk:
    """Asks one relay until every file is where it is to be, or cannot be for now."""

    def __init__(self, boxes: Iterable[FileBox]) -> None:
        """Begin."""
        self.boxes = list(boxes)
        self._listing: list[FileBox] = []
        self._making: list[FileBox] = []
        self._closing: list[FileBox] = []
        self._putting: list[tuple[FileBox, bytes]] = []
        self._fetching: FileBox | None = None

    def hungry(self) -> FileBox | None:
        """The file whose turn it is to be put, where its records are not fed yet."""
        box = self._of(State.PUTTING)
        return box if box is not None and not box.blobs else None

    def ask(self) -> ToRelay | None:
        """The next frame, or None when there is nothing left to ask; see :meth:`hungry`."""
        putting = self._of(State.PUTTING)
        listing = [box for box in self.boxes if box.state is State.LISTING]
        self._putting = self._next_puts(putting) if putting is not None else []
        self._listing = ([putting] if putting is not None else []) + listing[: MAX_WANTS - 1]
        self._fetching = self._of(State.FETCHING) if not self._listing else None
        asked = [*self._listing, *([self._fetching] if self._fetching else [])]
        if not asked:
            return None
        for box in asked:
            box.turns += 1
        self._making = [b for b in self._listing if b.state is State.PUTTING and not b.made]
        self._closing = [b for b in self._listing if b.task is Task.CLOSE and not b.listed]
        wants = [Want(b.address, b.read, *b.at) for b in (self._fetching,) if b is not None]
        return ToRelay(
            make=tuple(box.make for box in self._making),
            want=tuple(wants),
            put=tuple(Put(b.address, b.write, b.blobs[rid], b"") for b, rid in self._putting),
            ids=tuple(Ids(b.address, b.read, len(b.listed)) for b in self._listing),
            erase=tuple(Erase(b.address, 0, b.owner) for b in self._closing),
        )

    def receive(self, answer: ToClient) -> list[Came]:
        """Take the answer to the last :meth:`ask`; a fault ends what was asked about."""
        for box, made in zip(self._making, answer.made, strict=False):
            self._on_made(box, made)
        for (box, _), done in zip(self._putting, answer.acks, strict=False):
            self._on_put(box, done)
        for box, found in zip(self._listing, answer.ids, strict=False):
            if box.state in _OPEN:
                self._on_list(box, found)
        came = list[Came]()
        missed = self._listing[len(answer.ids) :]
        if self._fetching is not None and answer.boxes:
            came = self._on_records(self._fetching, answer.boxes[0])
        elif self._fetching is not None:
            missed.append(self._fetching)
        self._give_up(missed)
        return came

    def _give_up(self, missed: list[FileBox]) -> None:
        """Leave alone what was not answered, or is asked about without end."""
        for box in (*missed, *(b for b in self.boxes if b.turns >= _MAX_TURNS)):
            if box.state in _OPEN:
                box.state = State.UNTRUE
        for box in self.boxes:
            if box.state not in _OPEN:
                box.blobs = {}

    def _of(self, state: State) -> FileBox | None:
        return next((box for box in self.boxes if box.state is state), None)

    def _next_puts(self, box: FileBox) -> list[tuple[FileBox, bytes]]:
        """Of one file's records those that lack, as many as a frame holds; they were listed."""
        room = _FRAME_ROOM
        chosen = list[tuple[FileBox, bytes]]()
        for rid in box.lacking():
            room -= len(box.blobs[rid]) + _PUT_OVERHEAD
            if chosen and room < 0:
                break
            chosen.append((box, rid))
        box.listed = []  # it is listed anew behind what is put now
        return chosen

    def _on_made(self, box: FileBox, done: Done) -> None:
        if done.status is Status.OK:
            box.made = True
        else:
            box.state, box.status = State.REFUSED, done.status

    def _on_put(self, box: FileBox, done: Done) -> None:
        if done.status is not Status.OK and box.state in _OPEN:
            box.state, box.status = State.REFUSED, done.status

    def _on_list(self, box: FileBox, found: Box) -> None:
        if found.status is Status.UNKNOWN:
            self._on_unknown(box)
            return
        box.listed += [(_rid(shape, data), shape is Shape.ERASED) for shape, data in found.records]
        more = found.more and bool(found.records) and len(box.listed) < found.n
        if found.status is not Status.OK or found.n > _MAX_LISTED:
            box.state = State.UNTRUE
        elif more:
            box.state = State.LISTING  # the next frame goes on with it
        elif len(box.listed) != found.n:
            box.state = State.UNTRUE
        else:
            self._listed(box)

    def _on_unknown(self, box: FileBox) -> None:
        """No such box, or none that these tokens open: one answer for both."""
        box.listed = []
        if box.task is Task.CLOSE:
            box.state = State.GONE
        elif box.task is Task.PUT and box.has_blobs and not box.made:
            box.state = State.PUTTING
        else:
            box.state = State.LACKING

    def _listed(self, box: FileBox) -> None:
        """A list was read to its end."""
        erased = {rid for rid, is_erased in box.listed if is_erased}
        if box.task is Task.CLOSE:
            whole = len(erased) == len({rid for rid, _ in box.listed})
            box.state = State.GONE if whole else State.UNTRUE
        elif erased & set(box.wanted):
            box.state = State.TAKEN
        elif box.task is Task.PUT:
            lacking = bool(box.lacking())
            again = State.PUTTING if box.has_blobs else State.LACKING
            box.state = again if lacking else State.THERE
            box.made = True
        elif box.lacking():
            box.state = State.LACKING
        else:
            box.state = State.FETCHING
            self._start(box)

    def _start(self, box: FileBox) -> None:
        """Read from before the first record that is wanted."""
        n, head = 0, EMPTY_HEAD
        for rid, _ in box.listed:
            if rid in box.wanted:
                break
            n, head = n + 1, next_head(head, rid)
        box.at = (n, head)

    def _on_records(self, box: FileBox, found: Box) -> list[Came]:
        n, head = box.at
        came = dict[bytes, bytes]()
        for shape, data in found.records:
            rid = _rid(shape, data)
            n, head = n + 1, next_head(head, rid)
            if shape is Shape.BLOB and rid in box.wanted:
                came[rid] = data
        box.at = (n, head)
        box.wanted = tuple(rid for rid in box.wanted if rid not in came)
        if not box.wanted:
            box.state = State.HERE
        elif found.status is not Status.OK or not found.records or not found.more:
            box.state = State.UNTRUE  # it listed what it does not give
        return [Came(box.event, came)] if came else []


def _rid(shape: Shape, data: bytes) -> bytes:
    return record.rid(data) if shape is Shape.BLOB else data
