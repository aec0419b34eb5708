"""Failing system calls under real engines: strace(1) refuses them, or kills the caller there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """What happens to which calls of every thread."""

    call: str
    how: str
    """As strace says it: ``error=EIO``, ``signal=KILL``."""
    when: str
    """The first that it strikes; ``3+`` all after it, ``3+5`` every fifth after it."""

    def attach(self, process: int) -> subprocess.Popen[bytes]:
        """Let it strike a process that runs already; returns the tracer once it does."""
        command = [word for word in self.words if word != "-D"]
        tracer = subprocess.Popen([*command, "-p", str(process)], stderr=subprocess.DEVNULL)
        status = Path(f"/proc/{process}/status")
        while "TracerPid:\t0\n" in status.read_text():
            pass
        return tracer

    @property
    def words(self) -> list[str]:
        """The beginning of a command; the tracer is a grandchild, and goes with its child."""
        inject = f"inject={self.call}:{self.how}:when={self.when}"
        return [
            *("strace", "-D", "-f", "-qq", "-o", "/dev/null", "--seccomp-bpf"),
            *("-e", f"trace={self.call}", "-e", inject, "-e", "signal=none"),
        ]

    def __str__(self) -> str:
        """For a test's name."""
        return f"{self.call} {self.how} {self.when}"


@cache
def works() -> bool:
    """Whether strace is here, and may trace."""
    if shutil.which("strace") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        script = f"import os; os.fsync(os.open({str(file)!r}, os.O_CREAT | os.O_WRONLY))"
        fault = Fault("fsync", "error=EIO", "1+")
        done = subprocess.run(
            [*fault.words, "python3", "-c", script], capture_output=True, text=True, check=False
        )
    return "Input/output error" in done.stderr
