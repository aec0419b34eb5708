"""The terminal: sentences, colours where they are wanted, questions, progress.

Rule 1: nothing that others wrote reaches the terminal with control characters in it.
Rule 2: with ``--json`` standard output is one document; sentences go nowhere.
Rule 3: without a terminal nothing asks, nothing moves, nothing is coloured.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Final

from inglenook_client.cli.errors import MissingAnswerError
from inglenook_client.words import _

LONG_SYNC: Final = 50
"""Records from which on a sync shows how far it is."""
LONG_WORK: Final = 0.1
"""Work that has not done so much of all when it is first heard of is worth a bar."""

_OURS: Final = r"\x1b\[(?:0|1|2|3|31)m"
_STEERS: Final = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
_CONTROL: Final = re.compile(f"({_OURS})|{_STEERS}")
_FOREIGN: Final = re.compile(_STEERS)
_BAR: Final = 24


class Screen:
    """Where a command's answer goes."""

    def __init__(self, *, json: bool = False, plain: bool = False) -> None:
        self.json = json
        self.plain = plain
        self._out = sys.stdout
        self.on_terminal = sys.stdout.isatty() and not json and not plain
        self.can_ask = sys.stdin.isatty() and sys.stderr.isatty()
        self._coloured = (
            self.on_terminal
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM", "dumb") != "dumb"
        )
        self._drawn = False

    def say(self, *lines: str) -> None:
        """Print lines for a person; nothing with ``--json``."""
        if not self.json:
            for line in lines:
                print(_clean(line, coloured=self._coloured))

    def tip(self, line: str) -> None:
        """Print what helps a person at a terminal, and nobody else."""
        if self.on_terminal:
            print(_clean(self.dim(line), coloured=self._coloured))

    def picture(self, drawn: str) -> None:
        """Print what we drew ourselves, colours and all."""
        print(drawn)

    def document(self, value: object) -> None:
        """Print the JSON document that ``--json`` asks for; nothing without it."""
        if self.json:
            from inglenook_client.cli.jsonform import dumps

            utf8 = sys.stdout.encoding.replace("-", "").casefold() == "utf8"
            print(dumps(value, ascii_only=not utf8))

    def warn(self, line: str) -> None:
        """Print a sentence on standard error."""
        self.done_drawing()
        print(_clean(line, coloured=False), file=sys.stderr)

    @property
    def coloured(self) -> bool:
        """Whether this is a terminal that shows text in several ways, and may."""
        return self._coloured

    def bold(self, text: str) -> str:
        """What the eye should find first."""
        return f"\x1b[1m{text}\x1b[0m" if self._coloured and text else text

    def dim(self, text: str) -> str:
        """What stands beside."""
        return f"\x1b[2m{text}\x1b[0m" if self._coloured and text else text

    @property
    def width(self) -> int | None:
        """Columns to break lines at; None where lines stay as they are."""
        if not self.on_terminal:
            return None
        try:
            return min(os.get_terminal_size(self._out.fileno()).columns, 100)
        except (OSError, ValueError):
            return 80

    @property
    def height(self) -> int:
        """Rows of the terminal."""
        try:
            return os.get_terminal_size(self._out.fileno()).lines
        except (OSError, ValueError):
            return 24

    def agreed(self, question: str, flag: str) -> bool:
        """Whether the person says yes.

        Raises:
            MissingAnswerError: There is no terminal; it names ``flag``.
        """
        choice = _("[y/n]")
        answer = self.answer(f"{question} {choice}", flag).casefold()
        return bool(answer) and _("yes").startswith(answer)

    def answer(self, question: str, flag: str) -> str:
        """What the person types, without blanks around it; empty where they close the input.

        Raises:
            MissingAnswerError: There is no terminal; it names ``flag``.
        """
        if not self.can_ask:
            raise MissingAnswerError(question.removesuffix(" " + _("[y/n]")), flag)
        print(_clean(question, coloured=False), end=" ", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            print(file=sys.stderr)
        return line.strip()

    def progress(self) -> Callable[[int, int], None] | None:
        """What a long sync calls with the records done and in all; None where nobody looks."""
        return self._draw if self.can_ask and not self.json and not self.plain else None

    def working(self) -> Callable[[float], None]:
        """What long work in the journal calls with its share from 0 to 1; 1 takes the bar away."""
        return self._draw_share if self.progress() else lambda _share: None

    def done_drawing(self) -> None:
        """Take the progress bar away."""
        if self._drawn:
            self._drawn = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _draw(self, done: int, total: int) -> None:
        if total < LONG_SYNC:
            return
        count = _("{done} of {total} records").format(done=done, total=total)
        self._draw_bar(min(done, total) / total, count)

    def _draw_share(self, share: float) -> None:
        if share >= 1:
            self.done_drawing()
        elif share < LONG_WORK or self._drawn:
            self._draw_bar(share, _("Getting everything ready"))

    def _draw_bar(self, share: float, words: str) -> None:
        self._drawn = True
        full = int(_BAR * share)
        bar = "#" * full + "." * (_BAR - full)
        print(f"\r[{bar}] {words}\x1b[K", end="", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """A name or a title, on one line whatever is in it."""
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """A text as anybody wrote it, without what steers a terminal: not even a colour of ours."""
    return _FOREIGN.sub("\ufffd", text)


def _clean(text: str, *, coloured: bool) -> str:
    def shown(found: re.Match[str]) -> str:
        return found[1] if found[1] and coloured else "\ufffd"

    return _CONTROL.sub(shown, text)
