"""jrnl itself, as its own process: the program whose files come in and go out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class Jrnl:
    """One journal of jrnl's in a folder."""

    def __init__(self, folder: Path, **config: object) -> None:
        """Nothing is written yet; ``config`` is what differs from jrnl's own."""
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "journal.txt"
        self._config = folder / "jrnl.yaml"
        self._env = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        said = {"journals": {"default": {"journal": str(self.file)}}, "version": "v4.6", **config}
        self._config.write_text("".join(f"{k}: {json.dumps(v)}\n" for k, v in said.items()))

    def run(self, *args: str, given: str = "") -> str:
        """One command line; what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "jrnl", "--config-file", str(self._config), *args],
            input=given,
            capture_output=True,
            text=True,
            env=self._env,
            timeout=50,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def entries(self) -> list[dict[str, Any]]:
        """What jrnl finds in its file."""
        found: list[dict[str, Any]] = json.loads(self.run("--format", "json"))["entries"]
        return found
