"""What a ``kill -9`` leaves behind, at every step of something that is done only once.

A killed process runs no code of ours any more: no ``except``, no rollback. What it leaves is
what the system holds of its files at that moment, and what relays took from it until then.
So a deed runs to its end and is photographed at each step; each photograph is then put back,
byte by byte into the same files, and opened as the next command would open it.

    the end of a write      before and after its commit
    a question to a relay   as it leaves, and when its answer is there
    a file of our own       before and after each call that writes, renames or takes one away
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest

from harness.devices import Net
from inglenook_client.journal import incarnation
from inglenook_client.stores import connection
from inglenook_client.stores.connection import Db
from inglenook_client.transports import folder_files, pack_file
from inglenook_schema import record
from inglenook_schema.wire import ToClient, ToRelay
from inglenook_server.stores.memory import MemoryStore

T = TypeVar("T")
_NOT_KEPT = ("-shm",)
"""Says nothing that is not in the log beside it, and differs after each read."""
_FILE_CALLS = frozenset({"write", "ftruncate", "fsync", "rename", "unlink", "mkdir"})


def files_below(*places: Path) -> dict[Path, bytes]:
    """Every plain file at or below these places."""
    found = [place for place in places if place.is_file()]
    found += [path for place in places if place.is_dir() for path in place.rglob("*")]
    return {path: path.read_bytes() for path in found if path.is_file()}


def put_back(files: dict[Path, bytes], *places: Path) -> None:
    """Let there be exactly these files; each keeps its number, as after a kill."""
    for path in files_below(*places):
        if path not in files:
            path.unlink()
    for path, data in files.items():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.truncate()


def _same(old: bytes | None, new: bytes) -> bytes:
    return old if old is not None and old == new else new


@dataclass
class Photograph:
    """One moment."""

    step: str
    files: dict[Path, bytes]
    relays: dict[str, MemoryStore]
    saved: frozenset[str]
    """What the deed had been told is saved."""
    on_the_way: set[bytes] = field(default_factory=set)
    """Names of the records in questions that left at this moment."""


@dataclass
class Camera:
    """Photographs these places, and all relays, while it is on."""

    net: Net
    places: tuple[Path, ...]
    taken: list[Photograph] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)
    """What was saved: the deed says so itself, as soon as it knows."""
    _sent: int = 0
    _last: object = None
    _busy: bool = False

    def shoot(self, step: str, on_the_way: set[bytes] | None = None) -> None:
        """Keep this moment, unless nothing changed since the last."""
        if self._busy:
            return
        self._busy = True
        try:
            files = self._look()
        finally:
            self._busy = False
        seen = {path: data for path, data in files.items() if not path.name.endswith(_NOT_KEPT)}
        now = (seen, self._sent, frozenset(self.saved))
        if now != self._last:
            self._last = now
            stores = {origin: relay.snapshot() for origin, relay in self.net.relays.items()}
            self.taken.append(Photograph(step, files, stores, frozenset(self.saved)))
        self.taken[-1].on_the_way |= on_the_way or set()

    def _look(self) -> dict[Path, bytes]:
        """What is there now; what did not change is kept once."""
        before = self.taken[-1].files if self.taken else {}
        now = files_below(*self.places)
        return {path: _same(before.get(path), data) for path, data in now.items()}

    @contextmanager
    def on(self) -> Iterator[Camera]:
        """Photograph each step of what is done inside."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connection, "_unit", self._watched(connection._unit))
            patch.setattr(self.net, "ask", self._asking(self.net.ask))
            for module in (incarnation, folder_files, pack_file):
                patch.setattr(module, "os", _Watched(self, os))
            self.shoot("before anything")
            yield self
            self.shoot("after everything")

    def _watched(self, unit: Callable[..., T]) -> Callable[..., T]:
        def watched(db: sqlite3.Connection, begin: str, work: Callable[[Db], T]) -> T:
            if begin == "BEGIN" or not self._is_here(db):
                return unit(db, begin, work)

            def and_shoot(db: Db) -> T:
                result = work(db)
                self.shoot("before a commit")
                return result

            done = unit(db, begin, and_shoot)
            self.shoot("after a commit")
            return done

        return watched

    def _is_here(self, db: sqlite3.Connection) -> bool:
        file = Path(db.execute("PRAGMA database_list").fetchone()[2])
        return any(file.is_relative_to(place) for place in self.places)

    def _asking(self, ask: Callable[[str, ToRelay], ToClient]) -> Callable[..., ToClient]:
        def asking(origin: str, frame: ToRelay) -> ToClient:
            self.shoot("before a question", {record.rid(put.blob) for put in frame.put})
            answer = ask(origin, frame)
            if frame.put or frame.make or frame.erase:
                self._sent += 1
                self.shoot("before its answer was heard")
            return answer

        return asking


class _Watched:
    """Stands where a module's ``os`` stands."""

    def __init__(self, camera: Camera, real: ModuleType) -> None:
        self._camera, self._real = camera, real

    def __getattr__(self, name: str) -> object:
        found = getattr(self._real, name)
        if name not in _FILE_CALLS:
            return found

        def call(*args: object, **named: object) -> object:
            self._camera.shoot(f"before a {name}")
            result = found(*args, **named)
            self._camera.shoot(f"after a {name}")
            return result

        return call
