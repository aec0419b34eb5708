"""The port a relay keeps its mailboxes behind."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol

from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.sums.store import SumsStore


class Cursor(NamedTuple):
    """Which mailbox, shown by which token, from which position on."""

    address: bytes
    read_hash: bytes
    n: int


class Look(NamedTuple):
    """A mailbox as one cursor sees it."""

    n: int
    """Its length."""
    head: bytes
    """Running head at its length."""
    head_there: bytes
    """Running head at the cursor; none at position 0 and past the end."""
    used_day: int


class Entry(NamedTuple):
    """One record in a page."""

    rid: bytes
    blob: bytes
    """None of it where the record was erased, or only rids were asked for."""
    erased: bool


class Page(NamedTuple):
    """Consecutive records after a position, read at one instant with the length."""

    n: int
    head: bytes
    entries: tuple[Entry, ...]


ENTRY_COST = 8
"""Bytes that an entry takes in a page besides its rid or blob."""
RID_COST = 32 + ENTRY_COST


class Store(Protocol):
    """Mailboxes, records and vouchers.

    Every method raises ``StoreUnavailableError`` when the engine says no; then nothing of
    what was asked has happened, or it happens again harmlessly.
    """

    async def write(self, changes: Changes) -> Outcome:
        """Settle the changes on a ledger, all or nothing; durable on return."""
        ...

    async def look(self, cursors: tuple[Cursor, ...]) -> list[Look | None]:
        """One read for all cursors; None for an absent mailbox and for a wrong token."""
        ...

    async def page(self, address: bytes, after: int, room: int, *, blobs: bool) -> Page | None:
        """Records after a position, length and head in one statement.

        Args:
            address: A mailbox that was looked at before.
            after: Position of the last record not wanted.
            room: The entries together cost no more than this many bytes.
            blobs: Whether blobs are wanted, or rids alone.

        Returns:
            None if the mailbox is gone, or has nothing after the position that fits.
        """
        ...

    async def lengths(self, addresses: Collection[bytes]) -> dict[bytes, int]:
        """How long mailboxes are that somebody showed the token of; absent ones are left out."""
        ...

    async def add_voucher(self, code_hash: bytes, uses: int) -> None:
        """Let the voucher with this hash make ``uses`` mailboxes more."""
        ...

    async def check(self) -> None:
        """Read something from the engine, for a health probe."""
        ...

    async def close(self) -> None:
        """Finish what was begun, then let go of the engine."""
        ...


class Engine(Store, Protocol):
    """All that a relay process keeps."""

    @property
    def sums(self) -> SumsStore:
        """Rows of surveys, behind the same engine; closed with it."""
        ...
