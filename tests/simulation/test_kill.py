"""kill -9 at every durable step, on the device and at the relay: never half, never lost.

In the gate at a third of them, in ``make night`` at all.
"""

import os
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from harness import world_acts, world_judge
from harness.devices import ORIGIN
from harness.memory_relay import at_once
from harness.world import World
from harness.world_disk import MemoryDisks, Trouble
from harness.world_people import Node
from harness.world_relay import Mishap, RelayNode
from harness.world_run import Begun, begun_at, freeze, place, thaw
from harness.world_schedule import Step
from harness.world_seams import SeededWraps, seams
from inglenook_client.transports.errors import OfflineError

pytestmark = pytest.mark.timeout(300)
Work = Callable[[World, Node], Awaitable[None]]
NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
SECOND = "https://second.example"


# --- what is killed -------------------------------------------------------------------


async def writes_and_sends(world: World, node: Node) -> None:
    dice = world.step_is("writes")
    for _ in range(2):
        await world_acts.say(world, node, dice)
    await world.sync(node)


async def takes_in(world: World, node: Node) -> None:
    await world.sync(node)


async def erases_deeply(world: World, node: Node) -> None:
    step = Step(7, 0, 0, node.slot, "erase")
    await world_acts.erase(world, node, step, world.step_is("erases"))
    await world.sync(node)


async def removes_a_device(world: World, node: Node) -> None:
    """As its person would: again, until it is done."""
    other = world.nodes["ada's second"]
    step = Step(8, 0, 0, node.slot, "the device is removed")
    world.nodes["ada's second"] = other
    await world_acts.removed(world, node, step, world.step_is("removes"))


async def moves_to_another_relay(world: World, node: Node) -> None:
    world.network.relays.setdefault(SECOND, RelayNode.new(SECOND))
    origins = [relay.origin for relay in await node.device.journal.relays() if not relay.left]
    if origins == [ORIGIN]:
        await world.attempt(node, lambda: node.device.journal.move_relay(ORIGIN, SECOND))
    await world.sync(node)


async def invites_somebody(world: World, node: Node) -> None:
    async def invite() -> None:
        try:
            await node.device.journal.pair_invite(role="mentor", via=False)
        except OfflineError:
            world.note("  not out yet")

    await world.attempt(node, invite)


async def restores(world: World, node: Node) -> None:
    """Max has nothing but his words."""
    if not node.restoring:
        step = Step(9, 0, 0, "max", "the device is lost")
        await world_acts.lost(world, node, step, world.step_is("restores"))
    else:
        await world_acts.sync(world, node)


WORK = [
    pytest.param(writes_and_sends, "ada", id="writing and sending"),
    pytest.param(takes_in, "max", id="taking in"),
    pytest.param(erases_deeply, "ada", id="erasing"),
    pytest.param(removes_a_device, "ada", id="removing a device"),
    pytest.param(moves_to_another_relay, "ada", id="moving to another relay"),
    pytest.param(invites_somebody, "max", id="inviting"),
]


# --- the worlds -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def begun() -> Iterator[Begun]:
    """Everybody has something that the others have, and something that waits."""
    base = place()
    for name in ("begin", "busy"):
        (base / name).mkdir()
    start = begun_at(base / "begin")
    world = World("busy", base / "busy", MemoryDisks(), SeededWraps("busy"))

    async def live() -> Begun:
        await thaw(start, world)
        for node in [*world.nodes.values()] * 2:
            await writes_and_sends(world, node)
        for slot in ("ada's second", "max", "ada"):
            await world_acts.say(world, world.nodes[slot], world.step_is(f"waits at {slot}"))
        await world.sync(world.nodes["ada's second"])
        return await freeze(world)

    with seams(world, base):
        frozen = at_once(live())
    yield frozen
    for kept in (start, frozen):
        kept.disks.close()
    shutil.rmtree(base)


def try_it(
    begun: Begun, base: Path, work: Work, slot: str, strike: Callable[[World, Node], None]
) -> tuple[int, int]:
    """Let it strike, go on as people do, and judge; [durable steps here, at the relay]."""
    disks = MemoryDisks()
    world = World("killed", base, disks, SeededWraps("killed"))

    async def live() -> tuple[int, int]:
        await thaw(begun, world)
        node = world.nodes[slot]
        health, relay = disks.health(node.device.home), world.network.relays[ORIGIN]
        before = health.steps, relay.steps
        strike(world, node)
        await work(world, node)
        steps = health.steps - before[0], relay.steps - before[1]
        world.calm()
        health.mend()
        await world_judge.judge(world, patience=NIGHT)
        return steps

    base.mkdir()
    with seams(world, base):
        found = at_once(live())
    disks.close()
    return found


def places(steps: int) -> list[int]:
    """Every step at night; in the gate a third of them, others each time."""
    return [*range(steps)] if NIGHT else [*range(secrets.randbelow(3), steps, 3)]


@pytest.mark.parametrize(("work", "slot"), WORK)
def test_a_device_that_is_killed_at_any_durable_step_goes_on(
    work: Work, slot: str, begun: Begun, tmp_path: Path
) -> None:
    steps, _ = try_it(begun, tmp_path / "whole", work, slot, lambda *_: None)
    assert steps >= 3

    for at in places(steps):
        for trouble in (Trouble.KILLED_BEFORE, Trouble.KILLED_AFTER):

            def strike(world: World, node: Node, at: int = at, how: Trouble = trouble) -> None:
                world.disks.health(node.device.home).plan(how, at)

            try_it(begun, tmp_path / f"{at} {trouble}", work, slot, strike)


@pytest.mark.parametrize(("work", "slot"), WORK)
def test_a_relay_that_is_killed_at_any_durable_step_goes_on(
    work: Work, slot: str, begun: Begun, tmp_path: Path
) -> None:
    _, steps = try_it(begun, tmp_path / "whole", work, slot, lambda *_: None)

    for at in places(steps):
        for mishap in (Mishap.KILLED_BEFORE, Mishap.KILLED_AFTER):

            def strike(world: World, node: Node, at: int = at, how: Mishap = mishap) -> None:
                assert node
                world.network.relays[ORIGIN].plan(how, at)

            try_it(begun, tmp_path / f"{at} {mishap}", work, slot, strike)
