"""The agent process: holds one database key in memory, for a while (architecture 2).

Rule 1: the key lies in one page of memory that is not swapped, not dumped, never copied.
Rule 2: it is given to this user only, and only while all of this holds:
        time is left · the data folder is the one it was · the socket is still our own.
Rule 3: nothing is logged or written; standard input, output and error are /dev/null.

    start --fork, read, listen--> HOLDING --time up | lock | folder gone | signal--> wiped

Standard library only, so that it starts quickly and holds little else.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from inglenook_client import ambient
from inglenook_client.keys import rendezvous

_TICK_S: Final = 2.0
"""How often it looks whether the data folder is still there, asked or not."""

_CALLER_TIMEOUT_S: Final = 0.25
_PR_SET_DUMPABLE: Final = 4

FileId = tuple[int, int]


@dataclass
class Holder:
    """One key, until when, for which folder, behind which socket."""

    page: mmap.mmap
    deadline: float
    home: Path
    home_id: FileId
    path: Path
    path_id: FileId | None

    def may_go_on(self) -> bool:
        """Rule 2; the socket's turn: a newer agent has taken its place, or it was removed."""
        return (
            ambient.monotonic() < self.deadline
            and _file_id(self.home) == self.home_id
            and _file_id(self.path) == self.path_id
        )

    def serve(self, listener: socket.socket) -> None:
        """Answer one caller after the other until the end of rule 2."""
        while self.may_go_on():
            left = self.deadline - ambient.monotonic()
            listener.settimeout(min(max(left, 0.001), _TICK_S))
            try:
                caller, _ = listener.accept()
            except TimeoutError:
                continue
            with caller, contextlib.suppress(OSError):
                caller.settimeout(_CALLER_TIMEOUT_S)
                self.answer(caller)

    def answer(self, caller: socket.socket) -> None:
        """Do what one caller asks, or close without a word."""
        if not _is_same_user(caller):
            return
        request = bytearray(rendezvous.ASK.size)
        if rendezvous.receive(caller, request) < len(request) or not self.may_go_on():
            return
        op, seconds = rendezvous.ASK.unpack(request)
        if op == rendezvous.GIVE:
            with memoryview(self.page) as page:
                caller.sendmsg([rendezvous.HERE_IS_KEY, page[: rendezvous.KEY]])
        elif op == rendezvous.HOLD and 1 <= seconds <= rendezvous.LONGEST_S:
            self.take(caller)
            self.deadline = ambient.monotonic() + seconds
            caller.sendall(rendezvous.DONE)
        elif op == rendezvous.LOCK:
            self.end()
            caller.sendall(rendezvous.DONE)

    def take(self, caller: socket.socket) -> None:
        """Put a new key in the place of the old one; half a key is the end."""
        size = 0
        with memoryview(self.page) as page, contextlib.suppress(OSError):
            size = rendezvous.receive(caller, page[: rendezvous.KEY])
        if size < rendezvous.KEY:
            sys.exit(1)

    def end(self) -> None:
        """Forget the key, and remove the socket if it is our own; repeating is harmless."""
        self.deadline = 0
        self.page[:] = bytes(len(self.page))
        if _file_id(self.path) == self.path_id:
            self.path.unlink(missing_ok=True)


def main() -> None:
    """Leave the caller behind, read what to hold, and hold it; the process's whole life.

    Standard input: ``rendezvous.START``, then data folder and socket path. Standard
    output: ``rendezvous.DONE`` once the agent can be asked, else nothing.
    """
    if os.fork():
        os._exit(0)  # the agent is nobody's child, and its session has no terminal
    os.chdir("/")
    os.umask(0o077)
    _harden()
    page, deadline, home, path = _read_orders()
    home_id = _file_id(home)
    if home_id is None:
        sys.exit(1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        _listen(listener, path)
        holder = Holder(page, deadline, home, home_id, path, _file_id(path))
        try:
            os.write(1, rendezvous.DONE)
            _close_standard_streams()
            holder.serve(listener)
        finally:
            holder.end()


def _harden() -> None:
    """No core file, and no debugger of another program of this user; best effort."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _read_orders() -> tuple[mmap.mmap, float, Path, Path]:
    page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    _lock_page(page)
    with memoryview(page) as view:
        if os.readv(0, [view[: rendezvous.KEY]]) != rendezvous.KEY:
            sys.exit(1)
    with open(0, "rb", closefd=False) as rest:
        (seconds,) = struct.unpack(">Q", rest.read(8))
        home, path = (Path(os.fsdecode(part)) for part in rest.read().split(b"\0"))
    return page, ambient.monotonic() + seconds, home, path


def _lock_page(page: mmap.mmap) -> None:
    """Keep the page out of swap and core files; best effort."""
    with contextlib.suppress(OSError, AttributeError):
        page.madvise(mmap.MADV_DONTDUMP)
    with contextlib.suppress(OSError, AttributeError):
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        ctypes.CDLL(None).mlock(ctypes.c_void_p(address), ctypes.c_size_t(len(page)))


def _listen(listener: socket.socket, path: Path) -> None:
    """Listen before the name is there, so that nobody ever finds it deaf."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.unlink(missing_ok=True)
    listener.bind(os.fspath(draft))
    draft.chmod(0o600)
    listener.listen(64)
    draft.replace(path)


def _close_standard_streams() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _is_same_user(caller: socket.socket) -> bool:
    if sys.platform != "linux":
        return True  # there the folder's mode alone keeps others out
    credentials = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, _ = struct.unpack("3i", credentials)
    return bool(uid == os.geteuid())


def _file_id(path: Path) -> FileId | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _leave(_signal: int, _frame: object) -> NoReturn:
    sys.exit(0)
