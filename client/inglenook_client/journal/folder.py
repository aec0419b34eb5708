"""One opened data folder: what every use case works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from inglenook_client.journal import identity
from inglenook_client.journal.identity import Me
from inglenook_client.stores import stale
from inglenook_client.stores.connection import Db, Store
from inglenook_client.stores.errors import DamagedStoreError

DATABASE: Final = "journal.db"


@dataclass
class Folder:
    """A data folder with its open database."""

    home: Path
    store: Store
    me: Me
    relays: list[str] = field(default_factory=list)
    """Origins of the relays that are set."""
    tell: stale.Tell = stale.unheard
    """Hears how far long work is."""

    @classmethod
    async def of(cls, home: Path, store: Store) -> Folder:
        """Read who this device is.

        Raises:
            DamagedStoreError: The database says nothing of it, or nothing that can be read.
        """
        try:
            me, relays = await store.read(_identify)
        except (msgspec.MsgspecError, ValueError):
            # SQLCipher gives zeros for the last page it reads, and tells only afterwards
            raise DamagedStoreError from None
        return cls(home, store, me, relays)

    @property
    def relay(self) -> str | None:
        """The first relay, if there is one."""
        return self.relays[0] if self.relays else None

    async def refresh(self) -> None:
        """Read again who this device is: a sync may have let it in."""
        self.me, self.relays = await self.store.read(_identify)


def _identify(db: Db) -> tuple[Me, list[str]]:
    rows = db.execute("SELECT origin FROM relay ORDER BY origin")
    return identity.load(db), [row[0] for row in rows]
