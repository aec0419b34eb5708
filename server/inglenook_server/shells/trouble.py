"""What goes wrong beside the relay, said once and not for every frame that it befalls."""

from __future__ import annotations

import logging
from typing import Final

_log: Final = logging.getLogger("inglenook.relay")


class Trouble:
    """Logs what one part says, when that is something else than before."""

    def __init__(self, about: str) -> None:
        """Begin with nothing said.

        Args:
            about: What stands before each reason; no address and no data.
        """
        self._about = about
        self._last = ""

    def note(self, reason: str) -> None:
        """Log it, unless it was the last thing logged."""
        if reason != self._last:
            self._last = reason
            _log.warning("%s: %s", self._about, reason)
