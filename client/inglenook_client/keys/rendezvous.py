"""Where the agent and those who ask it meet, and the bytes between them.

    folder   $XDG_RUNTIME_DIR/inglenook, else /tmp/inglenook-<uid>: ours, 0700, no link
    socket   the hash of the data folder's real path, so that long paths fit 104 bytes
    ask      "g" ‖ 0  |  "h" ‖ seconds8 ‖ key32  |  "l" ‖ 0          give, hold, lock
    answer   "k" ‖ key32  |  "d"         nothing at all where it is refused; then the end

Standard library only: the agent process imports this module.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

GIVE: Final = b"g"
HOLD: Final = b"h"
LOCK: Final = b"l"
HERE_IS_KEY: Final = b"k"
DONE: Final = b"d"

KEY: Final = 32
ASK: Final = struct.Struct(">cQ")
ANSWER: Final = 1 + KEY
START: Final = struct.Struct(f">{KEY}sQ")
"""What the new process reads first; then the data folder and the socket, NUL between."""

LONGEST_S: Final = 86_400
_MAX_FOLDER: Final = 50
"""Bytes of the folder's path: 38 for the socket and 8 for a draft's number follow it."""


def folders() -> Iterator[Path]:
    """Where the socket may lie, best first; each may be missing or unsafe."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    folder = runtime / "inglenook"
    fits = runtime.is_absolute() and len(os.fsencode(folder)) <= _MAX_FOLDER
    if fits and is_private(runtime):
        yield folder
    yield Path(f"/tmp/inglenook-{os.geteuid()}")  # noqa: S108 - checked by is_private


def sockets(home: Path) -> list[Path]:
    """The paths at which an agent for the data folder ``home`` may listen now."""
    return [folder / socket_name(home) for folder in folders() if is_private(folder)]


def make_socket_path(home: Path) -> Path | None:
    """Where a new agent for ``home`` is to listen; makes the folder. None: nowhere safe."""
    for folder in folders():
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            continue
        if is_private(folder):
            return folder / socket_name(home)
    return None


def socket_name(home: Path) -> str:
    """The same for every way to write the path of one data folder."""
    path = os.fsencode(os.path.realpath(home))
    return hashlib.sha256(b"inglenook agent\0" + path).hexdigest()[:32] + ".sock"


def receive(connection: socket.socket, buffer: bytearray | memoryview) -> int:
    """Fill ``buffer``; how many bytes came before the other side ended.

    Raises:
        OSError: The connection broke, or nothing came within its timeout.
    """
    filled = 0
    with memoryview(buffer) as view:
        while filled < len(buffer):
            size = connection.recv_into(view[filled:])
            if size == 0:
                break
            filled += size
    return filled


def is_private(folder: Path) -> bool:
    """Whether ``folder`` is a folder of ours that nobody else may enter; no link."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.geteuid()
        and stat.S_IMODE(found.st_mode) & 0o077 == 0
    )
