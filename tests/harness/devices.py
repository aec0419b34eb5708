"""Real journals in folders of their own, and relays in memory that they reach by address."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from harness import derived
from harness.logs import draw
from harness.memory_relay import MemoryRelay
from inglenook_client.journal import composing
from inglenook_client.journal.beginning import accept_device
from inglenook_client.journal.home import Journal, begin_restore
from inglenook_client.journal.model import Joined, Query, Report, Shown, Space
from inglenook_client.stores import incarnation
from inglenook_client.stores.connection import Db
from inglenook_client.transports import http
from inglenook_client.transports.address import check_relay
from inglenook_client.transports.errors import OfflineError
from inglenook_schema import suite
from inglenook_schema.events.goals import GoalRevised, GoalSet
from inglenook_schema.events.writing import EntryWritten
from inglenook_schema.wire import ToClient, ToRelay
from inglenook_server.stores.memory import MemoryStore

T = TypeVar("T")
ORIGIN = "https://relay.example"
_PLACES = ("XDG_RUNTIME_DIR", "XDG_STATE_HOME")


class PowerCutError(BaseException):
    """The process ends here; no code of ours may catch it and go on."""


class Net:
    """All relays that can be reached, and what happens on the way."""

    def __init__(self) -> None:
        """One relay at :data:`ORIGIN`."""
        self.relays: dict[str, MemoryRelay] = {ORIGIN: MemoryRelay()}
        self.power_cut_in: int | None = None
        """The process dies when this many answers more have come."""
        self.on_the_way: Callable[[ToRelay], None] = lambda _: None
        """Called with each question before it arrives."""

    @property
    def relay(self) -> MemoryRelay:
        """The one at :data:`ORIGIN`."""
        return self.relays[ORIGIN]

    def ask(self, origin: str, frame: ToRelay) -> ToClient:
        """Carry one frame there and back."""
        self.on_the_way(frame)
        relay = self.relays.get(origin)
        if relay is None:
            raise OfflineError
        answer = relay.ask(frame)
        if self.power_cut_in is not None:
            self.power_cut_in -= 1
            if self.power_cut_in < 0:
                self.power_cut_in = None
                raise PowerCutError
        return answer


@contextmanager
def network() -> Iterator[Net]:
    """Let every sync in this process go over relays in memory instead of HTTP."""
    net = Net()

    class Wire:
        """Stands where HttpRelay stands."""

        def __init__(self, origin: str) -> None:
            check_relay(origin)
            self.origin = origin

        async def __aenter__(self) -> Wire:
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

        async def exchange(self, frame: ToRelay) -> ToClient:
            return net.ask(self.origin, frame)

    slow = suite.argon2id
    real, before = http.HttpRelay, {name: os.environ.get(name) for name in _PLACES}
    folder = tempfile.mkdtemp(prefix="ink-", dir="/tmp")  # short: sockets lie in it
    os.environ.update(dict.fromkeys(_PLACES, folder))
    http.HttpRelay = Wire  # type: ignore[misc,assignment]
    suite.argon2id = derived.argon2id
    try:
        yield net
    finally:
        http.HttpRelay = real  # type: ignore[misc]
        suite.argon2id = slow
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(folder)


class Device:
    """One data folder with its journal open."""

    def __init__(self, home: Path) -> None:
        """Use :meth:`first` or :meth:`second`."""
        self.home = home
        self.key = draw(f"key of {home.name}")
        self.journal: Journal
        self.younger: list[Device] = []
        """Devices that this one let in; closed with it."""

    @classmethod
    async def first(cls, base: Path, name: str, *, relay: str | None = ORIGIN) -> Device:
        """A person's first device; the folder is called as the person is, in lower case."""
        device = cls(base / name.lower())
        device.home.mkdir(mode=0o700)
        device.journal = await Journal.create(
            *(device.home, device.key),
            name=name,
            relay=relay,
            voucher=None,
            device_label=f"{name}'s first",
        )
        return device

    @classmethod
    async def from_words(
        cls,
        base: Path,
        label: str,
        words: str,
        *,
        keep: tuple[str, ...] | None = (),
        relay: str = ORIGIN,
    ) -> Device:
        """An empty device that has begun a restore, and not gone on yet."""
        device = cls(base / label)
        device.home.mkdir()
        device.journal = await begin_restore(
            *(device.home, device.key),
            words=words,
            relay=relay,
            voucher=None,
            device_label=label,
            keep=keep,
        )
        return device

    async def words(self) -> str:
        """Those of the recovery kit."""
        return " ".join((await self.journal.recovery_make()).words)

    async def second(self, label: str) -> Device:
        """Another device of the same person, let in and synced once."""
        device, _ = await self.begin_second(label)
        await self.journal.device_approve(await self.knocked())
        await device.sync()
        return device

    async def begin_second(self, label: str) -> tuple[Device, Joined]:
        """Another device that has knocked, and what it saw then."""
        device = Device(self.home.parent / label)
        device.home.mkdir(mode=0o700)
        invited = await self.journal.device_add()
        joined = await accept_device(device.home, device.key, invited.link, device_label=label)
        device.journal = await Journal.open(device.home, device.key)
        self.younger.append(device)
        return device, joined

    async def pair_with(self, other: Device, *, via: bool = False) -> None:
        """Invite the other as mentor, and let them in."""
        invited = await self.journal.pair_invite(role="mentor", via=via)
        await other.journal.pair_join(invited.link)
        await self.journal.pair_approve(await self.knocked())
        await other.sync()

    async def knocked(self) -> int:
        """The number of the one knock that waits; its words, which cost time, are not asked."""
        await self.sync()
        ((number,),) = await self.read(
            lambda db: db.execute("SELECT number FROM knock WHERE state = 0").fetchall()
        )
        return int(number)

    async def close(self) -> None:
        """Close the database, and those of the devices that this one let in."""
        for device in (self, *self.younger):
            await device.journal.close()

    async def reopen(self) -> None:
        """Close and open again, as the next command does."""
        await self.journal.close()
        self.journal = await Journal.open(self.home, self.key)

    async def put_back(self, copy: Path) -> Device:
        """Open a copy of a data folder in the place of this one."""
        if self.home.exists():
            await self.journal.close()
            shutil.rmtree(self.home)
        shutil.copytree(copy, self.home)
        self.journal = await Journal.open(self.home, self.key)
        return self

    async def sync(self) -> Report:
        """Sync now."""
        return await self.journal.sync()

    async def pair(self) -> Space:
        """The only pair."""
        return await self.journal.space(None, pair=True)

    async def write(self, text: str) -> Shown:
        """An entry in the journal."""
        at, zone, date = composing.moment()
        entry = EntryWritten(at=at, zone=zone, date=date, text=text)
        return await self.journal.append(await self.journal.space(None), entry)

    async def share(self, title: str) -> Shown:
        """A goal in the only pair."""
        at, zone, date = composing.moment()
        goal = GoalSet(at=at, zone=zone, date=date, title=title)
        return await self.journal.append(await self.pair(), goal)

    async def revise(self, goal: bytes, title: str) -> Shown:
        """Give a goal of the only pair another title."""
        at, zone, date = composing.moment()
        revised = GoalRevised(at=at, zone=zone, date=date, goal=goal, title=title)
        return await self.journal.append(await self.pair(), revised)

    async def texts(self) -> list[str]:
        """Every text in the timeline, sorted: order across devices is by claimed time."""
        return sorted(shown.text for shown in await self.journal.log(Query()))

    async def states(self) -> dict[bytes, str]:
        """State hash by log id."""
        spaces = {space.name: space.log for space in await self.journal.spaces()}
        status = await self.journal.status()
        return {spaces[space.name]: space.state for space in status.spaces}

    async def read(self, work: Callable[[Db], T]) -> T:
        """Look into the database."""
        return await self.journal.store.read(work)

    async def change(self, work: Callable[[Db], T]) -> T:
        """Change the database by hand."""
        return await self.journal.store.write(work)


