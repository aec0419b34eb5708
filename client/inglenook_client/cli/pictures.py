"""Pictures for a terminal, in signs that every terminal has; beside each stands a sentence.

No meaning hangs on colour, and with ``--plain`` there are numbers instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

_BARS: Final = "▁▂▃▄▅▆▇█"
_NONE: Final = "·"
FIRST, SECOND, BOTH, EMPTY = "●", "○", "◉", " "


def bars(values: Sequence[float | None], low: float, high: float) -> str:
    """A row of bars, one for each value from ``low`` to ``high``; a dot where there is none."""
    return "".join(_NONE if value is None else _bar(value, low, high) for value in values)


def _bar(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 0.0
    return _BARS[min(len(_BARS) - 1, max(0, round(share * (len(_BARS) - 1))))]


def ribbon(
    words: Sequence[str], first: Sequence[float | None], second: Sequence[float | None]
) -> Iterator[str]:
    """Two lines of values from 1 to 5 over time, a row for each word, the highest on top."""
    width = max(map(len, words))
    for level in range(len(words), 0, -1):
        signs = (_sign(level, a, b) for a, b in zip(first, second, strict=True))
        yield f"{words[level - 1]:>{width}}  {' '.join(signs)}".rstrip()


def _sign(level: int, first: float | None, second: float | None) -> str:
    here = [value is not None and round(value) == level for value in (first, second)]
    match here:
        case [True, True]:
            return BOTH
        case [True, False]:
            return FIRST
        case [False, True]:
            return SECOND
        case _:
            return EMPTY
