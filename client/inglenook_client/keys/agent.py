"""Ask, start and stop the agent: the process that holds a database key for a while.

``holder.py`` is the process itself. Whoever may connect as this user gets the key, as
with ssh-agent; nobody else does. Plain blocking calls of a few milliseconds.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Final

from inglenook_client.keys import rendezvous
from inglenook_client.keys.errors import AgentError, UnlockTimeError

_TIMEOUT_S: Final = 1.0
_START_TIMEOUT_S: Final = 10.0
_FLAGS: Final = ("-I", "-S")
"""Nothing from the environment, and nothing that site-packages would run at start."""

_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]);"
    " from inglenook_client.keys.holder import main; main()"
)
"""The same code as this process runs; the standard library comes first."""


def check_time(seconds: int) -> None:
    """Refuse a time that no agent keeps.

    Raises:
        UnlockTimeError: Outside 1 to 86,400.
    """
    if not 1 <= seconds <= rendezvous.LONGEST_S:
        raise UnlockTimeError


def start(home: Path, key: bytes, seconds: int) -> None:
    """Have an agent hold the database ``key`` of ``home`` for ``seconds`` from now.

    One that runs already gets the new key and the new time. Returns when it can be asked.

    Raises:
        UnlockTimeError: ``seconds`` is outside 1 to 86,400.
        AgentError: There is no safe place for its socket, or it did not come up.
    """
    check_time(seconds)
    request = rendezvous.ASK.pack(rendezvous.HOLD, seconds) + key
    if rendezvous.DONE in [_exchange(path, request) for path in rendezvous.sockets(home)]:
        return
    path = rendezvous.make_socket_path(home)
    if path is None or not _spawn(home, path, key, seconds):
        raise AgentError


def fetch(home: Path) -> bytes | None:
    """The key that an agent holds for ``home``; ``None`` where there is no such agent."""
    for path in rendezvous.sockets(home):
        answer = _exchange(path, rendezvous.ASK.pack(rendezvous.GIVE, 0))
        if answer[:1] == rendezvous.HERE_IS_KEY and len(answer) == rendezvous.ANSWER:
            return answer[1:]
    return None


def stop(home: Path) -> bool:
    """Have every agent for ``home`` forget its key and end; whether there was one."""
    request = rendezvous.ASK.pack(rendezvous.LOCK, 0)
    return rendezvous.DONE in [_exchange(path, request) for path in rendezvous.sockets(home)]


def _exchange(path: Path, request: bytes) -> bytes:
    """One request, one answer; empty where nobody listens, or nobody answers in time."""
    answer = bytearray(rendezvous.ANSWER)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_TIMEOUT_S)
        try:
            connection.connect(os.fspath(path))
            connection.sendall(request)
            size = rendezvous.receive(connection, answer)
            return bytes(answer[:size])
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)  # its agent was killed
        except OSError:
            pass
    return b""


def _spawn(home: Path, path: Path, key: bytes, seconds: int) -> bool:
    import subprocess  # noqa: PLC0415 - costs start-up, and fetch does not need it

    where = b"\0".join(os.fsencode(os.path.realpath(p)) for p in (home, path))
    root = Path(__file__).parents[2]
    try:
        # The key goes through a pipe: arguments and environments can be read by others.
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, *_FLAGS, "-c", _PROGRAM, root],
            input=rendezvous.START.pack(key, seconds) + where,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_START_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout == rendezvous.DONE
