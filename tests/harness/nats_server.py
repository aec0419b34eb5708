"""A NATS server of a test run's own: a free loopback port, nothing on the disk."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

_UNPRIVILEGED = "nobody"
_FREE = "-1"


def binary() -> Path | None:
    """Where Debian, or whoever else, put it."""
    found = shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found else None


class NatsServer:
    """A server that keeps its port when it is started again."""

    def __init__(self, program: Path) -> None:
        """Begin stopped; never as root."""
        self._program = program
        self._user = pwd.getpwnam(_UNPRIVILEGED).pw_name if os.getuid() == 0 else None
        self._port = _FREE
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it is, once it was started."""
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(
            [str(self._program), "-a", "127.0.0.1", "-p", self._port],
            user=self._user,
            cwd="/",
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := re.search(r"Listening for client connections on .*:(\d+)", line):
                self._port = found[1]
            if "Server is ready" in line:
                return
        raise AssertionError("the NATS server did not start")

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
