"""The data files beside this module, as they stand: English, typed, read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from inglenook_client.words import _
from inglenook_schema.errors import CallerError

T = TypeVar("T")

FOLDER: Final = Path(__file__).parent
FILES: Final = ("prompts.toml", "templates.toml", "frames.toml")
_NAMES: Final = frozenset({"name", "who", "role"})
"""What is stored or compared, and never shown as it stands."""


class NoSuchGuideError(CallerError):
    """There is nothing to begin with by that name."""

    code = "no-such-guide"


def read(file: str, shape: type[T]) -> T:
    """One data file.

    Args:
        file: Of `FILES`.
        shape: What it holds.
    """
    return msgspec.toml.decode((FOLDER / file).read_bytes(), type=shape)


def named(said: str, among: Mapping[str, T]) -> T:
    """The one that a person means: ``Hard week`` and ``hard-week`` are ``hard_week``.

    Raises:
        NoSuchGuideError: There is none; the sentence lists what there is.
    """
    name = "_".join(said.casefold().replace("-", " ").replace("_", " ").split())
    if name not in among:
        message = _("There is none called {name}. There are: {choices}.")
        choices = ", ".join(key.replace("_", "-") for key in among)
        raise NoSuchGuideError(message.format(name=said, choices=choices))
    return among[name]


def sentences() -> Iterator[str]:
    """Every text of every file, for the catalogue."""
    for file in FILES:
        yield from _texts(msgspec.toml.decode((FOLDER / file).read_bytes()))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, inside in value.items():
                if name not in _NAMES:
                    yield from _texts(inside)
        case list():
            for inside in value:
                yield from _texts(inside)
        case str():
            yield value
        case _:
            pass
