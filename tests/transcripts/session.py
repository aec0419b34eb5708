"""A CLI session on paper: who typed what, and every word that came back.

    ana$ inglenook "walked home"
    e1  Saved on this device. Only you can read it.

    ana$ inglenook homework
    ! One word alone is not saved, …
    = 1

A line that starts with ``!`` came on standard error, ``=`` is an exit code other than 0.
``#`` begins a comment. ``<day>``, ``<date>``, ``<time>``, ``<hex>``, ``<link>`` and the other
`TOKENS` stand for what differs from run to run; in a command ``<link>`` is the last
link that was shown, ``<hex>`` the last id that was read out. ``relay stop`` and ``relay start``
are not typed by anybody.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BIN = Path(sys.executable).parent
PASSPHRASE = "seven quiet otters by the fire"
PROMPT: Final = re.compile(r"(?P<who>[a-z]+)\$ (?P<line>.*)")

TOKENS: Final = {
    "hash": r"\b[0-9a-f]{64}\b",
    "device id": r"\b[0-9a-f]{32}\b",
    "at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "unix": r"\b1\d{9}\b|\b2\d{9}\b",
    "eight words": r"(?<=\": \")(?:[a-z]{3,8} ){7}[a-z]{3,8}",
    "day": r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{1,2} [A-Z][a-z]+ \d{4}",
    "short day": r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]+(?: \d{4})?",
    "link": r"inglenook:(?:join|device|programme|coordinate)#[\w-]+",
    "relay": r"http://127\.0\.0\.1:\d+",
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"\b\d\d:\d\d\b",
    "hex": r"\b[0-9a-f]{8}\b",
    "word": r"[a-z]{3,8}",
}
"""What differs from run to run, as it looks."""
WORDS: Final = re.compile(r"^(    (?:! )?)?    (?:[a-z]{3,8}   ){3}[a-z]{3,8}$")


@dataclass
class Relay:
    """A relay of this machine, with its file in a folder."""

    folder: Path
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(BIN / "inglenook-relay", "--db", self.folder / "relay.db"),
                *("--listen", f"127.0.0.1:{self.port}"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        self.port = int(said.rsplit(":", 1)[1])

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@dataclass
class Stage:
    """The data folders of everybody in a session, and their relay."""

    folder: Path
    relay: Relay
    shown: dict[str, str] = field(default_factory=dict)
    """The last link and the last id that were shown."""

    def environment(self, who: str) -> dict[str, str]:
        passphrase = self.folder / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text(PASSPHRASE)
        return {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "INGLENOOK_HOME": str(self.folder / who),
            "INGLENOOK_PASSPHRASE_FILE": str(passphrase),
            "LANG": "C.UTF-8",
            "TZ": "Europe/London",
        }

    def type(self, who: str, line: str) -> Iterator[str]:
        """Run one line of a session; what came back, in the form of the paper."""
        for name, value in {**self.shown, "relay": self.relay.url}.items():
            line = line.replace(f"<{name}>", value)
        if who == "relay":
            getattr(self.relay, line)()
            return
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            env=self.environment(who),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        yield from done.stdout.splitlines()
        yield from (f"! {said}" for said in done.stderr.splitlines())
        if done.returncode:
            yield f"= {done.returncode}"
        self._note(done.stdout)

    def on_paper(self, line: str) -> str:
        """One line that came back, with tokens for what differs from run to run."""
        return on_paper(line)

    def _note(self, said: str) -> None:
        if links := re.findall(TOKENS["link"], said):
            self.shown["link"] = links[-1]
        if ids := re.findall(r"To read out: ([0-9a-f]{8})", said):
            self.shown["hex"] = ids[-1]


def blocks(paper: str) -> Iterator[tuple[str, str, list[str]]]:
    """Who typed what, and what is said to have come back."""
    found: list[tuple[str, str, list[str]]] = []
    for line in paper.splitlines():
        typed = PROMPT.fullmatch(line)
        if line.startswith("#"):
            continue
        if typed:
            found.append((typed["who"], typed["line"], []))
        elif found:
            found[-1][2].append(line)
    for who, line, answer in found:
        while answer and not answer[-1]:
            answer.pop()
        yield who, line, answer


def on_paper(line: str) -> str:
    """One line that came back, with tokens for what differs from run to run."""
    if WORDS.fullmatch(line):
        return re.sub(r"[a-z]{3,8}", "<word>", line)
    for name, pattern in TOKENS.items():
        if name != "word":
            line = re.sub(pattern, f"<{name}>", line)
    return line


def replay(paper: str, stage: Stage) -> str:
    """The same paper, with what comes back today."""
    comments = _comments(paper)
    written = list[str]()
    for number, (who, line, _said) in enumerate(blocks(paper)):
        written += [*comments.get(number, []), f"{who}$ {line}"]
        answer = [stage.on_paper(said) for said in stage.type(who, line)]
        while answer and not answer[-1]:
            answer.pop()
        written += [*answer, ""]
    return "\n".join(written).rstrip() + "\n"


def _comments(paper: str) -> dict[int, list[str]]:
    """The comment lines by the number of the command they stand before."""
    found = dict[int, list[str]]()
    number = 0
    for line in paper.splitlines():
        if line.startswith("#"):
            found.setdefault(number, []).append(line)
        elif not line and found.get(number):
            found[number].append(line)
        elif PROMPT.fullmatch(line):
            number += 1
    return found
