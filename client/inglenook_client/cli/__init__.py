"""The command line: parse, call one use case, render (product 5)."""

from __future__ import annotations


def main() -> int:
    """Run one command line; returns its exit code."""
    from inglenook_client.cli.entrance import run  # noqa: PLC0415 - the package stays empty

    return run()
