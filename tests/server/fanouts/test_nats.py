"""Hints from one process of a relay to another, through a real NATS server."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager

import nats
import pytest

from harness.cutting_proxy import cutting_proxy
from harness.following import Follower
from harness.nats_server import NatsServer
from inglenook_server.core.errors import StoreUnavailableError
from inglenook_server.fanouts import nats as fanouts
from inglenook_server.fanouts.nats import SUBJECT, NatsFanout

A, B = b"a" * 16, b"b" * 16


class Lengths:
    """Stands for the store that both processes share."""

    def __init__(self) -> None:
        self.of: dict[bytes, int] = {}
        self.failures = 0

    async def __call__(self, addresses: Collection[bytes]) -> dict[bytes, int]:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailableError("gone")
        return {a: n for a, n in self.of.items() if a in addresses}


class Reports:
    """What an operator would read, and waiting for it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._more = asyncio.Event()

    def __call__(self, reason: str) -> None:
        self.said.append(reason)
        self._more.set()

    async def until(self, word: str) -> None:
        async with asyncio.timeout(30):
            while not any(word in reason for reason in self.said):
                self._more.clear()
                await self._more.wait()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer and a server that is away are waited for as before, only not as long."""
    monkeypatch.setattr(fanouts, "_ANSWER_S", 1)
    monkeypatch.setattr(fanouts, "_PAUSE_S", 0.05)


@pytest.fixture
def own_server(nats_program: NatsServer) -> Iterator[NatsServer]:
    """A server that this test may stop."""
    yield nats_program
    nats_program.kill()


@asynccontextmanager
async def process(url: str, lengths: Lengths) -> AsyncIterator[tuple[NatsFanout, Reports]]:
    """A fan-out that has found its server."""
    reports = Reports()
    fanout = NatsFanout(url, lengths, reports)
    await fanout.start()
    try:
        await reports.until("is there")
        yield fanout, reports
    finally:
        await fanout.close()


@asynccontextmanager
async def two_processes(url: str) -> AsyncIterator[tuple[NatsFanout, NatsFanout]]:
    """Two of one relay."""
    async with process(url, Lengths()) as (here, _), process(url, Lengths()) as (there, _):
        yield here, there


async def test_a_hint_reaches_followers_in_other_processes(nats_url: str) -> None:
    async with two_processes(nats_url) as (here, there):
        reader, other = Follower(there, A), Follower(there, B)

        here.publish({A: 3})
        await reader.until(A, 3)
        here.publish({B: 1})
        await other.until(B, 1)

    assert (reader.listen(), other.listen()) == ({A: 3}, {B: 1})


async def test_what_was_on_its_way_and_what_grew_since_are_told_when_the_way_is_there_again(
    nats_url: str,
) -> None:
    """The other process hears all the while, and need not look."""
    async with cutting_proxy(int(nats_url.rpartition(":")[2])) as way:
        hinted = process(way.origin.replace("http", "nats"), Lengths())
        async with hinted as (here, said), process(nats_url, Lengths()) as (there, _):
            reader = Follower(there, A, B)
            way.arm(0)
            here.publish({A: 8})
            await said.until("is gone")
            assert not here.connected
            for n in range(1, 1_000):
                here.publish({B: n})
            way.arm(None)
            await reader.until(A, 8)
            await reader.until(B, 999)

    assert way.cuts
    assert [reason.split(";")[0] for reason in said.said[:2]] == [
        "The hints' server is there.",
        "The hints' server is gone",
    ]


async def test_who_was_cut_off_looks_in_the_store_until_that_answers(
    own_server: NatsServer,
) -> None:
    """As when the process that put was killed before it could tell."""
    own_server.start()
    lengths = Lengths()
    async with process(own_server.url, lengths) as (there, heard):
        reader = Follower(there, A)
        own_server.kill()
        await heard.until("is gone")

        lengths.of, lengths.failures = {A: 12, B: 4}, 1
        own_server.start()
        await reader.until(A, 12)

    assert reader.listen() == {A: 12}


async def test_a_relay_starts_without_the_server_and_finds_it_later(
    own_server: NatsServer,
) -> None:
    own_server.start()
    own_server.kill()
    lengths = Lengths()
    reports = Reports()
    late = NatsFanout(own_server.url, lengths, reports)
    await late.start()
    try:
        await reports.until("cannot be reached")
        late.publish({A: 5})
        own_server.start()
        await reports.until("is there")
        async with process(own_server.url, lengths) as (there, _):
            reader = Follower(there, A)
            late.publish({A: 6})
            await reader.until(A, 6)
    finally:
        await late.close()


async def test_too_much_to_tell_becomes_look_for_yourselves(
    own_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanouts, "MAX_OUTGOING", 100)
    own_server.start()
    lengths = Lengths()
    async with process(own_server.url, lengths) as (here, said):
        own_server.kill()
        await said.until("is gone")
        lengths.of = {n.to_bytes(16, "big"): 2 for n in range(1, 200)}
        for address in lengths.of:
            here.publish({address: 2})
        assert len(here._outgoing) <= 100
        own_server.start()
        async with process(own_server.url, lengths) as (there, _):
            reader = Follower(there, (1).to_bytes(16, "big"))
            await reader.until((1).to_bytes(16, "big"), 2)


async def test_other_things_on_the_subject_are_passed_over(nats_url: str) -> None:
    async with two_processes(nats_url) as (here, there):
        reader = Follower(there, A)
        stranger = await nats.connect(nats_url)
        await stranger.publish(SUBJECT, b"\xc1 not a hint")
        await stranger.close()

        here.publish({A: 1})
        await reader.until(A, 1)
