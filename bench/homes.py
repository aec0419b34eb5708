"""The journal that a benchmark measures, and the bare file that it is measured against."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
import limits

from inglenook_client.journal.home import Journal


async def first_device(base: Path, relay: str | None = None) -> Journal:
    """A new journal in a folder of its own below ``base``."""
    home = base / "laptop"
    home.mkdir(parents=True)
    return await Journal.create(
        *(home, os.urandom(32)), name="Ada", relay=relay, voucher=None, device_label="laptop"
    )


@asynccontextmanager
async def beside_bare(base: Path) -> AsyncIterator[tuple[Journal, aiosqlite.Connection]]:
    """A new journal, and one table alone in an encrypted file."""
    journal = await first_device(base)
    bare = await limits.open_bare(base / "bare.db")
    try:
        yield journal, bare
    finally:
        await bare.close()
        await journal.close()
