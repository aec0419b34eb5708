"""A world: two people, their devices, their relays, years of it, and whatever goes wrong.

One seed is one run. Everything is the product but for the seams (``world_seams``) and what
fails on demand (``world_disk``, ``world_network``, ``world_relay``); people do what the
schedule says (``world_schedule``), and afterwards the judge looks (``world_judge``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import TypeVar

from harness.devices import ORIGIN, PowerCutError
from harness.world_disk import Disks, Trouble
from harness.world_network import Network, Way
from harness.world_people import Node, Text
from harness.world_relay import Mishap, RelayNode
from harness.world_seams import Wraps
from inglenook_client.journal import incarnation
from inglenook_client.journal.home import Journal
from inglenook_client.journal.model import Report
from inglenook_client.stores.connection import Store
from inglenook_client.stores.errors import CannotStoreError
from inglenook_client.transports.errors import OfflineError
from inglenook_schema.wire import ToClient, ToRelay
from inglenook_server.core.changes import Now
from inglenook_server.stores.memory import MemoryStore

T = TypeVar("T")
BEGINS_MS = 1_767_225_600_000
"""The first of January 2026."""
DAY_MS = 86_400_000
EXIT_CANNOT_STORE = 5


class World:
    """All of it, and the one process that runs at a time."""

    def __init__(self, seed: str, base: Path, disks: Disks, wraps: Wraps) -> None:
        """Nobody is there yet.

        Args:
            seed: All chance follows from it.
            base: Where data folders go.
            disks: What is on them.
            wraps: What seals secrets to keys.
        """
        self.seed, self.base, self.disks, self.wraps = seed, base, disks, wraps
        self.in_one_thread = True
        self.now = self.begins = BEGINS_MS
        self.network = Network({ORIGIN: RelayNode.new(ORIGIN)}, note=self.note)
        self.nodes = dict[str, Node]()
        """Who is at each slot."""
        self.removed = list[Node]()
        """Devices that do not belong any more and are still there."""
        self.lost = list[Node]()
        """Those whose disk is gone."""
        self.backups = dict[str, MemoryStore]()
        """An older state of each relay, by origin."""
        self.relay_losses = 0
        self.words = dict[str, str]()
        """Of each person's recovery kit."""
        self.texts = dict[str, Text]()
        self.count = 0
        self.trace = hashlib.sha256()
        self.lines = list[str]()
        """What happened, for a person to read."""
        self.running: Node | None = None
        self._dice = Random(0)
        self.step_is("setting up")

    # --- what the product finds around it (world_seams.Machine) ---

    def now_ms(self) -> int:
        """Each look at the clock takes a millisecond."""
        self.now += 1
        return self.now + (self.running.skew_ms if self.running else 0)

    def random_bytes(self, n: int) -> bytes:
        """Of the step that is on."""
        return self._dice.randbytes(n)

    def store(self, path: Path, key: bytes) -> Store:
        """On the disks of this world."""
        return self.disks.store(path, key)

    async def exchange(self, origin: str, frame: ToRelay) -> ToClient:
        """Over its network."""
        slot = self.running.slot if self.running else ""
        return await self.network.exchange(slot, origin, frame, self.relay_now())

    # --- time and trace ---

    @property
    def today(self) -> int:
        """Day number."""
        return self.now // DAY_MS

    def relay_now(self) -> Now:
        """What relays without a fault take the time to be."""
        return Now(self.today, self.now // 60_000)

    def step_is(self, name: str) -> Random:
        """Begin a step: its dice, and those of the person who does it."""
        self._dice = Random(f"{self.seed} {name}")
        return Random(f"{self.seed} {name}, by hand")

    def note(self, line: str) -> None:
        """Something happened; it is part of the trace."""
        self.lines.append(line)
        self.trace.update(line.encode() + b"\n")

    # --- devices ---

    async def as_node(self, node: Node, work: Callable[[], Awaitable[T]]) -> T:
        """Run something with a device's clock and network."""
        before, self.running = self.running, node
        try:
            return await work()
        finally:
            self.running = before

    async def attempt(self, node: Node, work: Callable[[], Awaitable[T]]) -> T | None:
        """Run something on a device whose disk or process may fail; mends it afterwards.

        Returns:
            What came of it; None where the process ended, or could not store it.
        """
        health = self.disks.health(node.device.home)
        killed, refused = False, None
        try:
            return await self.as_node(node, work)
        except PowerCutError:
            killed = True
            self.note("  killed")
        except CannotStoreError as error:
            self.note(f"  cannot store: exit code {error.exit_code}")
            refused = error
        finally:
            health.mend()
        if killed:
            await self.reopen(node)
        if refused is not None:
            assert health.struck, "the disk was sound"
            assert refused.exit_code == EXIT_CANNOT_STORE
        return None

    async def reopen(self, node: Node) -> None:
        """Start the program again; what was durable is there."""
        await node.device.journal.close()

        async def opened() -> Journal:
            return await Journal.open(node.device.home, node.device.key)

        node.device.journal = await self.as_node(node, opened)
        await self.keeps(node)

    async def keeps(self, node: Node) -> None:
        """Nothing that was durable on a device is gone."""
        now = await node.events()
        assert node.ids <= now, f"{len(node.ids - now)} events are gone from {node.name}"
        node.ids = now

    async def sync(self, node: Node) -> Report | None:
        """What one sync came to; None where the process ended over it."""
        steps = self.disks.health(node.device.home).steps
        report = await self.attempt(node, node.device.sync)
        steps = self.disks.health(node.device.home).steps - steps
        if report is None:
            return None
        assert len(report.news) == len(set(report.news)), report.news
        node.said += report.news
        self.note(
            f"  {node.name}: sent {report.sent}, received {report.received}, {steps} steps"
            + (", offline" if report.offline else "")
            + "".join(f"\n    {sentence}" for sentence in report.news)
        )
        return report

    def lose(self, node: Node) -> None:
        """A folder is gone for good."""
        self.disks.drop(node.device.home)
        self.disks.drop(self.copy_of(node))

    def copy_of(self, node: Node) -> Path:
        """Where the copy of a device's folder lies."""
        return self.base / f"copy of {node.name}"

    # --- what strikes a visit ---

    def plan(self, node: Node, trouble: str, after: int) -> None:
        """Let something go wrong during what comes next."""
        if trouble in set(Trouble):
            self.disks.health(node.device.home).plan(Trouble(trouble), after)
        elif trouble in set(Way):
            self.network.plan(Way(trouble), after)
        elif trouble in set(Mishap):
            for relay in self.network.relays.values():
                relay.plan(Mishap(trouble), after)
        elif trouble == "a short count file":
            self.disks.health(node.device.home).plan(Trouble.KILLED_AFTER, after)
            (node.device.home / incarnation.NAME).write_bytes(b"short")

    def calm(self) -> None:
        """Only what was planned for one visit is over."""
        self.network.calm()
        for relay in self.network.relays.values():
            relay.mishap = None


def offline(error: OfflineError) -> str:
    """A line for the trace."""
    return f"  could not: {error.code}"
