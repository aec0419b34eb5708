"""Every sentence a person may read stands in the catalogue.

After a change of words: .venv/bin/python tests/client/cli/test_catalogue.py
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import inglenook_client
import inglenook_schema
from inglenook_client.guides import reading
from inglenook_schema.errors import InglenookError
from inglenook_schema.events import KINDS

LOCALE = Path(inglenook_client.__file__).with_name("locale")
TEMPLATE = LOCALE / "inglenook.pot"
ENGLISH = LOCALE / "en" / "LC_MESSAGES" / "inglenook.po"
PACKAGES: tuple[ModuleType, ...] = (inglenook_client, inglenook_schema)
KEYWORDS = {"_": None, "later": None, "ngettext": (1, 2)}
TABLES = ("inglenook_schema.events.checks", "inglenook_schema.events.needs")
"""Modules whose sentences stand in tables, from which they are raised."""

Message = str | tuple[str, ...]


def sentences() -> set[Message]:
    """Every source text: marked ones, what errors say, the guides, the schema's own tables."""
    errors = list(error_classes())
    keywords = KEYWORDS | {error.__name__: None for error in errors}
    found: set[Message] = {error_sentence(error) for error in errors}
    for package in PACKAGES:
        folder = Path(package.__file__ or "").parent
        for _file, _line, message, _comments, _context in extract_from_dir(
            folder, method_map=[("**.py", "python")], keywords=keywords
        ):
            found.add(message)
    for name in TABLES:
        found |= set(whole_sentences(Path(importlib.import_module(name).__file__ or "")))
    found |= set(reading.sentences()) | set(field_names())
    return {message for message in found if message}


def field_names() -> Iterator[str]:
    """What a sentence about one field of an event calls it."""
    about = {"at", "zone", "date", "lang"}
    for shape in KINDS.values():
        for name in shape.__struct_fields__:
            if name not in about:
                yield name.replace("_", " ")


def error_classes() -> Iterator[type[InglenookError]]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    waiting = [InglenookError]
    while waiting:
        error = waiting.pop()
        if not error.__module__.startswith("inglenook_server"):  # another test's imports
            yield error
        waiting += error.__subclasses__()


def error_sentence(error: type[InglenookError]) -> str:
    return (error.__doc__ or "").split("\n", 1)[0]


def whole_sentences(file: Path) -> Iterator[str]:
    """The string constants of a module that are sentences, docstrings aside."""
    tree = ast.parse(file.read_text())
    aside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr | ast.JoinedStr)
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        said = node.value if isinstance(node, ast.Constant) and id(node) not in aside else None
        if isinstance(said, str) and said.endswith(".") and " " in said:
            yield said


def catalogue(found: set[Message], locale: str | None) -> Catalog:
    made = Catalog(
        locale=locale,
        domain="inglenook",
        project="Inglenook",
        version="0",
        copyright_holder="",
        msgid_bugs_address="",
        header_comment="# What Inglenook says. Made by tests/client/cli/test_catalogue.py.",
        creation_date=datetime(2026, 1, 1, tzinfo=UTC),
        revision_date=datetime(2026, 1, 1, tzinfo=UTC),
        fuzzy=False,
    )
    for message in sorted(found, key=str):
        made.add(message)
    return made


def messages(file: Path) -> set[Message]:
    with file.open("rb") as opened:
        return {message.id for message in read_po(opened) if message.id}


def write() -> None:
    found = sentences()
    for file, locale in ((TEMPLATE, None), (ENGLISH, "en")):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            write_po(opened, catalogue(found, locale), width=100)


def test_no_sentence_is_missing_from_the_template() -> None:
    assert sorted(map(str, sentences() - messages(TEMPLATE))) == []


def test_no_sentence_of_the_template_is_out_of_use() -> None:
    assert sorted(map(str, messages(TEMPLATE) - sentences())) == []


def test_the_english_catalogue_has_what_the_template_has() -> None:
    assert messages(ENGLISH) == messages(TEMPLATE)


def test_every_error_has_a_sentence_that_ends() -> None:
    unfinished = {e.__name__ for e in error_classes() if error_sentence(e)[-1:] not in ".!?"}

    assert not unfinished


def test_no_words_are_looked_up_inside_an_f_string() -> None:
    # The extraction does not look into those.
    found = [
        f"{file.name}:{node.lineno}"
        for file in Path(inglenook_client.__file__).parent.rglob("*.py")
        for f_string in ast.walk(ast.parse(file.read_text()))
        if isinstance(f_string, ast.JoinedStr)
        for node in ast.walk(f_string)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in KEYWORDS
        and isinstance(node.args[0], ast.Constant)
    ]

    assert found == []


if __name__ == "__main__":
    write()
