"""Sessions as in `session`, played inside this process: with a relay in memory and a set clock.

Cheaper than processes by far, and every day and hour is known, so that calendars and rhythms
can stand on paper too. Each command takes a minute. Two lines more than in a session:

    clock$ 2026-03-10 18:00        the clock of everybody is set (Europe/London)
    ana$ echo "words" | inglenook -

``<folder>`` is a folder of everybody's. The relay is there from the start; ``relay stop`` and
``relay start`` take it off the network and put it back.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

from harness import derived
from harness.devices import ORIGIN, Net, network
from inglenook_client import ambient, words
from inglenook_client.cli.entrance import run
from inglenook_schema import suite
from transcripts.session import TOKENS, WORDS, Relay, Stage

ZONE: Final = "Europe/London"
START: Final = "2026-03-02 16:00"
"""A Monday."""
MINUTE_MS: Final = 60_000
_KEPT: Final = ("hash", "device id", "eight words", "link", "hex")
_UNWANTED: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "VISUAL", "EDITOR", "INGLENOOK_DEBUG")


class Desk(Stage):
    """Everybody's data folders at one desk, in one process."""

    def __init__(self, folder: Path, net: Net) -> None:
        super().__init__(folder, Relay(folder))
        self._net = net
        self._relay = net.relay
        self.now_ms = _instant(START)

    def type(self, who: str, line: str) -> Iterator[str]:
        """Run one line of a paper; what came back."""
        for name, value in {**self.shown, "relay": ORIGIN, "folder": str(self.folder)}.items():
            line = line.replace(f"<{name}>", value)
        if who == "clock":
            self.now_ms = _instant(line)
            return
        if who == "relay":
            self._net.relays = {ORIGIN: self._relay} if line == "start" else {}
            return
        self.now_ms += MINUTE_MS
        given, _pipe, command = line.rpartition(" | ")
        typed = shlex.split(given)[1:] if given else []
        with patch.dict(os.environ, self.environment(who)):
            code, out, err = _run(shlex.split(command)[1:], " ".join(typed))
        yield from out.splitlines()
        yield from (f"! {said}" for said in err.splitlines())
        if code:
            yield f"= {code}"
        self._note(out)

    def on_paper(self, line: str) -> str:
        """One line that came back; the clock is set, so that dates stand as they are."""
        if WORDS.fullmatch(line):
            return re.sub(r"[a-z]{3,8}", "<word>", line)
        line = line.replace(str(self.folder), "<folder>").replace(ORIGIN, "<relay>")
        for name in _KEPT:
            line = re.sub(TOKENS[name], f"<{name}>", line)
        return line


@contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    """A desk, its clock and its relay, until the end."""
    unwanted = dict.fromkeys(_UNWANTED, "")
    once = patch.object(suite, "argon2id", derived.argon2id)
    with network() as net, once, patch.dict(os.environ, unwanted):
        desk = Desk(folder, net)
        words.forget()
        with patch.object(ambient, "now_ms", lambda: desk.now_ms):
            yield desk


def _run(line: list[str], typed: str) -> tuple[int, str, str]:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    source = io.TextIOWrapper(io.BytesIO(typed.encode()), "utf-8")
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", source):
        code = run(line)
    return code, _read(out), _read(err)


def _read(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _instant(said: str) -> int:
    found = datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(ZONE))
    return int(found.timestamp() * 1000)
