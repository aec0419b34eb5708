"""A language that nobody speaks: every word of the catalogue with marks on its letters.

    Saved on this device.   →   ⟦Ŝåṽéð öñ ţĥíš ðéṽíçé.·····⟧

It is made from the template, so that it is always whole. What is still plain English on a screen
did not go through the catalogue, and what the brackets are missing from was cut. A third longer
than English, as many languages are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from inglenook_client import words

LOCALE: Final = "en_XA"
TEMPLATE: Final = Path(words.__file__).with_name("locale") / "inglenook.pot"
_PLAIN: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKED: Final = "åƀçðéƒĝĥíĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÍĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"
_TABLE: Final = str.maketrans(_PLAIN, _MARKED)
_KEPT: Final = re.compile(
    r"(\{[^}]*\}|%\(\w+\)[sr]|%[sr])"  # places
    r"|(\binglenook(?:-relay)?\b(?: [^\n ]+)*|--?[a-z][a-z-]*|https?://\S+|\b[A-Z]+(?:_[A-Z]+)+\b)"
)
_ASIDE: Final = re.compile(
    r"«[^»]*»|https?://\S+|inglenook:\S+|<[\w ]+>|--?[a-z][a-z-]*|(?<!\w)/\S+|\b[0-9a-f]{8,64}\b"
)
_WORD: Final = re.compile(r"[A-Za-z]{3,}")
_DATES: Final = frozenset(
    {
        *("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("january", "february", "march", "april", "may", "june", "july", "august"),
        *("september", "october", "november", "december", "utc", "gmt", "bst"),
        *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
    }
)
"""What CLDR says, and not the catalogue."""


def pseudo(text: str) -> str:
    """A text in that language; places, options and whole commands stay as they are."""
    made, at = "", 0
    for found in _KEPT.finditer(text):
        made += text[at : found.start()].translate(_TABLE)
        made += found[1] or f"«{found[2]}»"
        at = found.end()
    made += text[at:].translate(_TABLE)
    return f"⟦{made}{'·' * (len(text) // 3)}⟧"


def write(folder: Path) -> None:
    """Compile the catalogue into a folder of locales."""
    made = Catalog(locale="en")
    with TEMPLATE.open("rb") as opened:
        for message in read_po(opened):
            if isinstance(message.id, str):
                made.add(message.id, pseudo(message.id) if message.id else "")
            else:
                made.add(message.id, tuple(pseudo(each) for each in message.id))
    file = folder / LOCALE / "LC_MESSAGES" / f"{words.DOMAIN}.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as opened:
        write_mo(opened, made)


@contextmanager
def spoken(folder: Path) -> Iterator[None]:
    """Let this language be found; ``LANGUAGE`` has to name it."""
    if not (folder / LOCALE).exists():
        write(folder)
    before = words._FOLDER
    words._FOLDER = folder  # type: ignore[misc]
    words.forget()
    try:
        yield
    finally:
        words._FOLDER = before  # type: ignore[misc]
        words.forget()


def untranslated(said: str, known: Iterable[str]) -> list[str]:
    """Plain words on a screen that are neither known, nor part of a command.

    Args:
        said: A line of it.
        known: Words that people typed, in any case.
    """
    usual = {word.casefold() for word in known} | _DATES
    return [word for word in _WORD.findall(_ASIDE.sub(" ", said)) if word.casefold() not in usual]
