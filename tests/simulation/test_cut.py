"""A connection that breaks at any byte: what a device has is whole, and the next sync mends it."""

from collections.abc import Iterator

import pytest

from harness.memory_relay import MemoryRelay, at_once
from harness.peer import Peer
from inglenook_client.transports.errors import OfflineError
from inglenook_client.transports.http import read_answer
from inglenook_schema import wire
from inglenook_schema.wire import ToClient, ToRelay
from inglenook_server.core.relay import Relay
from inglenook_server.core.rules import Rules
from inglenook_server.fanouts.local import LocalFanout

TEXTS = ["one", "two", "three", "four"]


class Wire:
    """To one relay, byte by byte; it breaks after so many, counted over both directions."""

    def __init__(self, relay: MemoryRelay, breaks_after: int | None = None) -> None:
        self.relay, self.left, self.passed = relay, breaks_after, 0

    def ask(self, frame: ToRelay) -> ToClient:
        question = self.through(wire.encode(frame))
        core = Relay(self.relay.store, LocalFanout(), Rules())
        answer = wire.encode(at_once(core.receive(question, self.relay.now)))
        if self.left == 0:
            raise OfflineError  # what is cut short gets no answer through
        return read_answer(self.through(answer))

    def through(self, data: bytes) -> bytes:
        size = len(data) if self.left is None else min(self.left, len(data))
        self.passed += size
        if self.left is not None:
            self.left -= size
        return data[:size]


def two_people() -> tuple[MemoryRelay, Peer, Peer]:
    """One has put two records that the other has not read; both have one that waits."""
    relay, ada, max_ = MemoryRelay(), Peer("pair"), Peer("pair")
    for person in (ada, max_):
        person.sync(relay.ask)
    for text in TEXTS[:2]:
        max_.write(text)
    max_.sync(relay.ask)
    ada.write(TEXTS[2])
    max_.write(TEXTS[3])
    return relay, ada, max_


def every_byte() -> Iterator[int]:
    relay, ada, _ = two_people()
    whole = Wire(relay)
    ada.sync(whole.ask)
    yield from range(whole.passed)


@pytest.mark.timeout(120)
def test_a_connection_cut_at_any_byte_leaves_both_sides_whole() -> None:
    cut = 0
    for at in every_byte():
        relay, ada, max_ = two_people()
        with pytest.raises(OfflineError):
            ada.sync(Wire(relay, at).ask)
        assert set(ada.texts()) <= set(TEXTS)
        assert len(relay.blobs()) in {2, 3}  # all of a record, or nothing

        ada.sync(relay.ask)
        max_.sync(relay.ask)
        ada.sync(relay.ask)

        assert sorted(ada.texts()) == sorted(max_.texts()) == sorted(TEXTS)
        assert (ada.healed, max_.healed, len(relay.blobs())) == (0, 0, len(TEXTS))
        cut += 1
    assert cut > 1000
