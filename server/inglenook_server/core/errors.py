"""What a relay and a Witness raise on purpose, below the tree of ``inglenook_schema.errors``.

WorldError
├── StoreUnavailableError     disk full, read-only, locked, too much waiting
├── StoreUnusableError        the file is no relay's, or a newer relay's
└── UnreachableError          the relay that a Witness works with does not answer
"""

from __future__ import annotations

from inglenook_schema.errors import WorldError


class StoreUnavailableError(WorldError):
    """The relay cannot read or write just now; nothing was acknowledged."""

    code = "busy"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason
        """The engine's own name for it, for the operator; no path and no data."""


class StoreUnusableError(WorldError):
    """The relay cannot use that database."""

    code = "unusable-store"


class UnreachableError(WorldError):
    """The relay did not answer; it is asked again later."""

    code = "unreachable"
