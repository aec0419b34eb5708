"""Events on their way in and out: composed by this device, or read from a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec

from inglenook_client.core.acts import Control
from inglenook_schema import batch, body, canonical, control, header
from inglenook_schema.errors import MalformedEventError, PeerError
from inglenook_schema.header import Header, Kind, Ref
from inglenook_schema.ids import ZERO_ID, ZERO_SHORT
from inglenook_schema.limits import SUITE


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event: header checked by itself, body checked against it."""

    chain: bytes
    """16 bytes; for an ``open`` the start of its own id, for a genesis zeros."""
    header: Header
    raw: bytes
    """The header's bytes, as received."""
    id: bytes
    body: bytes | None

    @property
    def seq(self) -> int:
        """Place in its chain."""
        return self.header.seq

    @property
    def kind(self) -> int:
        """A header kind; may be one that this version does not know."""
        return self.header.kind


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive events of one chain with the seal of the last."""

    events: tuple[Event, ...]
    seal: bytes

    @property
    def last(self) -> Event:
        """The sealed one."""
        return self.events[-1]


def compose(
    kind: Kind,
    data: bytes,
    salt: bytes,
    *,
    log: bytes = ZERO_ID,
    chain: bytes = ZERO_SHORT,
    seq: int = 0,
    prev: bytes = ZERO_ID,
    refs: tuple[Ref, ...] = (),
) -> Event:
    """Make an event of this device.

    Args:
        kind: Zeros stay in ``log`` and ``chain`` for a genesis, in ``chain`` for an open.
        data: The payload, unpadded.
        salt: 32 fresh random bytes.
        log: The 32-byte log id.
        chain: This device's chain there.
        seq: One more than the chain's last.
        prev: The id of the chain's last; for an open the log id.
        refs: Heads of other chains that moved, ascending.
    """
    packed = body.make(data, salt)
    head = Header(
        SUITE, log[:16], chain, seq, prev, kind, len(packed) - 32, body.commitment(packed), refs
    )
    return _event(head, header.encode(head), packed)


def read(raw: bytes, body_: bytes | None) -> Event:
    """Read one event from outside.

    Raises:
        MalformedEventError: Header or body is not as it must be, or they do not belong
            together.
        UnsupportedSuiteError: The header names another suite.
    """
    head = header.decode(raw)
    if body_ is not None and (
        len(body_) - 32 != head.psize or body.commitment(body_) != head.pcommit
    ):
        raise MalformedEventError("An event's content did not fit what was promised for it.")
    return _event(head, raw, body_)


def read_run(log: bytes, events: Sequence[tuple[bytes, bytes | None]], seal_: bytes) -> Run:
    """Read the events of one batch and check that they follow one another in ``log``.

    Raises:
        MalformedEventError: One is malformed, of another log, or out of line.
    """
    found = tuple(read(raw, body_) for raw, body_ in events)
    first = found[0]
    for before, event in pairwise(found):
        follows = event.chain == first.chain and event.seq == before.seq + 1
        # protocol 2.4: a control event ends its batch, so that it has a seal of its own
        if not follows or event.header.prev != before.id or before.kind != Kind.CONTENT:
            raise MalformedEventError("The events of a batch did not follow one another.")
    for event in found:
        here = event.id == log if event.kind == Kind.GENESIS else event.header.log == log[:16]
        if not here:
            raise MalformedEventError("An event of another space was refused.")
    return Run(found, seal_)


def control_of(event: Event) -> Control | None:
    """The payload of a control event; None where this version does not know it.

    Raises:
        MalformedEventError: A known control kind without its body, or not as it must be.
    """
    decode = _CONTROL.get(event.kind)
    if decode is None:
        return None
    if event.body is None:
        raise MalformedEventError("A membership event came without its content.")
    return decode(body.data_of(event.body))


def _member(data: bytes) -> Control | None:
    try:
        return control.decode_member(data)
    except PeerError:
        return None  # protocol 2.6: an act that this version does not know is kept


_CONTROL: Final[Mapping[int, Callable[[bytes], Control | None]]] = {
    Kind.GENESIS: control.decode_genesis,
    Kind.OPEN: control.decode_open,
    Kind.MEMBER: _member,
    Kind.ROTATE: control.decode_rotate,
    Kind.ERASE: control.decode_erase,
}


def batch_of(run: Run) -> bytes:
    """The inner bytes of a batch record."""
    events = tuple((event.raw, event.body) for event in run.events)
    return canonical.encode(batch.Batch(events, run.seal))


def _event(head: Header, raw: bytes, body_: bytes | None) -> Event:
    name = header.event_id(raw)
    chain = name[:16] if head.kind == Kind.OPEN else head.chain
    return Event(chain, head, raw, name, body_)
