"""What a hostile relay does, by name: so that one in another process can be told to do it.

Each sets hooks of a :class:`~harness.hostile_relay.HostileRelay`; what is done to the HTTP
around the frames is in :mod:`harness.hostile_process`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from harness.hostile_relay import HostileRelay, Kept, shown
from harness.logs import draw
from inglenook_schema.wire import Box, Done, Put, Status, ToRelay, Want


def flipped(blob: bytes, at: int) -> bytes:
    """One bit of it the other way round."""
    at %= len(blob)
    return blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]


def _flips(relay: HostileRelay) -> None:
    def edit(_: bytes, rows: list[Kept]) -> list[Kept]:
        return [shown(flipped(row.blob, 60)) if row.blob in new else row for row in rows]

    def note(put: Put) -> Put:
        new.add(put.blob)
        return put

    new = set[bytes]()
    relay.on_put, relay.edit = note, edit


def _wrong_heads(relay: HostileRelay) -> None:
    relay.on_head = lambda _, box: draw("a head") if box.head else b""


def _lying_acks(relay: HostileRelay) -> None:
    relay.on_put = lambda _: Done(Status.OK, 7)


def _log_deleted(relay: HostileRelay) -> None:
    def gone(_want: Want, _box: Box) -> Box:
        return Box(Status.UNKNOWN, 0, b"", (), more=False)

    relay.on_get = gone


def _withheld(relay: HostileRelay) -> None:
    def tail(_want: Want, box: Box) -> Box:
        return msgspec.structs.replace(box, n=0, head=b"", records=(), more=False)

    relay.on_get = tail


def _noise(relay: HostileRelay) -> None:
    def noise(_frame: ToRelay, _answer: bytes) -> bytes:
        return draw("noise", 700)

    relay.on_answer = noise


TAMPERING: dict[str, Callable[[HostileRelay], None]] = {
    "flips": _flips,
    "wrong heads": _wrong_heads,
    "lying acks": _lying_acks,
    "log deleted": _log_deleted,
    "withheld": _withheld,
    "noise": _noise,
}
