"""Every word a person reads, in their language (product 8).

The source text is English. For another language its catalogue is looked up in
``locale/<language>/LC_MESSAGES/inglenook.mo``; what it lacks stays English.

    $LANGUAGE (a list) → $LC_ALL → $LC_MESSAGES → $LANG → English
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gettext import NullTranslations

DOMAIN: Final = "inglenook"
SOURCE: Final = "en"
_FOLDER: Final = Path(__file__).with_name("locale")
_NO_LANGUAGE: Final = frozenset({"", "C", "POSIX"})


def _(message: str) -> str:
    """The words for ``message`` in the person's language."""
    found = _catalogue()
    return found.gettext(message) if found and message else message


def ngettext(one: str, many: str, n: int) -> str:
    """The words for ``n`` things, by the plural rules of the person's language."""
    found = _catalogue()
    if found:
        return found.ngettext(one, many, n)
    return one if n == 1 else many


def later(message: str) -> str:
    """The same words: marks, for the catalogue, what is looked up when it is shown."""
    return message


def language() -> str:
    """The person's language as a tag (RFC 5646), for example ``en`` or ``pt-BR``."""
    first = next(iter(_wanted()), SOURCE)
    return first.replace("_", "-")


def region() -> str:
    """The locale whose dates, numbers and weeks the person uses, as ``en_GB``; may be empty.

    A language alone says too little of that: ``LC_TIME`` counts here, ``LANGUAGE`` only where
    nothing else says more.
    """
    for name in ("LC_ALL", "LC_TIME", "LANG", "LANGUAGE"):
        if found := _tags(os.environ.get(name, "")):
            return found[0]
    return ""


def shown() -> str:
    """The language that words come in, as ``pl`` or ``pt_BR``: the catalogue's."""
    if _catalogue() is None:
        return SOURCE
    return next((name for tag in _wanted() for name in _names(tag) if _has(name)), SOURCE)


def forget() -> None:
    """Look at the environment again; a test changes it."""
    _catalogue.cache_clear()


@cache
def _catalogue() -> NullTranslations | None:
    """The catalogue of the first language that has one; None where the source will do."""
    for tag in _wanted():
        for name in _names(tag):
            if name == SOURCE:
                return None
            if found := _read(_file(name)):
                return found
    return None


def _names(tag: str) -> list[str]:
    return list(dict.fromkeys((tag, tag.partition("_")[0])))


def _file(name: str) -> Path:
    return _FOLDER / name / "LC_MESSAGES" / f"{DOMAIN}.mo"


def _has(name: str) -> bool:
    return name == SOURCE or _file(name).is_file()


def _read(file: Path) -> NullTranslations | None:
    from gettext import GNUTranslations  # noqa: PLC0415 - English needs none of it

    try:
        with file.open("rb") as opened:
            return GNUTranslations(opened)
    except (OSError, ValueError, UnicodeDecodeError):
        return None


def _wanted() -> list[str]:
    """Languages by preference, as ``pt_BR``; only letters, digits and ``_``."""
    variables = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    return _tags(next((value for name in variables if (value := os.environ.get(name))), ""))


def _tags(said: str) -> list[str]:
    tags = (tag.partition(".")[0].partition("@")[0] for tag in said.split(":"))
    return [
        tag.replace("-", "_")
        for tag in tags
        if tag not in _NO_LANGUAGE and tag.replace("_", "").replace("-", "").isalnum()
    ]