@dataclass(frozen=True)
class Template:
    """Ada's laptop and tablet, Max's PC and phone, a journal each and a pair: made once."""

    base: Path
    store: MemoryStore
    """What the relay holds."""

    @classmethod
    async def make(cls, base: Path) -> Template:
        """Let everybody in and sync until nothing is new; leaves closed folders."""
        with network() as net:
            ada, max_ = await Device.first(base, "Ada"), await Device.first(base, "Max")
            tablet = await ada.second("tablet")
            await ada.pair_with(max_)
            phone = await max_.second("phone")
            devices = (ada, tablet, max_, phone)
            await settle(*devices, rounds=4)
            for device in devices:  # each test moves them to a place of its own
                await device.change(_unplace)
            for device in (ada, max_):
                await device.close()
            return cls(base, net.relay.snapshot())

    async def unpack(self, net: Net, base: Path, *names: str) -> list[Device]:
        """The same devices again, in folders of their own, all of them open.

        Args:
            net: Its relay holds what the template's did.
            base: Where to.
            names: Of ``ada``, ``tablet``, ``max``, ``phone``.
        """
        net.relay.roll_back(self.store)
        return [await Device(base / name).put_back(self.base / name) for name in names]


def _unplace(db: Db) -> None:
    """Let a database lie anywhere, so that no copy of it looks like a clone."""
    kept = incarnation.load(db)
    assert kept is not None
    incarnation.keep(db, msgspec.structs.replace(kept, inode=0))


async def agree(*devices: Device) -> bool:
    """Whether all who hold a log hold the same of it."""
    seen = dict[bytes, set[str]]()
    for device in devices:
        for log, state in (await device.states()).items():
            seen.setdefault(log, set()).add(state)
    return all(len(states) == 1 for states in seen.values())


async def settle(*devices: Device, rounds: int = 3) -> None:
    """Everybody syncs, and again."""
    for device in devices * rounds:
        await device.sync()
