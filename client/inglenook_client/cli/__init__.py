"""The command line: parse, call one use case, render (product 5)."""

from __future__ import annotations

_ALLOCATIONS = 100_000
"""More than a short command makes; whoever watches for days is still swept up after."""


def main() -> int:
    """Run one command line as a process of its own, and end that process."""
    import gc

    gc.set_threshold(_ALLOCATIONS, 10, 10)  # else it runs a dozen times while modules load

    from inglenook_client.cli.entrance import run

    code = run()
    _end(code)
    return code


def _end(code: int) -> None:
    """End the process here: all is stored and said.

    Taking the interpreter apart would cost a fifth of the time of a short command.
    """
    import os
    import sys

    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads any more
        return
    os._exit(code)
