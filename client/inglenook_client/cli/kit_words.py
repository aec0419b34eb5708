"""The 24 words of a recovery kit, from a file or a terminal."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inglenook_client.cli.errors import MistakeError
from inglenook_client.words import _

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call
    from inglenook_client.cli.screen import Screen

_MAX_FILE: Final = 8_192
_COUNT: Final = 24


def words_arguments(parser: ArgumentParser) -> None:
    """Take the words from a file."""
    parser.add_argument(
        "--words-file",
        metavar=_("FILE"),
        help=_("a file with the 24 words, or - for standard input"),
    )


def words_given(call: Call) -> str | None:
    """What ``--words-file`` names holds; None without it.

    Raises:
        MistakeError: It cannot be read, or is no text.
    """
    named: str | None = call.args.words_file
    if named is None:
        return None
    try:
        if named == "-":
            return sys.stdin.buffer.read(_MAX_FILE).decode("utf-8")
        file = Path(named)
        with file.open("rb") as opened:
            text = opened.read(_MAX_FILE).decode("utf-8-sig")
        if file.stat().st_mode & 0o077:
            call.screen.warn(
                _("Others on this computer may read that file. Take it away when you are done.")
            )
    except (OSError, UnicodeDecodeError):
        raise MistakeError(_("The file with the words cannot be read.")) from None
    return text


def words_typed(screen: Screen) -> str:
    """The words as the person types them, on one line or several; empty for later.

    Raises:
        MissingAnswerError: There is no terminal.
    """
    typed = list[str]()
    question = _("Type the 24 words, on one line or several:")
    while len(typed) < _COUNT:
        line = screen.answer(question, "--words-file FILE")
        if not line:
            break
        typed += re.sub(r"[\d.,;:()]+", " ", line).split()
        question = _("{n} of 24, go on:").format(n=len(typed))
        if typed[-1:] == [_("later")]:
            return ""
    return " ".join(typed)
