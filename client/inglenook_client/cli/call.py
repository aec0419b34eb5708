"""One command while it runs: what was asked, the screen, the journal."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, TypeVar

from inglenook_client.cli import place
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.screen import Screen
from inglenook_client.words import _

if TYPE_CHECKING:
    from argparse import Namespace

    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.model import Shown, Space

T = TypeVar("T")
STANDARD_INPUT: Final = "-"
DEBUG: Final = "INGLENOOK_DEBUG"


@dataclass
class Call:
    """One command while it runs."""

    args: Namespace | SimpleNamespace
    screen: Screen
    saved: list[Shown] = field(default_factory=list)
    """What this command has written so far."""
    writes: bool = False
    """Whether an error should say what became of the words."""
    line: tuple[str, ...] = ()
    """What was typed after ``inglenook``, without how to answer; words are kept for it."""
    _took_in: bool = False
    alone: bool = False
    """Whether this process does nothing else, so that it may be told to print no traces."""

    @cached_property
    def home(self) -> Path:
        """The data folder.

        Raises:
            MistakeError: This system does not say where such things belong.
        """
        try:
            return place.home()
        except RuntimeError:
            raise MistakeError(_("Say in INGLENOOK_HOME where the journal is to lie.")) from None

    @cached_property
    def key(self) -> bytes:
        """The database's key; the person is asked for the passphrase where that is the way."""
        from inglenook_client.keys import passphrase, unlocking

        return unlocking.unlock(self.home, ask=lambda: passphrase.ask(_("Passphrase: ")))

    def wrote(self, *found: Shown, about: str = "") -> None:
        """Say that something was saved, where it is and who can read it.

        Args:
            found: What was saved; the first is told of.
            about: One more sentence, such as the day it was put under.
        """
        from inglenook_client.cli import saying

        if self.screen.json:
            from inglenook_client.cli import jsonform

            self.screen.document(jsonform.event(found[0]))
            return
        short = f"{self.screen.bold(found[0].short)}  " if found[0].short else ""
        self.screen.say(" ".join(filter(None, (short + saying.saved(found[0]), about))))

    def run(self, use: Callable[[Journal], Awaitable[T]]) -> T:
        """Open the journal, do one thing with it, close it."""
        import asyncio

        from inglenook_client.journal.home import Journal

        key = self.key
        if self.alone and not debugging():
            _print_no_traces()

        async def opened() -> T:
            journal = await Journal.open(self.home, key)
            journal.hear(self.screen.working())
            try:
                await self._take_in(journal)
                return await use(journal)
            finally:
                await journal.close()

        return asyncio.run(opened())

    async def _take_in(self, journal: Journal) -> None:
        """Let nothing lie about that an earlier command, or its editor, left when it crashed."""
        if self._took_in or not await journal.has_open_drafts():
            return
        self._took_in = True
        from inglenook_client.cli import keeping

        if await keeping.take_in(journal):
            self.screen.warn(_("Words that were not saved are kept: inglenook draft list"))

    async def space(self, journal: Journal) -> Space | None:
        """The space that ``--space`` names; None stands for all."""
        named = self.args.space
        return await journal.space(named) if named else None

    @contextmanager
    def words(self, given: str | None, template: str = "") -> Iterator[str]:
        """What the person wants to say: as an argument, from standard input or an editor.

        The journal is unlocked before anything is read or opened. If what is done with the
        words fails, they are kept.

        Args:
            given: The argument; ``-`` stands for standard input, None for the editor.
            template: What the editor shows at first.

        Raises:
            MistakeError: Neither an argument nor a terminal; no editor; input that is no text.
        """
        if given is not None and given != STANDARD_INPUT:
            yield given
            return
        from inglenook_client.cli import keeping

        if given == STANDARD_INPUT:
            self.key  # noqa: B018 - a wrong passphrase must not cost the words
            with keeping.holding(self, _standard_input()) as text:
                yield text
            return
        from inglenook_client.cli import editor

        command = editor.command(self.screen.warn)
        self.key  # noqa: B018 - unlocking comes before the editor opens
        with keeping.lending(self, command, template) as text:
            yield text


def debugging() -> bool:
    """Whether traces are wanted."""
    return bool(os.environ.get(DEBUG))


def _print_no_traces() -> None:
    """Let threads and forgotten tasks end in silence: traces may hold private words."""
    import logging
    import threading

    threading.excepthook = lambda _: None
    logging.lastResort = None


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise MistakeError(
            _("What came on standard input is not UTF-8 text; nothing was saved.")
        ) from None
