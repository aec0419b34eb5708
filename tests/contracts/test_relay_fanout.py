"""What every carrier of hints promises inside one process; a new one is one line in ``FANOUTS``."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from harness.following import Follower
from inglenook_server.core.fanout import Fanout
from inglenook_server.fanouts import nats as fanouts
from inglenook_server.fanouts.local import LocalFanout
from inglenook_server.fanouts.nats import NatsFanout
from inglenook_server.stores.memory import MemoryStore

A, B = b"a" * 16, b"b" * 16


def local(_: pytest.FixtureRequest) -> Fanout:
    return LocalFanout()


def nats(request: pytest.FixtureRequest) -> Fanout:
    return NatsFanout(request.getfixturevalue("nats_url"), MemoryStore().lengths)


def nats_without_its_server(request: pytest.FixtureRequest) -> Fanout:
    # how long a close may take while the driver is just being refused a connection
    request.getfixturevalue("monkeypatch").setattr(fanouts, "_PAUSE_S", 0.05)
    return NatsFanout("nats://127.0.0.1:1", MemoryStore().lengths)


FANOUTS = [local, nats, nats_without_its_server]


@pytest_asyncio.fixture(params=FANOUTS, ids=lambda make: make.__name__)
async def fanout(request: pytest.FixtureRequest) -> AsyncIterator[Fanout]:
    make: Callable[[pytest.FixtureRequest], Fanout] = request.param
    made = make(request)
    await made.start()
    yield made
    await made.close()


async def test_a_hint_reaches_every_follower_of_its_mailbox_at_once_and_nobody_else(
    fanout: Fanout,
) -> None:
    one, both, other = Follower(fanout, A), Follower(fanout, A, B), Follower(fanout, B)

    fanout.publish({A: 4})

    assert [each.listen() for each in (one, both, other)] == [{A: 4}, {A: 4}, {}]


async def test_the_one_who_put_is_left_out(fanout: Fanout) -> None:
    putter, reader = Follower(fanout, A), Follower(fanout, A)

    fanout.publish({A: 1}, putter.subscriber)

    assert (putter.listen(), reader.listen()) == ({}, {A: 1})


async def test_who_left_hears_nothing_and_leaving_twice_is_harmless(fanout: Fanout) -> None:
    gone, stays = Follower(fanout, A), Follower(fanout, A)

    gone.leave()
    gone.leave()
    fanout.publish({A: 1})

    assert (gone.listen(), stays.listen()) == ({}, {A: 1})
