"""One run of a world from its seed; the shortened trace of a run that fails.

``python -m harness.world_run gate SEED ...`` runs seeds; ``--help`` says what else it can.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness import memory, world_acts, world_judge
from harness.devices import ORIGIN, Device
from harness.memory_relay import at_once
from harness.world import World
from harness.world_disk import Disks, FileDisks, MemoryDisks
from harness.world_people import Node, Text
from harness.world_relay import RelayNode
from harness.world_schedule import PROFILES, SLOTS, Step, parse, schedule
from harness.world_seams import SeededWraps, Wraps, seams
from inglenook_client.journal.home import Journal
from inglenook_client.stores import incarnation
from inglenook_client.stores.connection import Db
from inglenook_server.stores.memory import MemoryStore

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What one run came to."""

    seed: str
    trace: str
    """Hash of all that happened."""
    states: dict[str, str]
    events: int
    """How many different ones the devices hold at the end."""
    lines: list[str]
    error: str = ""
    """Why it failed; empty where it did not."""


def place() -> Path:
    """A new folder, in memory if this machine has such a place."""
    return Path(tempfile.mkdtemp(prefix="ink-", dir=memory.folder()))


@contextmanager
def _place() -> Iterator[Path]:
    folder = place()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- how it begins --------------------------------------------------------------------


async def begin(world: World) -> None:
    """Ada with two devices and Max with one share a space; both have their words."""
    ada = await Device.first(world.base, "Ada")
    max_ = await Device.first(world.base, "Max")
    for device in (ada, max_):
        world.words[device.journal.name] = await device.words()
    await max_.journal.recovery_test(world.words["Max"])
    tablet = await ada.second("tablet")
    await ada.pair_with(max_)
    world.nodes = {
        "ada": Node("ada", ada, "Ada's first"),
        "ada's second": Node("ada's second", tablet, "tablet"),
        "max": Node("max", max_, "Max's first"),
    }
    for node in (*world.nodes.values(), *world.nodes.values()):
        await world.sync(node)
        node.ids = await node.events()


@dataclass
class Begun:
    """A world in memory as it begins, to be copied."""

    base: Path
    disks: MemoryDisks
    store: MemoryStore
    words: dict[str, str]
    nodes: list[tuple[str, str, str, bytes]]
    """[slot, folder, label, key]."""
    texts: dict[str, Text]
    count: int
    now: int


def begun_at(base: Path) -> Begun:
    """Make one; once in a process is enough."""
    world = World("begin", base, MemoryDisks(), SeededWraps("begin"))
    with seams(world, base):
        at_once(begin(world))
        return at_once(freeze(world))


async def freeze(world: World) -> Begun:
    """Keep a world as it is, to be copied; it is not to be used itself any more."""
    assert isinstance(world.disks, MemoryDisks)
    for node in world.nodes.values():
        await node.device.change(_unplace)
    nodes = [(n.slot, n.name, n.label, n.device.key) for n in world.nodes.values()]
    relay = world.network.relays[ORIGIN].snapshot()
    return Begun(
        world.base, world.disks, relay, world.words, nodes, world.texts, world.count, world.now
    )


def _unplace(db: Db) -> None:
    """Let a database lie anywhere, so that no copy of it looks like a clone."""
    kept = incarnation.load(db)
    assert kept is not None
    incarnation.keep(db, msgspec.structs.replace(kept, inode=0))


async def thaw(begun: Begun, world: World) -> None:
    """Begin a world in memory with a copy."""
    disks = world.disks
    assert isinstance(disks, MemoryDisks)
    world.network.relays[ORIGIN] = RelayNode(ORIGIN, begun.store, RelayNode.new(ORIGIN).rules)
    world.network.relays[ORIGIN].roll_back(begun.store)
    world.words, world.count, world.now = dict(begun.words), begun.count, begun.now
    for slot, name, label, key in begun.nodes:
        disks.take(begun.disks, begun.base / name, world.base / name)
        node = world.nodes[slot] = Node(slot, Device(world.base / name), label)
        node.device.key = key
        node.device.journal = await Journal.open(node.device.home, key)
        node.ids = await node.events()
    by_slot = {node.slot: node for node in world.nodes.values()}
    for text in begun.texts.values():
        world.texts[text.words] = replace(text, by=by_slot[text.by.slot])


# --- one run --------------------------------------------------------------------------


def run(seed: str, steps: Sequence[Step], begun: Begun) -> Outcome:
    """In memory and in this thread, from a copy of ``begun``."""
    with _place() as base:
        disks = MemoryDisks()
        world = World(seed, base, disks, SeededWraps(seed))
        with seams(world, base):
            found = _outcome(world, lambda: at_once(_all(world, steps, begun)))
        disks.close()
        return found


async def _all(world: World, steps: Sequence[Step], begun: Begun) -> dict[str, str]:
    await thaw(begun, world)
    return await _live(world, steps)


async def _live(world: World, steps: Sequence[Step]) -> dict[str, str]:
    for step in steps:
        await world_acts.take(world, step)
    return await world_judge.judge(world)


def run_whole(seed: str, steps: Sequence[Step], wraps: Wraps, *, files: bool) -> Outcome:
    """From the very beginning, on disks of either kind, with any wraps."""
    with _place() as base, asyncio.Runner() as runner:
        disks: Disks = FileDisks() if files else MemoryDisks()
        world = World(seed, base, disks, wraps)
        world.in_one_thread = not files

        async def everything() -> dict[str, str]:
            await begin(world)
            try:
                return await _live(world, steps)
            finally:
                for node in (*world.nodes.values(), *world.removed):
                    await node.device.journal.close()

        def go(work: Coroutine[Any, Any, T]) -> T:
            return runner.run(work) if files else at_once(work)

        with seams(world, base):
            return _outcome(world, lambda: go(everything()))


