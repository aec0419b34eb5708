"""What can go wrong on the way to a relay, as the person reads it."""

from __future__ import annotations

from typing import ClassVar

from inglenook_schema.errors import WorldError


class OfflineError(WorldError):
    """Couldn't reach the relay. What you wrote is saved here."""

    code = "offline"
    exit_code: ClassVar[int] = 3


class RelayError(OfflineError):
    """The relay answered, but not in a way this device understands."""

    code = "relay"
