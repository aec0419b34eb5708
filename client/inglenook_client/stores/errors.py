"""What can go wrong with the database, as the person reads it."""

from __future__ import annotations

from typing import ClassVar

from inglenook_schema.errors import WorldError


class StoreError(WorldError):
    """The journal's database could not be used."""

    code = "store"
    exit_code: ClassVar[int] = 5


class CannotStoreError(StoreError):
    """This device cannot store it: the disk is full or read-only."""

    code = "cannot-store"


class BusyStoreError(StoreError):
    """Another program holds the journal's folder; nothing was changed."""

    code = "busy"


class DamagedStoreError(StoreError):
    """The journal's database is damaged, or was not made with this key."""

    code = "damaged"
    exit_code = 4


class NewerStoreError(StoreError):
    """This journal was written by a newer Inglenook; update this device to open it."""

    code = "newer-store"