def _outcome(world: World, live: Any) -> Outcome:
    states, error = dict[str, str](), ""
    try:
        states = live()
    except Exception:  # noqa: BLE001 - a run that fails is a finding, whatever it fails with
        error = traceback.format_exc()
    return Outcome(
        world.seed,
        world.trace.hexdigest(),
        states,
        len(set[bytes]().union(*(n.ids for n in (*world.nodes.values(), *world.removed)))),
        world.lines,
        error,
    )


# --- shortening -----------------------------------------------------------------------


def shorten(seed: str, steps: Sequence[Step], begun: Begun, *, seconds: float) -> list[Step]:
    """Leave out whatever a failure does not need, as long as there is time.

    First the end, then all that one device does or that is of one sort, then ever smaller
    stretches (Zeller's ddmin).
    """
    until = time.process_time() + seconds  # of work, however busy the machine is
    kind = _kind(run(seed, steps, begun).error)

    def fails(fewer: Sequence[Step]) -> bool:
        return time.process_time() < until and _kind(run(seed, fewer, begun).error) == kind

    kept = _beginning(list(steps), fails)
    for group in _groups(kept):
        fewer = [step for step in kept if step not in group]
        if fails(fewer):
            kept = fewer
    parts = 2
    while len(kept) >= 2 and parts <= 2 * len(kept) and time.process_time() < until:
        size = max(1, len(kept) // parts)
        cuts = (kept[:start] + kept[start + size :] for start in range(0, len(kept), size))
        shorter = next((fewer for fewer in cuts if fails(fewer)), None)
        kept, parts = (shorter, max(parts - 1, 2)) if shorter is not None else (kept, parts * 2)
    return kept


def _beginning(steps: list[Step], fails: Callable[[Sequence[Step]], bool]) -> list[Step]:
    low, high = 0, len(steps)
    while low + 1 < high:
        middle = (low + high) // 2
        if fails(steps[:middle]):
            high = middle
        else:
            low = middle
    return steps[:high]


def _groups(steps: Sequence[Step]) -> list[set[Step]]:
    sorts = {(step.act, step.trouble) for step in steps if step.trouble or step.act != "visit"}
    found = [{s for s in steps if (s.act, s.trouble) == sort} for sort in sorted(sorts)]
    return sorted([*found, *({s for s in steps if s.slot == x} for x in SLOTS)], key=len)[::-1]


def _kind(error: str) -> str:
    """What sort of failure it is: the place that noticed it."""
    places = [line for line in error.splitlines() if line.strip().startswith("File")]
    return places[-1].strip() if places else ""


# --- from the command line ------------------------------------------------------------


def report(found: Outcome, steps: Sequence[Step], begun: Begun, *, seconds: float) -> str:
    """What a failing run has to tell: its seed, why, and as few steps as were found to do."""
    fewer = shorten(found.seed, steps, begun, seconds=seconds) if seconds else list(steps)
    again = run(found.seed, fewer, begun)
    parts = [
        f"seed {found.seed} fails:",
        (again.error or found.error).strip(),
        f"what happened in {len(fewer)} of {len(steps)} steps:",
        *again.lines[-_TOLD:],
        f"seed {found.seed}; keep these lines in tests/simulation/past and run them with --steps:",
        *(step.line for step in fewer),
    ]
    return "\n".join(parts)


_TOLD = 200
"""Lines of what happened, at most."""


def _one(arguments: tuple[str, list[Step], float]) -> tuple[Outcome, float, str]:
    seed, steps, seconds = arguments
    begun = _begun()
    start = time.process_time()
    found = run(seed, steps, begun)
    took = time.process_time() - start
    told = report(found, steps, begun, seconds=seconds) if found.error else ""
    return found, took, told


@cache
def _begun() -> Begun:
    """Once in a process; nothing of it is read from its folder later but small files."""
    base = place()
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    return begun_at(base)


def main() -> int:
    """Run seeds; tells how each went."""
    parser = argparse.ArgumentParser(prog="python -m harness.world_run", description=main.__doc__)
    parser.add_argument("profile", choices=sorted(PROFILES))
    parser.add_argument("seeds", nargs="*", help="any words; each is one run")
    parser.add_argument("--fresh", type=int, default=0, help="so many new seeds as well")
    parser.add_argument("--steps", type=Path, nargs="*", default=[], help="runs kept as text")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--shorten", type=float, default=60, help="seconds of work a failure")
    parser.add_argument("--tell", action="store_true", help="all that happens")
    options = parser.parse_args()
    runs = [(file.stem, parse(file.read_text()), 0.0) for file in options.steps]
    seeds = [*options.seeds, *(os.urandom(4).hex() for _ in range(options.fresh))]
    profile = PROFILES[options.profile]
    runs += [(seed, schedule(seed, profile), options.shorten) for seed in seeds]
    failed, events, faults = list[str](), 0, 0
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        going = map(_one, runs) if options.jobs == 1 else pool.map(_one, runs)
        for (found, took, told), (_, steps, _s) in zip(going, runs, strict=True):
            struck = sum(step.is_fault for step in steps)
            events, faults = events + found.events, faults + struck
            line = f"{found.seed}: {found.events} events, {struck} faults in {len(steps)} steps"
            print(f"{line}, {took:.1f} s, trace {found.trace[:24]}", flush=True)
            if options.tell:
                print("\n".join(found.lines))
            if told:
                failed.append(found.seed)
                print(told, flush=True)
    print(f"{len(runs)} runs, {events} events, {faults} faults, {len(failed)} failed", *failed)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
