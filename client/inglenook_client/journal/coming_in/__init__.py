"""Coming in: what was written in other programs becomes entries of this journal.

    a file --look--> its format --read--> things found and things skipped
    things found --import ids--> new, here already, or erased here --write--> events

The whole file is read and checked before anything is written (a dry run ends there). Then
things are written in stretches, each whole with its ``import.made`` in one transaction, so
that a process that is killed leaves some of them, and the same command brings the rest.

A format is one module, named in `formats`; it knows nothing of events.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from inglenook_client.journal.coming_in import formats, taking
from inglenook_client.journal.coming_in.found import Here
from inglenook_client.journal.coming_in.taking import Progress
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.model import CameIn

__all__ = ("Here", "come_in")


async def come_in(
    folder: Folder,
    path: Path,
    source: str | None,
    here: Here,
    *,
    dry_run: bool,
    progress: Progress | None = None,
) -> CameIn:
    """Take a file or a folder into the journal, or say what would come in.

    Args:
        folder: This device's.
        path: Where it is.
        source: Of `formats.FORMATS`; None to look.
        here: What the file leaves open.
        dry_run: Whether nothing is to be written.
        progress: Is told how much of how much is written.

    Raises:
        CallerError: As `formats.chosen` and the readers; nothing was changed.
    """
    name, module = await asyncio.to_thread(formats.chosen, path, source)
    if hasattr(module, "come_in"):  # our own lines, which are events already
        done: CameIn = await module.come_in(folder, path, here, dry_run)
        return done
    pieces = partial(module.pieces, path, here)
    return await taking.take_in(folder, name, pieces, dry_run=dry_run, progress=progress)
