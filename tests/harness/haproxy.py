"""HAProxy in front of several relay processes, on a port that is bound before it starts."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_UNPRIVILEGED = "nobody"
_CONFIG = """
global
  maxconn 512
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
  retries 2
  option redispatch
frontend relay
  bind fd@{socket}
  default_backend processes
backend processes
  balance roundrobin
  option httpchk GET /readyz
  default-server inter 200ms fall 2 rise 1
{servers}
"""


def binary() -> Path | None:
    """Where Debian, or whoever else, put it."""
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found else None


@contextmanager
def haproxy(program: Path, ports: list[int]) -> Iterator[int]:
    """A proxy that spreads requests over these loopback ports; gives its own."""
    user = pwd.getpwnam(_UNPRIVILEGED).pw_name if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="ink-ha-"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        servers = "\n".join(f"  server p{port} 127.0.0.1:{port} check" for port in ports)
        config = folder / "haproxy.cfg"
        config.write_text(_CONFIG.format(socket=listening.fileno(), servers=servers))
        if user:
            shutil.chown(folder, user)
            shutil.chown(config, user)
        process = subprocess.Popen(
            [str(program), "-q", "-db", "-f", str(config)],
            user=user,
            cwd=folder,
            pass_fds=(listening.fileno(),),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield listening.getsockname()[1]
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder)
