"""Data folders of simulated devices, whose disk fails on demand.

The journal runs its real statements and transactions; only where the pages lie differs.

    MemoryDisks   SQLCipher in memory, in the caller's thread: a world of years in seconds
    FileDisks     the product's own store over real files
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import sqlcipher3

from harness.devices import PowerCutError
from harness.memory_db import copy_of, open_memory
from inglenook_client.stores import connection
from inglenook_client.stores.connection import Db

T = TypeVar("T")


class Trouble(StrEnum):
    """What happens to one durable step."""

    KILLED_BEFORE = "killed before the commit"
    KILLED_AFTER = "killed after the commit"
    FULL = "disk full"
    READ_ONLY = "disk read-only"
    FSYNC = "fsync failed"


_SAYS = {
    Trouble.FULL: "database or disk is full",
    Trouble.READ_ONLY: "attempt to write a readonly database",
    Trouble.FSYNC: "disk I/O error",
}
_LASTING = frozenset({Trouble.FULL, Trouble.READ_ONLY})


@dataclass
class Health:
    """How one device's disk is, and how often something was made durable there."""

    steps: int = 0
    trouble: Trouble | None = None
    at: int = 0
    """The durable step that it strikes; full and read-only disks stay so."""
    between: tuple[int, Callable[[], Awaitable[None]]] | None = None
    """What another process does on the same folder just before a durable step."""
    struck: bool = False
    dead: bool = False
    """The process has ended: whatever still unwinds can change nothing."""

    def plan(self, trouble: Trouble, after: int) -> None:
        """Let it strike after so many durable steps more."""
        self.trouble, self.at, self.struck = trouble, self.steps + after, False

    def mend(self) -> None:
        """Everything works again, in a process of its own."""
        self.trouble, self.between, self.dead = None, None, False

    def next_step(self) -> Trouble | None:
        """Begin a durable step; what is about to happen to it."""
        self.steps += 1
        if self.trouble is None or self.steps <= self.at:
            return None
        if self.steps > self.at + 1 and self.trouble not in _LASTING:
            return None
        self.struck = True
        return self.trouble


def _is_closed(health: Health) -> None:
    if health.dead:
        raise PowerCutError


def _checked(health: Health, trouble: Trouble | None, work: Callable[[Db], T]) -> Callable[[Db], T]:
    """The same work, which the trouble meets when all of it is done but the commit."""
    if trouble is None or trouble is Trouble.KILLED_AFTER:
        return work

    def meets(db: Db) -> T:
        before = db.total_changes
        result = work(db)
        if trouble is Trouble.KILLED_BEFORE:
            health.dead = True
            raise PowerCutError
        if trouble is Trouble.READ_ONLY or db.total_changes > before:
            raise sqlcipher3.OperationalError(_SAYS[trouble])
        return result

    return meets


class Disks(Protocol):
    """Where the data folders of a world lie."""

    def store(self, path: Path, key: bytes) -> connection.Store:
        """What stands where the journal makes its store."""
        ...

    def health(self, home: Path) -> Health:
        """Of the disk that a folder lies on."""
        ...

    def copy(self, home: Path, to: Path) -> None:
        """Copy a closed data folder over another place."""
        ...

    def drop(self, home: Path) -> None:
        """Lose a data folder."""
        ...


class MemoryStore:
    """The store's three methods over a database in memory, in the caller's thread."""

    def __init__(self, path: Path, disks: MemoryDisks) -> None:
        """Nothing is opened yet."""
        self.path = path
        self._disks = disks
        self._health = disks.health(path.parent)

    async def open(self) -> MemoryStore:
        """Find what lies there, or begin."""
        self.path.touch(mode=0o600)
        self._db = self._disks.database(self.path.parent)
        return self

    async def read(self, work: Callable[[Db], T]) -> T:
        """Run on one snapshot."""
        _is_closed(self._health)
        return connection._unit(self._db, "BEGIN", work)

    async def write(self, work: Callable[[Db], T], *, coming: int = 0) -> T:
        """Run, and keep all of it or nothing; no file is here that could be spared a part."""
        del coming
        return await _write(self._health, work, self._unit)

    async def _unit(self, work: Callable[[Db], T]) -> T:
        return connection._unit(self._db, "BEGIN IMMEDIATE", work)

    async def close(self) -> None:
        """The database stays: it is the disk."""


async def _write(
    health: Health, work: Callable[[Db], T], unit: Callable[[Callable[[Db], T]], Awaitable[T]]
) -> T:
    _is_closed(health)
    if health.between is not None and health.steps >= health.between[0]:
        other, health.between = health.between[1], None
        await other()
    trouble = health.next_step()
    result = await unit(_checked(health, trouble, work))
    if trouble is Trouble.KILLED_AFTER:
        health.dead = True
        raise PowerCutError
    return result


class MemoryDisks:
    """Databases in memory; beside each lies a real folder with its small files."""

    def __init__(self) -> None:
        """No folder yet."""
        self._databases = dict[Path, Db]()
        self._health = dict[Path, Health]()

    def store(self, path: Path, _key: bytes) -> connection.Store:
        """See :class:`Disks`."""
        return MemoryStore(path, self)  # type: ignore[return-value]

    def health(self, home: Path) -> Health:
        """See :class:`Disks`."""
        return self._health.setdefault(home, Health())

    def database(self, home: Path) -> Db:
        """The pages of one folder."""
        if home not in self._databases:
            self._databases[home] = open_memory()
        return self._databases[home]

    def copy(self, home: Path, to: Path) -> None:
        """See :class:`Disks`."""
        copied = copy_of(self._databases[home])
        self.drop(to)
        shutil.copytree(home, to)
        self._databases[to] = copied

    def take(self, other: MemoryDisks, home: Path, to: Path) -> None:
        """Copy a folder that lies on the disks of another world."""
        shutil.copytree(home, to)
        self._databases[to] = copy_of(other.database(home))

    def drop(self, home: Path) -> None:
        """See :class:`Disks`."""
        shutil.rmtree(home, ignore_errors=True)
        if home in self._databases:
            self._databases.pop(home).close()

    def close(self) -> None:
        """Let go of all of them."""
        for home in [*self._databases]:
            self.drop(home)


class FileStore(connection.Store):
    """The product's own store, with the same troubles."""

    health: Health

    async def read(self, work: Callable[[Db], T]) -> T:
        """Run on one snapshot."""
        _is_closed(self.health)
        return await super().read(work)

    async def write(self, work: Callable[[Db], T], *, coming: int = 0) -> T:
        """Run, and keep all of it or nothing."""
        return await _write(self.health, work, partial(super().write, coming=coming))


class FileDisks:
    """Real SQLCipher files."""

    def __init__(self) -> None:
        """No folder yet."""
        self._health = dict[Path, Health]()

    def store(self, path: Path, key: bytes) -> connection.Store:
        """See :class:`Disks`."""
        store = FileStore(path, key)
        store.health = self.health(path.parent)
        return store

    def health(self, home: Path) -> Health:
        """See :class:`Disks`."""
        return self._health.setdefault(home, Health())

    def copy(self, home: Path, to: Path) -> None:
        """See :class:`Disks`."""
        self.drop(to)
        shutil.copytree(home, to)

    def drop(self, home: Path) -> None:
        """See :class:`Disks`."""
        shutil.rmtree(home, ignore_errors=True)

    def close(self) -> None:
        """The files stay where they are."""
