"""Loud skips: what a test needs of the machine, and where its absence is a failure."""

import os

import pytest


def require(name: str, present: bool, reason: str) -> None:
    """Go on only if what this test needs is ``present``; callable at module level too.

    Args:
        name: The word that stands for the need in ``INGLENOOK_REQUIRE``, for example
            ``keyring``. That variable lists, comma-separated, what must be there: the
            gate sets it, so that nothing it means to prove is skipped in silence.
        present: Whether the need is met on this machine.
        reason: What is missing and how to get it, for the one who reads the summary.

    Raises:
        pytest.skip.Exception: Absent, and not listed in ``INGLENOOK_REQUIRE``.
        pytest.fail.Exception: Absent, and listed.
    """
    if present:
        return
    if name in os.environ.get("INGLENOOK_REQUIRE", "").split(","):
        pytest.fail(f"INGLENOOK_REQUIRE lists {name}, but: {reason}", pytrace=False)
    pytest.skip(reason, allow_module_level=True)
