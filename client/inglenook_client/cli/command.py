"""What one command of the command line is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from inglenook_client.cli.call import Call


def _nothing(parser: ArgumentParser) -> None:
    """Add no arguments."""
    del parser


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, its arguments, and the one use case it calls."""

    summary: str
    """What it does, in a few words; a source text for the catalogue."""
    run: Callable[[Call], int | None]
    """Returns an exit code where that is not 0."""
    arguments: Callable[[ArgumentParser], None] = _nothing
    examples: tuple[str, ...] = ()
    """Whole command lines."""
    writes: bool = False
    """Whether an error should say what became of the words."""
    in_spaces: bool = True
    """Whether it takes ``--space``."""
    long: bool = False
    """Whether its answer may be longer than a screen; then it asks nothing."""
