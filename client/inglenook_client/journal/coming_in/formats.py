"""The formats that come in, and how one is told from the others.

A format is a module with

    fits(path, head) -> bool        whether it looks like one; ``head`` is the file's beginning
    pieces(path, here)              what it finds (`found.Piece`), in the file's order

and a row here. One whose things are no `found.Found` (our own) has ``come_in`` instead:

    async come_in(folder, path, here, dry_run) -> Came
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from inglenook_client.journal.coming_in import files
from inglenook_client.journal.coming_in.errors import UnknownFormatError

FORMATS: Final = {
    "jrnl": ("jrnl_text", "jrnl_json"),
    "dayone": ("day_one",),
    "daylio": ("daylio",),
    "md": ("markdown",),
    "jsonl": ("own_lines",),
}
"""What ``--from`` says, with its modules: the first that fits reads it."""


def chosen(path: Path, said: str | None) -> tuple[str, ModuleType]:
    """The format of a file, by looking or as it was said, and the module that reads it.

    Raises:
        NotFoundError: There is no such file.
        UnknownFormatError: None fits.
        FileError: It cannot be read.
    """
    head = files.head(path)
    for name, modules in FORMATS.items():
        if said in (None, name):
            for module in map(_load, modules):
                if module.fits(path, head):
                    return name, module
    raise UnknownFormatError


def _load(name: str) -> ModuleType:
    return import_module(f"inglenook_client.journal.coming_in.{name}")
