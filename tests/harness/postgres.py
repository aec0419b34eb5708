"""A PostgreSQL server of a test run's own: a private socket, no port, gone at the end."""

from __future__ import annotations

import getpass
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

_SETTINGS = {
    "listen_addresses": "",
    # What a killed server wrote survives with the machine: these tests kill no machine.
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    # Its log is a pipe that is read when it starts and when it ends: it says little between.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    # The store must ask for what it needs: these are not it.
    "default_transaction_isolation": "repeatable read",
    "synchronous_commit": "off",
}
_UNPRIVILEGED = "postgres"


def binaries() -> Path | None:
    """Where the newest PostgreSQL's programs are, as Debian lays them."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(re.sub(r"\D", "", path.parts[4])),
    )
    if found:
        return found[-1].parent
    elsewhere = shutil.which("postgres")
    return Path(elsewhere).resolve().parent if elsewhere else None


def user() -> str | None:
    """Who may run it: whoever runs the tests, but never root; None if there is nobody."""
    if os.getuid() != 0:
        return getpass.getuser()
    # PostgreSQL's own programs write there, and may find that only root can.
    if Path("/dev/null").stat().st_mode & 0o006 != 0o006:
        return None
    try:
        return pwd.getpwnam(_UNPRIVILEGED).pw_name
    except KeyError:
        return None


class PostgresServer:
    """A server over a folder of its own; stopped until :meth:`start`."""

    def __init__(self, programs: Path, user: str) -> None:
        """Lay out the folder."""
        self._programs = programs
        self._user = user if os.getuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="ink-pg-"))
        self._data = self._folder / "data"
        if self._user:
            shutil.chown(self._folder, self._user)
        self._names = count(1)
        self._process: subprocess.Popen[str] | None = None
        initdb = [str(programs / "initdb"), "-D", str(self._data), "-U", "relay", "-A", "trust"]
        self._run(*initdb, "--no-sync", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Start it, also after :meth:`kill`, and wait until it answers."""
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        program = [str(self._programs / "postgres")]
        self._process = subprocess.Popen(
            [*program, "-D", str(self._data), "-k", str(self._folder), *settings],
            user=self._user,
            cwd=self._folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "ready to accept connections" in line:
                break
        else:
            raise AssertionError("PostgreSQL did not start")

    def kill(self) -> None:
        """End it and all that serve its connections at once: nothing is flushed, nobody told."""
        assert self._process is not None
        children = f"/proc/{self._process.pid}/task/{self._process.pid}/children"
        serving = [int(pid) for pid in Path(children).read_text().split()]
        self._process.kill()
        for pid in serving:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # They share the pipe: it ends when the last of them has.
        self._process.communicate()

    def close(self) -> None:
        """Stop it and remove its folder."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.communicate()
        shutil.rmtree(self._folder)

    def new_database(self) -> str:
        """The URL of an empty schema, which stands for a database and takes no time."""
        name = f"s{next(self._names)}"
        self.sql(f"CREATE SCHEMA {name}")
        return f"postgresql://relay@/postgres?host={self._folder}&search_path={name}"

    def sql(self, text: str) -> str:
        """Run statements as an operator would; gives the rows as psql writes them."""
        words = ["-h", str(self._folder), "-U", "relay", "-d", "postgres", "-XqtA", "-c", text]
        return self._run(str(self._programs / "psql"), *words)

    def _run(self, *words: str) -> str:
        ran = subprocess.run(
            words,
            user=self._user,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()
