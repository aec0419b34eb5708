"""The relay as a process of its own, and the plainest client of it."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inglenook_schema import wire
from inglenook_schema.wire import ToClient, ToRelay

PROGRAM = Path(sys.executable).with_name("inglenook-relay")
HEADERS = {"Content-Type": "application/x-msgpack"}


class RelayProcess:
    """A running relay; ``--listen`` on a free loopback port, or on one that was free before."""

    def __init__(self, store: Path | str, *words: str, port: int = 0) -> None:
        """Start it over a file or an engine's URL; wait until it says that it is ready."""
        where = ["--db", str(store)] if isinstance(store, Path) else ["--store", store]
        self.process = subprocess.Popen(
            [str(PROGRAM), *where, "--listen", f"127.0.0.1:{port}", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.url = self.line.strip().rsplit(" ", 1)[-1]
        self.port = int(self.url.rsplit(":", 1)[-1])

    def ask(self, frame: ToRelay) -> ToClient:
        """Ask over a connection of its own; any fault is part of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/v1/sync", wire.encode(frame), HEADERS)
            return wire.decode_to_client(connection.getresponse().read())
        finally:
            connection.close()

    def healthy(self) -> bool:
        """Whether ``/healthz`` says so."""
        return self.status("/healthz") == 200

    def status(self, path: str) -> int:
        """What a GET is answered with."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def end(self, *, kill: bool = False, timeout: float = 10) -> tuple[int, str, str]:
        """Stop it; gives the exit code and the rest of what it said."""
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        out, err = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, err


@contextmanager
def relay_process(store: Path | str, *words: str, port: int = 0) -> Iterator[RelayProcess]:
    """A relay that is gone at the end, whatever happened."""
    relay = RelayProcess(store, *words, port=port)
    try:
        yield relay
    finally:
        if relay.process.returncode is None:
            relay.end(kill=True)
