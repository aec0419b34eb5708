"""The only module of relay and Witness that reads a clock or draws randomness."""

from __future__ import annotations

import base64
import secrets
import time
from typing import Final

from inglenook_server.core.changes import Now

_VOUCHER_BYTES: Final = 15
"""120 bits, 24 letters."""


def now() -> Now:
    """Today in UTC, and the running minute of a clock that never goes back."""
    return Now(int(time.time()) // 86_400, int(time.monotonic()) // 60)


def unix_s() -> int:
    """Seconds since 1970 in UTC: what a survey's dates are compared to."""
    return int(time.time())


def random_bytes(size: int) -> bytes:
    """Bytes from the system's generator, fit for keys and for noise."""
    return secrets.token_bytes(size)


def voucher() -> str:
    """A new voucher's code: six groups of four letters and digits, nothing ambiguous."""
    letters = base64.b32encode(secrets.token_bytes(_VOUCHER_BYTES)).decode("ascii").lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
