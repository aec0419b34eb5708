"""Where this person's journal lies on this device."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "INGLENOOK_HOME"


def home() -> Path:
    """The data folder: ``$INGLENOOK_HOME``, else where this system keeps such things."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Inglenook"
    data = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    return base / "inglenook"
