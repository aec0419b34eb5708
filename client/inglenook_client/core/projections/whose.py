"""Whose something is: its writer says ``me``, ``you`` or ``both``."""

from __future__ import annotations

from inglenook_schema.events.choices import Who


def is_mine(who: Who, *, own: bool) -> bool:
    """Whether it is this person's, alone or with the other; ``own`` where they wrote it."""
    return who is Who.BOTH or (who is Who.ME) == own
