"""The files of things that came in: one by one, so that no more than one is in memory.

Each is cleaned as any picture of one's own, and written with an import id of its own. One that
cannot come in is told, and costs no words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from inglenook_client.journal import attaching
from inglenook_client.journal.attaching import File
from inglenook_client.journal.coming_in.found import Attached, Found
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.model import LeftOut
from inglenook_client.stores.connection import Db
from inglenook_client.words import _
from inglenook_schema.errors import CallerError
from inglenook_schema.events.limits import NOTE


class Taking(Protocol):
    """What knows which files are here (`taking`)."""

    def missing(self, found: Found) -> list[tuple[int, Attached]]:
        """The files of a thing that never came in, though the thing is here; with their places."""

    def write_file(self, found: Found, place: int, file: File, db: Db) -> bool:
        """Write one, if nobody did meanwhile; whether it was."""


async def bring(
    folder: Folder, taking: Taking, found: Iterable[Found]
) -> tuple[int, list[LeftOut]]:
    """Bring the files of these things in; returns how many came, and those that did not."""
    count, left = 0, list[LeftOut]()
    for each in found:
        for place, attached in taking.missing(each):
            try:
                file = await asyncio.to_thread(_ready, attached)
            except CallerError as error:
                said = _(error.source).format(**error.values)
                left.append(LeftOut(f"{each.where}, {attached.name}", said))
                continue

            def write(db: Db, each: Found = each, place: int = place, file: File = file) -> bool:
                return taking.write_file(each, place, file, db)

            count += await folder.store.write(write)
    return count, left


def _ready(attached: Attached) -> File:
    alt = attached.alt[:NOTE] or _("A picture that came in without a description.")
    return attaching.ready(attached.read(), Path(attached.name), alt)
