"""Where journals of tests lie: in memory, if this machine has such a place."""

from __future__ import annotations

import os
from typing import Final

_MEMORY: Final = "/dev/shm"


def folder() -> str | None:
    """A folder there; None for the usual one, on a disk."""
    return _MEMORY if os.access(_MEMORY, os.W_OK) else None
