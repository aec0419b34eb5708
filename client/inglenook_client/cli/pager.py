"""Long answers on a terminal, a screenful at a time, by the person's own pager.

The words go through a pipe and to no file; `less` is told to keep no history of what was searched
for, and to write nothing. ``PAGER`` names another one; empty, there is none.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Final

from inglenook_client.cli.screen import Screen

_PAGER: Final = "less"
_LESS: Final = {"LESSSECURE": "1", "LESSSECURE_ALLOW": "", "LESSHISTFILE": "-"}
_FLAGS: Final = "FRX"
"""Ends where all fits, shows colours, leaves the words on the screen."""


@contextmanager
def paged(screen: Screen) -> Iterator[None]:
    """Gather what is printed inside; where it is longer than the screen, give it to the pager."""
    pager = os.environ.get("PAGER", _PAGER)
    if not (screen.on_terminal and pager):
        yield
        return
    gathered = io.StringIO()
    try:
        with redirect_stdout(gathered):
            yield
    finally:
        text = gathered.getvalue()
        if text.count("\n") < screen.height or not _through(pager, text):
            sys.stdout.write(text)


def _through(pager: str, text: str) -> bool:
    """Whether the pager showed it."""
    import shlex
    import signal
    import subprocess

    sys.stdout.flush()
    environment = {"LESS": _FLAGS, **os.environ, **_LESS}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the pager's own
    try:
        done = subprocess.run(  # noqa: S603 - the person's own program
            shlex.split(pager),
            input=text.encode(sys.stdout.encoding or "utf-8", "replace"),
            env=environment,
            check=False,
        )
    except (OSError, ValueError):
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return done.returncode == 0
