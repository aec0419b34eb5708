"""One process syncs a data folder; others ask it to, and wait for it.

lock    an flock on ``sync.lock`` in the data folder: gone with the process, however it ends
socket  0600 in the runtime directory; a line asks, a line answers

sync  ->  the JSON of the report of a round that began after the question
poke  ->  nothing; something new was written here
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec

from inglenook_client.journal.model import Report
from inglenook_client.keys import rendezvous
from inglenook_client.stores.errors import BusyStoreError, CannotStoreError

_RETRY_S = 0.05
_TRIES = 2_400
_ASK = b"sync\n"
_POKE = b"poke\n"
_POKE_S = 0.2


class Turn:
    """The right to sync, while it is held."""

    def __init__(self, home: Path) -> None:
        """Nothing is held yet."""
        self._home = home
        self._lock = -1
        self._server: asyncio.Server | None = None
        self._path: Path | None = None
        self._asking = list[asyncio.Future[Report]]()
        self._serving = set[asyncio.Task[None]]()
        self.asked = asyncio.Event()
        """Set when another process asked for a sync, or wrote something."""

    def try_take(self) -> bool:
        """Take the right if nobody has it.

        Raises:
            CannotStoreError: The data folder cannot be written.
        """
        try:
            lock = os.open(self._home / "sync.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            raise CannotStoreError from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    async def listen(self) -> None:
        """Let other processes ask; without a safe place for a socket they just wait."""
        path = _socket(self._home)
        if path is None:
            return
        path.unlink(missing_ok=True)
        try:
            # in a folder of this person's alone; a umask would hold for other threads too
            self._server = await asyncio.start_unix_server(self._greet, path)
            path.chmod(0o600)
            self._path = path
        except OSError:
            self._server = None

    async def release(self) -> None:
        """Give the right back; who still waits finds the lock free."""
        if self._server is not None:
            self._server.close()
            if self._path is not None:
                self._path.unlink(missing_ok=True)
        for waiting in self._asking:
            waiting.cancel()
        if self._serving:  # answers that are on their way out
            await asyncio.wait(self._serving, timeout=_POKE_S)
        for serving in self._serving:
            serving.cancel()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def serve(self, work: Callable[[], Awaitable[Report]]) -> Report:
        """Work once, and again for those who asked meanwhile; returns the first report."""
        first = await self.once(work)
        while self._asking:
            await self.once(work)
        return first

    async def once(self, work: Callable[[], Awaitable[Report]]) -> Report:
        """One round for everybody who asked before it began."""
        asking, self._asking = self._asking, []
        self.asked.clear()
        try:
            report = await work()
        except BaseException:
            for waiting in asking:
                waiting.cancel()
            raise
        for waiting in asking:
            if not waiting.done():
                waiting.set_result(report)
        return report

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve in a task of our own: asyncio's tells standard error when it is cancelled."""
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        serving.add_done_callback(lambda _: writer.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError, ValueError):
            line = await reader.readline()
            if line == _ASK:
                waiting = asyncio.get_running_loop().create_future()
                self._asking.append(waiting)
                self.asked.set()
                report = await waiting
                writer.write(msgspec.json.encode(report) + b"\n")
                await writer.drain()
            elif line == _POKE:
                self.asked.set()


def _socket(home: Path) -> Path | None:
    path = rendezvous.make_socket_path(home)
    return path.with_suffix(".sync") if path else None


async def ask(home: Path) -> Report | None:
    """Ask the process that syncs this folder; None where it ended without an answer."""
    path = _socket(home)
    if path is None:
        return None
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return None
    try:
        writer.write(_ASK)
        line = await reader.readline()
        return msgspec.json.decode(line, type=Report) if line else None
    except (OSError, msgspec.MsgspecError):
        return None
    finally:
        writer.close()


def poke(home: Path) -> None:
    """Tell the process that syncs this folder, if there is one, that something is new."""
    for folder, path in _doors(home, os.environ.get("XDG_RUNTIME_DIR", "")):
        if not os.access(path, os.F_OK) or not rendezvous.is_private(folder):
            continue
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_POKE_S)
            line.connect(path)
            line.sendall(_POKE)


@lru_cache(maxsize=16)
def _doors(home: Path, _runtime: str) -> tuple[tuple[Path, str], ...]:
    """Where the process that syncs this folder may listen: [folder, socket in it].

    Kept, since every entry that is saved looks here, and links take long to follow.
    """
    name = Path(rendezvous.socket_name(home)).with_suffix(".sync")
    return tuple((folder, str(folder / name)) for folder in rendezvous.folders())


async def in_turn(home: Path, work: Callable[[], Awaitable[Report]]) -> Report:
    """Sync now, or have the process that is at it do it.

    Raises:
        BusyStoreError: Another process holds the right for minutes and does not answer.
    """
    for _try in range(_TRIES):
        turn = Turn(home)
        if turn.try_take():
            try:
                await turn.listen()
                return await turn.serve(work)
            finally:
                await turn.release()
        report = await ask(home)
        if report is not None:
            return report
        with suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), _RETRY_S)
    raise BusyStoreError
