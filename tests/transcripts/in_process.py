"""Sessions as in `session`, played inside this process: with a relay in memory and a set clock.

Cheaper than processes by far, and every day and hour is known, so that calendars and rhythms
can stand on paper too. Each command takes a minute. Four lines more than in a session:

    clock$ 2026-03-10 18:00        the clock of everybody is set (Europe/London)
    ana$ echo "words" | inglenook -
    terminal$ on                   what is shown from here on is shown on a terminal, 80 wide
    ana$ inglenook watch           once nothing more is new, ana presses Ctrl-C

``<folder>`` is a folder of everybody's, ``<kit>`` the recovery words that were last shown. The
relay is there from the start; ``relay stop`` and ``relay start`` take it off the network and put
it back. There is another one at ``<other relay>``.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

from harness.devices import ORIGIN, Net, network
from harness.memory_relay import MemoryRelay
from inglenook_client import ambient, words
from inglenook_client.cli.entrance import run
from inglenook_client.transports import http, live
from transcripts.session import TOKENS, WORDS, Relay, Stage

ZONE: Final = "Europe/London"
START: Final = "2026-03-02 16:00"
"""A Monday."""
MINUTE_MS: Final = 60_000
OTHER: Final = "https://other.example"
KIT_ROW: Final = re.compile(r"    (?: ?\d{1,2} [a-z]{3,8} *){4}")
_KEPT: Final = ("hash", "device id", "eight words", "link", "hex")
_UNWANTED: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "VISUAL", "EDITOR", "INGLENOOK_DEBUG")


class Desk(Stage):
    """Everybody's data folders at one desk, in one process."""

    def __init__(self, folder: Path, net: Net) -> None:
        super().__init__(folder, Relay(folder))
        self._net = net
        self._relay = net.relay
        self.now_ms = _instant(START)
        self.on_terminal = False

    def type(self, who: str, line: str) -> Iterator[str]:
        """Run one line of a paper; what came back."""
        places = {"relay": ORIGIN, "other relay": OTHER, "folder": str(self.folder)}
        for name, value in {**self.shown, **places}.items():
            line = line.replace(f"<{name}>", value)
        if who == "clock":
            self.now_ms = _instant(line)
            return
        if who == "terminal":
            self.on_terminal = line == "on"
            return
        if who == "relay":
            self._net.relays.pop(ORIGIN, None)
            if line == "start":
                self._net.relays[ORIGIN] = self._relay
            return
        self.now_ms += MINUTE_MS
        given, _pipe, command = line.rpartition(" | ")
        typed = shlex.split(given)[1:] if given else []
        with patch.dict(os.environ, self.environment(who)):
            out = _Shown(self.on_terminal)
            code, err = _run(shlex.split(command)[1:], " ".join(typed), out)
        said = _read(out)
        yield from said.splitlines()
        yield from (f"! {said}" for said in err.splitlines())
        if code:
            yield f"= {code}"
        self._note(said)

    def on_paper(self, line: str) -> str:
        """One line that came back; the clock is set, so that dates stand as they are."""
        if WORDS.fullmatch(line):
            return re.sub(r"[a-z]{3,8}", "<word>", line)
        if KIT_ROW.fullmatch(line):
            return re.sub(r"[a-z]{3,8} *", "<word>   ", line).rstrip()
        line = line.replace(str(self.folder), "<folder>").replace(ORIGIN, "<relay>")
        line = line.replace(OTHER, "<other relay>")
        for name in _KEPT:
            line = re.sub(TOKENS[name], f"<{name}>", line)
        return line

    def _note(self, said: str) -> None:
        super()._note(said)
        rows = [line for line in said.splitlines() if KIT_ROW.fullmatch(line)]
        if rows:
            self.shown["kit"] = " ".join(re.findall("[a-z]{3,8}", " ".join(rows)))


class UntilNothingIsNew:
    """Stands where the hints of a live relay stand: once they are waited for, Ctrl-C."""

    def clear(self) -> None:
        pass

    async def wait(self) -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """A shell lets what it starts in the background ignore Ctrl-C, and so would all tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    """A desk, its clock and its relay, until the end."""
    unwanted = dict.fromkeys(_UNWANTED, "") | {"TERM": "dumb", "PAGER": ""}
    with network() as net, patch.dict(os.environ, unwanted):
        net.relays[OTHER] = MemoryRelay()

        class Live(http.HttpRelay):
            """Stands where LiveRelay stands, on the same relays as HTTP does."""

            closed = False
            grown = UntilNothingIsNew()

        live_too = patch.object(live, "LiveRelay", Live)
        desk = Desk(folder, net)
        words.forget()
        with heeding_ctrl_c(), live_too, patch.object(ambient, "now_ms", lambda: desk.now_ms):
            yield desk


class _Shown(io.TextIOWrapper):
    """Standard output: a terminal without colours, or none."""

    def __init__(self, on_terminal: bool) -> None:
        super().__init__(io.BytesIO(), "utf-8")
        self._on_terminal = on_terminal

    def isatty(self) -> bool:
        return self._on_terminal


def _run(line: list[str], typed: str, out: io.TextIOWrapper) -> tuple[int, str]:
    err = io.TextIOWrapper(io.BytesIO(), "utf-8")
    source = io.TextIOWrapper(io.BytesIO(typed.encode()), "utf-8")
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", source):
        code = run(line)
    return code, _read(err)


def _read(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _instant(said: str) -> int:
    found = datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(ZONE))
    return int(found.timestamp() * 1000)
