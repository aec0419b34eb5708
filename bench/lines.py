"""What a benchmark prints: one JSON object a line, and whether its goal is met."""

from __future__ import annotations

import json
import sys
from pathlib import Path

FIELDS = ("name", "n", "value", "unit", "limit", "ratio", "goal", "of")


def report(
    name: str,
    n: int,
    value: float,
    unit: str,
    limit: float,
    goal: float | None = None,
    of: str = "ratio",
) -> bool:
    """Print one line; returns whether its goal, if there is one, is met.

    Args:
        name: What was measured.
        n: How many of what it names.
        value: Less is better.
        unit: Of ``value`` and ``limit``.
        limit: The bare loop's value in the same run.
        goal: Upper bound of what ``of`` names.
        of: ``ratio`` or ``value``.
    """
    ratio = value / limit
    line = (name, n, _short(value), unit, _short(limit), round(ratio, 3), goal, of)
    print(json.dumps(dict(zip(FIELDS, line, strict=True)), ensure_ascii=False), flush=True)
    return missed(dict(zip(FIELDS, line, strict=True))) is None


def missed(line: dict[str, object]) -> str | None:
    """A sentence where a printed line misses its goal."""
    goal, found = line["goal"], line[str(line["of"])]
    assert isinstance(found, int | float)
    if goal is None or (isinstance(goal, int | float) and found <= goal):
        return None
    return f"{line['name']}: {line['of']} {found}, the goal is at most {goal}"


def peak() -> int:
    """The most memory, in bytes, that this process held.

    Not getrusage's figure: that one begins with what the parent held.
    """
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


def _short(figure: float) -> float | int:
    return figure if isinstance(figure, int) else float(f"{figure:.5g}")
